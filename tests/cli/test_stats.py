"""`pe stats` of files and of the local Pinpoint: what it prints, and how it ends."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from commands import RunPe, run
from processes import Terminal

from pinpoint_endpoints.testing import PinpointLocal

PE = Path(sys.executable).parent / "pe"
SEATTLE = Path(__file__).parent.parent.parent / "examples" / "seattle-iphone.json"
SMS = {"ChannelType": "SMS", "Address": "+12065550100", "OptOut": "NONE"}
EMAIL = {"ChannelType": "EMAIL", "Address": "ada@example.com", "OptOut": "ALL"}
WRONG = {"ChannelType": "sms", "Location": {"Country": "+12065550100"}}


@pytest.fixture(autouse=True)
def _here(pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PE_APP")
    monkeypatch.chdir(tmp_path)


def write(name: str, *values: Any) -> None:
    """Write a file with a value a line."""
    Path(name).write_text("\n".join(map(json.dumps, values)), encoding="utf-8")


def counts_in(out: str, chart: str = "channel_type") -> dict[str, int]:
    """Return the counts of a chart in the JSON envelope, by label."""
    (found,) = (each for each in json.loads(out)["results"] if each["chart"] == chart)
    return {bar["label"]: bar["count"] for bar in found["bars"]}


def test_files_are_counted() -> None:
    """One endpoint a file, a line or an item; directories are searched; a table, and exit 0."""
    Path("endpoints").mkdir()
    write("endpoints/a.json", SMS)
    write("endpoints/b.ndjson", {"Id": "b", **SMS}, {"Id": "c", **EMAIL})
    Path("endpoints/d.yaml").write_text("ChannelType: SMS\nLocation: {Country: NO}\n", "utf-8")
    write("e.json", {"Item": [{"Id": "e", **EMAIL}, {"Id": "f", **EMAIL}]})
    code, out, err = run("stats", "endpoints", "e.json")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "6 endpoints"
    assert lines[1] == "Channel type"
    assert [line.split()[0] for line in lines[2:4]] == ["EMAIL", "SMS"]
    assert lines[2].split()[-2:] == ["3", "50.0%"]
    assert "\n  NO  " in out


def test_streams_and_standard_input_are_counted() -> None:
    """Packed files too, and `-` under the name that it is given."""
    lines = "\n".join(json.dumps({"Id": name, **SMS}) for name in "abc").encode()
    Path("a.ndjson.gz").write_bytes(gzip.compress(lines))
    out = run("stats", "a.ndjson.gz", "-", "-o", "json", given=json.dumps(EMAIL))[1]
    assert counts_in(out) == {"SMS": 3, "EMAIL": 1}
    yaml = "ChannelType: SMS\nLocation:\n  Country: NO\n"
    code, out, _ = run("stats", "-", "--stdin-filename", "a.yaml", "-o", "json", given=yaml)
    assert (code, counts_in(out, "country")) == (0, {"NO": 1})


def test_lines_are_for_scripts() -> None:
    """Four fields with tabs between them, and nothing else on standard output."""
    write("a.ndjson", {"Id": "a", **SMS}, {"Id": "b", **EMAIL})
    code, out, err = run("stats", "a.ndjson", "-o", "text")
    assert (code, err) == (0, "")
    assert {len(line.split("\t")) for line in out.splitlines()} == {4}
    assert "channel_type\tSMS\t1\t0.5000\n" in out
    assert "opt_out\tALL\t1\t0.5000\n" in out
    assert "platform\t(not given)\t2\t1.0000\n" in out


def test_invalid_endpoints_are_counted_and_reported() -> None:
    """As they are, without the address that is in the wrong place; exit 1."""
    write("a.json", SMS)
    write("b.json", WRONG)
    code, out, err = run("stats", "a.json", "b.json", "-o", "json")
    assert code == 1
    assert (counts_in(out), counts_in(out, "country")) == (
        {"SMS": 1, "sms": 1},
        {"+1***0100": 1, "not given": 1},
    )
    assert "2065550100" not in out + err
    assert err == "1 invalid endpoint counted too; run `pe validate a.json b.json` for details\n"
    summary = {"documents": 2, "files_left_out": 0, "endpoints": 2, "invalid": 1, "unreadable": 0}
    assert json.loads(out)["summary"] == summary


def test_what_holds_no_endpoint_is_named() -> None:
    """With its place and what is wrong; at most ten, and all of them are counted."""
    write("a.ndjson", {"Id": "a", **SMS}, *range(25))
    code, out, err = run("stats", "a.ndjson")
    assert (code, out.splitlines()[0]) == (1, "1 endpoint")
    lines = err.splitlines()
    assert lines[0].startswith("a.ndjson:2:1: error[PE102] expected an object, found")
    assert lines[10] == ("25 documents without an endpoint; run `pe validate a.ndjson` for details")
    assert len(lines) == 11


def test_verbose_names_every_error() -> None:
    """Also those of endpoints that are counted."""
    write("a.ndjson", {"Id": "a", **WRONG}, *range(25))
    err = run("stats", "a.ndjson", "-v")[2]
    assert err.count("error[PE102]") == 25
    assert 'a.ndjson:1:28: error[PE103] "sms" is not a value of ChannelType' in err


def test_an_unreadable_file_does_not_hide_the_others() -> None:
    """It is named, and exit 3 says that not all was looked at."""
    write("a.json", SMS)
    code, out, err = run("stats", "a.json", "none.json", "-o", "json", "-q")
    assert (code, counts_in(out)) == (3, {"SMS": 1})
    assert json.loads(out)["status"] == "partial"
    assert err.startswith("none.json: error[PE001] cannot be read: no such file")


def test_a_policy_is_that_of_validate() -> None:
    """What it ignores is not invalid, and if it is strict a warning is."""
    write("a.json", {**SMS, "EffectiveDate": "yesterday"})
    assert run("stats", "a.json")[0] == 1
    assert run("stats", "a.json", "--ignore", "PE209")[0] == 0
    write("b.json", {**SMS, "Location": {"Country": "USA"}})
    assert run("stats", "b.json")[0] == 0
    assert run("stats", "b.json", "--strict")[0] == 1
    Path("pe.toml").write_text('ignore = ["PE209"]\nexclude = ["b.json"]\n', encoding="utf-8")
    code, out, _ = run("stats", ".", "-o", "json")
    assert (code, counts_in(out)) == (0, {"SMS": 1})


def test_an_endpoint_in_two_documents_counts_twice() -> None:
    """Nothing is remembered of it; `pe validate` finds it."""
    write("a.ndjson", {"Id": "a", **SMS}, {"Id": "A", **SMS})
    code, out, _ = run("stats", "a.ndjson", "-o", "json")
    assert (code, counts_in(out)) == (0, {"SMS": 2})


def test_top_says_how_many_have_bars() -> None:
    """The others have one together, which says how many they are."""
    countries = ["US"] * 3 + ["DE"] * 2 + ["GB", "NO", "SE"]
    write("a.ndjson", *({"Id": each, **SMS, "Location": {"Country": each}} for each in countries))
    out = run("stats", "a.ndjson", "--top", "2", "-o", "json")[1]
    assert counts_in(out, "country") == {"US": 3, "DE": 2, "others": 3}
    assert "(3 others)" in run("stats", "a.ndjson", "--top", "2")[1]
    assert run("stats", "a.ndjson", "--top", "0")[0] == 2


@pytest.mark.parametrize("output", ["table", "text", "json"])
def test_every_output_has_the_same_bars(output: str) -> None:
    """What no endpoint has gets no bar: not in the table, not in lines, not in JSON."""
    write("a.json", {"ChannelType": "SMS", "Address": "+12065550100"})
    out = run("stats", "a.json", "-o", output)[1]
    assert "not given" in out
    assert not [word for word in ("ACTIVE", "NONE", "days ago") if word in out]


def test_the_local_pinpoint_is_counted() -> None:
    """What it has stored of one application, as it has stored it."""
    write("a.ndjson", {"Id": "a", **SMS}, {"Id": "b", **EMAIL})
    write("c.ndjson", {"Id": "c", **SMS})
    assert run("upsert", "--local", "--app", "demo", "a.ndjson")[0] == 0
    assert run("upsert", "--local", "--app", "other", "c.ndjson")[0] == 0
    code, out, err = run("stats", "--local", "--app", "demo", "-o", "json")
    assert (code, err) == (0, "")
    assert counts_in(out) == {"EMAIL": 1, "SMS": 1}
    assert counts_in(out, "endpoint_status") == {"ACTIVE": 2, "INACTIVE": 0}
    assert counts_in(out, "last_updated")["in the last 24 hours"] == 2
    summary = {"documents": 2, "files_left_out": 0, "endpoints": 2, "invalid": 0, "unreadable": 0}
    assert json.loads(out)["summary"] == summary


def test_the_application_and_the_store_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By option, by variable or by the project's file, as in every command."""
    write("a.json", SMS)
    run("upsert", "--local", "--store", "own.sqlite3", "--app", "demo", "a.json")
    named = ("stats", "--local", "--store", "own.sqlite3")
    assert run(*named, "--app", "demo")[0] == 0
    assert run(*named, "--app", "demo", "-v")[2] == "using the local Pinpoint in own.sqlite3\n"
    monkeypatch.setenv("PE_APP", "demo")
    assert run(*named)[0] == 0
    monkeypatch.setenv("PE_LOCAL_STORE", "own.sqlite3")
    assert run("stats", "--local")[0] == 0
    monkeypatch.delenv("PE_APP")
    Path("pe.toml").write_text('app = "demo"\n', encoding="utf-8")
    assert run("stats", "--local")[0] == 0


