"""Runs tasks in several threads, and gives their results back in the order of the tasks."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_any
from queue import SimpleQueue
from threading import Thread
from typing import Generic, NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

MAX_AHEAD = 4
"""How many tasks for each thread are taken while the first of them has no result."""

POLL_SECONDS = 0.5
"""How long it may take until a request to stop is noticed."""

NO_KEYS: frozenset[str] = frozenset()


class _Submitted(NamedTuple, Generic[Task, Result]):
    task: Task
    keys: frozenset[str]
    future: "Future[Result]"


class OrderedExecutor(Generic[Task, Result]):
    """Runs tasks in daemon threads: threads that hang do not keep the process from ending.

    All methods are for one thread.

    Args:
        threads: how many tasks run at once.
        is_given_up: asked again and again while a result is waited for; once it returns True,
            results are not waited for any longer.
    """

    def __init__(self, threads: int, is_given_up: Callable[[], bool]) -> None:
        self._max_threads = threads
        self._is_given_up = is_given_up
        self._threads: list[Thread] = []
        self._queue: SimpleQueue[tuple[Callable[[], Result], Future[Result]] | None] = SimpleQueue()
        self._submitted: deque[_Submitted[Task, Result]] = deque()

    def submit(
        self, task: Task, run: Callable[[Task], Result], keys: frozenset[str] = NO_KEYS
    ) -> None:
        """Run a task as soon as a thread is free.

        Args:
            task: given back with its result.
            run: called with the task in one of the threads.
            keys: tasks that share a key never run at the same time; those submitted earlier are
                waited for here.
        """
        for earlier in self._submitted:
            if not earlier.keys.isdisjoint(keys):
                self._wait_for(earlier.future)
        future: Future[Result] = Future()
        self._submitted.append(_Submitted(task, keys, future))
        self._queue.put((lambda: run(task), future))
        if len(self._threads) < self._max_threads:
            self._threads.append(Thread(target=_work, args=(self._queue,), daemon=True))
            self._threads[-1].start()

    def add(self, task: Task, result: Result) -> None:
        """Put a task that needs no thread in its place, with its result."""
        future: Future[Result] = Future()
        future.set_result(result)
        self._submitted.append(_Submitted(task, NO_KEYS, future))

    def finished(self) -> "Iterator[tuple[Task, Future[Result]]]":
        """Yield the first tasks as far as they have a result, and more if too many are waiting.

        A task has a result unless the run was given up.
        """
        while self._submitted and (
            self._submitted[0].future.done()
            or len(self._submitted) >= self._max_threads * MAX_AHEAD
        ):
            yield self._first()

    def remaining(self) -> "Iterator[tuple[Task, Future[Result]]]":
        """Yield all tasks that are left; each has a result unless the run was given up."""
        while self._submitted:
            yield self._first()

    def close(self, *, wait: bool = True) -> None:
        """Drop the tasks that have not begun, and wait for the others.

        Args:
            wait: False to leave the others alone; they are also left once they are given up.
        """
        for submitted in self._submitted:
            submitted.future.cancel()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            while wait and thread.is_alive() and not self._is_given_up():
                thread.join(POLL_SECONDS)

    def _first(self) -> "tuple[Task, Future[Result]]":
        first = self._submitted.popleft()
        self._wait_for(first.future)
        return first.task, first.future

    def _wait_for(self, future: "Future[Result]") -> None:
        while not future.done() and not self._is_given_up():
            wait_for_any([future], POLL_SECONDS)


def _work(queue: "SimpleQueue[tuple[Callable[[], Result], Future[Result]] | None]") -> None:
    while (taken := queue.get()) is not None:
        run, future = taken
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(run())
        except BaseException as error:  # noqa: BLE001 - raised where the result is wanted
            future.set_exception(error)
