"""Requests as they are shown to a person: masked, in a few lines, and counted to the last one."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.local.http.seen import (
    KINDS_AT_ONCE,
    LINES_AT_ONCE,
    REPEAT_SECONDS,
    Complaints,
    Seen,
)

NOW = datetime(2026, 11, 27, 12, 30, 5, tzinfo=UTC)


def told(*requests: tuple[str, str, int]) -> list[str]:
    """Return what is told of requests: operation, target, status; all within a moment."""
    lines: list[str] = []

    async def tell() -> None:
        seen = Seen(lines.append, lambda: NOW)
        for operation, target, status in requests:
            seen.answered(operation, target, status, 0.0125)
        assert lines == []
        seen.flush()

    asyncio.run(tell())
    return lines


def test_a_line_each() -> None:
    """The time, the status, the operation, what it is about, and how long it took."""
    assert told(
        ("GetEndpoint", "/v1/apps/demo/endpoints/ada", 200), ("", "/v1/templates", 404)
    ) == [
        "12:30:05  200    GetEndpoint           demo ada  12.5 ms",
        "12:30:05  404    no operation          templates  12.5 ms",
    ]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/v1/apps", ""),
        ("/v1/apps/demo", "demo"),
        ("/v1/apps/demo/endpoints/a%2Fb%20c", "demo a/b c"),
        ("/v1/apps/demo/endpoints/a/b", "demo a/b"),
        ("/v1/apps/demo/endpoints/ada@example.com", "demo ad***"),
        ("/v1/apps/demo/endpoints/%2B12065550100", "demo +1***"),
        ("/v1/apps/demo/users/ada", "demo ***"),
        ("/v1/apps/demo/users/ada.lovelace", "demo ad***"),
        ("/v1/apps/ada@example.com/endpoints/x", "ad*** x"),
        ("/v1/apps/demo/endpoints/e?user=ada", "demo e"),
        ("/v1/apps/demo/endpoints/%0a%1b[31m", "demo \\n\\x1b[31m"),
        ("/v1/apps/demo/endpoints/" + "a" * 1_000, f"demo {'a' * 80}..."),
        ("/v1/apps/0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("/v1/apps/" + "a" * 1_000, "a" * 80),
        ("/v1/users/ada", "users"),
        ("/v1", ""),
        ("/v1/", ""),
        ("", ""),
    ],
)
def test_what_it_is_about(target: str, shown: str) -> None:
    """No user id, no address, no control character, and nothing endless."""
    (line,) = told(("", target, 200))
    assert line == f"12:30:05  200    no operation          {shown}  12.5 ms"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GetApp", "GetApps", "CreateApp", "GetEndpoint", ""]),
            st.just("/v1/apps/demo"),
            st.sampled_from([200, 404, 500]),
        ),
        max_size=300,
    )
)
def test_none_is_forgotten_in_the_count(requests: list[tuple[str, str, int]]) -> None:
    """However many come, there are a few lines, which add up."""
    lines = told(*requests)
    counts = [re.search("([0-9,]+) more$", line) for line in lines]
    assert sum(int(one[1]) if one else 1 for one in counts) == len(requests)
    assert len(lines) <= 2 * LINES_AT_ONCE + KINDS_AT_ONCE + 1


def test_failures_are_not_lost_among_the_others() -> None:
    """They have lines of their own; a single one that is left over is shown, and not counted."""
    taken = [("UpdateEndpoint", f"/v1/apps/demo/endpoints/t-{n}", 202) for n in range(400)]
    failed = [("UpdateEndpoint", f"/v1/apps/demo/endpoints/f-{n}", 400) for n in range(5)]
    found = [re.sub("^[0-9:]+ +", "", line) for line in told(*taken, *failed)]
    assert found[-4:] == [
        "400    UpdateEndpoint        demo f-2  12.5 ms",
        "400    UpdateEndpoint        demo f-3  12.5 ms",
        "400    UpdateEndpoint        demo f-4  12.5 ms",
        "202    UpdateEndpoint        396 more",
    ]


def test_a_refusal_tells_its_reason() -> None:
    """As the client got it, without what looks like an address, in one line and not endless."""
    lines: list[str] = []
    reason = "\x1b[31m ada@example.com is no " + "x" * 1_000

    async def tell() -> None:
        seen = Seen(lines.append, lambda: NOW)
        seen.answered("UpdateEndpoint", "/v1/apps/demo/endpoints/e", 400, 0.0125, "Missing Address")
        seen.answered("UpdateEndpoint", "/v1/apps/demo/endpoints/e", 400, 0.0125, reason)
        seen.flush()

    asyncio.run(tell())
    assert lines[0] == "12:30:05  400    UpdateEndpoint        demo e  12.5 ms  Missing Address"
    assert "ad*** is no xxx" in lines[1]
    assert "\x1b" not in lines[1]
    assert len(lines[1]) < 300


def test_nobody_is_told_unasked() -> None:
    """Quiet servers make no lines: they do not even look at the time."""

    def now() -> datetime:
        pytest.fail("a line is made that nobody is told")

    seen = Seen(None, now)
    seen.answered("GetApp", "/v1/apps/demo", 200, 0)
    seen.reset("GetApp", "/v1/apps/demo")
    seen.refused(403, "no")
    seen.flush()


def test_what_is_refused_at_the_door_tells_why() -> None:
    """With the message that the client gets."""
    lines: list[str] = []

    async def tell() -> None:
        seen = Seen(lines.append, lambda: NOW)
        seen.refused(403, "This server has no such name.")
        seen.reset("UpdateEndpoint", "/v1/apps/demo/endpoints/ada")
        seen.flush()

    asyncio.run(tell())
    assert lines == [
        "12:30:05  403    refused               This server has no such name.",
        "12:30:05  reset  UpdateEndpoint        demo ada",
    ]


@pytest.fixture
def complaints() -> tuple[Callable[[str, float], None], list[str]]:
    """Return a function that complains at a time, and what is passed on."""
    passed: list[str] = []
    now = [0.0]
    complain = Complaints(passed.append, lambda: now[0])

    def at(complaint: str, time: float) -> None:
        now[0] = time
        complain(complaint)

    return at, passed


def test_a_complaint_is_not_repeated(
    complaints: tuple[Callable[[str, float], None], list[str]],
) -> None:
    """Until it is forgotten; another one is told at once."""
    complain, passed = complaints
    for time in (0, 1, 59):
        complain("the disk is full", time)
    complain("the store is damaged", 59)
    complain("the disk is full", 59.5)
    complain("the disk is full", 59.5 + REPEAT_SECONDS)
    assert passed == [
        "the disk is full", "the store is damaged", "the disk is full", "the disk is full",
    ]  # fmt: skip
