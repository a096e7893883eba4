"""Applications in, charts of their audiences out: counted while somebody looks, bit by bit.

Charts need every endpoint, and there may be hundreds of thousands. So each look goes on counting
for a while, in short transactions, and shows how far it came: nobody else waits long, and nothing
goes on when nobody looks.
"""

import time
from asyncio import Lock
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import orjson
from starlette.concurrency import run_in_threadpool

from pinpoint_endpoints.audience.audience import Audience
from pinpoint_endpoints.audience.charts import Chart
from pinpoint_endpoints.local.filtering import responses_after
from pinpoint_endpoints.local.operations import utc_now
from pinpoint_endpoints.local.pages.reading import Reading
from pinpoint_endpoints.local.rows import Application

AT_ONCE = 200
"""Endpoints in one transaction: some milliseconds of work."""

PATIENCE_SECONDS = 2.0
"""How long a look counts at most."""

WORTH = 10
"""A count is shown for so many times as long as it took: counting takes a tenth of the time."""

ABANDONED_SECONDS = 60.0
"""A count that nobody went on with for so long begins again."""

MOST_KEPT = 32


class Look(NamedTuple):
    """What one look sees.

    Attributes:
        charts: of the endpoints that were counted.
        endpoints: how many they are.
        is_whole: whether they are all.
        began: when counting began.
        ended: when it came to an end; None if it has not.
        going_on: how many endpoints were counted so far for newer charts than these, or None.
    """

    charts: tuple[Chart, ...]
    endpoints: int
    is_whole: bool
    began: datetime
    ended: datetime | None
    going_on: int | None


class _Count:
    """A count of one application's endpoints, under way or at its end."""

    def __init__(self, began: datetime) -> None:
        self.audience = Audience(began)
        self.began = began
        self.ended: datetime | None = None
        self.number = 0
        self.seconds = 0.0
        self.touched = 0.0

    def add(self, responses: list[tuple[int, bytes]]) -> None:
        for number, response in responses:
            self.audience.add(orjson.loads(response))
            self.number = number

    def seen(self, going_on: int | None = None) -> Look:
        return Look(
            self.audience.charts(),
            self.audience.count,
            self.ended is not None,
            self.began,
            self.ended,
            going_on,
        )


class _Counts:
    """The counts of one application.

    Attributes:
        whole: the latest one that came to its end.
        under_way: a newer one that has not.
        lock: is held by whoever goes on with it.
    """

    def __init__(self) -> None:
        self.whole: _Count | None = None
        self.under_way: _Count | None = None
        self.lock = Lock()


class AudienceCounter:
    """Counts the audiences of applications.

    Args:
        read: reads the store.
        patience: how many seconds a look counts at most.
        clock: a monotonic clock, in seconds.
        now: the clock on the wall; aware moments.
    """

    def __init__(
        self,
        read: Reading,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._read = read
        self._patience = patience
        self._clock = clock
        self._now = now
        self._kept: OrderedDict[int, _Counts] = OrderedDict()

    async def look(self, application: Application) -> Look:
        """Return the charts of an application: of all its endpoints, or of those counted so far.

        Raises:
            CannotRun: the store cannot be read.
        """
        counts = self._counts_of(application)
        deadline = self._clock() + self._patience
        async with counts.lock:
            if counts.whole is not None and self._is_fresh(counts.whole):
                return counts.whole.seen()
            count = self._begun(counts)
            while count.ended is None:
                await self._go_on(application, count)
                if self._clock() >= deadline:
                    break
            if count.ended is not None:
                counts.whole, counts.under_way = count, None
            if counts.whole is None:
                return count.seen()
            return counts.whole.seen(None if counts.whole is count else count.audience.count)

    def _counts_of(self, application: Application) -> _Counts:
        counts = self._kept.setdefault(application.number, _Counts())
        self._kept.move_to_end(application.number)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return counts

    def _is_fresh(self, count: _Count) -> bool:
        return self._clock() - count.touched < WORTH * count.seconds

    def _begun(self, counts: _Counts) -> _Count:
        count = counts.under_way
        if count is None or self._clock() - count.touched > ABANDONED_SECONDS:
            count = counts.under_way = _Count(self._now())
        return count

    async def _go_on(self, application: Application, count: _Count) -> None:
        begin = self._clock()
        responses = await self._read(
            lambda rows: responses_after(rows, application, count.number, AT_ONCE)
        )
        await run_in_threadpool(count.add, responses)
        count.touched = self._clock()
        count.seconds += count.touched - begin
        if len(responses) < AT_ONCE:
            count.ended = self._now()
