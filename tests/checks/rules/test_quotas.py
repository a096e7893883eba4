"""PE215 and PE216: how many names a request may have, and how many bytes."""

import json

import pytest
from checking import codes_in, document_of, only

from pinpoint_endpoints import Severity
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY
from pinpoint_endpoints.checks.rules.registry import rule_findings


def with_names(attributes: int, metrics: int, of_user: int) -> object:
    """Return a request with so many names in each group."""
    return {
        "Attributes": {f"a{number}": ["x"] for number in range(attributes)},
        "Metrics": {f"m{number}": 1 for number in range(metrics)},
        "User": {"UserAttributes": {f"u{number}": ["x"] for number in range(of_user)}},
    }


@pytest.mark.parametrize("names", [(250, 0, 0), (0, 250, 0), (100, 100, 50)])
def test_as_many_names_as_the_quota(names: tuple[int, int, int]) -> None:
    """250 names are taken, wherever they stand."""
    assert codes_in(with_names(*names)) == []


@pytest.mark.parametrize("names", [(251, 0, 0), (0, 251, 0), (0, 0, 251), (100, 100, 51)])
def test_one_name_more_than_the_quota(names: tuple[int, int, int]) -> None:
    """The names of all three groups count together."""
    problem = only("PE215", with_names(*names))
    assert problem.message.startswith("251 names")
    assert problem.severity is Severity.WARNING


def of_size(size: int, letter: str = "x") -> dict[str, str]:
    """Return a request that is so many bytes long as JSON without spaces."""
    empty = len('{"RequestId":""}')
    return {"RequestId": letter * ((size - empty) // len(letter.encode()))}


@pytest.mark.parametrize(
    ("size", "severity"),
    [(15_001, Severity.WARNING), (15_360, Severity.WARNING), (15_361, Severity.ERROR)],
)
def test_large_requests(size: int, severity: Severity) -> None:
    """Above 15,000 bytes is a warning, above 15 KB of 1,024 an error."""
    request = of_size(size)
    assert len(json.dumps(request, separators=(",", ":"))) == size
    problem = only("PE216", request)
    assert problem.message == f"{size} bytes as JSON, and the limit is 15 KB (15360 bytes)"
    assert problem.severity is severity


def test_a_request_that_surely_fits() -> None:
    """15,000 bytes are taken, whichever kilobyte is meant."""
    assert codes_in(of_size(15_000)) == []


def test_bytes_are_counted_and_not_characters() -> None:
    """A letter outside ASCII counts as many bytes as it has in UTF-8."""
    assert codes_in(of_size(15_360, "é")) == ["PE216"]
    assert codes_in({"RequestId": "é" * 7_400}) == []


@pytest.mark.parametrize("odd", ["\ud83d", 2**70])
def test_what_the_quick_writer_refuses_is_measured_too(odd: object) -> None:
    """Half a surrogate pair and a number of 71 bits do not hide how long the rest is."""
    document = document_of({"RequestId": "x" * 15_360, "City": odd})
    assert [rule.code for rule, _ in rule_findings(document, DEFAULT_POLICY)] == ["PE216"]
