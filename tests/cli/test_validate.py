"""`pe validate` through Typer's runner and as the installed command."""

import json
from pathlib import Path

import pytest
from commands import Ended
from commands import run as run_pe

GOOD = '{"ChannelType": "EMAIL", "Address": "ada@example.com"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a directory with a valid file, one with a warning, an invalid and a broken one."""
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "doubtful.yaml").write_text("Location: {Country: NO}\n", encoding="utf-8")
    (tmp_path / "invalid.json").write_text('{\n "OptOut": "no"}', encoding="utf-8")
    (tmp_path / "broken.json").write_text('{"OptOut"', encoding="utf-8")
    return tmp_path


def run(*arguments: object) -> Ended:
    """Run `pe validate`."""
    return run_pe("validate", *arguments)


def test_a_valid_file_ends_with_0(folder: Path) -> None:
    """Nothing wrong is exit 0 and a summary."""
    code, out, _ = run(folder / "good.json")
    assert (code, out) == (0, "1 document: 1 valid, 0 invalid (0 errors, 0 warnings)\n")


def test_a_warning_is_shown_and_does_not_fail(folder: Path) -> None:
    """A document with warnings only is valid."""
    code, out, _ = run(folder / "doubtful.yaml")
    assert code == 0
    assert "doubtful.yaml:1:21" in out
    assert "1 valid, 0 invalid (0 errors, 1 warning)" in out


def test_a_directory_shows_every_mistake(folder: Path) -> None:
    """The table names each place, and the summary counts what it shows."""
    code, out, _ = run(folder)
    assert code == 1
    for place in ("doubtful.yaml:1:21", "invalid.json:2:12", "broken.json:1:10"):
        assert f"{folder}/{place}" in out
    assert out.endswith("4 documents: 2 valid, 2 invalid (2 errors, 1 warning)\n")


def test_text_is_a_line_each(folder: Path) -> None:
    """Standard output has problems only; the summary goes to standard error."""
    code, out, err = run("-o", "text", folder / "invalid.json")
    assert code == 1
    assert out == (
        f"{folder}/invalid.json:2:12: error[PE103] this text is not a value of OptOut "
        '(at /OptOut): write "ALL" (the user has opted out) or "NONE"\n'
    )
    assert err.startswith("1 document")


def test_quiet_leaves_the_summary_out(folder: Path) -> None:
    """-q prints what is wrong, and nothing if nothing is."""
    assert run("-q", folder / "good.json") == (0, "", "")


def test_verbose_names_the_valid_files(folder: Path) -> None:
    """-v says on standard error what was fine."""
    _, _, err = run("-v", folder)
    assert f"valid: {folder}/good.json" in err


@pytest.mark.parametrize("verbosity", [[], ["-q"], ["-v"]])
def test_json_has_one_shape(folder: Path, verbosity: list[str]) -> None:
    """The envelope has the same members at every verbosity, and the counts add up."""
    code, out, _ = run("-o", "json", *verbosity, folder)
    envelope = json.loads(out)
    assert code == 1
    assert list(envelope) == ["pe", "command", "status", "summary", "results", "errors"]
    assert (envelope["pe"], envelope["command"], envelope["status"]) == (1, "validate", "partial")
    assert envelope["summary"] == {
        "documents": 4, "files_left_out": 0, "valid": 2, "invalid": 2, "unreadable": 0,
        "errors": 2, "warnings": 1, "fixable": 1,
    }  # fmt: skip
    assert {tuple(result) for result in envelope["results"]} == {
        (
            "source", "line", "column", "end_column", "code", "severity", "message", "hint",
            "pointer", "fixable",
        )
    }  # fmt: skip


def test_json_of_a_run_that_fails_early(tmp_path: Path) -> None:
    """Nothing to check still gives the envelope, with the error in it."""
    code, out, err = run("-o", "json", tmp_path)
    envelope = json.loads(out)
    assert code == 3
    assert envelope["status"] == "error"
    assert envelope["results"] == []
    assert envelope["errors"][0]["code"] == "CANNOT_RUN"
    assert "nothing to check" in err


def test_nothing_to_check_is_3(tmp_path: Path) -> None:
    """An empty directory is never a success."""
    code, out, err = run(tmp_path)
    assert (code, out) == (3, "")
    assert "nothing to check" in err


