"""JUnit: XML that its published schema accepts, whatever the names and messages."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from commands import RunPe
from hypothesis import example, given
from reporting import NAMES, TEXTS, checked, finding, reported, warning

from pinpoint_endpoints.documents.model import Checked, Verdict
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.problems import ReportFormat

DATA = Path(__file__).parent.parent / "data"
XSD = xmlschema.XMLSchema(str(DATA / "schemas" / "junit-10.xsd"))


def junit(*documents: Checked, error: PinpointEndpointsError | None = None) -> Any:
    """Return the report as a tree, after the schema has accepted it."""
    output = reported(ReportFormat.JUNIT, documents, error)
    XSD.validate(output)
    return ET.fromstring(output)


def cases(report: Any, suite: str = "documents") -> list[tuple[str, str, list[str]]]:
    """Return the class, the name and the elements of each test case of a suite."""
    return [
        (case.attrib["classname"], case.attrib["name"], [element.tag for element in case])
        for case in report.findall(f"./testsuite[@name='{suite}']/testcase")
    ]


def test_a_test_case_for_each_document() -> None:
    """What is right passes, an error fails, a warning is a note, an unreadable file an error."""
    report = junit(
        checked(source="a/right.json"),
        checked(warning(source="a/doubtful.json")),
        checked(finding(source="b/wrong.json"), warning(source="b/wrong.json")),
        checked(finding(source="none.json", code="PE001"), verdict=Verdict.UNREADABLE),
    )
    assert cases(report) == [
        ("a", "right.json", []),
        ("a", "doubtful.json", ["system-out"]),
        ("b", "wrong.json", ["failure", "system-out"]),
        (".", "none.json", ["error"]),
    ]
    assert report.attrib == {"name": "pe validate", "tests": "4", "failures": "1", "errors": "1"}


def test_a_failure_says_what_and_where() -> None:
    """The code is its type, and its text has every error with its place."""
    failure = junit(
        checked(
            finding(line=2, column=7, message="not this"),
            finding(line=3, column=1, code="PE101", message="nor that"),
        )
    ).find(".//failure")
    assert failure.attrib == {
        "type": "PE103",
        "message": "PE103: not this (and 1 more problem)",
    }
    assert failure.text.splitlines() == [
        "some/file.json:2:7: error[PE103] not this",
        "some/file.json:3:1: error[PE101] nor that",
    ]


def test_a_strict_run_fails_for_warnings() -> None:
    """Where a warning makes a document invalid, it is the failure."""
    report = junit(checked(warning(), verdict=Verdict.INVALID))
    assert cases(report) == [("some", "file.json", ["failure"])]


def test_several_in_a_file_are_numbered() -> None:
    """Documents of a list or a stream have their position, one alone has none."""
    report = junit(
        checked(source="batch.json", path=("Item", 0), in_multi_document_file=True),
        checked(source="batch.json", path=("Item", 1), in_multi_document_file=True),
        checked(source="lines.ndjson", in_multi_document_file=True),
        checked(source="one.json"),
    )
    names = [name for _, name, _ in cases(report)]
    assert names == ["batch.json [1]", "batch.json [2]", "lines.ndjson [1]", "one.json"]


def test_what_is_found_among_all_is_a_suite_of_its_own() -> None:
    """A document that is reported again is not counted again among the documents."""
    same = finding(code="PE301", line=7)
    report = junit(
        checked(),
        checked(same, before=Verdict.VALID),
        checked(warning(code="PE302"), verdict=Verdict.INVALID, before=Verdict.INVALID),
    )
    assert cases(report) == [("some", "file.json", [])]
    assert cases(report, "all documents together") == [
        ("some", "file.json:7", ["failure"]),
        ("some", "file.json:1", ["system-out"]),
    ]
    assert (report.attrib["tests"], report.attrib["failures"]) == ("3", "1")


def test_what_stopped_the_run_is_an_error() -> None:
    """A run that ends early still gives a report, which does not pass."""
    report = junit(error=CannotRun("nothing to check", "name a file"))
    assert cases(report, "run") == [("pe", "validate", ["error"])]
    assert report.find(".//error").attrib == {"type": "CANNOT_RUN", "message": "nothing to check"}
    assert report.attrib["errors"] == "1"


@given(NAMES, TEXTS, TEXTS)
@example("a&b<c>.json", "\ufffe\uffff\x00\x1b]]>", '"quoted"')
def test_any_text_is_well_formed(source: str, message: str, hint: str) -> None:
    """No name and no message breaks the XML, and what is read back is what was written."""
    problem = finding(source=source, message=message, hint=hint)
    report = junit(checked(problem), error=CannotRun(message, hint))
    written = (
        printable(f"PE103: {message}").replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    )
    assert report.find(".//failure").attrib["message"] == written


@pytest.mark.parametrize("paths", [["examples"], ["tests/data/invalid"], ["none"], []])
def test_the_command_writes_what_the_schema_accepts(
    pe: RunPe, tmp_path: Path, paths: list[str]
) -> None:
    """Of right and wrong files, of none, and of a directory without any."""
    ended = pe("validate", "-o", "junit", *(paths or [str(tmp_path)]))
    XSD.validate(ended.stdout)
    assert (ended.returncode == 0) == (
        "<failure" not in ended.stdout and "<error" not in ended.stdout
    )
