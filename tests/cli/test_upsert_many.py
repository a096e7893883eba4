"""`pe upsert` of many endpoints: what is sent, kept and shown, and how it ends."""

import json
import re
from pathlib import Path

import pytest
from commands import Ended, envelope_in, run
from deliveries import (
    INVALID,
    lines_of,
    names,
    request,
    sent,
    states_in,
    upsert,
    write_lines,
)
from faulty_pinpoint import FaultyPinpoint, Refusal, every, refuse_every
from http_stub import Answer, HttpStub

pytestmark = pytest.mark.usefixtures("unhurried")

FORBIDDEN = Refusal("no", 403, "ForbiddenException")


def folder_of(root: Path) -> Path:
    """Return a folder with a file of one, a YAML file of one, a stream, and an invalid file."""
    folder = root / "endpoints"
    (folder / "deeper").mkdir(parents=True)
    (folder / "ada.json").write_text(json.dumps(request()), encoding="utf-8")
    (folder / "bob.yaml").write_text("ChannelType: EMAIL\nAddress: b@c.d\n", encoding="utf-8")
    write_lines(folder / "deeper" / "more.ndjson", names(3))
    (folder / "wrong.json").write_text(INVALID, encoding="utf-8")
    return folder


def test_whatever_is_named_is_sent(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Directories, files and standard input, in their order, in one call."""
    folder, file = folder_of(tmp_path), write_lines(tmp_path / "last.ndjson", ["last"])
    given = json.dumps({"Id": "piped", **request()})
    ended = upsert(server, folder, "-", file, "-o", "json", given=given)
    ids = ["ada", "bob", *names(3), "piped", "last"]
    assert ended.code == 5
    assert sent(server) == [("UpdateEndpointsBatch", tuple(ids))]
    assert states_in(ended) == {**dict.fromkeys(ids, "accepted"), "wrong": "invalid"}
    assert ended.err == "1 document invalid, and not sent\n"


def test_all_or_nothing_sends_nothing_if_one_is_invalid(
    server: FaultyPinpoint, tmp_path: Path
) -> None:
    """Everything is checked first, standard input too; each document is reported."""
    folder = folder_of(tmp_path)
    given = json.dumps({"Id": "piped", **request()})
    for dry_run in ([], ["--dry-run"]):
        ended = upsert(server, folder, "-", "--all-or-nothing", "-o", "json", *dry_run, given=given)
        assert (ended.code, server.calls) == (1, [])
        skipped = dict.fromkeys(["ada", "bob", *names(3), "piped"], "skipped")
        assert states_in(ended) == {**skipped, "wrong": "invalid"}
        assert dry_run or ended.err == "1 document invalid: nothing was sent\n"
    (folder / "wrong.json").unlink()
    ended = upsert(server, folder, "--all-or-nothing", "-o", "json")
    assert (ended.code, set(states_in(ended).values())) == (0, {"accepted"})


@pytest.mark.parametrize("batch", [True, False])
def test_many_are_batches_unless_they_are_not_wanted(
    server: FaultyPinpoint, tmp_path: Path, *, batch: bool
) -> None:
    """--no-batch sends one by one; the outcomes are the same."""
    path = write_lines(tmp_path / "a.ndjson", names(120))
    ended = upsert(server, path, "-o", "json", *([] if batch else ["--no-batch"]))
    assert ended.code == 0
    assert sorted(len(ids) for _, ids in sent(server)) == ([20, 100] if batch else [1] * 120)
    assert envelope_in(ended.out)["summary"] == {
        "documents": 120,
        "files_left_out": 0,
        "accepted": 120,
        "unverified": 0,
        "failed": 0,
        "invalid": 0,
        "done": 0,
        "skipped": 0,
        "planned": 0,
    }
    assert [one["endpoint_id"] for one in envelope_in(ended.out)["results"]] == names(120)


@pytest.mark.parametrize(
    ("refused", "invalid", "code", "status"),
    [
        ([], [], 0, "success"),
        (["e-2"], [], 5, "partial"),
        ([], ["wrong"], 5, "partial"),
        (names(3), [], 4, "error"),
        (names(3), ["wrong"], 4, "error"),
    ],
)
def test_the_exit_code_tells_how_it_went(
    server: FaultyPinpoint, refused: list[str], invalid: list[str], code: int, status: str
) -> None:
    """All accepted, some of them, or none; the envelope says the same."""
    server.refuses = dict.fromkeys(refused, Refusal("no")).get
    valid = "".join(json.dumps({"Id": name, **request()}) + "\n" for name in names(3))
    ended = upsert(server, "-", "-o", "json", given=valid + INVALID * len(invalid))
    assert ended.code == code
    assert envelope_in(ended.out)["status"] == status
    states = states_in(ended)
    assert [name for name, state in states.items() if state == "failed"] == refused
    assert [name for name, state in states.items() if state == "invalid"] == invalid


def test_a_service_that_refuses_everything_is_4(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Three calls find out; the reason is on standard error, and every document is named."""
    server.refuses = lambda _: FORBIDDEN
    path = write_lines(tmp_path / "a.ndjson", names(500))
    ended = upsert(server, path, "-o", "json", "--concurrency", "1")
    assert ended.code == 4
    assert len(server.calls) == 3
    assert ended.err.startswith("Error: the service refuses everything: HTTP 403: no\n")
    envelope = envelope_in(ended.out)
    assert envelope["errors"][0]["code"] == "REFUSED"
    assert (envelope["summary"]["failed"], envelope["summary"]["skipped"]) == (100, 400)


def test_a_server_that_is_not_there_is_3(tmp_path: Path) -> None:
    """Nothing was sent, and every document is named."""
    with HttpStub() as stub:
        gone = stub
    ended = upsert(gone, write_lines(tmp_path / "a.ndjson", names(300)), "-o", "json")
    assert ended.code == 3
    assert ended.err.startswith(f"Error: no connection to {gone.url}\n")
    assert len(states_in(ended)) == 300


def test_a_table_of_many_shows_what_needs_a_look(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Those that went well are counted."""
    server.refuses = refuse_every(37)
    ended = upsert(server, write_lines(tmp_path / "a.ndjson", names(150)))
    assert ended.code == 5
    rows = re.findall(r"│ (e-\d+) ", ended.out)
    assert rows == ["e-37", "e-74", "e-111", "e-148"]
    assert f"{tmp_path}/a.ndjson:37 " in ended.out
    assert ended.out.endswith("150 documents: 146 accepted, 4 failed\n")
    assert ended.err == "an endpoint needs an Address, unless OptOut is ALL\n"


def test_text_is_a_line_each(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Quiet or not: results are results."""
    path = write_lines(tmp_path / "a.ndjson", names(3))
    server.refuses = {"e-2": Refusal("no")}.get
    ended = upsert(server, path, "-o", "text", "-q")
    lines = [line.partition(" (request")[0] for line in ended.out.splitlines()]
    assert lines == [
        f"{path}: accepted[202] e-1: Accepted",
        f"{path}:2: failed[400] e-2: no",
        f"{path}: accepted[202] e-3: Accepted",
    ]


def test_a_file_that_vanishes_is_reported(server: FaultyPinpoint, tmp_path: Path) -> None:
    """The others are sent; the run ends as one in which something could not be read."""
    folder = folder_of(tmp_path)
    (folder / "wrong.json").unlink()
    (folder / "gone.json").symlink_to(folder / "nowhere.json")
    ended = upsert(server, folder, "-o", "json")
    assert ended.code == 5
    assert len(server.stored) == 5
    (unreadable,) = [one for one in envelope_in(ended.out)["results"] if one["problems"]]
    assert unreadable["source"] == f"{folder}/gone.json"
    assert unreadable["problems"][0]["code"] == "PE001"


def test_a_second_run_with_a_journal_sends_nothing(server: FaultyPinpoint, tmp_path: Path) -> None:
    """What it has as accepted is done, and that is success; what is new or edited is sent."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(80)), tmp_path / "journal"
    command = (path, "--journal", journal, "-o", "json")
    assert upsert(server, *command).code == 0
    calls = len(server.calls)
    again = upsert(server, *command)
    assert again.code == 0
    assert len(server.calls) == calls
    assert envelope_in(again.out)["summary"]["done"] == 80
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[9] = json.dumps({"Id": "e-10", "OptOut": "ALL"})
    path.write_text("\n".join([*lines, json.dumps({"Id": "new", **request()})]), encoding="utf-8")
    assert upsert(server, *command).code == 0
    assert sent(server)[calls:] == [("UpdateEndpointsBatch", ("e-10", "new"))]


def test_only_refused_documents_are_sent_again(server: FaultyPinpoint, tmp_path: Path) -> None:
    """The journal has them, and not as accepted."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(100)), tmp_path / "journal"
    server.refuses = refuse_every(40)
    assert upsert(server, path, "--journal", journal).code == 5
    entries = lines_of(journal)[1:]
    assert [one["endpoint_id"] for one in entries if one["state"] == "failed"] == ["e-40", "e-80"]
    assert {len(server.stored[name]) for name in server.stored} == {1}
    server.refuses = None
    begin = len(server.calls)
    assert upsert(server, path, "--journal", journal).code == 0
    assert sent(server)[begin:] == [("UpdateEndpointsBatch", ("e-40", "e-80"))]


@pytest.mark.parametrize(
    "other", [["--app", "another"], ["--region", "eu-west-1"], ["--local"]], ids=str
)
def test_a_journal_of_another_target_is_refused(
    server: FaultyPinpoint, tmp_path: Path, other: list[str]
) -> None:
    """Exit 3, nothing is sent, and the journal is as it was."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(3)), tmp_path / "journal"
    upsert(server, path, "--journal", journal)
    before, calls = journal.read_bytes(), len(server.calls)
    where = [] if other == ["--local"] else ["--endpoint-url", server.url]
    ended = run("upsert", "--app", "demo", *where, *other, path, "--journal", journal)
    assert ended.code == 3
    assert f"the journal {journal} belongs to another target" in ended.err
    assert (journal.read_bytes(), len(server.calls)) == (before, calls)


def test_a_journal_knows_the_path_of_a_server(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Two services of one host are two targets; a slash at the end makes no difference."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(3)), tmp_path / "journal"
    upsert(server, path, "--journal", journal)

    def again(url: str) -> Ended:
        return run("upsert", "--app", "demo", "--endpoint-url", url, path, "--journal", journal)

    ended = again(f"{server.url}/pinpoint")
    assert ended.code == 3
    assert f"server {server.url} (this run: {server.url}/pinpoint)" in ended.err
    assert again(f"{server.url}/").code == 0


@pytest.mark.parametrize("option", ["--dry-run", "-q"])
def test_a_journal_knows_a_store_that_was_made_anew(tmp_path: Path, option: str) -> None:
    """What an earlier store at the same path had accepted is not taken as done."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(3)), tmp_path / "journal"
    store = tmp_path / "store.sqlite3"

    def again(*options: str) -> Ended:
        local = ("--app", "demo", "--local", "--store", store, "--journal", journal)
        return run("upsert", *local, path, *options)

    assert (again().code, again(option).code) == (0, 0)
    for file in tmp_path.glob("store.sqlite3*"):
        file.unlink()
    ended = again(option)
    assert ended.code == 3
    assert f"the journal {journal} belongs to another target: store " in ended.err


def test_a_file_that_is_no_journal_is_left_alone(server: FaultyPinpoint, tmp_path: Path) -> None:
    """A data file that is named by mistake is neither changed nor read."""
    path, data = write_lines(tmp_path / "a.ndjson", ["a"]), write_lines(tmp_path / "b", ["b"])
    before = data.read_bytes()
    ended = upsert(server, path, "--journal", data)
    assert ended.code == 3
    assert ended.err.startswith(f"Error: {data} is not a journal\n")
    assert (data.read_bytes(), server.calls) == (before, [])


def test_failures_can_be_fed_back(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Once the cause is mended, the file delivers exactly what is missing."""
    server.refuses = refuse_every(37)
    path, failures = write_lines(tmp_path / "a.ndjson", names(150)), tmp_path / "failures.ndjson"
    assert upsert(server, path, "--failures", failures).code == 5
    server.refuses = None
    begin = len(server.calls)
    assert upsert(server, failures).code == 0
    ((operation, ids),) = sent(server)[begin:]
    assert operation == "UpdateEndpointsBatch"
    assert sorted(ids) == ["e-111", "e-148", "e-37", "e-74"]
    assert server.stored["e-37"] == [request()]
    assert len(server.stored) == 150


def test_what_is_written_in_a_searched_directory_is_not_read(
    server: FaultyPinpoint, tmp_path: Path
) -> None:
    """Journal and failures may be beside the documents; no second run empties the failures."""
    folder = tmp_path / "endpoints"
    folder.mkdir()
    write_lines(folder / "a.ndjson", names(3))
    server.refuses = {"e-2": Refusal("no")}.get
    failures = folder / "f.ndjson"
    command = (folder, "--journal", folder / "j.ndjson", "--failures", failures, "-o", "json")
    for options in ((), ("--exclude", "f.ndjson")):
        ended = upsert(server, *command, *options)
        summary = envelope_in(ended.out)["summary"]
        counts = (summary["documents"], summary["accepted"] + summary["done"], summary["failed"])
        assert counts == (3, 2, 1)
        assert [line["Id"] for line in lines_of(failures)] == ["e-2"]
        assert upsert(server, *command).code == 2
        assert [line["Id"] for line in lines_of(failures)] == ["e-2"]


@pytest.mark.parametrize("option", ["--journal", "--failures"])
@pytest.mark.parametrize("name", ["a.ndjson", "./a.ndjson", "link"])
def test_an_input_is_not_written(
    server: FaultyPinpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, name: str
) -> None:
    """Whatever it is called: exit 2, and it is as it was."""
    path = write_lines(tmp_path / "a.ndjson", names(3))
    (tmp_path / "link").symlink_to(path)
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    ended = upsert(server, "a.ndjson", option, name)
    assert ended.code == 2
    assert f"{name} is an input: {option} would overwrite it" in ended.err
    assert (path.read_bytes(), server.calls) == (before, [])


def test_journal_and_failures_are_two_files(server: FaultyPinpoint, tmp_path: Path) -> None:
    """One file for both is exit 2, and is neither made nor changed."""
    path, both = write_lines(tmp_path / "a.ndjson", names(3)), tmp_path / "both"
    ended = upsert(server, path, "--journal", both, "--failures", f"{tmp_path}/./both")
    assert ended.code == 2
    assert not both.exists()


@pytest.mark.parametrize("option", ["--journal", "--failures"])
def test_what_cannot_be_written_is_3(server: FaultyPinpoint, tmp_path: Path, option: str) -> None:
    """It is reported before anything is sent."""
    path = write_lines(tmp_path / "a.ndjson", names(3))
    ended = upsert(server, path, option, tmp_path / "none" / "file")
    assert ended.code == 3
    assert "none/file cannot be" in ended.err
    assert server.calls == []


def test_verify_names_what_was_not_stored(server: FaultyPinpoint, tmp_path: Path) -> None:
    """Accepted is not stored: exit 5, the members by name, and a file to send again."""
    path, failures = write_lines(tmp_path / "a.ndjson", names(4)), tmp_path / "failures.ndjson"
    assert upsert(server, path, "--verify").code == 0
    server.forgets = every(2)
    write_lines(path, names(5), version=7)
    ended = upsert(server, path, "--verify", "--failures", failures, "-o", "json")
    assert ended.code == 5
    assert states_in(ended) == {
        "e-1": "accepted", "e-2": "unverified", "e-3": "accepted", "e-4": "unverified",
        "e-5": "accepted",
    }  # fmt: skip
    messages = {one["endpoint_id"]: one["message"] for one in envelope_in(ended.out)["results"]}
    assert messages["e-2"] == "Accepted, but not stored as it was sent: Attributes.version"
    assert [line["Id"] for line in lines_of(failures)] == ["e-2", "e-4"]


def test_the_local_pinpoint_stores_what_it_accepts(tmp_path: Path) -> None:
    """--verify finds nothing to say, also about rounded coordinates."""
    endpoint = {**request(), "Location": {"Latitude": 47.6061, "Longitude": -122.3321}}
    path = tmp_path / "a.ndjson"
    lines = (json.dumps({"Id": name, **endpoint}) for name in names(30))
    path.write_text("\n".join(lines), encoding="utf-8")
    ended = run("upsert", "--app", "demo", "--local", "--verify", path, "-o", "json")
    assert ended.code == 0
    assert envelope_in(ended.out)["summary"]["accepted"] == 30


def test_calls_are_as_many_at_once_as_is_said(server: FaultyPinpoint, tmp_path: Path) -> None:
    """--concurrency bounds what is under way."""
    server.delay = 0.02
    path = write_lines(tmp_path / "a.ndjson", names(30))
    assert upsert(server, path, "--no-batch", "--concurrency", "2").code == 0
    assert server.max_concurrent <= 2


def test_personal_data_is_in_no_output_and_no_journal(
    server: FaultyPinpoint, tmp_path: Path
) -> None:
    """A server that repeats the request in its message changes nothing about it."""
    server.refuses = lambda _: Refusal("ada@example.com is not welcome")
    path, journal = write_lines(tmp_path / "a.ndjson", names(3)), tmp_path / "journal"
    for output in ("table", "text", "json"):
        ended = upsert(server, path, "-o", output, "--journal", journal)
        assert "ada@example.com" not in ended.out + ended.err
        assert "not welcome" in ended.out
    assert b"ada@example.com" not in journal.read_bytes()


def test_what_is_no_pinpoint_is_4(tmp_path: Path) -> None:
    """A web server's 200 is not taken for success."""
    page = Answer(200, b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"})
    with HttpStub(page) as stub:
        ended = upsert(stub, write_lines(tmp_path / "a.ndjson", names(3)))
    assert ended.code == 4
    assert "this server does not seem to implement Pinpoint" in ended.err
