"""Answer requests with group commit: updates that arrive together are synced to disk once.

Operations run in the event loop's own thread: Python runs one thread at a time, and handing a
request to another thread takes as long as a small query. The pages read in a thread of their own.
"""

import asyncio
import sqlite3
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import orjson

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import NO_HEADERS, Answer, answer, refusal
from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.local.service_error import internal_error
from pinpoint_endpoints.local.store import LOCK_SECONDS, Locked, Store
from pinpoint_endpoints.local.unit_of_work import RowError

Value = TypeVar("Value")

MAX_GROUP = 256
"""Requests that are committed together."""

RETRY_SECONDS = 0.003
"""Between two attempts while another process holds the lock."""


class Request(NamedTuple):
    """An HTTP request for an operation.

    Args:
        method: such as `PUT`.
        target: the encoded path, with the query if there is one.
        body: empty for none.
        headers: those that Customer Profiles needs, by name in lower case.
    """

    method: str
    target: str
    body: bytes
    headers: Mapping[str, str] = NO_HEADERS


Result = Answer | CannotRun
Commit = Callable[[Sequence[Request]], Sequence[Result]]
ReportError = Callable[[str], None]


class RequestExecutor:
    """Runs operations and page queries against the store.

    Args:
        store: reads and writes. With a file, it must not wait for locks (`raise_when_locked`).
        page_store: the same file once more for the thread of the pages; `store` if in memory.
        pinpoint: over `store`.
        report_error: takes a message about an error that no client caused.
        lock_seconds: how long a request is tried again while another process locks the store.
    """

    def __init__(
        self,
        store: Store,
        page_store: Store,
        pinpoint: LocalPinpoint,
        report_error: ReportError,
        *,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self._store = store
        self._pinpoint = pinpoint
        self._page_store = page_store
        self._report_error = report_error
        self._lock_seconds = lock_seconds
        self._writes = WriteQueue(self._commit, lock_seconds=lock_seconds)
        self._page_thread = ThreadPoolExecutor(1, thread_name_prefix="pinpoint-page")

    def new_request_id(self) -> str:
        """Return the id of the next request."""
        return self._pinpoint.new_request_id()

    async def answer(self, request: Request) -> Answer:
        """Answer a request for an operation; what it stores is on the disk by then."""
        try:
            if request.method == "GET":
                return await self._answer_read(request)
            result = await self._writes.submit(request)
        except PinpointEndpointsError as error:
            return self._failure(request, error.message)
        except sqlite3.Error as error:
            return self._failure(request, f"the store failed: {error}")
        return result if isinstance(result, Answer) else self._failure(request, result.message)

    async def read(self, query: Callable[[Rows], Value], /) -> Value:
        """Run a query of the pages in a read transaction and a thread of its own.

        Raises:
            CannotRun: the store cannot be used.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._page_thread, self._read, query)

    def close(self) -> None:
        """Wait for the thread of the pages to end."""
        self._page_thread.shutdown()

    async def _answer_read(self, request: Request) -> Answer:
        """Answer a request that reads, again and again while another process locks the store.

        Readers meet a lock only for moments: another process recovers the log after a crash, or is
        the last one to close the file.

        Raises:
            Locked: for longer than `lock_seconds`.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._lock_seconds
        while True:
            try:
                return _answer(self._pinpoint, request, self._report_error)
            except Locked:
                if loop.time() >= deadline:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    def _commit(self, requests: Sequence[Request]) -> Sequence[Result]:
        return answer_group(self._store, self._pinpoint, requests, self._report_error)

    def _failure(self, request: Request, message: str) -> Answer:
        self._report_error(f"Error: {message}")
        return refusal(internal_error(message), self.new_request_id(), request.target)

    def _read(self, query: Callable[[Rows], Value]) -> Value:
        with self._page_store.reading() as rows:
            return query(rows)


class WriteQueue:
    """Collects the requests that arrive together, and commits them in order as one group.

    Args:
        commit: stores a group and returns the result of each request. An exception is the result
            of the whole group, except `Locked`: the group is tried again.
        max_group: requests that are committed together.
        lock_seconds: how long a group is tried again.
    """

    def __init__(
        self, commit: Commit, *, max_group: int = MAX_GROUP, lock_seconds: float = LOCK_SECONDS
    ) -> None:
        self._commit = commit
        self._max_group = max_group
        self._lock_seconds = lock_seconds
        self._waiting: list[tuple[Request, asyncio.Future[Result]]] = []
        self._is_scheduled = False
        self._locked_since: float | None = None

    def submit(self, request: Request) -> "asyncio.Future[Result]":
        """Queue a request; call it in the event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((request, future))
        if not self._is_scheduled:
            self._is_scheduled = True
            # two turns of the loop: it reads first what has reached its sockets meanwhile
            loop.call_soon(loop.call_soon, self._commit_group)
        return future

    def _commit_group(self) -> None:
        loop = asyncio.get_running_loop()
        group = self._waiting[: self._max_group]
        results: Sequence[Result | Exception]
        try:
            results = self._commit([request for request, _ in group])
        except Locked as error:
            if self._may_retry(loop.time()):
                loop.call_later(RETRY_SECONDS, self._commit_group)
                return
            results = [error] * len(group)
        except Exception as error:  # noqa: BLE001 - every client of the group gets an answer
            results = [error] * len(group)
        self._locked_since = None
        del self._waiting[: len(group)]
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():  # it is when the client has gone
                future.set_result(result if isinstance(result, Answer) else _reason(result))
        self._is_scheduled = bool(self._waiting)
        if self._is_scheduled:
            loop.call_soon(self._commit_group)

    def _may_retry(self, now: float) -> bool:
        if self._locked_since is None:
            self._locked_since = now
        return now - self._locked_since < self._lock_seconds


def answer_group(
    store: Store,
    pinpoint: LocalPinpoint,
    requests: Sequence[Request],
    report_error: ReportError,
) -> list[Result]:
    """Answer requests in order and store their updates in one transaction.

    If the store fails, each request gets a transaction of its own, so that a damaged row fails
    only the requests that read it.

    Args:
        store: the store of the local Pinpoint.
        pinpoint: over that store.
        requests: at least one.
        report_error: takes the traceback of a bug in `pe`.

    Raises:
        Locked: another process is writing. Nothing is stored, and the call may be repeated.
    """
    try:
        with store.shared_transaction():
            return [_answer(pinpoint, request, report_error) for request in requests]
    except Locked:
        raise
    except (PinpointEndpointsError, sqlite3.Error) as error:
        if len(requests) == 1:
            return [_reason(error)]
    return [_answer_alone(store, pinpoint, request, report_error) for request in requests]


def _answer_alone(
    store: Store, pinpoint: LocalPinpoint, request: Request, report_error: ReportError
) -> Result:
    try:
        with store.shared_transaction():
            return _answer(pinpoint, request, report_error)
    except (PinpointEndpointsError, sqlite3.Error) as error:
        return _reason(error)


def _answer(pinpoint: LocalPinpoint, request: Request, report_error: ReportError) -> Answer:
    """Answer one request; a bug that it meets becomes its answer and ends no other request.

    Raises:
        CannotRun: the store cannot be used.
        sqlite3.Error: SQLite failed in a way that the store does not explain.
    """
    try:
        return answer(pinpoint, *request)
    except (PinpointEndpointsError, sqlite3.Error, orjson.JSONDecodeError, RowError):
        raise
    except Exception:  # noqa: BLE001 - a bug must end no other request
        report_error(traceback.format_exc())
        error = internal_error("The local Pinpoint failed: this is a bug in pe.")
        return refusal(error, pinpoint.new_request_id(), request.target)


def _reason(error: Exception) -> CannotRun:
    return error if isinstance(error, CannotRun) else CannotRun(f"the store failed: {error}")
