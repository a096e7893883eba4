"""Count the audience of an application once, and remember the charts until the store changes."""

from asyncio import Lock
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

import orjson
from starlette.concurrency import run_in_threadpool

from pinpoint_endpoints.local.browse import scan
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.stats import Audience, Chart

Result = TypeVar("Result")


class Read(Protocol):
    """Runs a function in one reading transaction of the store, in another thread."""

    async def __call__(self, function: Callable[[Rows], Result], /) -> Result:
        """Return what the function returns."""


class AudienceCharts(NamedTuple):
    """The charts of an application.

    Attributes:
        counted: when they were counted.
        endpoints: how many they were.
        charts: those of `pe stats`.
    """

    counted: datetime
    endpoints: int
    charts: tuple[Chart, ...]


class AudienceCounter:
    """Counts the audiences of applications.

    Args:
        read: reads the store.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = Lock()
        self._version: object = None
        self._remembered: dict[int, AudienceCharts] = {}

    async def charts(self, application: Application) -> AudienceCharts:
        """Return the charts of an application, counting its endpoints if the store has changed.

        Raises:
            CannotRun: the store cannot be read.
        """
        async with self._lock:
            version = await self._read(lambda rows: rows.version())
            if version != self._version:
                self._version = version
                self._remembered.clear()
            if application.number not in self._remembered:
                self._remembered[application.number] = await self._count(application)
            return self._remembered[application.number]

    async def _count(self, application: Application) -> AudienceCharts:
        """Count in short transactions, so that other requests are answered in between."""
        now = datetime.now(UTC)
        audience = Audience(now)
        number = 0
        while found := await self._read(partial(scan, application=application, number=number)):
            await run_in_threadpool(_add, audience, [response for _, response in found])
            number = found[-1][0]
        return AudienceCharts(now, audience.count, audience.charts())


def _add(audience: Audience, responses: list[bytes]) -> None:
    for response in responses:
        audience.add(orjson.loads(response))
