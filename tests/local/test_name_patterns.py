import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_pinpoint import is_meant

from pinpoint_endpoints.local.attribute_names import (
    MAX_GLOBS,
    MAX_PATTERN_LENGTH,
    MAX_PATTERNS,
    matcher,
    patterns_problem,
)

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
