"""How the rules are run: which of them, on what, and how much of what they find."""

from checking import codes_in, document_of, documents_in, problems_in

from pinpoint_endpoints import Severity
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.checks.rules.registry import MAX_FINDINGS_PER_RULE, rule_findings

MANY_MISTAKES = {
    "Id": "ada",
    "CohortId": "7",
    "ChannelType": "SMS",
    "Address": "12065550100",
    "EffectiveDate": "soon",
    "Location": {"Country": "USA", "Latitude": 1.23},
}


def test_rules_are_left_out_by_their_codes() -> None:
    """Whatever a rule looks at, it says nothing when its code is ignored; the others do."""
    (document,) = documents_in(MANY_MISTAKES)
    found = {rule.code for rule, *_ in rule_findings(document, DEFAULT_POLICY)}
    assert found == {"PE201", "PE206", "PE209", "PE210", "PE217"}
    for code in found:
        policy = Policy(ignore=frozenset({code}))
        assert {rule.code for rule, *_ in rule_findings(document, policy)} == found - {code}


def test_problems_come_in_the_order_of_the_file() -> None:
    """What different rules find is reported from top to bottom, with the rules' severities."""
    problems = problems_in(MANY_MISTAKES)
    assert [problem.code for problem in problems] == ["PE217", "PE201", "PE209", "PE206", "PE210"]
    errors = [problem.code for problem in problems if problem.severity is Severity.ERROR]
    assert errors == ["PE209"]


def test_values_of_other_types_are_left_to_the_schema() -> None:
    """A rule about a text or a number says nothing of a list or a boolean in its place."""
    request = {
        "Address": 12065550100,
        "ChannelType": "SMS",
        "EffectiveDate": 2026,
        "Attributes": [[]],
        "Location": {"Country": ["USA"], "Latitude": True},
        "Demographic": "en-us",
    }
    assert set(codes_in(request)) == {"PE102"}


def test_coordinates_that_are_no_numbers_are_left_to_reading() -> None:
    """NaN and the infinities have a problem of their own where they are read."""
    for degrees in (float("nan"), float("inf"), float("-inf")):
        document = document_of({"Location": {"Latitude": degrees}})
        assert rule_findings(document, DEFAULT_POLICY) == []


def test_a_rule_that_finds_no_end_is_cut() -> None:
    """Of a million mistakes of one kind the first are shown, and how many more there are."""
    request: object = {"Attributes": {f"a{number}": [] for number in range(1_000)}}
    found = [problem for problem in problems_in(request) if problem.code == "PE214"]
    assert len(found) == MAX_FINDINGS_PER_RULE + 1
    assert found[-1].message == "800 more of this kind, from here on"
    assert found[-1].pointer == f"/Attributes/a{MAX_FINDINGS_PER_RULE}"
