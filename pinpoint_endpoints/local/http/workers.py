"""Operations and readings from the event loop in, their results out.

What is written at one moment becomes one transaction, synced once (group commit), and nobody is
answered before that. The page reads in a thread of its own, so that no client waits for it.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.local.http.gathering import Gathering
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer, refusal
from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.local.service_error import internal_error
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.together import Complain, Request, answer_one, answer_together

Value = TypeVar("Value")

LARGE_BYTES = 1_000_000
"""Of a body. A batch of endpoints is seldom as large, and to refuse one may take a second."""

REST_SECONDS = 0.02
"""Between two large bodies: others ask and are answered meanwhile."""


class Workers:
    """What the server does its work with.

    Args:
        store: to write.
        readable: the same file once more, to read; the same object for a store in memory.
        of_page: the same again, for the page's thread.
        loop: what asks.
        complain: is told of what is no client's fault.
    """

    def __init__(
        self,
        store: Store,
        readable: Store,
        of_page: Store,
        loop: asyncio.AbstractEventLoop,
        complain: Complain,
    ) -> None:
        self._pinpoint = LocalPinpoint(store)
        self._store = store
        self._readable_pinpoint = LocalPinpoint(readable)
        self._of_page = of_page
        self._loop = loop
        self._complain = complain
        self._writing: Gathering[Request, Answer | CannotRun] = Gathering(self._write, loop)
        self._writing_large: Gathering[Request, Answer | CannotRun] = Gathering(
            self._write, loop, most_at_once=1, rest_seconds=REST_SECONDS
        )
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="pinpoint-page")

    def new_request_id(self) -> str:
        """Return the id of one more request."""
        return self._pinpoint.new_request_id()

    async def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Answer a request for an operation; what it stores is on the disk then."""
        request = Request(method, target, body)
        try:
            if method == "GET":
                return answer_one(self._readable_pinpoint, request, self._complain)
            writing = self._writing if len(body) <= LARGE_BYTES else self._writing_large
            answered = await writing.submit(request)
        except PinpointEndpointsError as error:
            return self._failure(error.message)
        except sqlite3.Error as error:
            return self._failure(f"the store failed: {error}")
        return answered if isinstance(answered, Answer) else self._failure(answered.message)

    async def read(self, reading: Callable[[Rows], Value]) -> Value:
        """Return what a function reads in a transaction of its own.

        Raises:
            CannotRun: the store cannot be used.
        """
        return await self._loop.run_in_executor(self._reader, self._read, reading)

    def close(self) -> None:
        """Finish what is read."""
        self._reader.shutdown()

    def _write(self, requests: Sequence[Request]) -> list[Answer | CannotRun]:
        return answer_together(self._store, self._pinpoint, requests, self._complain)

    def _failure(self, message: str) -> Answer:
        self._complain(f"Error: {message}")
        return refusal(internal_error(message), self.new_request_id())

    def _read(self, reading: Callable[[Rows], Value]) -> Value:
        with self._of_page.reading() as rows:
            return reading(rows)
