"""What a run of `pe validate` reads, judges and reports, by its options."""

import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from commands import Ended
from commands import run as run_pe
from processes import Terminal

from pinpoint_endpoints.reports.github import as_markdown

PE = Path(sys.executable).parent / "pe"
VALID = '{"ChannelType": "EMAIL", "Address": "ada@example.com"}\n'
WARNED = '{"ChannelType": "EMAIL", "Address": "ada@example.com", "Location": {"Country": "USA"}}\n'
INVALID = '{\n "ChannelType": "EMAIL", "Address": "ada@example.com",\n "OptOut": "none"}\n'


def run(*arguments: object, given: str | bytes | None = None) -> Ended:
    """Run `pe validate`."""
    return run_pe("validate", *arguments, given=given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working directory with a valid file, one with a warning, and an invalid one."""
    folder = tmp_path / "endpoints"
    folder.mkdir()
    (folder / "valid.json").write_text(VALID, encoding="utf-8")
    (folder / "warned.json").write_text(WARNED.replace("ada", "bob"), encoding="utf-8")
    (folder / "invalid.json").write_text(INVALID.replace("ada", "eve"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def test_standard_input_is_read_on_demand() -> None:
    """`-` is standard input, told apart by its content."""
    code, out, _ = run("-", "-o", "text", given=INVALID)
    assert code == 1
    assert out.startswith("<stdin>:3:12: error[PE103]")
    assert run("-", given="ChannelType: EMAIL\nAddress: ada@example.com\n")[0] == 0
    assert run("-", given=gzip.compress(VALID.encode()))[0] == 0


def test_standard_inputs_name(folder: Path) -> None:
    """--stdin-filename says which file the problems are in, and its format."""
    _, out, _ = run("-", "--stdin-filename", "x/ada.yaml", "-o", "text", given="OptOut: none")
    assert out.startswith("x/ada.yaml:1:9: error[PE103]")
    code, _, err = run(folder, "--stdin-filename", "x.yaml")
    assert code == 2
    assert "--stdin-filename" in err


def test_standard_input_meets_files(folder: Path) -> None:
    """The rules across files look at standard input too, though it can be read only once."""
    code, out, _ = run(folder / "valid.json", "-", "-o", "text", given=f'{VALID[:-2]}, "Id": "x"}}')
    assert code == 1
    assert "<stdin>:1:37: error[PE302]" in out
    assert f"{folder}/valid.json:1:37" in out


def test_empty_standard_input_is_no_success() -> None:
    """An upstream command that failed is noticed."""
    code, out, _ = run("-", "-o", "text", given="")
    assert code == 1
    assert "error[PE002] the file is empty" in out


def test_strict_fails_on_warnings(folder: Path) -> None:
    """--strict makes a document with warnings invalid, and leaves them warnings."""
    assert run(folder / "warned.json")[0] == 0
    code, out, _ = run(folder / "warned.json", "--strict")
    assert code == 1
    assert "warning" in out
    assert "0 valid, 1 invalid (0 errors, 1 warning)" in out


@pytest.mark.parametrize("name", ["PE206", "pe206", "country"])
def test_a_rule_is_ignored_by_code_or_name(folder: Path, name: str) -> None:
    """--ignore leaves out what is found by a rule."""
    code, out, _ = run(folder / "warned.json", "--strict", "--ignore", name)
    assert (code, out) == (0, "1 document: 1 valid, 0 invalid (0 errors, 0 warnings)\n")


@pytest.mark.parametrize(
    ("code", "word"), [("PE1O3", "PE103"), ("PE999", "PE"), ("PE004", "cannot be ignored")]
)
def test_what_cannot_be_ignored_is_a_usage_error(folder: Path, code: str, word: str) -> None:
    """An unknown code names the nearest one; what cannot be read cannot be passed by."""
    ended, _, err = run(folder, "--ignore", code)
    assert ended == 2
    assert word in err


def test_create_wants_what_a_new_endpoint_needs(tmp_path: Path) -> None:
    """--create makes a missing ChannelType or Address an error; an update may leave them out."""
    (tmp_path / "a.json").write_text('{"OptOut": "NONE"}', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"Address": "ada@example.com"}', encoding="utf-8")
    assert run(tmp_path)[0] == 0
    code, out, _ = run(tmp_path, "--create", "-o", "text")
    assert code == 1
    assert [line.split()[1] for line in out.splitlines()] == ["error[PE204]", "error[PE205]"]


def test_list_files_prints_what_would_be_read(folder: Path) -> None:
    """--list-files reads nothing, and ends with 3 if there is nothing to read."""
    (folder / "broken.yaml").write_text("[", encoding="utf-8")
    code, out, _ = run("--list-files", "endpoints", "--exclude", "in*.json", "-")
    names = ["broken.yaml", "valid.json", "warned.json"]
    assert (code, out.splitlines()) == (0, [*(f"endpoints/{name}" for name in names), "-"])
    (folder / "empty").mkdir()
    assert run("--list-files", folder / "empty")[0] == 3


def test_several_reports_in_one_run(folder: Path) -> None:
    """--report writes each format beside what is printed, with the same counts."""
    formats = ["json", "junit", "sarif", "text", "table", "github"]
    reports = [f"--report={name}=report.{name}" for name in formats]
    code, out, _ = run("endpoints", *reports)
    assert code == 1
    assert "3 documents: 2 valid, 1 invalid (1 error, 1 warning)" in out
    texts = {name: Path(f"report.{name}").read_text(encoding="utf-8") for name in formats}
    assert json.loads(texts["json"])["summary"]["errors"] == 1
    assert ET.fromstring(texts["junit"]).get("tests") == "3"
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == 2
    assert texts["text"].count("\n") == 2
    assert "\x1b" not in texts["table"]
    assert texts["github"].count("::error ") == 1


def test_a_report_in_a_searched_directory_is_not_read(folder: Path) -> None:
    """What is being written is no endpoint; the last run's report is replaced."""
    for _ in range(2):
        code, out, _ = run(folder, "--report", f"json={folder}/report.json")
        assert code == 1
        assert "3 documents" in out


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ("junit", 2),
        ("nonsense=x", 2),
        ("json=", 2),
        ("json=-", 2),
        ("json=none/x.json", 3),
        ("json=.", 3),
        ("json=endpoints", 2),
    ],
)
def test_a_report_that_cannot_be_written(folder: Path, report: str, code: int) -> None:
    """A wrong format is a usage error, a wrong file cannot run; both say what to do."""
    ended, _, err = run(folder, "--report", report)
    assert ended == code
    assert err.startswith("Error: ")


