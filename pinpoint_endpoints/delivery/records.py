"""Outcomes in as they happen; the journal's lines and the file of the failures out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.request import Item

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.failures import Failures
    from pinpoint_endpoints.delivery.journal import Entry, Journal

_TO_BE_SENT_AGAIN = frozenset({State.FAILED, State.UNVERIFIED})


class Records:
    """What a run leaves behind for the next one.

    Args:
        journal: of all outcomes of what was sent, if one is kept.
        failures: of the endpoints that have to be sent again, if they are kept.
        monitor: takes note of all outcomes of what was sent.
    """

    def __init__(
        self,
        journal: "Journal | None",
        failures: "Failures | None",
        monitor: Monitor | None = None,
    ) -> None:
        self._journal = journal
        self._failures = failures
        self._monitor = monitor or Monitor()

    def keep(self, items: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
        """Keep what became of some items.

        Raises:
            CannotRun: a file cannot be written; the journal is tried first.
        """
        self._monitor.answered(outcomes)
        if self._journal is not None:
            self._journal.record(_entries(items, outcomes))
        if self._failures is not None:
            pairs = zip(items, outcomes, strict=True)
            again = [item for item, outcome in pairs if outcome.state in _TO_BE_SENT_AGAIN]
            if again:
                self._failures.write(again)


def _entries(items: Sequence[Item], outcomes: Sequence[Outcome]) -> "list[Entry]":
    from pinpoint_endpoints.delivery.journal import Entry

    return [
        Entry(
            item.endpoint_id,
            item.occurrence,
            item.digest,
            str(outcome.state),
            outcome.status,
            outcome.code,
            outcome.request_id,
        )
        for item, outcome in zip(items, outcomes, strict=True)
    ]
