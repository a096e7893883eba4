"""The steps of a plan in, the outcome of every document out: several calls at a time, in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from pinpoint_endpoints.delivery.health import WAKING_SECONDS, Health
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import Step
from pinpoint_endpoints.delivery.settling import Settler, not_sent, outcome_of
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.service.endpoints import Answer
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.request import Item

_WAITING_FOR_EACH_THREAD = 3
"""How many calls may be ahead of the first that is not answered, for each that is under way."""

MakeSettler = Callable[[Health], Settler]


def deliver(
    steps: Iterable[Step],
    make_settler: MakeSettler,
    concurrency: int,
    monitor: Monitor | None = None,
) -> Generator[Outcome, None, None]:
    """Do what a plan says, and yield what became of each document, in the order of the plan.

    Calls about one endpoint are never under way at the same time. An interruption, and an error
    that is thrown in, end the run when what is under way is answered; the rest of the steps is
    named as not sent. A second interruption does not wait.

    Args:
        steps: from `plan`.
        make_settler: called when the first call is to be made.
        concurrency: how many calls are under way at most.
        monitor: says whether the user asked to stop.

    Raises:
        CannotRun: no credentials, no connection, no readable answer, records that cannot be kept.
        Refused: the service refuses whatever is sent.
        Interrupted: by a person. Each of them comes after the outcomes of all documents.
    """
    run = _Run(make_settler, concurrency, Health(monitor))
    try:
        yield from run.outcomes(steps)
    finally:
        run.close()
    if run.health.error is not None:
        raise run.health.error


class _Pending(NamedTuple):
    """A call under way, or the outcome of a document that is not sent."""

    items: tuple[Item, ...]
    keys: frozenset[str]
    outcomes: "Future[list[Outcome]]"


class _Run:
    """The calls under way, in the order of the plan."""

    def __init__(self, make_settler: MakeSettler, concurrency: int, health: Health) -> None:
        self.health = health
        self._make_settler = make_settler
        self._settler: Settler | None = None
        self._pool = ThreadPoolExecutor(concurrency)
        self._most_pending = concurrency * (1 + _WAITING_FOR_EACH_THREAD)
        self._pending: deque[_Pending] = deque()
        self._ready: deque[Outcome] = deque()

    def outcomes(self, steps: Iterable[Step]) -> Generator[Outcome, None, None]:
        """Yield the outcomes; leave what halted the run in `health.error`."""
        try:
            for step in steps:
                self._take(step)
                while self._pending and self._is_time_for_the_first():
                    yield from self._next_outcomes()
        except PinpointEndpointsError as error:  # the rest is not read
            self.health.halt(error)
        while self._ready or self._pending:
            try:
                yield from self._next_outcomes()
            except PinpointEndpointsError as error:
                self.health.halt(error)

    def close(self) -> None:
        """Wait for the calls under way, unless somebody does not want to."""
        self._pool.shutdown(wait=not self.health.given_up, cancel_futures=True)

    def _take(self, step: Step) -> None:
        if isinstance(step, Outcome):
            self._pending.append(_Pending((), frozenset(), _done([step])))
            return
        try:
            settler = self._settler = self._settler or self._make_settler(self.health)
        except PinpointEndpointsError:
            unsent = _done([not_sent(item) for item in step.items])
            self._pending.append(_Pending((), frozenset(), unsent))
            raise
        keys = frozenset(same_endpoint_key(item.endpoint_id) for item in step.items)
        for pending in self._pending:
            if not pending.keys.isdisjoint(keys):
                self._wait_for(pending.outcomes)
        self._pending.append(_Pending(step.items, keys, self._pool.submit(settler.settle, step)))

    def _is_time_for_the_first(self) -> bool:
        return self._pending[0].outcomes.done() or len(self._pending) >= self._most_pending

    def _next_outcomes(self) -> Iterator[Outcome]:
        """Yield what is ready, else what became of the first call: an error may be thrown in."""
        if not self._ready:
            self._ready.extend(self._outcomes_of_the_first())
        while self._ready:
            yield self._ready.popleft()

    def _outcomes_of_the_first(self) -> list[Outcome]:
        first = self._pending.popleft()
        self._wait_for(first.outcomes)
        if first.outcomes.cancel() or first.outcomes.cancelled():
            return [not_sent(item) for item in first.items]
        if first.outcomes.done():
            return first.outcomes.result()
        return [_given_up(item) for item in first.items]

    def _wait_for(self, outcomes: "Future[list[Outcome]]") -> None:
        """Wait, unless somebody does not want to; wake up now and then to notice that."""
        while not outcomes.done() and not self.health.given_up:
            wait([outcomes], WAKING_SECONDS)


def _done(outcomes: list[Outcome]) -> "Future[list[Outcome]]":
    future: Future[list[Outcome]] = Future()
    future.set_result(outcomes)
    return future


def _given_up(item: Item) -> Outcome:
    message = "interrupted before the answer: it may have been stored all the same"
    return outcome_of(item, State.FAILED, Answer(False, 0, "", message, ""))
