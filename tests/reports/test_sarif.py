"""SARIF: logs that the published schema accepts, with places and rules that tools understand."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from commands import RunPe
from hypothesis import given
from jsonschema import Draft7Validator
from reporting import NAMES, TEXTS, checked, finding, reported, warning

from pinpoint_endpoints.checks.rules.member_rules import coordinate_precision
from pinpoint_endpoints.documents.model import Checked
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.reports.problems import ReportFormat

DATA = Path(__file__).parent.parent / "data"
SCHEMA = Draft7Validator(
    json.loads((DATA / "schemas" / "sarif-2.1.0.schema.json").read_text(encoding="utf-8")),
    format_checker=Draft7Validator.FORMAT_CHECKER,
)


def sarif(*documents: Checked, error: PinpointEndpointsError | None = None) -> Any:
    """Return the one run of the log, after the schema has accepted it."""
    log = json.loads(reported(ReportFormat.SARIF, documents, error))
    SCHEMA.validate(log)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def test_a_result_has_its_place() -> None:
    """File, region, pointer, and columns that are counted in code points."""
    problem = finding(line=3, column=5, end_column=9, pointer="/OptOut", hint="one of ALL, NONE")
    run = sarif(checked(problem))
    (result,) = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert (result["ruleId"], result["level"]) == ("PE103", "error")
    assert result["message"] == {"text": "not a value: one of ALL, NONE"}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "some/file.json", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3, "startColumn": 5, "endColumn": 9},
            },
            "logicalLocations": [{"fullyQualifiedName": "/OptOut"}],
        }
    ]


def test_a_whole_file_has_no_region() -> None:
    """Line 0 means the whole file."""
    (result,) = sarif(checked(finding(line=0, column=0)))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_the_rules_are_those_that_found_something() -> None:
    """Each once, with its documentation, where the results say that it is."""
    assert coordinate_precision(1.0) == ()  # imported, as by every run that finds it
    run = sarif(checked(warning(), finding(), warning(line=2)))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["PE210", "PE103"]
    assert rules[0]["name"] == "coordinate-precision"
    assert rules[0]["shortDescription"]["text"] == "A coordinate has more than one decimal"
    assert "Right:" in rules[0]["help"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_run_that_failed_says_so() -> None:
    """The invocation was no success, and why."""
    assert sarif(checked())["invocations"] == [{"executionSuccessful": True}]
    (invocation,) = sarif(error=CannotRun("nothing to check", "name a file"))["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "nothing to check: name a file"


def fingerprints(*documents: Checked) -> list[str]:
    """Return the fingerprint of each result."""
    return [
        value
        for result in sarif(*documents)["results"]
        for value in result["partialFingerprints"].values()
    ]


def test_fingerprints_stay_when_lines_move() -> None:
    """The same mistake two lines below is the same; another member's or file's is another."""
    first = finding(line=3, pointer="/OptOut")
    moved = finding(line=5, column=9, pointer="/OptOut")
    other = finding(line=3, pointer="/ChannelType")
    elsewhere = finding(source="other.json", line=3, pointer="/OptOut")
    assert fingerprints(checked(first)) == fingerprints(checked(moved))
    different = fingerprints(checked(first, other), checked(elsewhere))
    assert len(set(different)) == 3


def test_fingerprints_tell_documents_of_a_file_apart() -> None:
    """In a file with a document a line, all have the same pointers."""
    assert len(set(fingerprints(*[checked(finding(pointer="/OptOut"))] * 3))) == 3


@given(NAMES, TEXTS, TEXTS)
def test_any_text_is_valid(source: str, message: str, pointer: str) -> None:
    """No name and no message makes the log invalid, and the URI leads back to the file."""
    problem = finding(source=source, message=message, pointer=pointer)
    (result,) = sarif(checked(problem))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    path = Path(os.fsdecode(unquote_to_bytes(urlsplit(location["uri"]).path)))
    assert path == Path(source)
    assert ("uriBaseId" in location) == (not Path(source).is_absolute())


@pytest.mark.parametrize("paths", [["examples"], ["tests/data/invalid"], ["none"], []])
def test_the_command_writes_what_the_schema_accepts(
    pe: RunPe, tmp_path: Path, paths: list[str]
) -> None:
    """Of right and wrong files, of none, and of a directory without any."""
    ended = pe("validate", "-o", "sarif", *(paths or [str(tmp_path)]))
    log = json.loads(ended.stdout)
    SCHEMA.validate(log)
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
