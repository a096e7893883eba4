import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from served_pages import Put

from pinpoint_endpoints.local.pages import counting
from pinpoint_endpoints.local.pages.counting import AudienceCounter, Look
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.store import Store

Result = TypeVar("Result")
NOW = datetime(2026, 11, 27, tzinfo=UTC)


class Looks:
    """Looks at the application `demo`, on a clock that the test sets.

    Each reading takes a second; a look counts for one of them only.
    """

    def __init__(self, store: Store) -> None:
        self.clock = 0.0
        self.readings = 0
        self._store = store
        self._counter = AudienceCounter(
            self._read, patience=0.0, clock=lambda: self.clock, now=lambda: NOW
        )

    async def _read(self, function: Callable[[Rows], Result], /) -> Result:
        self.readings += 1
        self.clock += 1.0
        with self._store.reading() as rows:
            return function(rows)

    async def look(self) -> Look:
        """Look once."""
        with self._store.reading() as rows:
            application = rows.application("demo")
        assert isinstance(application, Application)
        return await self._counter.look(application)


@pytest.fixture
def looks(store: Store, put: Put, monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Return looks at 25 endpoints, of which one reading counts ten."""
    monkeypatch.setattr(counting, "AT_ONCE", 10)
    for number in range(25):
        put(f"endpoint-{number:02}")
    return Looks(store)


def test_looks_go_on_where_the_last_one_ended(looks: Looks) -> None:
    """Each look counts on until the count is whole; nothing is counted twice."""

    async def look() -> list[Look]:
        return [await looks.look() for _ in range(3)]

    seen = asyncio.run(look())
    assert [each.endpoints for each in seen] == [10, 20, 25]
    assert [each.is_whole for each in seen] == [False, False, True]


def test_a_whole_count_is_shown_for_ten_times_as_long_as_it_took(looks: Looks, put: Put) -> None:
    """A count that took three seconds is shown for 30, then it begins anew behind the scenes."""

    async def look() -> None:
        for _ in range(3):
            await looks.look()
        put("one-more")
        looks.clock += 29.0
        kept = await looks.look()
        assert (kept.endpoints, kept.going_on, looks.readings) == (25, None, 3)
        looks.clock += 1.0
        older = await looks.look()
        assert (older.endpoints, older.is_whole, older.going_on) == (25, True, 10)
        await looks.look()
        newer = await looks.look()
        assert (newer.endpoints, newer.is_whole, newer.going_on) == (26, True, None)

    asyncio.run(look())


def test_a_count_that_was_left_begins_again(looks: Looks) -> None:
    """A count that nobody went on with for a minute is not gone on with: it would be too old."""

    async def look() -> None:
        await looks.look()
        looks.clock += 59.0
        assert (await looks.look()).endpoints == 20
        looks.clock += 61.0
        assert (await looks.look()).endpoints == 10

    asyncio.run(look())


def test_looks_at_the_same_time_count_once(looks: Looks) -> None:
    """Those who look at the same time share one count."""

    async def look() -> list[Look]:
        return list(await asyncio.gather(*(looks.look() for _ in range(3))))

    assert sorted(each.endpoints for each in asyncio.run(look())) == [10, 20, 25]
    assert looks.readings == 3
