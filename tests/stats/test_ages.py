"""Moments in EffectiveDate, and how old they are found to be."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.stats import Audience, Kind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SCALE = [
    "in the last 24 hours",
    "1 to 7 days ago",
    "7 to 30 days ago",
    "30 to 90 days ago",
    "90 to 365 days ago",
    "more than 365 days ago",
]
LIMITS = [timedelta(days=days) for days in (1, 7, 30, 90, 365)]


def age_of(date: object) -> str:
    """Return the label of the only bar that counts something."""
    audience = Audience(NOW)
    audience.add({"EffectiveDate": date})
    (chart,) = (chart for chart in audience.charts() if chart.name == "last_updated")
    ((label,),) = ([bar.label for bar in chart.bars if bar.count],)
    return label


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_every_moment_has_its_place(moment: datetime) -> None:
    """By how long ago it was, in whatever zone it is written; what is to come is so called."""
    age = NOW - moment
    later = sum(age > limit for limit in LIMITS)
    assert age_of(moment.isoformat()) == ("in the future" if age < timedelta(0) else SCALE[later])


@pytest.mark.parametrize(
    ("date", "age"),
    [
        ("2026-11-24T12:00:00Z", "in the last 24 hours"),
        ("2026-11-24T12:00:00.001Z", "in the future"),
        ("2026-11-23T12:00Z", "in the last 24 hours"),
        ("2026-11-23T11:59:59.999Z", "1 to 7 days ago"),
        ("2026-11-24T13:30:00+02:00", "in the last 24 hours"),
        ("2026-11-24T13:30:00", "in the future"),
        ("2026-11-01", "7 to 30 days ago"),
        ("2018-05-07T19:03:29.963Z", "more than 365 days ago"),
        ("0001-01-01T00:00:00+23:59", "more than 365 days ago"),
        ("9999-12-31T23:59:59-23:59", "in the future"),
        ("", "not given"),
        (None, "not given"),
        ("yesterday", "not a date and time"),
        ("2026-02-30T00:00:00Z", "not a date and time"),
        ("\ud800", "not a date and time"),
        (1790000000, "not a date and time"),
    ],
)
def test_dates_as_people_write_them(date: object, age: str) -> None:
    """To the millisecond, with any offset, and UTC without one."""
    assert age_of(date) == age


def test_the_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file has the same charts in Tokyo."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        age = age_of("2026-11-24T12:30:00")
    time.tzset()
    assert age == "in the future"


def test_the_scale_is_shown_whole() -> None:
    """From the latest to the oldest, empty ones too; the future only if there is any."""
    audience = Audience(NOW.astimezone(timezone(timedelta(hours=5))))
    audience.add({"EffectiveDate": "2026-11-24T11:00:00Z"})
    audience.add({})
    (chart,) = (chart for chart in audience.charts(top=1) if chart.name == "last_updated")
    assert [bar.label for bar in chart.bars] == [*SCALE, "not given"]
    assert [bar.kind for bar in chart.bars] == [Kind.VALUE] * 6 + [Kind.NOT_GIVEN]
