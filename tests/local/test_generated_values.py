from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.local.generated_values import cohort_id, instant, timestamp


def test_a_timestamp_is_written_as_the_service_does() -> None:
    """Moments have milliseconds and a Z, in UTC whatever their zone is."""
    zone = timezone(timedelta(hours=2))
    moment = datetime(2018, 5, 7, 21, 3, 29, 963999, tzinfo=zone)
    assert timestamp(moment) == "2018-05-07T19:03:29.963Z"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2018-05-07T19:03Z", "2018-05-07T19:03:29.963Z"),
        ("2018-05-07T21:03:29+02:00", "2018-05-07T19:03:30Z"),
        ("2018-05-07T19:03:29", "2018-05-07T19:03:30Z"),
        ("Mon May 07 19:03:29 2018", "1999-01-01T00:00:00Z"),
        ("", "1999-01-01T00:00:00Z"),
    ],
)
def test_dates_are_compared_as_moments(earlier: str, later: str) -> None:
    """Dates with zones, without, and unreadable ones have one order."""
    assert instant(earlier) < instant(later)
    assert instant(later).tzinfo == UTC


@given(st.text(min_size=1))
def test_a_cohort_is_a_number_below_100(endpoint_id: str) -> None:
    """Every id has one cohort from "0" to "99", the same for the id in small letters."""
    cohort = cohort_id(endpoint_id)
    assert 0 <= int(cohort) <= 99
    assert cohort_id(endpoint_id.lower()) == cohort


def test_cohorts_repeat_from_run_to_run() -> None:
    """A cohort does not depend on Python's hash seed."""
    assert (cohort_id("example_endpoint"), cohort_id("Example_Endpoint")) == ("70", "70")
