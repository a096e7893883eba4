from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import requests

from pinpoint_endpoints.service.merge import merge, round_coordinate


@given(requests, requests)
def test_the_same_update_twice_is_as_once(stored: dict[str, Any], update: dict[str, Any]) -> None:
    """Merging is idempotent."""
    once = merge(merge({}, stored), update)
    assert merge(once, update) == once


@given(requests, requests, st.sampled_from(["Attributes", "Metrics", "Demographic"]))
def test_the_last_write_of_each_name_wins(
    first: dict[str, Any], second: dict[str, Any], member: str
) -> None:
    """Within a member, each name has the value that the latest request with that name gave it."""
    merged = merge(merge({}, first), second)
    for name in {*first.get(member, {}), *second.get(member, {})}:
        expected = second.get(member, {}).get(name, first.get(member, {}).get(name))
        assert merged[member][name] == expected


@given(requests, requests)
def test_what_an_update_leaves_out_stays(stored: dict[str, Any], update: dict[str, Any]) -> None:
    """A member that the request does not have is as before."""
    before = merge({}, stored)
    after = merge(before, update)
    for member in before.keys() - update.keys():
        assert after[member] == before[member]


@given(requests, requests)
def test_merging_changes_neither_input(stored: dict[str, Any], update: dict[str, Any]) -> None:
    """Merging returns a new endpoint and leaves both of its arguments as they were."""
    before = repr((stored, update))
    merge(stored, update)
    assert repr((stored, update)) == before


@pytest.mark.parametrize(
    ("degrees", "rounded"),
    [
        (47.61, 47.6),
        (-122.33, -122.3),
        (47.65, 47.7),
        (-47.65, -47.7),
        (0.25, 0.3),
        (0.35, 0.4),
        (89.95, 90.0),
        (12, 12.0),
        (1e-9, 0.0),
    ],
)
def test_coordinates_are_rounded_by_their_written_digits(degrees: float, rounded: float) -> None:
    """A coordinate has one decimal, and a half goes away from zero whatever its binary form is."""
    assert round_coordinate(degrees) == rounded


def test_a_coordinate_that_vanishes_has_no_sign() -> None:
    """A small negative coordinate becomes 0.0, not -0.0."""
    assert str(round_coordinate(-0.04)) == "0.0"


@given(st.floats(-180, 180))
def test_rounding_moves_a_coordinate_by_half_a_step_at_most(degrees: float) -> None:
    """The rounded coordinate is within 0.05 degrees, and rounding it again changes nothing."""
    rounded = round_coordinate(degrees)
    assert abs(rounded - degrees) <= 0.05 + 1e-9
    assert round_coordinate(rounded) == rounded


def test_attributes_of_a_former_user_stay_behind() -> None:
    """An endpoint that changes to another user brings none of the first one's attributes."""
    stored = {"User": {"UserId": "ann", "UserAttributes": {"FirstName": ["Ann"]}}}
    update = {"User": {"UserId": "bob"}}
    assert merge(stored, update, {"Age": ["39"]})["User"] == {
        "UserId": "bob",
        "UserAttributes": {"Age": ["39"]},
    }


def test_a_cleared_user_id_leaves_no_attributes() -> None:
    """Signing out with an empty UserId leaves the user's attributes with the user."""
    stored = {"User": {"UserId": "ann", "UserAttributes": {"FirstName": ["Ann"]}}}
    assert merge(stored, {"User": {"UserId": ""}})["User"] == {"UserId": ""}
