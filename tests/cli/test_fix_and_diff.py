"""`pe validate --fix` and `--diff`."""

import shutil
import subprocess
from pathlib import Path

import pytest
from commands import run

WRONG = '{\n  "ChannelType": "sms",\n  "Address": "+1 206 555 0100"\n}\n'
RIGHT = '{\n  "ChannelType": "SMS",\n  "Address": "+12065550100"\n}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with a file to fix, one that is right, and a broken one."""
    (tmp_path / "wrong.json").write_text(WRONG, encoding="utf-8")
    (tmp_path / "right.json").write_text('{"OptOut": "ALL"}', encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("Location:\n  Country: NO\nId: [\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fix_writes_what_has_one_right_answer(folder: Path) -> None:
    """The file is put right, told, and what remains decides the exit code."""
    ended = run("validate", "--fix", "wrong.json", "right.json")
    assert (ended.code, ended.err) == (0, "fixed 2 problems in 1 file\n")
    assert (folder / "wrong.json").read_text(encoding="utf-8") == RIGHT
    again = run("validate", "--fix", ".")
    assert (again.code, again.err) == (1, "fixed 0 problems in 0 files\n")


def test_diff_writes_nothing(folder: Path) -> None:
    """--diff shows what --fix would do, masked, and ends with 1."""
    ended = run("validate", "--diff", "wrong.json", "broken.yaml")
    assert ended.code == 1
    assert '-  "ChannelType": "sms",\n' in ended.out
    assert "555" not in ended.out
    assert ended.err == "2 problems in 1 file would be fixed\n"
    assert (folder / "wrong.json").read_text(encoding="utf-8") == WRONG


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_diff_with_values_can_be_applied(folder: Path) -> None:
    """`git apply` makes of it what --fix makes."""
    ended = run("validate", "--diff", "--show-values", "wrong.json")
    subprocess.run(["git", "apply"], input=ended.out, encoding="utf-8", cwd=folder, check=True)
    assert (folder / "wrong.json").read_text(encoding="utf-8") == RIGHT


def test_ignored_rules_are_not_fixed(folder: Path) -> None:
    """What --ignore leaves out stays as it is."""
    run("validate", "--fix", "--ignore", "phone-number", "wrong.json")
    text = (folder / "wrong.json").read_text(encoding="utf-8")
    assert text == WRONG.replace("sms", "SMS")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--fix", "--diff", "wrong.json"], 2, "--fix"),
        (["--fix", "-"], 2, "standard input"),
        (["--diff", "-"], 2, "standard input"),
        (["--diff", "-o", "json", "wrong.json"], 2, "--output"),
        (["--diff", "--report", "json=x", "wrong.json"], 2, "--report"),
        (["--fix", "--list-files", "wrong.json"], 2, "--list-files"),
        (["--diff", "missing.json"], 3, "missing.json cannot be read"),
        (["--diff", "empty"], 3, "nothing to check"),
        (["--diff", "right.json"], 0, "0 problems in 0 files"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, arguments: list[str], code: int, word: str
) -> None:
    """Options that exclude each other, and files that are not there, are never a success."""
    (folder / "empty").mkdir()
    ended = run("validate", *arguments)
    assert ended.code == code
    assert word in ended.err
    assert not (folder / "x").exists()


def test_a_missing_file_stops_no_other(folder: Path) -> None:
    """The others are fixed, and the run ends with 3."""
    shutil.copy(folder / "wrong.json", folder / "other.json")
    ended = run("validate", "--fix", "other.json", "missing.json")
    assert ended.code == 3
    assert (folder / "other.json").read_text(encoding="utf-8") == RIGHT


def test_links_out_of_a_directory_are_left(folder: Path) -> None:
    """A search writes only below the directory, else ends with 3; a named link is followed."""
    (folder / "inside").mkdir()
    link = folder / "inside" / "link.json"
    link.symlink_to("../wrong.json")
    ended = run("validate", "--fix", "inside")
    assert ended.code == 3
    assert "inside/link.json: cannot be written: it is a link to a file elsewhere" in ended.err
    assert (folder / "wrong.json").read_text(encoding="utf-8") == WRONG
    assert run("validate", "--fix", "inside/link.json").code == 0
    assert (folder / "wrong.json").read_text(encoding="utf-8") == RIGHT