def test_an_unknown_application_is_refused() -> None:
    """Exit 4, with the nearest one named, and nothing on standard output."""
    write("a.json", SMS)
    run("upsert", "--local", "--app", "newsletter", "a.json")
    code, out, err = run("stats", "--local", "--app", "newsletters")
    assert (code, out) == (4, "")
    assert re.fullmatch(
        r"Error: there is no application newsletters in /\S+\n"
        r'       did you mean "newsletter"\?\n',
        err,
    )


def test_a_missing_store_is_named() -> None:
    """Exit 4, and the store is not created."""
    code, out, err = run("stats", "--local", "--app", "demo", "--store", "none/s.sqlite3")
    assert (code, out) == (4, "")
    assert "the local store none/s.sqlite3 does not exist yet" in err
    assert not Path("none").exists()


def test_an_empty_application_is_reported() -> None:
    """An empty application is not an error."""
    write("a.json", SMS)
    run("upsert", "--local", "--app", "demo", "a.json")
    run("delete", "--local", "--app", "demo", "--id", "a", "--yes")
    code, out, err = run("stats", "--local", "--app", "demo")
    assert (code, out) == (0, "0 endpoints\n")
    assert err == "the application demo has no endpoints; `pe upsert --local` adds some\n"
    assert run("stats", "--local", "--app", "demo", "-q")[2] == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no endpoints are named"),
        (["--app", "demo"], "no endpoints are named"),
        (["--local"], "--local needs an application"),
        (["--local", "--app", "demo", "a.json"], "files and --local exclude each other"),
        (["--local", "--app", "${x}"], "not an application id: it contains $ { }"),
        (["--store", "x", "a.json"], "a store is only for the local Pinpoint"),
        (["a.json", "--stdin-filename", "x"], "--stdin-filename is only for standard input"),
        (["a.json", "--ignore", "PE999"], 'there is no rule "PE999"'),
        (["a.json", "--top", "1001"], "1001"),
    ],
)
def test_a_wrong_command_line_is_2(arguments: list[str], message: str) -> None:
    """It is said what is wrong and what to do, and nothing is printed as a result."""
    write("a.json", SMS)
    code, out, err = run("stats", *arguments)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("output", ["table", "text"])