def test_two_reports_in_one_file_are_refused(folder: Path) -> None:
    """Reports do not overwrite each other."""
    assert run(folder, "--report", "json=x", "--report", "junit=./x")[0] == 2


def test_github_gets_annotations_and_a_summary(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under GITHUB_ACTIONS both are added to what is asked for."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    _, out, _ = run("endpoints")
    assert "::error file=endpoints/invalid.json,line=3,col=12" in out
    assert "3 documents" in out
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert "3 documents: 2 valid, 1 invalid" in text
    _, out, err = run("endpoints", "-o", "json")
    assert json.loads(out)["summary"]["documents"] == 3
    assert "::error " in err


@pytest.mark.parametrize("by_variable", [True, False])
def test_github_and_sarif_name_files_as_the_repository_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_variable: bool
) -> None:
    """From its root, wherever a step works; files outside as they were named."""
    repository = tmp_path / "work"
    inner = repository / "endpoints"
    inner.mkdir(parents=True)
    if by_variable:
        monkeypatch.setenv("GITHUB_WORKSPACE", str(repository))
    else:
        monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
        (repository / ".git").mkdir()
    for path in (inner / "a b.json", repository / "top.json", tmp_path / "out.json"):
        path.write_text('{"OptOut": "SOME"}', encoding="utf-8")
    (inner / "link").symlink_to(repository)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.chdir(inner)
    paths = [".", "../top.json", inner / "a b.json", "../../out.json", "link/top.json", "-"]
    _, out, _ = run(*paths, "-o", "github", "--report", "sarif=s", given='{"OptOut": "SOME"}')
    expected = {"endpoints/a b.json", "top.json", "../../out.json", "<stdin>"}
    assert set(re.findall("file=([^,]*)", out)) == expected
    (log,) = json.loads(Path("s").read_text(encoding="utf-8"))["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in log["results"]]
    assert {unquote(place["artifactLocation"]["uri"]) for place in places} == expected
    assert as_markdown("top.json:1") in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_many_problems_are_summed_up(tmp_path: Path) -> None:
    """The table shows so many of a code and says how many more; the machine formats have all."""
    path = tmp_path / "a.ndjson"
    lines = (f'{{"Id": "{n}", "OptOut": "no", "Metrics": {{"a": "1"}}}}\n' for n in range(60))
    path.write_text("".join(lines), encoding="utf-8")
    _, out, _ = run(path)
    assert out.count("error    │ /OptOut") == 50
    assert "PE103: 10 more" in out
    assert "PE102: 10 more" in out
    assert run(path, "--max-problems", "3")[1].count("error    │ /OptOut") == 3
    assert len(run(path, "-o", "text")[1].splitlines()) == 120
    assert len(json.loads(run(path, "-o", "json")[1])["results"]) == 120


def on_terminal(*arguments: object, cwd: Path, stdout: int | None = None) -> str:
    """Run `pe validate` with standard error (and output) on a terminal; return what it shows."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [PE, "validate", *map(str, arguments)],
        stdout=child if stdout is None else stdout,
        stderr=child,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"},
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 65536):
            shown += chunk
    except OSError:
        pass
    process.wait()
    os.close(parent)
    return shown.decode()


def test_a_terminal_shows_the_line_with_a_caret(folder: Path) -> None:
    """The source line is below the problem, the caret below the value."""
    shown = on_terminal("invalid.json", "-o", "text", cwd=folder)
    _, line, caret, *_ = shown.splitlines()
    assert line.endswith(' "OptOut": "none"}')
    assert caret.endswith("^~~~~~")
    assert caret.index("^") == line.index('"none"')


def test_a_terminal_shows_no_personal_data(folder: Path) -> None:
    """Addresses in source lines are masked unless they are asked for."""
    (folder / "x.json").write_text(
        '{"Address": "+12065550100", "ChannelType": "sms"}', encoding="utf-8"
    )
    for output in ("text", "table"):
        shown = on_terminal("x.json", "-o", output, cwd=folder)
        assert "2065550100" not in shown
        assert '"sms"' in shown
        assert "2065550100" in on_terminal("x.json", "-o", output, "--show-values", cwd=folder)


@pytest.mark.soak
def test_a_long_run_shows_how_far_it_is(tmp_path: Path) -> None:
    """A run of more than a second has a bar on standard error; a short one has none."""
    (tmp_path / "a.json").write_text(VALID, "utf-8")
    out = tmp_path / "out"
    command = ["bash", "-c", f"(read && cat a.json) | {PE} validate - > {out}; echo END"]
    with Terminal(command, tmp_path, {**os.environ, "TERM": "xterm"}) as terminal:
        terminal.wait_for("checking")
        terminal.press("\n")
        terminal.wait_for("END")
    assert out.read_text("utf-8").startswith("1 document: 1 valid")
    with out.open("wb") as stdout:
        assert on_terminal("a.json", cwd=tmp_path, stdout=stdout.fileno()) == ""


@pytest.mark.soak
def test_a_gigabytes_worth_of_problems_stays_small(tmp_path: Path) -> None:
    """Problems in every line cost no memory in any report: more lines, the same peak."""
    program = (
        "import resource, sys\n"
        "from pinpoint_endpoints.cli import main\n"
        "try:\n main()\n"
        "finally:\n print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )

    def peak(lines: int) -> int:
        path = tmp_path / "a.ndjson"
        text = '{"Id": "%06d", "Location": {"Country": "USA"}, "OptOut": "ALL"}\n'
        path.write_text("".join(text % n for n in range(lines)), encoding="utf-8")
        reports = [f"--report={name}={tmp_path / name}" for name in ("json", "sarif", "junit")]
        command = [sys.executable, "-c", program, "validate", str(path), "-q", *reports]
        ended = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
        )
        return int(ended.stderr.split()[-1])

    assert peak(20_000) - peak(5_000) < 10_000


@pytest.mark.parametrize(
    ("output", "ending", "exit_code"),
    [
        ("json", signal.SIGINT, 130),
        ("sarif", signal.SIGTERM, 143),
        ("junit", signal.SIGHUP, 129),
        ("json", signal.SIGTERM, 143),
    ],
)
def test_an_interrupted_run_is_reported(
    tmp_path: Path, output: str, ending: signal.Signals, exit_code: int
) -> None:
    """Ctrl-C, SIGTERM and SIGHUP end with their codes, and with a report that is whole."""
    command = [str(PE), "validate", "-o", output, "-"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b" " * 1_000_000)  # more than a pipe holds: it is being read
    process.stdin.flush()
    process.send_signal(ending)
    out, err = process.communicate()
    assert process.returncode == exit_code
    assert b"interrupted" in err
    if output == "junit":
        ET.fromstring(out)
    else:
        json.loads(out)


def test_what_is_read_is_no_report(folder: Path) -> None:
    """A report never takes the place of a file that is named to be read."""
    text = (folder / "valid.json").read_text(encoding="utf-8")
    (folder / "link.json").symlink_to("valid.json")
    for name in ("valid.json", "link.json"):
        code, _, err = run(folder / "valid.json", "--report", f"json=endpoints/{name}")
        assert code == 2
        assert "is an input" in err
    assert (folder / "valid.json").read_text(encoding="utf-8") == text


def test_a_pipe_is_looked_at_again(folder: Path) -> None:
    """What a pipe held takes part in the rules across files."""
    (folder / "two.ndjson").write_text(
        '{"Id": "a", "OptOut": "ALL"}\n{"Id": "A", "OptOut": "ALL"}\n', encoding="utf-8"
    )
    command = f"{PE} validate -o text <(cat endpoints/two.ndjson)"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"PE301" in ended.stdout


def test_a_file_is_read_once(folder: Path) -> None:
    """However often it is named, it is no duplicate of itself."""
    _, out, _ = run("endpoints", folder / "valid.json", "endpoints/../endpoints/valid.json")
    assert "3 documents" in out
    assert "PE301" not in out


def test_an_application_that_one_names_and_the_other_does_not(tmp_path: Path) -> None:
    """Documents of one application meet, though not all of them name it."""
    (tmp_path / "a.json").write_text(
        '{"ApplicationId": "p", "EndpointId": "e", "EndpointRequest": {"OptOut": "ALL"}}',
        encoding="utf-8",
    )
    (tmp_path / "b.json").write_text('{"Id": "E", "OptOut": "ALL"}', encoding="utf-8")
    _, out, _ = run(tmp_path, "-o", "text")
    assert "PE301" in out
    (tmp_path / "c.json").write_text(
        '{"ApplicationId": "q", "EndpointId": "e", "EndpointRequest": {"OptOut": "ALL"}}',
        encoding="utf-8",
    )
    assert "PE301" not in run(tmp_path, "-o", "text")[1]


def test_values_one_below_the_other(tmp_path: Path) -> None:
    """Pretty-printed objects in one file are documents, as AWS prints its import file."""
    (tmp_path / "a.json").write_text(
        '{\n "Id": "a",\n "OptOut": "ALL"\n}\n{\n "Id": "b",\n "OptOut": "al"\n}\n',
        encoding="utf-8",
    )
    _, out, _ = run(tmp_path, "-o", "text")
    assert [line.partition(":")[2][:5] for line in out.splitlines()] == ["7:12:"]


def test_a_missing_space_after_a_colon_leaks_nothing(tmp_path: Path) -> None:
    """In YAML it makes the value a part of the name: masked, and told."""
    (tmp_path / "a.yaml").write_text(
        "User: {UserId:ada-lovelace, UserId lovelace-ada: 1}\nMetrics: {x: ada-lovelace}\n",
        encoding="utf-8",
    )
    for output in ("table", "text", "json", "sarif", "junit", "github"):
        _, out, err = run(tmp_path, "-o", output)
        assert "lovelace" not in out + err
    assert "a space is missing after the colon" in run(tmp_path, "-o", "text")[1]
    assert "lovelace" not in on_terminal("a.yaml", cwd=tmp_path)


def test_help_that_cannot_be_written_is_an_error() -> None:
    """A full disk is an error in words."""
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([PE, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"Error: the output cannot be written")


def test_the_projects_file_says_what_is_wanted(folder: Path) -> None:
    """strict, ignore and exclude of pe.toml hold for the command, and options go before them."""
    (folder.parent / "pe.toml").write_text(
        'strict = true\nignore = ["timezone"]\nexclude = ["invalid.json"]\n', encoding="utf-8"
    )
    code, out, _ = run("endpoints")
    assert code == 1
    assert "2 documents: 1 valid, 1 invalid (0 errors, 1 warning)" in out
    assert run("endpoints", "--no-strict")[0] == 0
    assert run("endpoints", "--ignore", "country")[0] == 0
    assert "3 documents" in run("endpoints", "--exclude", "nothing")[1]
    (folder.parent / "pe.toml").write_text('ignore = ["PE999"]\n', encoding="utf-8")
    code, _, err = run("endpoints")
    assert code == 2
    assert "PE999" in err
