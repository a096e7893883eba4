"""How much work fixing is: a file of four times the size takes about four times as much."""

import json
from collections.abc import Callable
from functools import partial

import pytest
from checking import calls_in, put_right

from pinpoint_endpoints import validate
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.validate import validate as check_document
from pinpoint_endpoints.documents.discovery import Format, Source, format_of
from pinpoint_endpoints.fixes.rounds import fixed_text

MANY = 1_010
"""More problems of one value than are shown."""


def two_spellings(size: int) -> str:
    """Return endpoints with two spellings of one name, of which neither can be put right."""
    wrong = {"optOut": "ALL", "optout": "ALL"}
    return json.dumps({"Item": [{"Id": str(number), **wrong} for number in range(size)]})


def anchors(size: int) -> str:
    """Return attributes that an alias repeats, so that fixing one would change another."""
    pairs = (f"  a{number}: &x{number} no\n  b{number}: *x{number}\n" for number in range(size))
    return f"Attributes:\n{''.join(pairs)}"


def anchored_objects(size: int) -> str:
    """Return documents whose only mistake is in an object that an alias repeats."""
    return "---\n".join(["Location: &a {Country: nor}\nDemographic: *a\n"] * size)


def answers_without_ids(size: int) -> str:
    """Return endpoints of an answer that are invalid when their read-only members are removed."""
    items = [{"CohortId": "7", "RequestId": str(number)} for number in range(size)]
    return json.dumps({"EndpointsResponse": {"Item": items}})


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (two_spellings, "x.json"),
        (anchors, "x.yaml"),
        (anchored_objects, "x.yaml"),
        (answers_without_ids, "x.json"),
    ],
)
def test_what_cannot_be_fixed_is_not_tried_one_by_one(
    make: Callable[[int], str], name: str
) -> None:
    """Fixes that would do harm are found together, not with a check of the file for each."""
    put_right(make(2), name)
    few, many = make(20), make(80)
    assert calls_in(lambda: put_right(many, name)) < 8 * calls_in(lambda: put_right(few, name))


@pytest.mark.parametrize(("rounds", "left"), [(1, True), (2, False)])
def test_a_text_that_takes_more_rounds_is_not_called_finished(rounds: int, left: bool) -> None:
    """Only behind the right name, the wrong value is found."""
    source = Source("x.json", Format.JSON)
    fixed = fixed_text(b'{"Id": "a", "optOut": "none"}', source, validate, rounds)
    assert fixed is not None
    assert (fixed.fixes, fixed.unfinished) == (rounds, left)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", "Attributes:\n" + "".join(f"  a{n}: [NO]\n" for n in range(MANY))),
        ("x.json", json.dumps({"Attributes": {f"a{n}": "x" for n in range(MANY)}})),
    ],
)
def test_problems_that_are_not_shown_are_fixed_with_the_others(name: str, text: str) -> None:
    """Of very many problems of a value the first are shown; one round fixes all."""
    check = partial(check_document, policy=Policy(all_findings=True))
    fixed = fixed_text(text.encode(), Source(name, format_of(name)), check, max_rounds=1)
    assert fixed is not None
    assert (fixed.fixes, fixed.unfinished) == (MANY, False)