def test_nothing_to_count_is_3(output: str) -> None:
    """A directory without endpoints, a file without text, and one that is not there."""
    Path("empty").mkdir()
    write("a.json")
    assert run("stats", "empty", "-o", output)[:2] == (3, "")
    assert "there is no endpoint in empty" in run("stats", "empty")[2]
    assert run("stats", "none.json")[:2] == (3, "0 endpoints\n")
    assert run("stats", "a.json")[:2] == (1, "0 endpoints\n")


def test_a_damaged_store_is_named() -> None:
    """Whether it is none, or only one endpoint in it is damaged: exit 3, and no traceback."""
    Path("none").write_text("my only copy", encoding="utf-8")
    code, out, err = run("stats", "--local", "--app", "demo", "--store", "none")
    assert (code, out) == (3, "")
    assert "none is damaged, or is not a store" in err
    write("a.ndjson", {"Id": "a", **SMS}, {"Id": "b", **EMAIL})
    run("upsert", "--local", "--app", "demo", "a.ndjson")
    with closing(connect(os.environ["PE_LOCAL_STORE"])) as store:
        store.executescript("UPDATE endpoints SET response = x'7b' WHERE number = 2")
    code, out, err = run("stats", "--local", "--app", "demo", "-o", "json")
    assert (code, json.loads(out)["errors"][0]["code"]) == (3, "CANNOT_RUN")
    assert "is damaged" in err


