from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import requests

from pinpoint_endpoints.local.attribute_names import CUSTOM, METRIC, TYPES, USER, AttributeNames

REQUEST: dict[str, Any] = {
    "Address": "x",
    "Attributes": {"color": ["red"], "size": []},
    "Metrics": {"visits": 1.5},
    "User": {"UserId": "ann", "UserAttributes": {"color": ["blue"]}},
}
names = st.frozensets(st.text(max_size=3), max_size=4)
patterns = st.lists(st.sampled_from(["a", "b*", "?", "*"]), max_size=3)


def test_all_three_kinds_of_names_are_known() -> None:
    """Attributes, metrics and user attributes are kept apart and counted together."""
    known = AttributeNames().with_names_in(REQUEST)
    assert known.known == {CUSTOM: {"color", "size"}, METRIC: {"visits"}, USER: {"color"}}
    assert len(known) == 4


@pytest.mark.parametrize("request_", [{}, {"User": {}}, {"Attributes": {}}, REQUEST])
def test_what_brings_no_new_name_changes_nothing(request_: dict[str, Any]) -> None:
    """The same object comes back, so that nothing has to be written."""
    known = AttributeNames().with_names_in(REQUEST)
    assert known.with_names_in(request_) is known


def test_removed_names_are_not_captured() -> None:
    """A request loses what was removed, of that type only; all else of it stays."""
    left = AttributeNames().with_names_in(REQUEST).without(CUSTOM, ["col*"])
    assert left.known == {CUSTOM: {"size"}, METRIC: {"visits"}, USER: {"color"}}
    assert left.captured(REQUEST) == {**REQUEST, "Attributes": {"size": []}}
    without_users = left.without(USER, ["color"]).captured(REQUEST)
    assert without_users["User"] == {"UserId": "ann", "UserAttributes": {}}


@given(requests, patterns)
def test_capturing_changes_no_request(request_: dict[str, Any], patterns: list[str]) -> None:
    """The request that comes in stays as it is, and what is captured twice is captured once."""
    before = repr(request_)
    left = AttributeNames()
    for kind in TYPES:
        left = left.without(kind, patterns)
    captured = left.captured(request_)
    assert left.captured(captured) == captured
    assert repr(request_) == before


@given(st.fixed_dictionaries(dict.fromkeys(TYPES, names)), patterns)
def test_names_survive_being_stored(known: dict[str, frozenset[str]], patterns: list[str]) -> None:
    """What is read is what was written."""
    stored = AttributeNames(known).without(METRIC, patterns)
    assert AttributeNames.from_json(stored.to_json()) == stored


def test_a_new_application_knows_no_names() -> None:
    """What a store has of an application whose names were never written is an empty object."""
    assert AttributeNames.from_json("{}") == AttributeNames()
