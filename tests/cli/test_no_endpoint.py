"""Files and streams that hold no endpoint: every command agrees that there is nothing in them."""

import gzip
import json
from pathlib import Path

import pytest
from commands import run

from pinpoint_endpoints import load, validate

STORED = {
    "Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com", "EndpointStatus": "INACTIVE",
}  # fmt: skip
NOTHING = {
    "the answer for a user": '{"EndpointsResponse": {"Item": []}}',
    "an answer of boto3": '{"ResponseMetadata": {}, "EndpointsResponse": {"Item": []}}',
    "an empty batch": '{"EndpointBatchRequest": {"Item": []}}',
    "no item": '{"Item": []}',
    "an empty list": "[]",
    "a list of empty answers": '[{"Item": []}, {"EndpointsResponse": {"Item": []}}]',
    "comments": "# rendered\n---\n# nothing\n",
    "an empty list in YAML": "Item: []\n",
}


@pytest.fixture
def target(tmp_path: Path) -> list[str]:
    """Return the options of a local store whose endpoint `ada` is INACTIVE."""
    options = ["--local", "--store", str(tmp_path / "store.db"), "--app", "demo"]
    before = tmp_path / "before.json"
    before.write_text(json.dumps(STORED), encoding="utf-8")
    assert run("upsert", before, *options).code == 0
    return options


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("given", [False, True], ids=["file", "stdin"])
def test_nothing_is_sent_for_what_holds_nothing(
    tmp_path: Path, target: list[str], text: str, *, given: bool
) -> None:
    """The endpoint that the file is named after stays as it is; a remark says why."""
    path = tmp_path / "ada.json"
    path.write_text(text, encoding="utf-8")
    if text == NOTHING["comments"] or text.startswith("Item"):
        path = path.rename(tmp_path / "ada.yaml")
    named = ["-"] if given else [str(path)]
    inputs = {"given": text} if given else {}
    sent = run("upsert", *named, *target, "-o", "json", **inputs)
    assert sent.code == 0
    assert json.loads(sent.out)["summary"]["documents"] == 0
    assert "warning[PE012] there is no endpoint here" in sent.err
    compared = run("diff", *named, *target, "-o", "json", **inputs)
    assert (compared.code, json.loads(compared.out)["summary"]["documents"]) == (0, 0)
    counted = run("stats", *named, "-o", "json", **inputs)
    assert (counted.code, json.loads(counted.out)["summary"]["endpoints"]) == (0, 0)
    checked = run("validate", *named, "-o", "json", **inputs)
    assert (checked.code, json.loads(checked.out)["summary"]["valid"]) == (0, 0)
    stored = run("get", "--id", "ada", *target, "-o", "json")
    assert json.loads(stored.out)["EndpointStatus"] == "INACTIVE"


def test_an_answer_without_segments_is_called_so(tmp_path: Path) -> None:
    """It is what `get-segments` returns for an application that has none."""
    path = tmp_path / "segments.json"
    path.write_text('{"SegmentsResponse": {"Item": []}}', encoding="utf-8")
    ended = run("validate", path, "-o", "text")
    assert (ended.code, "warning[PE012] there is no segment here" in ended.out) == (0, True)


def test_an_empty_answer_among_endpoints_counts_for_nothing(
    tmp_path: Path, target: list[str]
) -> None:
    """Also in a stream: the other lines are sent, and `--id` still names the only endpoint."""
    lines = tmp_path / "a.ndjson"
    lines.write_text('{"Item": []}\n{"OptOut": "ALL"}\n[]\n', encoding="utf-8")
    ended = run("upsert", lines, *target, "--id", "eva", "-o", "json")
    assert ended.code == 0
    assert [result["endpoint_id"] for result in json.loads(ended.out)["results"]] == ["eva"]
    assert [line.split(":")[1] for line in ended.err.splitlines()[:2]] == ["1", "3"]


def test_the_warning_can_be_ignored_and_can_be_an_error(tmp_path: Path) -> None:
    """As any warning."""
    path = tmp_path / "ada.yaml"
    path.write_text("# nothing was rendered\n", encoding="utf-8")
    ignored = run("validate", path, "--ignore", "PE012", "-o", "json")
    assert (ignored.code, json.loads(ignored.out)["results"]) == (0, [])
    strict = run("validate", path, "--strict")
    assert strict.code == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [('{"Item": {}}', "PE102"), ('{"EndpointsResponse": {}}', "PE106"), ('"ada"', "PE102")],
)
def test_no_endpoint_is_made_of_a_broken_wrapper(
    tmp_path: Path, target: list[str], text: str, code: str
) -> None:
    """Even when the rule that finds it is ignored, nothing is sent under the file's name."""
    path = tmp_path / "ada.json"
    path.write_text(text, encoding="utf-8")
    assert [problem.code for document in load(path) for problem in validate(document)] == [code]
    ended = run("upsert", path, *target, "--ignore", code, "--id", "ada")
    assert ended.code == 1
    stored = run("get", "--id", "ada", *target, "-o", "json")
    assert json.loads(stored.out)["EndpointStatus"] == "INACTIVE"


def test_what_a_searched_folder_leaves_out_is_said(tmp_path: Path, target: list[str]) -> None:
    """An export's `.gz` is read, by its content; files of other kinds are counted."""
    folder = tmp_path / "export"
    folder.mkdir()
    line = '{"Id": "%s", "OptOut": "ALL", "ApplicationId": "demo"}\n'
    (folder / "7390e0de8e0b462380603c5a4df90bc4.gz").write_bytes(
        gzip.compress((line % "a" + line % "b").encode())
    )
    for name in ("notes.md", "a.csv", "b.csv", "no-suffix", ".hidden.csv"):
        (folder / name).write_text("x", encoding="utf-8")
    for command in (["validate"], ["upsert", *target], ["diff", *target], ["stats"],
                    ["upsert", "--dry-run", *target]):  # fmt: skip
        ended = run(*command, folder, "-o", "json")
        summary = json.loads(ended.out)["summary"]
        assert (ended.code, summary["documents"], summary["files_left_out"]) == (0, 2, 4)
        assert "left out 4 files that pe does not read: 2 .csv, " in ended.err
    quiet = run("validate", folder, "-q")
    assert quiet.err == ""
    named = run("validate", folder / "7390e0de8e0b462380603c5a4df90bc4.gz", "-o", "json")
    assert (named.err, json.loads(named.out)["summary"]["files_left_out"]) == ("", 0)
