"""PE209: which effective dates can be read."""

import pytest
from checking import codes_in, only, text_of_fix

from pinpoint_endpoints import Severity

UNREAD = "not a date and time of ISO 8601"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15T09:30:00Z",
        "2026-01-15T09:30Z",
        "2018-05-07T19:03:29.963Z",
        "2026-01-15T09:30:00.123456789Z",
        "2026-01-15T09:30:00+02:00",
        "2026-01-15T09:30:00-0730",
        "2026-01-15T09:30:00+02",
        "2024-02-29T23:59:59Z",
        "",
    ],
)
def test_effective_dates(text: str) -> None:
    """Seconds and their fraction may be left out, an offset may not; the empty text clears."""
    assert codes_in({"EffectiveDate": text}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-01-15", "the date has no time"),
        ("2026-01-15T09:30:00", "the time has no offset from UTC"),
        ("2026-01-15T09:30", "the time has no offset from UTC"),
    ],
)
def test_what_readers_take_differently_is_a_warning(text: str, message: str) -> None:
    """A date without a time, and a time without an offset, can be read, but not surely."""
    problem = only("PE209", {"EffectiveDate": text})
    assert problem.message == message
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("text", "message", "fixed"),
    [
        ("2026-02-30T09:30:00Z", "no such day", None),
        ("2026-13-01T09:30:00Z", "no such day", None),
        ("2023-02-29", "no such day", None),
        ("0000-01-01T00:00:00Z", "no such day", None),
        ("2026-01-15 09:30:00Z", UNREAD, "2026-01-15T09:30:00Z"),
        ("2026-01-15t09:30:00z", UNREAD, "2026-01-15T09:30:00Z"),
        (" 2026-01-15T09:30:00Z", UNREAD, "2026-01-15T09:30:00Z"),
        ("2026-01-15 09:30:00+00:00", UNREAD, "2026-01-15T09:30:00+00:00"),
        ("2026-01-15 09:30:00", UNREAD, None),
        ("2026-02-30 09:30:00Z", UNREAD, None),
        ("2026-01-15T24:00:00Z", UNREAD, None),
        ("2026-01-15T09:30:60Z", UNREAD, None),
        ("2026-01-15T09:30:00+25:00", UNREAD, None),
        ("2026-01-15T09Z", UNREAD, None),
        ("2026-01-15T09:30:00.Z", UNREAD, None),
        ("20260115", UNREAD, None),
        ("20260115T093000Z", UNREAD, None),
        ("2026-W03-4T09:30:00Z", UNREAD, None),
        ("2026-015", UNREAD, None),
        ("1768469400", UNREAD, None),
        ("15.01.2026", UNREAD, None),
        ("Thu Jan 15 09:30:00 UTC 2026", UNREAD, None),
        ("٢٠٢٦-01-15T09:30:00Z", UNREAD, None),
        ("2026-01-15T09:30:00Z\n", UNREAD, "2026-01-15T09:30:00Z"),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, message: str, fixed: str | None) -> None:
    """Days that do not exist, other forms of ISO 8601 and other notations are errors."""
    problem = only("PE209", {"EffectiveDate": text})
    assert message in problem.message
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.ERROR
