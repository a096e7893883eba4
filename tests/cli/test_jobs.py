"""`pe validate --jobs`: the output of several processes is that of one."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import RunPe, run

WHOLE = {"ChannelType": "SMS", "Address": "+12065550100", "Location": {"Latitude": 59.91}}
FORMATS = ("json", "junit", "sarif", "github")


def write_corpus(folder: Path) -> None:
    """Write more files than one part has, a file of lines of several parts, and others."""
    for number in range(260):
        endpoint = {**WHOLE, "Id": f"e{number % 250}", "Channel": "SMS", "OptOut": "none"}
        (folder / f"{number:03}.json").write_text(json.dumps(endpoint), "utf-8")
    lines = [
        json.dumps({**WHOLE, "Id": f"l{number}", "Attributes": {"a": ["x" * 90] * 12}})
        for number in range(1_100)
    ]
    lines[500] = "{"
    for number in (7, 8, 900):  # a file's first document tells all of its read-only members
        lines[number] = json.dumps({**WHOLE, "Id": "r", "CohortId": "7", "ResponseMetadata": {}})
    (folder / "lines.ndjson").write_text("\n".join(lines), "utf-8")
    (folder / "some.ndjson.gz").write_bytes(gzip.compress("\n".join(lines[:9]).encode()))
    (folder / "a.yaml").write_text("Location: {Country: NO}\n---\nOptOut: [\n", "utf-8")
    (folder / "100.yaml").write_text("OptOut: none\n---\nOptOut: ALL\n", "utf-8")
    (folder / "empty.json").write_text("", "utf-8")
    (folder / "gone.json").symlink_to("nowhere")


def test_every_format_is_the_same(pe: RunPe, tmp_path: Path) -> None:
    """Byte by byte, in all formats, with what can be fixed and what several documents share."""
    folder = tmp_path / "files"
    folder.mkdir()
    write_corpus(folder)
    outputs = []
    for jobs in ("1", "2"):
        table = pe("validate", "--jobs", jobs, folder)
        reports = [f"--report={name}={tmp_path / (name + jobs)}" for name in FORMATS]
        text = pe("validate", "-v", "-o", "text", "--jobs", jobs, folder, *reports)
        files = [(tmp_path / (name + jobs)).read_bytes() for name in FORMATS]
        ends = [(ended.returncode, ended.stdout, ended.stderr) for ended in (table, text)]
        outputs.append((ends, files))
    assert outputs[0] == outputs[1]
    assert "PE302" in text.stdout
    assert "can be fixed" in text.stderr


def test_standard_input_is_read_by_one_process() -> None:
    """What comes once is not given away; the files beside it are."""
    command = [str(Path(sys.executable).parent / "pe"), "validate", "-o", "text", "--jobs"]
    files = ["examples/ada-email.json", "-", "examples/berlin-pixel.yaml"]
    one, three = (
        subprocess.run(
            [*command, jobs, *files], input=b'{"OptOut": "x"}\n{}', capture_output=True, check=False
        )
        for jobs in ("1", "3")
    )
    assert (one.returncode, one.stdout, one.stderr) == (
        three.returncode, three.stdout, three.stderr,
    )  # fmt: skip
    assert b"PE103" in one.stdout


@pytest.mark.parametrize("jobs", ["0", "65", "x"])
def test_a_number_that_is_none_is_refused(jobs: str) -> None:
    """--jobs takes a number from 1 to 64."""
    ended = run("validate", "--jobs", jobs, "examples")
    assert (ended.code, ended.out) == (2, "")
    assert "--jobs" in ended.err


def test_the_number_stands_in_the_project_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As jobs, a whole number."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(WHOLE), "utf-8")
    (tmp_path / "pe.toml").write_text("jobs = 1\n", "utf-8")
    assert run("validate", "a.json").code == 0
    (tmp_path / "pe.toml").write_text("jobs = 0\n", "utf-8")
    assert run("validate", "a.json").code == 2
    (tmp_path / "pe.toml").write_text("jobs = true\n", "utf-8")
    ended = run("validate", "a.json")
    assert (ended.code, "jobs has to be a whole number" in ended.err) == (3, True)


def test_without_other_processes_this_one_checks(failed_forks: list[str], tmp_path: Path) -> None:
    """The system may allow no more processes, or have no memory for one."""
    (tmp_path / "a.json").write_text(json.dumps(WHOLE), "utf-8")
    ended = run("validate", "--jobs", "2", tmp_path)
    assert failed_forks
    assert ended == run("validate", "--jobs", "1", tmp_path)
