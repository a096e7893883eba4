"""The JSON envelope: its schema accepts whatever a command prints, however it ends."""

import json
import re
from pathlib import Path

import pytest
from commands import envelope_in, run
from hypothesis import given
from jsonschema import Draft202012Validator
from reporting import NAMES, TEXTS, checked, finding, reported, secret_fix

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.masking import CONTROLS
from pinpoint_endpoints.reports.problems import ReportFormat
from pinpoint_endpoints.segments.funnel import ENDPOINTS, FROM_USERS, MATCHED, Stage

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "envelope.schema.json").read_text(encoding="utf-8"))
SEATTLE = "examples/seattle-iphone.json"
SEGMENT = "tests/data/segments/apns.json"
WRONG = "examples/with-mistakes"
MIGRATE = ("migrate", "--local", "--domain", "demo")
VIA = ("--via", "upload-job", "--expires-days", "30")
UPSERT = ("upsert", "--local", "--app", "demo")
DIFF = ("diff", "--local", "--app", "demo")


def test_the_schema_is_one() -> None:
    """And everything in it that is a value has a title and a description."""
    Draft202012Validator.check_schema(SCHEMA)
    for name, definition in SCHEMA["$defs"].items():
        assert {"title", "description"} <= definition.keys(), name
        for member, schema in definition.get("properties", {}).items():
            assert "description" in schema, (name, member)
        if definition["type"] == "object":
            assert definition["additionalProperties"] is False
            assert set(definition["required"]) == set(definition["properties"])


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["validate", SEATTLE], 0, "success"),
        (["validate", WRONG], 1, "error"),
        (["validate", "--statistics", "examples"], 1, "partial"),
        (["validate", "examples"], 1, "partial"),
        (["validate", "none.json"], 3, "error"),
        (["validate", "tests/support"], 3, "error"),
        (["validate", "--nonsense", SEATTLE], 2, "error"),
        (["validate"], 2, "error"),
        ([*UPSERT, SEATTLE], 0, "success"),
        ([*MIGRATE, "--create-object-type", SEATTLE], 0, "success"),
        ([*MIGRATE, SEATTLE], 4, "error"),
        ([*MIGRATE, *VIA, SEATTLE], 0, "success"),
        ([*MIGRATE, *VIA, "--dry-run", SEATTLE, f"{WRONG}/misspelled.json"], 5, "partial"),
        ([*MIGRATE, "--via", "upload-job", SEATTLE], 2, "error"),
        ([*UPSERT, "--dry-run", "examples"], 1, "partial"),
        ([*UPSERT, "--dry-run", "--verify", "examples"], 2, "error"),
        ([*UPSERT, f"{WRONG}/misspelled.json"], 1, "error"),
        ([*UPSERT, "tests/data/invalid/missing.yaml"], 4, "error"),
        ([*UPSERT, "none.json"], 3, "error"),
        (["upsert", "--app", "demo", SEATTLE], 3, "error"),
        ([*UPSERT, "--id", "${x}", SEATTLE], 2, "error"),
        (["upsert", "--local", SEATTLE], 2, "error"),
        ([*DIFF, SEATTLE], 1, "success"),
        ([*DIFF, "examples"], 1, "partial"),
        ([*DIFF, f"{WRONG}/misspelled.json"], 1, "error"),
        ([*DIFF, "none.json"], 3, "error"),
        ([*DIFF, "tests/support"], 3, "error"),
        (["diff", "--app", "demo", SEATTLE], 3, "error"),
        ([*DIFF, "--id", "${x}", SEATTLE], 2, "error"),
        ([*DIFF, "--id", "x", "examples"], 2, "error"),
        (["diff", "--local", SEATTLE], 2, "error"),
        ([*DIFF], 2, "error"),
        (["delete", "--local", "--app", "demo", "--id", "x", "--yes"], 4, "error"),
        (["delete", "--local", "--app", "demo", "--user", "x", "--yes"], 4, "error"),
        (["delete", "--local", "--app", "demo", "--id", "x"], 2, "error"),
        (["delete", "--app", "demo", "--id", "x", "--yes"], 3, "error"),
        (["segment", SEGMENT, SEATTLE], 0, "success"),
        (["segment", SEGMENT, SEATTLE, "--list", "--expect", "0"], 1, "partial"),
        (["segment", SEGMENT, SEATTLE, "--explain"], 0, "success"),
        (["segment", SEGMENT, SEATTLE, "--explain", "seattle-iphone"], 0, "success"),
        (["segment", SEGMENT, SEATTLE, "--explain", "nobody"], 3, "partial"),
        (["segment", SEATTLE, SEATTLE], 3, "error"),
        (["segment", SEGMENT, "none.json"], 3, "error"),
        (["find", "ChannelType == 'APNS'", SEATTLE, "--list"], 0, "success"),
        (["find", "ChannelType = 'APNS'", SEATTLE], 2, "error"),
        (["find", SEATTLE], 2, "error"),
        (["stats", SEATTLE], 0, "success"),
        (["stats", "examples"], 1, "partial"),
        (["stats", WRONG], 1, "partial"),
        (["stats", "none.json"], 3, "error"),
        (["stats", "tests/support"], 3, "error"),
        (["stats", "--local", "--app", "demo"], 4, "error"),
        (["stats", "--local"], 2, "error"),
        (["stats"], 2, "error"),
        (["stats", "--top", "0", SEATTLE], 2, "error"),
        (["no-such-command"], 2, "error"),
    ],
)
def test_the_schema_accepts_every_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    status: str,
) -> None:
    """Right, wrong, missing, refused, and misspelled: one envelope on standard output."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PE_LOCAL_STORE", str(tmp_path / "store"))
    ended = run(*arguments, "-o", "json")
    envelope = envelope_in(ended.out)
    assert (ended.code, envelope["status"]) == (code, status)
    assert bool(envelope["errors"]) == ("Error: " in ended.err)


def test_the_schema_has_every_line_of_the_funnel() -> None:
    """Some are rare."""
    known = SCHEMA["$defs"]["Stage"]["properties"]["stage"]["enum"]
    assert sorted(known) == sorted([ENDPOINTS, MATCHED, FROM_USERS, *Stage])


@pytest.mark.parametrize(
    "output", [["-o", "json"], ["-ojson"], ["--output", "json"], ["--output=json"], ["-qo", "json"]]
)
def test_a_wrong_command_line_has_an_envelope(output: list[str]) -> None:
    """However JSON is asked for, and wherever; the words go to standard error as ever."""
    for arguments in (["validate", *output, "--nonsense"], ["validate", "--nonsense", *output]):
        ended = run(*arguments)
        envelope = envelope_in(ended.out)
        assert ended.code == 2
        assert envelope["command"] == "validate"
        assert envelope["errors"][0]["code"] == "USAGE"
        assert "No such option: --nonsense" in envelope["errors"][0]["message"]
        assert "No such option: --nonsense" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--nonsense"],
        ["validate", "--nonsense", "-o", "text"],
        ["validate", "--nonsense", "-o", "json", "-o", "table"],
        ["validate", "--nonsense", "--", "-o", "json"],
        ["get", "--nonsense", "-o", "json"],
    ],
)
def test_other_outputs_of_a_wrong_command_line_stay_empty(arguments: list[str]) -> None:
    """Where no envelope was asked for, and where JSON is the endpoint itself."""
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")


def test_a_result_says_whether_it_can_be_fixed() -> None:
    """And does not say what the fix would write."""
    envelope = envelope_in(
        reported(
            ReportFormat.JSON, [checked(finding(fix=secret_fix("ada@example.com")), finding())]
        )
    )
    assert [result["fixable"] for result in envelope["results"]] == [True, False]
    assert "fix" not in envelope["results"][0]


@given(NAMES, TEXTS, TEXTS)
def test_any_text_is_json(source: str, message: str, hint: str) -> None:
    """Half surrogate pairs and control characters are escaped, and nothing is lost."""
    problem = finding(source=source, message=message, hint=hint)
    text = reported(ReportFormat.JSON, [checked(problem)], CannotRun(message, hint))
    assert re.search(CONTROLS, text.replace("\n", "")) is None
    envelope = envelope_in(text)
    (result,) = envelope["results"]
    assert result["message"] == message.encode("utf-8", "backslashreplace").decode()
    assert envelope["errors"][0]["message"] == result["message"]
