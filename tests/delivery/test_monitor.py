"""A run as its monitor sees it, through the library."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import pytest
from deliveries import documents, ended, names

from pinpoint_endpoints import Interrupted, Monitor, Outcome, SendOptions, State
from pinpoint_endpoints.testing import PinpointLocal

Value = TypeVar("Value")


class Notes(Monitor):
    """Notes what a run does, and asks it to stop.

    Args:
        stop_after: how many documents are answered before the run is asked to stop.
    """

    def __init__(self, stop_after: int = 1_000) -> None:
        self.read = 0
        self.answers: list[str] = []
        self._stop_after = stop_after

    def reading(self, values: Iterable[Value]) -> Iterator[Value]:
        """Count what is read."""
        for value in values:
            self.read += 1
            yield value

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Note the endpoint ids."""
        self.answers.extend(outcome.endpoint_id for outcome in outcomes)

    def stop_requests(self) -> int:
        """Ask once, after some answers."""
        return int(len(self.answers) >= self._stop_after)


@pytest.mark.parametrize("batch", [True, False])
def test_a_monitor_sees_what_is_read_and_answered(
    pinpoint_local: PinpointLocal, batch: bool
) -> None:
    """Every document once, whatever call carries it."""
    notes, options = Notes(), SendOptions(batch=batch)
    run = ended(
        pinpoint_local.client, documents(names(120)), options=options, monitor=notes, concurrency=3
    )
    assert run.error is None
    assert notes.read == 120
    assert sorted(notes.answers) == sorted(names(120))


def test_a_monitor_stops_a_run(pinpoint_local: PinpointLocal) -> None:
    """What was answered stays accepted, and the rest is reported as not sent."""
    notes = Notes(stop_after=2)
    options = SendOptions(batch=False)
    run = ended(pinpoint_local.client, documents(names(50)), options=options, monitor=notes)
    assert isinstance(run.error, Interrupted)
    assert run.ids_that(State.ACCEPTED) == names(50)[:2]
    assert run.ids_that(State.SKIPPED) == names(50)[2:]
