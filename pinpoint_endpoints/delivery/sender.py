"""Sends one call, and determines the outcome of each of its documents."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.delivery.circuit_breaker import ITEM_ERRORS, CircuitBreaker
from pinpoint_endpoints.errors import PinpointEndpointsError, Refused
from pinpoint_endpoints.service.errors import ConnectionFailed, NoResponse, is_throttled
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call, Item
from pinpoint_endpoints.service.updates import Answer, send

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.log import DeliveryLog
    from pinpoint_endpoints.delivery.verification import Verification

THROTTLE_RETRIES = 5
"""How often a throttled call is made again: with botocore's retries, 18 attempts in all."""

_FIRST_WAIT, _MAX_WAIT = 0.25, 4.0
"""Seconds before a throttled call is made again; they double each time."""

_RETRIED = frozenset({500, 502, 503, 504})


_UNSURE = ": it may have been stored anyway"
_ACCEPTED_STATES = frozenset({State.ACCEPTED, State.UNVERIFIED})


class Sender:
    """Sends calls until each of their documents is accepted, or refused for itself.

    Args:
        client: a boto3 Pinpoint client.
        application_id: the application.
        breaker: halts the run when nothing goes through.
        log: where outcomes are written as they happen, if they are.
        verification: reads back what was accepted, if that is wanted.
        throttle_retries: how often a call is made again that is still throttled after botocore's
            retries; each time after a longer wait.
        send_call: makes a call of the client about the application; by default that of endpoints.
        describe: returns the message about an item that was accepted; else it is the service's.
    """

    def __init__(  # noqa: PLR0913 - all but the first three are optional
        self,
        client: Any,
        application_id: str,
        breaker: CircuitBreaker,
        *,
        log: "DeliveryLog | None" = None,
        verification: "Verification | None" = None,
        throttle_retries: int = 0,
        send_call: Callable[[Any, str, Call], Answer] = send,
        describe: Callable[[Item], str] | None = None,
    ) -> None:
        self._client = client
        self._application_id = application_id
        self._send_call = send_call
        self._describe = describe
        self._breaker = breaker
        self._log = log
        self._verification = verification
        self._throttle_retries = throttle_retries
        self._one_by_one = False

    def send(self, call: Call) -> list[Outcome]:
        """Send a call, and return the outcomes of its items, in their order.

        If one item makes the service refuse the whole call, the call is split until that item is
        alone and gets the service's own message: the answer to a batch names no item.
        """
        if self._breaker.halted:
            return [not_sent(item) for item in call.items]
        if self._one_by_one and len(call.items) > 1:
            parts = (call.part(number, number + 1) for number in range(len(call.items)))
            return [outcome for part in parts for outcome in self.send(part)]
        ticket = self._breaker.start_call()
        try:
            answer = self._ask(call)
        except NoResponse as error:
            self._breaker.record_no_answer(error, ticket)
            unsure = "" if isinstance(error, ConnectionFailed) else _UNSURE
            message = f"{error.message}{unsure}"
            return self._refused(call, Answer(accepted=False, message=message))
        except PinpointEndpointsError as error:
            self._breaker.halt(error)
            return [not_sent(item, error.message) for item in call.items]
        none_accepted = answer.each and not any(one.accepted for one in answer.each)
        self._breaker.record_answer(answer.each[0] if none_accepted else answer)
        if answer.each:
            return self._answered_each(call, answer)
        return self._accepted(call, answer) if answer.accepted else self._split(call, answer)

    def _answered_each(self, call: Call, answer: Answer) -> list[Outcome]:
        """Return the outcomes of a call whose items have an answer each.

        Those that the service was too busy for are sent again alone.
        """
        outcomes: list[Outcome] = []
        for number, one in enumerate(answer.each):
            part = call.part(number, number + 1)
            if one.accepted:
                outcomes += self._accepted(part, one)
            elif one.busy and self._throttle_retries and self._wait(0):
                outcomes += self.send(part)
            else:
                outcomes += self._refused(part, one)
        return outcomes

    def _split(self, call: Call, answer: Answer) -> list[Outcome]:
        if len(call.items) == 1 or is_throttled(answer):
            return self._refused(call, answer)
        if answer.status in ITEM_ERRORS or answer.status in _RETRIED:
            return self._send_halves(call)
        return self._probe(call, answer)

    def _send_halves(self, call: Call) -> list[Outcome]:
        """Send the halves of a call that was refused."""
        middle = len(call.items) // 2
        first = self.send(call.part(0, middle))
        return [*first, *self._send_rest(first, call.part(middle, None))]

    def _send_rest(self, first: Sequence[Outcome], rest: Call) -> list[Outcome]:
        """Send the rest of a call that was refused as a whole.

        If its first part was accepted, the rest would be refused as a whole too: it is split at
        once, which saves a third of the calls.
        """
        was_accepted = all(outcome.state in _ACCEPTED_STATES for outcome in first)
        return self._send_halves(rest) if was_accepted and len(rest.items) > 1 else self.send(rest)

    def _ask(self, call: Call) -> Answer:
        answer = self._send_call(self._client, self._application_id, call)
        for number in range(self._throttle_retries):
            if not (answer.busy or is_throttled(answer)) or not self._wait(number):
                break
            answer = self._send_call(self._client, self._application_id, call)
        return answer

    def _wait(self, number: int) -> bool:
        """Wait before a call is made again; return whether the run goes on."""
        return self._breaker.wait(min(_FIRST_WAIT * 2**number, _MAX_WAIT))

    def _probe(self, call: Call, answer: Answer) -> list[Outcome]:
        """Send the first and the last item alone, to see whether the service refuses everything."""
        first = self.send(call.part(0, 1))
        middle, last = call.part(1, -1), call.part(-1, None)
        if not _is_alike(first[0], answer):
            outcomes = [*first, *self._send_rest(first, call.part(1, None))]
            # no item is to blame: credentials may allow single updates, and no batch
            self._one_by_one = all(outcome.state in _ACCEPTED_STATES for outcome in outcomes)
            return outcomes
        end = self.send(last)
        if not middle.items:
            return [*first, *end]
        if not _is_alike(end[0], answer):
            return [*first, *self.send(middle), *end]
        stopped = f"the service refuses everything: HTTP {answer.status}: {answer.message}"
        self._breaker.halt(Refused(stopped, answer.hint, status=answer.status, code=answer.code))
        return [*first, *self._refused(middle, answer), *end]

    def _accepted(self, call: Call, answer: Answer) -> list[Outcome]:
        outcomes = [outcome_of(item, State.ACCEPTED, answer) for item in call.items]
        if self._describe is not None:
            described = zip(outcomes, map(self._describe, call.items), strict=True)
            outcomes = [outcome._replace(message=message) for outcome, message in described]
        if self._verification is not None:
            reasons = self._verification.failures_of(call.items)
            outcomes = [
                _unverified(outcome, item, reason) if reason else outcome
                for outcome, item, reason in zip(outcomes, call.items, reasons, strict=True)
            ]
        return self._logged(call.items, outcomes)

    def _refused(self, call: Call, answer: Answer) -> list[Outcome]:
        outcomes = [
            outcome_of(item, State.FAILED, answer)._replace(line=item.find_line())
            for item in call.items
        ]
        return self._logged(call.items, outcomes)

    def _logged(self, items: Sequence[Item], outcomes: list[Outcome]) -> list[Outcome]:
        if self._log is not None:
            try:
                self._log.write(items, outcomes)
            except PinpointEndpointsError as error:
                self._breaker.halt(error)
        return outcomes


def not_sent(item: Item, reason: str = "the run ended first") -> Outcome:
    """Return the outcome of an item that was not sent before the run ended."""
    return outcome_of(item, State.SKIPPED, Answer(accepted=False, message=f"not sent: {reason}"))


def outcome_of(item: Item, state: State, answer: Answer) -> Outcome:
    """Return the outcome of an item."""
    return Outcome(
        item.endpoint_id,
        item.channel,
        state,
        answer.status,
        answer.code,
        answer.message,
        answer.request_id,
        item.source,
        answer.hint,
        item.problems,
    )


def _unverified(outcome: Outcome, item: Item, reason: str) -> Outcome:
    return outcome._replace(
        state=State.UNVERIFIED,
        message=f"{outcome.message}, but {reason}",
        line=item.find_line(),
    )


def _is_alike(outcome: Outcome, answer: Answer) -> bool:
    return (outcome.status, outcome.code) == (answer.status, answer.code)