@pytest.mark.soak
def test_memory_is_flat(tmp_path: Path) -> None:
    """A longer stream needs no more of it; nor does a larger application."""
    program = (
        "import resource, sys\n"
        "from pinpoint_endpoints.cli.app import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))\n"
    )

    def peak(*arguments: object) -> int:
        command = [sys.executable, "-c", program, "stats", *map(str, arguments), "-q"]
        ended = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
        )
        return int(ended.stderr.split()[-1])

    def lines(count: int) -> Path:
        path = tmp_path / f"{count}.ndjson"
        ten_kilobytes = {name: ["x" * 100] * 50 for name in "ab"}
        with path.open("w", encoding="utf-8") as file:
            for number in range(count):
                endpoint = {"Id": f"e{number}", **SMS, "Attributes": ten_kilobytes}
                file.write(f"{json.dumps(endpoint)}\n")
        return path

    few, many = lines(100), lines(5_000)
    assert peak(many) - peak(few) < 10_000
    run("upsert", "--local", "--app", "few", few, "-q", "-o", "text")
    run("upsert", "--local", "--app", "many", many, "-q", "-o", "text")
    local = ("--local", "--app")
    cached = 20_000  # of the store's file: the endpoints themselves would be 50 MB
    assert peak(*local, "many") - peak(*local, "few") < 10_000 + cached


def test_an_interrupted_run_shows_what_it_has() -> None:
    """Ctrl-C ends with 130, and with the charts of what was counted so far."""
    write("a.ndjson", {"Id": "a", **SMS}, {"Id": "b", **EMAIL})
    process = subprocess.Popen(
        [str(PE), "stats", "-o", "json", "a.ndjson", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b" " * 1_000_000)  # more than a pipe holds: it is being read
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert counts_in(out.decode()) == {"EMAIL": 1, "SMS": 1}
    assert b"the counts so far are shown" in err


def test_the_installed_command(pe: RunPe) -> None:
    """Charts of the examples without the mistakes, and no heavy library for JSON."""
    ended = pe("stats", "examples", "--exclude", "with-mistakes/")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("5 endpoints\nChannel type\n")
    command = "import sys; from pinpoint_endpoints.cli import main; main()"
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", command, "stats", "-o", "text", SEATTLE],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    modules = {line.rpartition("|")[2].strip() for line in loaded.stderr.splitlines()}
    assert "pinpoint_endpoints.stats" in modules
    assert not modules & {"boto3", "botocore", "yaml", "rich", "sqlite3", "jsonschema"}


def test_a_terminal_gets_its_width() -> None:
    """Charts without borders, in colour; two panels side by side where it is wide."""
    write("a.json", SMS)
    environment = {**os.environ, "TERM": "xterm", "PATH": f"{PE.parent}:/usr/bin:/bin"}
    for columns, panels in ((60, 0), (130, 2)):
        command = f"stty cols {columns}; pe stats a.json; echo END"
        with Terminal(["bash", "-c", command], Path.cwd(), environment) as terminal:
            first = terminal.wait_for(r".*Channel type.*")[0]
            assert first.count("╭") == panels
            assert "\x1b[" in first
            terminal.wait_for("END")
