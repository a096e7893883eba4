"""Carries out the plan of an upsert: several calls at a time, outcomes in the order of the plan."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from pinpoint_endpoints.delivery.circuit_breaker import CircuitBreaker
from pinpoint_endpoints.delivery.executor import OrderedExecutor
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import Step
from pinpoint_endpoints.delivery.sender import not_sent, outcome_of
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call, Item
from pinpoint_endpoints.service.updates import Answer

if TYPE_CHECKING:
    from concurrent.futures import Future

Send = Callable[[Call], list[Outcome]]
"""Sends a call in any thread, and returns the outcomes of its items."""


def deliver(
    steps: Iterable[Step],
    make_send: Callable[[CircuitBreaker], Send],
    concurrency: int,
    monitor: Monitor | None = None,
) -> Generator[Outcome, None, None]:
    """Send what a plan says, and yield what became of each document, in the order of the plan.

    Calls about one endpoint are never under way at the same time. A request to stop, and an error
    that is thrown into the generator, end the run once the calls under way are answered; the rest
    of the steps is reported as not sent. A second request to stop does not wait for answers.

    Args:
        steps: from `plan`.
        make_send: called when the first call is to be made.
        concurrency: how many calls are under way at most.
        monitor: says whether the user asked to stop.

    Raises:
        CannotRun: no credentials, no connection, no readable answer, a file that cannot be written.
        Refused: the service refuses whatever is sent.
        Interrupted: by the user. Each of them comes after the outcomes of all documents.
    """
    run = _Run(make_send, concurrency, CircuitBreaker(monitor))
    try:
        yield from run.outcomes(steps)
    finally:
        run.executor.close()
    if run.breaker.error is not None:
        raise run.breaker.error


class _Run:
    """The calls under way, in the order of the plan."""

    def __init__(
        self, make_send: Callable[[CircuitBreaker], Send], concurrency: int, breaker: CircuitBreaker
    ) -> None:
        self.breaker = breaker
        self.executor = OrderedExecutor[Step, list[Outcome]](concurrency, lambda: breaker.given_up)
        self._make_send = make_send
        self._send: Send | None = None
        self._is_reading = True

    def outcomes(self, steps: Iterable[Step]) -> Generator[Outcome, None, None]:
        """Yield the outcomes; leave what halted the run in `breaker.error`."""
        try:
            for step in steps:
                self._take(step)
                yield from self._reported(self.executor.finished())
                if not self._is_reading:
                    break
        except PinpointEndpointsError as error:
            self.breaker.halt(error)
        yield from self._reported(self.executor.remaining())

    def _take(self, step: Step) -> None:
        if isinstance(step, Outcome):
            self.executor.add(step, [step])
            return
        try:
            send = self._send = self._send or self._make_send(self.breaker)
        except PinpointEndpointsError:
            self.executor.add(step, [not_sent(item) for item in step.items])
            raise
        keys = frozenset(item.key for item in step.items)
        self.executor.submit(step, lambda _: send(step), keys)

    def _reported(
        self, finished: "Iterator[tuple[Step, Future[list[Outcome]]]]"
    ) -> Iterator[Outcome]:
        """Yield outcomes, also after an error was thrown in: it halts the run, and comes last."""
        for step, future in finished:
            for outcome in _outcomes_of(step, future):
                try:
                    yield outcome
                except PinpointEndpointsError as error:
                    self._is_reading = False
                    self.breaker.halt(error)


def _outcomes_of(step: Step, future: "Future[list[Outcome]]") -> list[Outcome]:
    items = step.items if isinstance(step, Call) else ()
    if future.cancel():
        return [not_sent(item) for item in items]
    return future.result() if future.done() else [_given_up(item) for item in items]


def _given_up(item: Item) -> Outcome:
    message = "interrupted before the answer: it may have been stored anyway"
    return outcome_of(item, State.FAILED, Answer(accepted=False, message=message))
