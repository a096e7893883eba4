"""PE211 to PE214: names of attributes, and lists without values."""

import pytest
from checking import codes_in, only, problems_in

from pinpoint_endpoints import Problem


def found(code: str, request: object) -> list[Problem]:
    """Return the problems with a code."""
    return [problem for problem in problems_in(request) if problem.code == code]


@pytest.mark.parametrize("character", ["#", ":", "?", "\\", "/"])
def test_names_that_the_console_cannot_show(character: str) -> None:
    """Each of the five characters is named, at the key, under both groups of attributes."""
    name = f"a{character}b"
    for group in ({"Attributes": {name: ["x"]}}, {"User": {"UserAttributes": {name: ["x"]}}}):
        problem = only("PE211", group)
        assert problem.message == f"the name has {character}, which the console cannot show"


def test_each_name_is_reported_once() -> None:
    """A name with several of them is one problem; names without, values and metrics are none."""
    request = {
        "Attributes": {"a/b:c/d": ["x"], "e f-g_h.é": ["/"], "i?": ["x"]},
        "Metrics": {"j/k": 1},
    }
    messages = [problem.message for problem in found("PE211", request)]
    assert [message.partition(",")[0] for message in messages] == [
        "the name has / :",
        "the name has ?",
    ]


@pytest.mark.parametrize("group", ["Attributes", "Metrics", "UserAttributes"])
def test_names_that_differ_in_case(group: str) -> None:
    """Every later spelling points to the first one."""
    value: object = 1 if group == "Metrics" else ["x"]
    named = {"Plan": value, "other": value, "plan": value, "PLAN": value}
    request = {"User": {group: named}} if group == "UserAttributes" else {group: named}
    problems = found("PE212", request)
    assert [problem.pointer.rpartition("/")[2] for problem in problems] == ["plan", "PLAN"]
    assert all('"Plan"' in problem.message for problem in problems)


def test_names_are_compared_within_their_group() -> None:
    """Attributes and metrics may share a name, whatever its case."""
    request = {"Attributes": {"visits": ["x"]}, "Metrics": {"Visits": 1}}
    assert codes_in(request) == []


def test_a_name_that_looks_like_an_address_is_masked() -> None:
    """The first spelling is shown as names are shown everywhere."""
    request = {"Attributes": {"ada@example.com": ["x"], "Ada@example.com": ["x"]}}
    problem = only("PE212", request)
    assert "a***@example.com" in problem.message
    assert "ada" not in str(problem).lower().replace("ada.json", "")


def test_a_name_for_two_things() -> None:
    """Each name that is in both groups is reported at the user's; case tells names apart."""
    request = {
        "Attributes": {"Tier": ["a"], "Plan": ["a"], "age": ["a"]},
        "User": {"UserAttributes": {"Plan": ["b"], "Tier": ["b"], "Age": ["b"]}},
    }
    pointers = [problem.pointer for problem in found("PE213", request)]
    assert pointers == ["/User/UserAttributes/Plan", "/User/UserAttributes/Tier"]


def test_empty_lists() -> None:
    """An empty list is reported at the list; a list with an empty text is none."""
    request = {
        "Attributes": {"a": [], "b": [""], "c": ["x"]},
        "User": {"UserAttributes": {"d": []}},
    }
    pointers = [problem.pointer for problem in found("PE214", request)]
    assert pointers == ["/Attributes/a", "/User/UserAttributes/d"]
