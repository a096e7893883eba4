"""A call in, the outcome of each of its documents out: tried again, split, kept in the records."""

from collections.abc import Sequence
from typing import Any, Protocol

from pinpoint_endpoints.delivery.health import ABOUT_THE_ITEMS, Health
from pinpoint_endpoints.errors import PinpointEndpointsError, Refused
from pinpoint_endpoints.service.endpoints import Answer, send
from pinpoint_endpoints.service.errors import Unanswered, Unreached, is_throttled
from pinpoint_endpoints.service.outcome import Outcome, State, channel_of, line_of, unsent
from pinpoint_endpoints.service.request import Call, Item

PATIENCE = 5
"""How often a throttled call is made again: with botocore's retries, 18 times in all."""

_FIRST_WAIT, _MAX_WAIT = 0.25, 4.0
"""Seconds before a throttled call is made again; they double each time."""

_RETRIED = frozenset({500, 502, 503, 504})


_UNSURE = ": it may have been stored all the same"
_TAKEN = frozenset({State.ACCEPTED, State.UNVERIFIED})


class Records(Protocol):
    """Where outcomes are kept as they happen."""

    def keep(self, items: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
        """Keep what became of some items; called by several threads."""


class Verifier(Protocol):
    """Reads back what was accepted."""

    def untaken(self, items: Sequence[Item]) -> list[str]:
        """Say of each item what is not there as it was sent; an empty text if all of it is."""


class Settler:
    """Sends calls until each of their documents is accepted, or refused for itself.

    Args:
        client: a boto3 Pinpoint client.
        application_id: the application.
        health: halts the run when nothing goes through.
        records: where outcomes are kept as they happen.
        verifier: reads back what was accepted, if that is wanted.
        patience: how often a call is made again that is still throttled after botocore's retries;
            before each of them, the run waits a little longer.
    """

    def __init__(  # noqa: PLR0913 - what a call meets on its way
        self,
        client: Any,
        application_id: str,
        health: Health,
        *,
        records: Records | None = None,
        verifier: Verifier | None = None,
        patience: int = 0,
    ) -> None:
        self._client = client
        self._application_id = application_id
        self._health = health
        self._records = records
        self._verifier = verifier
        self._patience = patience
        self._one_by_one = False

    def settle(self, call: Call) -> list[Outcome]:
        """Send a call, and return what became of its items, in their order.

        If one item makes the service refuse the others, the call is split until that one stands
        alone with the service's own message: the answer to a batch names no item.
        """
        if self._health.halted:
            return [not_sent(item) for item in call.items]
        if self._one_by_one and len(call.items) > 1:
            parts = (call.part(number, number + 1) for number in range(len(call.items)))
            return [outcome for part in parts for outcome in self.settle(part)]
        begun = self._health.begun()
        try:
            answer = self._ask(call)
        except Unanswered as error:
            self._health.unheard(error, begun)
            unsure = "" if isinstance(error, Unreached) else _UNSURE
            message = f"{error.message}{unsure}"
            return self._refused(call, Answer(False, 0, "", message, ""))
        except PinpointEndpointsError as error:
            self._health.halt(error)
            return [not_sent(item, error.message) for item in call.items]
        self._health.heard(answer)
        return self._accepted(call, answer) if answer.accepted else self._divided(call, answer)

    def _divided(self, call: Call, answer: Answer) -> list[Outcome]:
        if len(call.items) == 1 or is_throttled(answer):
            return self._refused(call, answer)
        if answer.status in ABOUT_THE_ITEMS or answer.status in _RETRIED:
            return self._halved(call)
        return self._probed(call, answer)

    def _halved(self, call: Call) -> list[Outcome]:
        """Send the halves of a call that was refused."""
        middle = len(call.items) // 2
        begin = self.settle(call.part(0, middle))
        return [*begin, *self._following(begin, call.part(middle, None))]

    def _following(self, begin: Sequence[Outcome], rest: Call) -> list[Outcome]:
        """Send the rest of a call that was refused; if its begin is fine, the rest is not.

        So it is halved in its turn without being sent whole: a third of the calls is saved.
        """
        is_fine = all(outcome.state in _TAKEN for outcome in begin)
        return self._halved(rest) if is_fine and len(rest.items) > 1 else self.settle(rest)

    def _ask(self, call: Call) -> Answer:
        answer = send(self._client, self._application_id, call)
        for number in range(self._patience):
            seconds = min(_FIRST_WAIT * 2**number, _MAX_WAIT)
            if not is_throttled(answer) or not self._health.wait(seconds):
                break
            answer = send(self._client, self._application_id, call)
        return answer

    def _probed(self, call: Call, answer: Answer) -> list[Outcome]:
        """Find out by the first and the last item whether the service refuses whatever is sent."""
        begin = self.settle(call.part(0, 1))
        middle, last = call.part(1, -1), call.part(-1, None)
        if not _is_alike(begin[0], answer):
            outcomes = [*begin, *self._following(begin, call.part(1, None))]
            # no item is to blame: credentials may allow single updates, and no batch
            self._one_by_one = all(outcome.state in _TAKEN for outcome in outcomes)
            return outcomes
        end = self.settle(last)
        if not middle.items:
            return [*begin, *end]
        if not _is_alike(end[0], answer):
            return [*begin, *self.settle(middle), *end]
        stopped = f"the service refuses everything: HTTP {answer.status}: {answer.message}"
        self._health.halt(Refused(stopped, answer.hint, status=answer.status, code=answer.code))
        return [*begin, *self._refused(middle, answer), *end]

    def _accepted(self, call: Call, answer: Answer) -> list[Outcome]:
        outcomes = [outcome_of(item, State.ACCEPTED, answer) for item in call.items]
        if self._verifier is not None:
            reasons = self._verifier.untaken(call.items)
            outcomes = [
                _unverified(outcome, item, reason) if reason else outcome
                for outcome, item, reason in zip(outcomes, call.items, reasons, strict=True)
            ]
        return self._kept(call.items, outcomes)

    def _refused(self, call: Call, answer: Answer) -> list[Outcome]:
        outcomes = [
            outcome_of(item, State.FAILED, answer)._replace(line=line_of(item.document))
            for item in call.items
        ]
        return self._kept(call.items, outcomes)

    def _kept(self, items: Sequence[Item], outcomes: list[Outcome]) -> list[Outcome]:
        if self._records is not None:
            try:
                self._records.keep(items, outcomes)
            except PinpointEndpointsError as error:
                self._health.halt(error)
        return outcomes


def not_sent(item: Item, reason: str = "the run ended before") -> Outcome:
    """Return the outcome of an item that the run did not come to."""
    return unsent(
        State.SKIPPED, item.document, item.endpoint_id, f"not sent: {reason}", item.problems
    )


def outcome_of(item: Item, state: State, answer: Answer) -> Outcome:
    """Return the outcome of an item that was sent."""
    return Outcome(
        item.endpoint_id,
        channel_of(item.document),
        state,
        answer.status,
        answer.code,
        answer.message,
        answer.request_id,
        item.document.source,
        answer.hint,
        item.problems,
    )


def _unverified(outcome: Outcome, item: Item, reason: str) -> Outcome:
    return outcome._replace(
        state=State.UNVERIFIED,
        message=f"{outcome.message}, but {reason}",
        line=line_of(item.document),
    )


def _is_alike(outcome: Outcome, answer: Answer) -> bool:
    return (outcome.status, outcome.code) == (answer.status, answer.code)
