from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.documents.dates import parse_date_time


@given(st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-5)))))
def test_a_moment_is_read_as_it_is_written(written: datetime) -> None:
    """With whatever offset."""
    assert parse_date_time(written.isoformat()) == written


@given(st.datetimes())
def test_without_a_zone_it_is_utc(written: datetime) -> None:
    """And not the zone of the machine."""
    assert parse_date_time(written.isoformat()) == written.replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30T00:00:00Z", "\ud800", "15.01.2026"])
def test_what_is_none_is_none(text: str) -> None:
    """Neither a day that there is not, nor another way of writing."""
    assert parse_date_time(text) is None
