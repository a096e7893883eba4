"""Jobs of one moment are done together, and whoever waits is told."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.http import gathering as gathering_module
from pinpoint_endpoints.local.http.gathering import MOST_AT_ONCE, Gathering
from pinpoint_endpoints.local.store import Locked


class Recorded:
    """Does jobs by doubling them, and remembers in what groups.

    Attributes:
        groups: as they came.
        errors: what the next groups meet instead, in order.
    """

    def __init__(self, *errors: Exception) -> None:
        self.groups: list[list[int]] = []
        self.errors = list(errors)

    def __call__(self, jobs: Sequence[int]) -> list[int]:
        """Do a group."""
        self.groups.append(list(jobs))
        if self.errors:
            raise self.errors.pop(0)
        return [job * 2 for job in jobs]


def results(work: Recorded, jobs: Sequence[int], **settings: Any) -> list[object]:
    """Give jobs at one moment; return their results or exceptions."""

    async def give() -> list[object]:
        gathering: Gathering[int, int] = Gathering(work, asyncio.get_running_loop(), **settings)
        return list(await asyncio.gather(*map(gathering.submit, jobs), return_exceptions=True))

    return asyncio.run(give())


def test_what_comes_at_one_moment_is_one_group() -> None:
    """In its order, and no more than is good for whoever waits."""
    work = Recorded()
    jobs = list(range(MOST_AT_ONCE + 3))
    assert results(work, jobs) == [job * 2 for job in jobs]
    assert work.groups == [jobs[:MOST_AT_ONCE], jobs[MOST_AT_ONCE:]]


def test_groups_may_be_smaller() -> None:
    """Down to one job at a time."""
    work = Recorded()
    assert results(work, [1, 2, 3], most_at_once=1) == [2, 4, 6]
    assert work.groups == [[1], [2], [3]]


def test_large_jobs_keep_no_others_waiting() -> None:
    """While they rest after the first of theirs, whatever else comes is done."""
    work = Recorded()

    async def give() -> None:
        loop = asyncio.get_running_loop()
        large: Gathering[int, int] = Gathering(work, loop, most_at_once=1, rest_seconds=10_000)
        small: Gathering[int, int] = Gathering(work, loop)
        first, _ = large.submit(1), large.submit(2)
        await first
        for job in range(100, 105):
            assert await small.submit(job) == 2 * job

    asyncio.run(give())
    assert work.groups == [[1], [100], [101], [102], [103], [104]]


def test_what_fails_fails_for_its_group() -> None:
    """And the next group is done."""
    work = Recorded(CannotRun("the disk is full"))
    told = results(work, list(range(MOST_AT_ONCE + 1)))
    assert [type(one) for one in told] == [CannotRun] * MOST_AT_ONCE + [int]


def test_a_locked_store_is_tried_again() -> None:
    """The same jobs, until it works; nobody is told."""
    work = Recorded(Locked("locked"), Locked("locked"))
    assert results(work, [1, 2]) == [2, 4]
    assert work.groups == [[1, 2]] * 3


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that stays locked is told, and the next time it is waited for again."""
    monkeypatch.setattr(gathering_module, "LOCK_SECONDS", 0)
    work = Recorded(Locked("locked"))
    (told,) = results(work, [1])
    assert isinstance(told, Locked)


def test_a_client_that_is_gone_keeps_no_others_from_their_answers() -> None:
    """Its job is done like any other."""
    work = Recorded()

    async def give() -> int:
        gathering: Gathering[int, int] = Gathering(work, asyncio.get_running_loop())
        gone, here = gathering.submit(1), gathering.submit(2)
        gone.cancel()
        return await here

    assert asyncio.run(give()) == 4
    assert work.groups == [[1, 2]]
