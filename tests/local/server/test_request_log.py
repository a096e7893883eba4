"""The log of requests: masked, in a few lines, and complete in its counts."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.local.server.request_log import (
    MAX_KINDS,
    MAX_LINES,
    REPEAT_SECONDS,
    ErrorLog,
    RequestLog,
)

NOW = datetime(2026, 11, 27, 12, 30, 5, tzinfo=UTC)


def logged(*requests: tuple[str, str, int]) -> list[str]:
    """Return the lines about requests at one moment: operation, target, status."""
    lines: list[str] = []

    async def ask() -> None:
        log = RequestLog(lines.append, lambda: NOW)
        for operation, target, status in requests:
            log.answered(operation, target, status, 0.0125)
        assert lines == []
        log.flush()

    asyncio.run(ask())
    return lines


def test_a_line_each() -> None:
    """The time, the status, the operation, what it is about, and how long it took."""
    assert logged(
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
        ("/v1/apps/demo/endpoints/ada@example.com", "demo a***@example.com"),
        ("/v1/apps/demo/endpoints/%2B12065550100", "demo +1***0100"),
        ("/v1/apps/demo/users/ada", "demo ***"),
        ("/v1/apps/demo/users/ada.lovelace", "demo ad***"),
        ("/v1/apps/ada@example.com/endpoints/x", "a***@example.com x"),
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
def test_the_thing_that_a_path_names(target: str, shown: str) -> None:
    """No user id, no address, no control character, and nothing endless."""
    (line,) = logged(("", target, 200))
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
def test_counts_are_complete(requests: list[tuple[str, str, int]]) -> None:
    """However many come, there are a few lines, which add up."""
    lines = logged(*requests)
    counts = [re.search("([0-9,]+) more$", line) for line in lines]
    assert sum(int(one[1]) if one else 1 for one in counts) == len(requests)
    assert len(lines) <= 2 * MAX_LINES + MAX_KINDS + 1


def test_failures_have_lines_of_their_own() -> None:
    """A single one that is left over is shown, not counted."""
    taken = [("UpdateEndpoint", f"/v1/apps/demo/endpoints/t-{n}", 202) for n in range(400)]
    failed = [("UpdateEndpoint", f"/v1/apps/demo/endpoints/f-{n}", 400) for n in range(5)]
    found = [re.sub("^[0-9:]+ +", "", line) for line in logged(*taken, *failed)]
    assert found[-4:] == [
        "400    UpdateEndpoint        demo f-2  12.5 ms",
        "400    UpdateEndpoint        demo f-3  12.5 ms",
        "400    UpdateEndpoint        demo f-4  12.5 ms",
        "202    UpdateEndpoint        396 more",
    ]


def test_lines_are_in_the_order_of_their_requests() -> None:
    """Also where one that is left over is shown; counts come last."""
    taken = [("UpdateEndpoint", f"/v1/apps/demo/endpoints/t-{n}", 202) for n in range(5)]
    failed = [("UpdateEndpoint", "/v1/apps/demo/endpoints/f", 400)]
    found = [line.split()[4] for line in logged(*taken, *failed, *taken[:0])]
    assert found == ["t-0", "t-1", "t-2", "t-3", "t-4", "f"]


def test_what_is_ignored_is_remarked() -> None:
    """In the line of a request that was accepted, of which there are as many as of failures."""
    lines: list[str] = []

    async def ask() -> None:
        log = RequestLog(lines.append, lambda: NOW)
        for number in range(9):
            remark = "ignored unknown members: /x" if number > MAX_LINES else ""
            log.answered("UpdateEndpoint", f"/v1/apps/a/endpoints/{number}", 202, 0.001, remark)
        log.flush()

    asyncio.run(ask())
    remarks = [line for line in lines if line.endswith("  1.0 ms  ignored unknown members: /x")]
    assert len(remarks) == MAX_LINES


def test_a_refusal_has_its_reason() -> None:
    """The client's message, in one line of limited length, with addresses masked."""
    lines: list[str] = []
    reason = "\x1b[31m ada@example.com is no " + "x" * 1_000

    async def ask() -> None:
        log = RequestLog(lines.append, lambda: NOW)
        log.answered("UpdateEndpoint", "/v1/apps/demo/endpoints/e", 400, 0.0125, "Missing Address")
        log.answered("UpdateEndpoint", "/v1/apps/demo/endpoints/e", 400, 0.0125, reason)
        log.flush()

    asyncio.run(ask())
    assert lines[0] == "12:30:05  400    UpdateEndpoint        demo e  12.5 ms  Missing Address"
    assert "a***@example.com is no xxx" in lines[1]
    assert "\x1b" not in lines[1]
    assert len(lines[1]) < 300


def test_quiet_servers_make_no_lines() -> None:
    """They do not even look at the time."""

    def now() -> datetime:
        pytest.fail("a line is made that is not written")

    log = RequestLog(None, now)
    log.answered("GetApp", "/v1/apps/demo", 200, 0)
    log.reset("GetApp", "/v1/apps/demo")
    log.refused(403, "no")
    log.flush()


def test_a_refusal_before_the_operation_is_known_says_why() -> None:
    """With the message that the client gets."""
    lines: list[str] = []

    async def ask() -> None:
        log = RequestLog(lines.append, lambda: NOW)
        log.refused(403, "This server has no such name.")
        log.reset("UpdateEndpoint", "/v1/apps/demo/endpoints/ada")
        log.flush()

    asyncio.run(ask())
    assert lines == [
        "12:30:05  403    refused               This server has no such name.",
        "12:30:05  reset  UpdateEndpoint        demo ada",
    ]


@pytest.fixture
def errors() -> tuple[Callable[[str, float], None], list[str]]:
    """Return a function that reports an error at a time, and the list of what is logged."""
    passed: list[str] = []
    now = [0.0]
    log_error = ErrorLog(passed.append, lambda: now[0])

    def report(error: str, time: float) -> None:
        now[0] = time
        log_error(error)

    return report, passed


def test_an_error_is_not_repeated(
    errors: tuple[Callable[[str, float], None], list[str]],
) -> None:
    """For a minute; another one is logged at once."""
    report, passed = errors
    for time in (0, 1, 59):
        report("the disk is full", time)
    report("the store is damaged", 59)
    report("the disk is full", 59.5)
    report("the disk is full", 59.5 + REPEAT_SECONDS)
    assert passed == [
        "the disk is full", "the store is damaged", "the disk is full", "the disk is full",
    ]  # fmt: skip
