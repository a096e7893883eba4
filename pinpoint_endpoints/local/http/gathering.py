"""Jobs of one moment in, their results out: done together, in the event loop's own thread.

A thread beside the loop would cost more than it gives: Python does one thing at a time, and each
hand-over between threads takes as long as a small query.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pinpoint_endpoints.local.store import LOCK_SECONDS, Locked

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_AT_ONCE = 256
RETRY_SECONDS = 0.003


class Gathering(Generic[Job, Result]):
    """Works off the jobs that came since the last time, in their order, as one group.

    Args:
        work: takes the jobs of a group, returns a result for each; an exception is every job's.
            `Locked` means that it is to be tried again.
        loop: what the jobs come from.
        most_at_once: how many jobs a group has at most: nobody's answer waits for everybody's.
        rest_seconds: how long the loop has for all else between one group and the next.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Job]], Sequence[Result]],
        loop: asyncio.AbstractEventLoop,
        *,
        most_at_once: int = MOST_AT_ONCE,
        rest_seconds: float = 0,
    ) -> None:
        self._work = work
        self._loop = loop
        self._most_at_once = most_at_once
        self._rest_seconds = rest_seconds
        self._waiting: list[tuple[Job, asyncio.Future[Result]]] = []
        self._is_due = False
        self._locked_since: float | None = None

    def submit(self, job: Job) -> "asyncio.Future[Result]":
        """Give a job; to be called in the event loop."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((job, future))
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._look_once_more)
        return future

    def _look_once_more(self) -> None:
        """Let the loop take what has reached its sockets since: a sync costs the same for more."""
        self._loop.call_soon(self._work_off)

    def _work_off(self) -> None:
        group = self._waiting[: self._most_at_once]
        try:
            results = self._work([job for job, _ in group])
        except Locked as error:
            if self._has_patience():
                self._loop.call_later(RETRY_SECONDS, self._work_off)
                return
            failed: Exception | None = error
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            failed = error
        else:
            failed = None
        self._locked_since = None
        del self._waiting[: len(group)]
        for at, (_, future) in enumerate(group):
            if future.done():  # the client is gone
                continue
            if failed is None:
                future.set_result(results[at])
            else:
                future.set_exception(failed)
        self._is_due = bool(self._waiting)
        if self._is_due:
            self._loop.call_later(self._rest_seconds, self._work_off)

    def _has_patience(self) -> bool:
        now = self._loop.time()
        if self._locked_since is None:
            self._locked_since = now
        return now - self._locked_since < LOCK_SECONDS
