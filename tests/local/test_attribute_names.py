"""The names of attributes, and the patterns that remove them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_pinpoint import is_meant
from strategies import requests

from pinpoint_endpoints.local.attribute_names import (
    CUSTOM,
    MAX_GLOBS,
    MAX_PATTERN_LENGTH,
    MAX_PATTERNS,
    METRIC,
    TYPES,
    USER,
    AttributeNames,
    matcher,
    patterns_problem,
)

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


HARD_NAMES = [
    "", "*", "?", "[", "[]", "[!", "[z-a]", "\\", "\\*", "a|b", "(", "^a$", "{a,b}", ".", "\n",
    "a\n", "\0", "é", "a[b]", "**", "a*b*", "💡",
]  # fmt: skip


@given(
    st.text("ab", max_size=6),
    st.lists(st.text("ab*?", max_size=6), max_size=4),
)
def test_a_name_is_meant_as_a_slow_comparison_says(name: str, patterns: list[str]) -> None:
    """`*` is any text and `?` one character, whichever of the patterns it is."""
    assert matcher(tuple(patterns))(name) == is_meant(name, patterns)


@pytest.mark.parametrize("name", HARD_NAMES)
def test_every_name_means_itself(name: str) -> None:
    """A name with characters of globs or of regular expressions is found by itself."""
    assert matcher((name,))(name)
    assert matcher((*HARD_NAMES, name))(name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("a", "A"),
        ("a*", "A1"),
        ("a", "a "),
        ("a", "a\n"),
        ("a?", "a"),
        ("[ab]", "c"),
        ("a.c", "abc"),
    ],
)
def test_other_names_are_not_meant(pattern: str, name: str) -> None:
    """Case counts, and nothing of a regular expression has a meaning."""
    assert not matcher((pattern,))(name)


def test_many_stars_cost_no_more_than_few() -> None:
    """A glob that a naive comparison never ends with is compared at once."""
    is_removed = matcher(tuple(f"{'*a' * 49}*{number}b" for number in range(100)))
    assert not is_removed("a" * 10_000)
    assert is_removed("a" * 49 + "7b")


def test_what_can_be_removed_has_limits() -> None:
    """1,000 names of 100 characters and 100 globs are enough, each counted once."""
    names = [str(number).ljust(MAX_PATTERN_LENGTH, "x") for number in range(MAX_PATTERNS)]
    globs = [f"{number}*" for number in range(MAX_GLOBS)]
    assert not patterns_problem([*names, *names])
    assert not patterns_problem([*globs, *globs, "name"])
    assert "1000 names" in patterns_problem([*names, "one more"])
    assert "100 globs" in patterns_problem([*globs, "[ab]"])
    assert "100 characters" in patterns_problem(["x" * (MAX_PATTERN_LENGTH + 1)])