def test_a_missing_file_is_3_and_the_others_are_checked(folder: Path) -> None:
    """What cannot be read decides the exit code; what can be is checked all the same."""
    code, out, _ = run(folder / "none.json", folder / "invalid.json")
    assert code == 3
    assert "invalid.json:2:12" in out
    assert "2 documents: 0 valid, 1 invalid, 1 unreadable (2 errors, 0 warnings)" in out


def test_no_path_is_a_usage_error() -> None:
    """Nothing is read from standard input or the working directory unasked."""
    assert run()[0] == 2


def test_personal_data_is_not_shown(tmp_path: Path) -> None:
    """No address, user id or user attribute is in any output about wrong ones."""
    secrets = ["+12065550100", "ada.lovelace", "goldmember"]
    text = {
        "Address": [secrets[0]],
        "ChannelType": secrets[0],
        secrets[0]: {},
        "User": {"UserId": [secrets[1]], "UserAttributes": {"Tier": secrets[2]}},
    }
    path = tmp_path / "secret.json"
    path.write_text(json.dumps(text), encoding="utf-8")
    for output in ("table", "text", "json"):
        code, out, err = run("-v", "-o", output, path)
        assert code == 1
        assert not [secret for secret in secrets if secret in out + err]


def test_steering_characters_in_names_are_escaped(tmp_path: Path) -> None:
    """Neither a file's name nor a member's can steer the terminal, or be taken for markup."""
    path = tmp_path / "a\x1b[31m\n[red].json"
    path.write_text('{"\\u001b[2J[bold]": 1}', encoding="utf-8")
    for output in ("table", "text"):
        _, out, _ = run("-o", output, path)
        assert "\x1b" not in out
        assert "[red]" in out
        assert "[bold]" in out


def test_fixable_problems_are_marked_and_counted(tmp_path: Path) -> None:
    """The number is that of --fix, and what another problem blocks has no mark."""
    lines = ['{"Id": "a", "ChannelType": "sms"}', '{"Id": "b", "OptOut": "ALL", "OptOut": "all"}']
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join(lines), encoding="utf-8")
    _, out, err = run(path, "--ignore", "PE204")
    assert [line.split("│")[2].strip() for line in out.splitlines() if " PE" in line] == [
        "PE103 [*]",
        "PE005",
        "PE103",
    ]
    assert err == (
        "[*] 1 problem can be fixed with --fix\n"
        "--fix cannot fix 1 more until other problems in the same document are fixed\n"
    )
    assert "fixed 1 problem in 1 file\n" in run("--fix", path).err


def test_errors_only_leaves_warnings_out(folder: Path) -> None:
    """They are counted, and the exit code stays; with --strict, warnings are errors."""
    for output in ("table", "text", "json", "github"):
        code, out, _err = run("--errors-only", "-o", output, folder)
        assert code == 1
        assert "PE103" in out
        assert "PE011" not in out
    assert "1 warning" in run("--errors-only", folder).out
    assert "PE011" in run("--errors-only", "--strict", folder).out


def test_statistics_count_by_rule(folder: Path) -> None:
    """Errors first, each with its name and how many can be fixed; as table, text and JSON."""
    code, out, _err = run("--statistics", "-o", "text", folder)
    assert (code, out.splitlines()) == (
        1,
        [
            "1\t0\terror\tPE004\tsyntax",
            "1\t0\terror\tPE103\tnot-in-set",
            "1\t1\twarning\tPE011\tread-otherwise",
        ],
    )
    assert "not-in-set" in run("--statistics", folder).out
    envelope = json.loads(run("--statistics", "-o", "json", folder).out)
    assert envelope["results"][2] == {
        "code": "PE011",
        "name": "read-otherwise",
        "severity": "warning",
        "problems": 1,
        "fixable": 1,
    }
    assert run("--statistics", "-o", "sarif", folder).code == 2


def test_read_only_members_are_reported_once_a_file(tmp_path: Path) -> None:
    """Not once a line of an export; each line is fixed, and --strict tells of each."""
    path = tmp_path / "a.ndjson"
    line = '{"Id": "%s", "ChannelType": "IN_APP", "CohortId": "7"}'
    path.write_text("\n".join(line % name for name in "abc"), encoding="utf-8")
    _, out, err = run("-o", "text", path)
    assert out.count("PE217") == 1
    assert "reported once a file" in out
    assert "[*] 3 problems can be fixed with --fix" in err
    assert run("-o", "text", "--strict", path).out.count("PE217") == 3
    assert "fixed 3 problems in 1 file" in run("--fix", path).err
