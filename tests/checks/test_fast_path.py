"""The fast path suspects every rule that finds something."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import Document, load
from pinpoint_endpoints.checks.fast_path import COVERED_RULES, has_right_form, suspected_rules
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.rules.registry import all_rules, rule_findings
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.rule import Scope

DATA = Path(__file__).parent.parent / "data"
WHOLE: dict[str, Any] = {
    "ChannelType": "SMS",
    "Address": "+12065550100",
    "Attributes": {"Interests": ["music"], "Plan": ["gold"]},
    "Demographic": {"Locale": "en_US", "Timezone": "Europe/Oslo", "AppVersion": "1.0"},
    "EffectiveDate": "2026-01-15T09:30:00Z",
    "Location": {"Country": "NO", "Latitude": 59.9, "Longitude": 10.7},
    "Metrics": {"visits": 3},
    "OptOut": "NONE",
    "User": {"UserId": "ada", "UserAttributes": {"Tier": ["gold"]}},
}
PLACES: dict[tuple[str, ...], list[Any]] = {
    ("ChannelType",): ["EMAIL", "APNS", "GCM", "VOICE", "CUSTOM", "sms", "PUSH"],
    ("Address",): ["", " ", "+1206555010", "12065550100", "+0123456", "ada@example.com", "a@b",
        "a b@example.com", ".ada@example.com", "a..b@example.com", "ada@-example.com",
        "ada@example.c", "ab12", "ab1", "g0", "token:x", "a@" + "b" * 63 + ".com", "t\u200bx"],
    ("Attributes",): [{}, {"a:b": ["x"]}, {"A": ["x"], "a": ["x"]}, {"a": []}, {"Tier": ["x"]},
        {"a": ["x\u00a0"]}, {"a\u00adb": ["x"]}, {"é": ["\ufeffü"]},
        {f"n{number}": ["x"] for number in range(250)},
        {"a": ["x" * 100] * 50, "b": ["y" * 100] * 50, "c": ["z" * 100] * 50, "d": ["é" * 90]}],
    ("Demographic", "Locale"): ["en", "en-US", "en_us", "xx_US", "en_XX", "", "en_US\n",
        "es_419", "es_999", "es_419\n", "iw_IL"],
    ("Demographic", "Timezone"): ["Europe/Nowhere", "europe/oslo", "", "UTC", "Europe/Oslo\n"],
    ("EffectiveDate",): ["", "2026-02-30T00:00:00Z", "2026-01-15", "2026-01-15T09:30Z", "x",
        "20260115T093000Z", "2026-01-15T09:30:00,5Z", "2026-01-15T09:30:00",
        "2026-01-15T09:30:00Z\n", "0000-01-01T00:00:00Z"],
    ("Location", "Country"): ["USA", "840", "419", "no", "", "XX", 1],
    ("Location", "Latitude"): [59.91, 0, -0.05, 90, 91, 1e-9, True],
    ("Metrics",): [{"V": 1, "v": 2}, {"a:b": 1}, {"Interests": 1}],
    ("OptOut",): ["ALL", "none"],
    ("User",): [{}, {"UserAttributes": {"Interests": ["x"]}}, {"UserAttributes": {"t/x": ["x"]}},
        {"UserId": "a\u2060da"}],
    ("Demographic",): [], ("Location",): [], ("User", "UserAttributes"): [],
}  # fmt: skip
WRONG_TYPES: list[Any] = [
    None, True, 7, -1.25, 1e300, 10**18, "x", "a:b", [], ["x"], {}, {"x": 1}, {"x": []}, {"a:b": 0},
]  # fmt: skip


def document_of(value: Any, folder: Path, name: str = "ada") -> Document:
    """Return a document as it is read from a file."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    (document,) = load(path)
    return document


def is_right(document: Document) -> bool:
    """Tell whether the rules find only what is suspected."""
    found = [*rule_findings(document, Policy(create=True)), *rule_findings(document, Policy())]
    return {rule.code for rule, *_ in found} <= suspected_rules(document)


