"""Conversions: what is written, where, and the account of it."""

import gzip
import json
from pathlib import Path

import pytest
from commands import envelope_in, run

from pinpoint_endpoints.convert.output import WrittenFile
from pinpoint_endpoints.reports.conversion import ConversionTally
from pinpoint_endpoints.saving import json_line

ADA = {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
BOB = {"Id": "bob", "ChannelType": "SMS", "Address": "+12065550100", "OptOut": "ALL"}


def lines(path: Path, *endpoints: dict[str, str]) -> Path:
    """Write endpoints into a file, one a line."""
    path.write_bytes(b"".join(json_line(endpoint) for endpoint in endpoints))
    return path


def test_endpoints_go_to_standard_output_and_the_account_to_standard_error(tmp_path: Path) -> None:
    """In the order of their ids, whatever the order of files and lines."""
    first, second = lines(tmp_path / "1.ndjson", BOB), lines(tmp_path / "2.ndjson", ADA)
    ended = run("convert", first, second, "--to", "ndjson")
    assert [json.loads(line) for line in ended.out.splitlines()] == [ADA, BOB]
    assert "2 endpoints in, 2 out" in ended.err
    assert run("convert", second, first, "--to", "ndjson").out == ended.out


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_file_for_each_endpoint_has_the_same_ids(tmp_path: Path, suffix: str) -> None:
    """Files and lines are the same endpoints, also for ids that are no file names."""
    odd = {**ADA, "Id": "a/b: É"}
    source = lines(tmp_path / "in.ndjson", odd, BOB)
    assert run("convert", source, "--to", suffix, "-d", tmp_path / "out").code == 0
    assert len(list((tmp_path / "out").glob(f"*.{suffix}"))) == 2
    back = run("convert", tmp_path / "out", "--to", "ndjson", "--out", tmp_path / "back.ndjson")
    assert back.code == 0
    assert json.loads((tmp_path / "back.ndjson").read_text(encoding="utf-8").splitlines()[0]) == odd


def test_the_newest_copy_of_an_endpoint_counts(tmp_path: Path) -> None:
    """The others are losses, which a strict run does not accept."""
    old = {**ADA, "Id": "ADA", "EffectiveDate": "2020-01-01T00:00:00Z"}
    new = {**ADA, "Address": "new@example.com", "EffectiveDate": "2021-01-01T00:00:00Z"}
    source = lines(tmp_path / "in.ndjson", new, old)
    ended = run("convert", source, "--to", "ndjson", "--strict", "-o", "text")
    assert json.loads(ended.out) == new
    assert ended.code == 1
    assert f"{source}:2" in ended.err


def test_the_account_as_json(tmp_path: Path) -> None:
    """It has what is invalid, what was written and what was done, and the counts add up."""
    source = lines(tmp_path / "in.ndjson", ADA, {"Id": "x", "ChannelType": "FAX"})
    ended = run("convert", source, "--to", "ndjson", "--out", tmp_path / "o", "-o", "json")
    envelope = envelope_in(ended.out)
    assert [result["kind"] for result in envelope["results"]] == ["document", "file", "member"]
    assert (envelope["summary"]["written"], envelope["summary"]["invalid"]) == (1, 1)
    assert (ended.code, envelope["status"]) == (1, "partial")


@pytest.mark.parametrize("name", ["ndjson", "csv", "json", "yaml"])
def test_an_endpoint_at_an_address_that_an_invalid_document_opts_out(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is carried as it is, and the account says so."""
    refusal = {"Id": "x", "ChannelType": "email", "Address": "ADA@example.com", "OptOut": "ALL"}
    source = lines(tmp_path / "in.ndjson", refusal, ADA, BOB)
    ended = run("convert", source, "--to", name, "-d", tmp_path / "out", "-o", "json")
    (entry,) = (
        result for result in json.loads(ended.out)["results"] if result.get("member") == "Address"
    )
    assert (entry["rule"], entry["count"]) == ("opted-out-in-invalid", 1)
    assert entry["places"] == [f"{source}:2"]
    monkeypatch.chdir(tmp_path)
    assert "in.ndjson:2" in run("convert", "in.ndjson", "--to", name, "-d", "table").out


@pytest.mark.parametrize("name", ["ndjson", "ses-suppression"])
def test_standard_output_does_not_steer_a_terminal(tmp_path: Path, name: str) -> None:
    """Control characters in JSON are escaped."""
    source = lines(tmp_path / "in.ndjson", {**ADA, "Address": "a@\x9b.example", "OptOut": "ALL"})
    out = run("convert", source, "--to", name).out
    assert ("\x9b" in out, "a@\\u009b.example" in out) == (False, True)


def test_a_null_loses_nothing(tmp_path: Path) -> None:
    """Neither the null nor the id beside it."""
    source = tmp_path / "in.ndjson"
    source.write_text(json.dumps({**ADA, "OptOut": None}), encoding="utf-8")
    ended = run("convert", source, "--to", "users-csv", "-d", tmp_path / "out", "--strict")
    assert (ended.code, "lost" in ended.out) == (0, False)


@pytest.mark.parametrize(
    ("name", "file", "wanted"),
    [
        ("ndjson", "endpoints.ndjson", '"OptOut":"ALL"'),
        ("customer-profiles", "suppressed.csv", "EMAIL,ada@example.com,opted-out,"),
        ("ses-suppression", "ses-suppression-00001.json", "ada@example.com"),
    ],
)
@pytest.mark.parametrize("opt_out", ["ALL", "all"])
def test_a_document_without_an_address_opts_the_endpoint_out(
    tmp_path: Path, name: str, file: str, wanted: str, opt_out: str
) -> None:
    """Its address is in another document; one of the two may be invalid."""
    dated = {**ADA, "EffectiveDate": "2026-01-01T00:00:00Z"}
    source = lines(tmp_path / "in.ndjson", {"Id": "ADA", "OptOut": opt_out}, dated)
    ended = run("convert", source, "--to", name, "-d", tmp_path / "out", "-o", "json")
    assert wanted in (tmp_path / "out" / file).read_text(encoding="utf-8")
    assert "opted-out-copy" in ended.out


def test_very_many_files_in_a_directory_are_remarked_on() -> None:
    """Those who want so many find out how to get one file."""
    tally = ConversionTally()
    tally.add(WrittenFile("out", 10_001, 20_000, is_directory=True))
    assert "--to ndjson" in [*tally.files()][1]


TWO = json_line(ADA) + json_line(BOB)
DAMAGED = {
    "cut.ndjson.gz": gzip.compress(TWO * 99)[:-9],
    "cut.ndjson": TWO[:-9],
    "cut.json": b"[" + json_line(ADA) + b"," + json_line(BOB)[:-9],
    "open-quote.csv": b'ChannelType,Address,Id\nEMAIL,ada@example.com,a\nEMAIL,"b@example.com,b\n',
    "ragged.csv": b"ChannelType,Address,Id\nEMAIL,ada@example.com\nSMS\n",
    "unknown-header.csv": b"ChannelType,Address,Id,OptIn\nEMAIL,ada@example.com,a,x\n",
    "second.yaml": b"Id: a\nChannelType: EMAIL\n---\nId: b\n ChannelType: SMS\n",
    "empty.json": b"",
    "two.ndjson": b'{"Id":"a","Address":"ada@example.com","OptOut":"ALL","Address":"b@c.com"}',
    "over.json": b'{"EndpointRequest":{"OptOut":"ALL"},"EndpointRequest":{"OptOut":"NONE"}}',
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("output", ["-d", "--out"])
def test_nothing_is_written_if_a_text_cannot_be_read(
    tmp_path: Path, output: str, name: str
) -> None:
    """People who opted out may be missing from a damaged export, and from duplicate keys."""
    lines(tmp_path / "a.ndjson", ADA)
    (tmp_path / name).write_bytes(DAMAGED[name])
    ended = run("convert", tmp_path, "--to", "ndjson", output, tmp_path / "out")
    assert ended.code == 3
    assert f"{name} cannot be read" in ended.err
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".pe-*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """With the file that did not fit."""
    ended = run("convert", lines(tmp_path / "in.ndjson", ADA), "--to", "csv", "--out", "/dev/full")
    assert (ended.code, "/dev/full cannot be written: no space left" in ended.err) == (3, True)


def test_only_a_directory_of_a_killed_run_may_have_files(tmp_path: Path) -> None:
    """Files that were there before are not mixed with new ones."""
    source = lines(tmp_path / "in.ndjson", ADA)
    out = tmp_path / "out"
    (out / ".git").mkdir(parents=True)
    assert run("convert", source, "--to", "json", "-d", out).code == 0
    again = run("convert", source, "--to", "json", "-d", out)
    assert (again.code, "is not empty: it has ada.json" in again.err) == (3, True)
    (out / ".pe-convert.tmp" / "files").mkdir(parents=True)
    (out / ".pe-convert.tmp" / "moving").write_bytes(b"ada.json\0bob.json\0eve.json\0")
    (out / "bob.json").touch()
    (out / "mine.json").touch()
    again = run("convert", source, "--to", "json", "-d", out)
    assert (again.code, "is not empty: it has mine.json" in again.err) == (3, True)
    (out / "mine.json").unlink()
    assert run("convert", source, "--to", "json", "-d", out).code == 0
    assert sorted(entry.name for entry in out.iterdir()) == [".git", "ada.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "jsno"], 'did you mean "json"?'),
        (["--to", "json"], "name a directory with -d"),
        (["--to", "ndjson", "-o", "x.ndjson"], "--out names the converted file"),
        (["--to", "ndjson", "--rename", "a=b"], "--rename is not an option of"),
        (["--to", "ndjson", "-d", "x", "--out", "y"], "exclude each other"),
        (["--to", "ndjson", "--out", "examples/seattle-iphone.json"], "is an input"),
        ([], "no format is named"),
    ],
)
def test_wrong_command_lines(arguments: list[str], message: str) -> None:
    """Each is refused with what to do."""
    ended = run("convert", "examples/seattle-iphone.json", *arguments)
    assert ended.code == 2
    assert message in ended.err


def test_a_format_is_explained() -> None:
    """As a table, and as JSON."""
    assert "older-copy" in run("convert", "--explain", "ndjson").out
    assert json.loads(run("convert", "--explain", "ndjson", "-o", "json").out)["members"]


SAMPLES = {
    "import.csv": (
        "ChannelType,Address,Location.Country,Demographic.Platform,Demographic.Make,User.UserId\n"
        "SMS,2065550182,CAN,Android,LG,example-user-id-1\n"
        "APNS,1a2b3c4d5e6f7g8h9i0j1a2b3c4d5e6f,USA,iOS,Apple,example-user-id-2\n"
        "EMAIL,john.stiles@example.com,USA,iOS,Apple,example-user-id-2\n"
    ),
    "import.json": (
        '{"ChannelType":"SMS","Address":"2065550182","Location":{"Country":"USA"},'
        '"Demographic":{"Platform":"Android","Make":"LG"},"User":{"UserId":"example-user-id-1"}}\n'
        '{"ChannelType":"APNS","Address":"1a2b3c4d5e6f7g8h9i0j1a2b3c4d5e6f","Location":{"Country":'
        '"USA"},"Demographic":{"Platform":"iOS","Make":"Apple"},"User":{"UserId":'
        '"example-user-id-2"}}\n'
        '{"ChannelType":"EMAIL","Address":"john.stiles@example.com","Location":{"Country":"CAN"},'
        '"Demographic":{"Platform":"iOS","Make":"Apple"},"User":{"UserId":"example-user-id-2"}}\n'
    ),
    "get-user-endpoints.json": (
        '{"EndpointsResponse":{"Item":[{"Address":"+12065550182","ApplicationId":"a","ChannelType":'
        '"SMS","CohortId":"45","CreationDate":"2019-05-02T17:47:13.507Z","EffectiveDate":'
        '"2019-05-02T17:47:13.507Z","EndpointStatus":"ACTIVE","Id":"s","OptOut":"NONE",'
        '"User":{"UserAttributes":{"FirstName":["Wang"]},"UserId":"example-user-id-1"}},'
        '{"Address":"wang.xiulan@example.com","ChannelType":"EMAIL","Id":"m","OptOut":"ALL",'
        '"RequestId":"r","User":{"UserId":"example-user-id-2"}}]}}'
    ),
    "segment": (  # what an export job writes: no suffix, gzip
        '{"ChannelType":"EMAIL","Address":"john.stiles@example.com","EndpointStatus":"ACTIVE",'
        '"OptOut":"NONE","Id":"12345","Attributes":{"Email":["recipient%40example.com"]},'
        '"User":{"UserId":"example-user-id-1","UserAttributes":{"FirstName":["Carlos"]}}}\n'
        '{"ChannelType":"SMS","Address":"+16045550182","Id":"6","Demographic":{},"Location":{},'
        '"User":{"UserId":"example-user-id-2","UserAttributes":{}}}\n'
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_of_awss_documentation(tmp_path: Path, name: str) -> None:
    """Two users each; import files have no ids, and `--ids` makes the same ones in each run.

    Source: Amazon Pinpoint User Guide, "Importing segments" and "Exporting segments"; Developer
    Guide, "Looking up endpoints".
    """
    raw = SAMPLES[name].encode()
    path = tmp_path / (f"{name}.gz" if name == "segment" else name)
    path.write_bytes(gzip.compress(raw) if name == "segment" else raw)
    arguments = ["--ids", "from-address"] if name.startswith("import") else []
    out = tmp_path / "out"
    ended = run("convert", path, "--to", "customer-profiles", "-d", out, "-o", "json", *arguments)
    assert ended.code == 0, ended.err
    summary = json.loads(ended.out)["summary"]
    assert summary["endpoints"] == summary["written"] == raw.count(b"example-user-id")
    profiles = (out / "profiles-00001.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["userId"][-1] for line in profiles] == ["1", "2"]
    assert b"wang.xiulan" not in (out / "profiles-00001.jsonl").read_bytes()