def change(value: Any, place: tuple[str, ...], member: Any) -> None:
    """Set a member of an endpoint, unless what holds it has become something else."""
    *groups, name = place
    for group in groups:
        value = value[group] if isinstance(value, dict) and group in value else None
    if isinstance(value, dict):
        value[name] = member


@given(st.data())
def test_every_rule_that_finds_something_is_suspected(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """For an endpoint with some members changed, in any shape."""
    value = json.loads(json.dumps(WHOLE))
    for place in data.draw(st.lists(st.sampled_from(sorted(PLACES)), max_size=3)):
        change(value, place, data.draw(st.sampled_from(PLACES[place] + WRONG_TYPES)))
    wrapper = data.draw(st.sampled_from(["", "Id", "CohortId", "$metadata", "EndpointRequest"]))
    if wrapper == "EndpointRequest":
        value = {"EndpointId": "ada", wrapper: value}
    elif wrapper:
        value[wrapper] = "ada"
    document = document_of(value, tmp_path_factory.mktemp("endpoint"))
    assert is_right(document)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(place, wrong) for place in sorted(PLACES) for wrong in PLACES[place] + WRONG_TYPES],
)
def test_the_fast_path_agrees_with_the_rules_on_one_change(
    tmp_path: Path, place: tuple[str, ...], wrong: Any
) -> None:
    """Each single change is suspected by the rules that find it."""
    value = json.loads(json.dumps(WHOLE))
    change(value, place, wrong)
    document = document_of(value, tmp_path)
    assert is_right(document)


def test_of_a_complete_endpoint_nothing_is_suspected(tmp_path: Path) -> None:
    """The fast path covers all rules, so that valid files are checked fast."""
    assert suspected_rules(document_of(WHOLE, tmp_path)) == frozenset()
    in_latin_america = {**WHOLE, "Demographic": {"Locale": "es_419"}}
    assert suspected_rules(document_of(in_latin_america, tmp_path)) == frozenset()
    assert suspected_rules(document_of({**WHOLE, "Id": "a"}, tmp_path)) == frozenset()


@pytest.mark.parametrize("file_name", ["a$b", "a{"])
def test_a_wrong_id_is_a_wrong_form(tmp_path: Path, file_name: str) -> None:
    """Also if it comes from the name of the file, which the schema does not see."""
    assert has_right_form(document_of(WHOLE, tmp_path, "a"))
    assert not has_right_form(document_of(WHOLE, tmp_path, file_name))


def test_one_long_coordinate_is_the_matter_of_one_rule(tmp_path: Path) -> None:
    """Real files are full of them."""
    document = document_of({**WHOLE, "Location": {"Latitude": 47.61, "Longitude": 1}}, tmp_path)
    assert suspected_rules(document) == frozenset({codes.COORDINATE_PRECISION})


def test_the_codes_of_rules_are_known_without_them() -> None:
    """The fast path imports no rule to know which there are."""
    rules = all_rules().values()
    by_scope = {scope: {rule.code for rule in rules if rule.scope is scope} for scope in Scope}
    assert by_scope[Scope.SCHEMA] == codes.of_schema()
    about_documents = (Scope.MEMBER, Scope.REQUEST, Scope.CREATE, Scope.DOCUMENT)
    assert frozenset().union(*map(by_scope.__getitem__, about_documents)) == codes.of_rules()


def test_a_rule_that_is_not_covered_is_always_asked(tmp_path: Path) -> None:
    """Else nothing would ask a new rule about complete endpoints."""
    document = document_of(WHOLE, tmp_path)
    assert suspected_rules(document, COVERED_RULES - {codes.COUNTRY}) == frozenset({codes.COUNTRY})


def test_what_the_examples_of_mistakes_break_is_suspected() -> None:
    """The invalid and doubtful documents of the data."""
    for document in load(DATA / "invalid"):
        assert not document.is_read or is_right(document), document
