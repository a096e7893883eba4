"""`pe get` of several endpoints and of a user's, printed in every format and saved into files."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import run
from http_stub import Answer, HttpStub, StallingStub

from pinpoint_endpoints import load
from pinpoint_endpoints.reports.endpoint import EndpointView
from pinpoint_endpoints.reports.reporter import ReportOptions
from pinpoint_endpoints.testing import PinpointLocal

PE = Path(sys.executable).parent / "pe"
SECRETS = ["+12065550100", "ada@example.com", "ada-lovelace", "engines"]
ADA = {"UserId": "ada-lovelace", "UserAttributes": {"Interests": ["engines"]}}
ITEMS: list[dict[str, Any]] = [
    {"Id": "Ada/Phone", "ChannelType": "SMS", "Address": "+12065550100", "User": ADA},
    {"Id": "ada.json", "ChannelType": "EMAIL", "Address": "ada@example.com", "User": ADA},
    {"Id": "bob", "ChannelType": "EMAIL", "Address": "bob@example.com"},
]
TARGET = ("--local", "--app", "demo")


@pytest.fixture(autouse=True)
def _stored(pinpoint_local: PinpointLocal, tmp_path: Path) -> None:
    """Put two endpoints of Ada and one without a user into the local Pinpoint."""
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"Item": ITEMS}), encoding="utf-8")
    assert run("upsert", *TARGET, path)[0] == 0


def get(*arguments: object, given: str | bytes | None = None) -> tuple[int, str, str]:
    """Run `pe get` on the local Pinpoint."""
    return run("get", *TARGET, *arguments, given=given)


def as_read(path: Path) -> dict[str | None, object]:
    """Return what is in a file or a directory, by the endpoint id."""
    return {document.endpoint_id: document.request for document in load(path)}


def without_request_ids(out: str) -> str:
    """Return documents without what is the service's own: each update has an id of its own."""
    return re.sub('"?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"?', "(id)", out)


@pytest.mark.parametrize("output", ["json", "yaml", "ndjson"])
def test_documents_are_what_the_service_has(tmp_path: Path, output: str) -> None:
    """Every document format is read back to the endpoints of the user, unmasked."""
    code, out, err = get("--user", "ada-lovelace", "-o", output)
    path = tmp_path / f"out.{output}"
    path.write_text(out, encoding="utf-8")
    read = as_read(path)
    assert (code, err, set(read)) == (0, "", {"Ada/Phone", "ada.json"})
    assert [secret for secret in SECRETS if secret not in out] == []
    assert run("upsert", *TARGET, path)[0] == 0
    assert without_request_ids(get("--user", "ada-lovelace", "-o", output)[1]) == (
        without_request_ids(out)
    )


def test_the_shape_of_json_follows_the_command_line() -> None:
    """One --id gives the bare endpoint, several and --user what the AWS CLI prints for a user."""
    bare = json.loads(get("--id", "bob", "-o", "json")[1])
    assert bare["Id"] == "bob"
    for which in (["--id", "bob", "--id", "nobody"], ["--id", "bob", "--id", "BOB"]):
        several = json.loads(get(*which, "-o", "json")[1])
        assert several == {"EndpointsResponse": {"Item": [bare]}}
    of_user = json.loads(get("--user", "ada-lovelace", "-o", "json")[1])
    assert [item["Id"] for item in of_user["EndpointsResponse"]["Item"]] == [
        "Ada/Phone",
        "ada.json",
    ]


def test_one_document_a_line_and_one_between_dashes() -> None:
    """NDJSON has a line an endpoint; YAML has --- between documents and none around one."""
    _, lines, _ = get("--user", "ada-lovelace", "-o", "ndjson")
    assert [json.loads(line)["Id"] for line in lines.splitlines()] == ["Ada/Phone", "ada.json"]
    _, several, _ = get("--user", "ada-lovelace", "-o", "yaml")
    assert [item["Id"] for item in yaml.safe_load_all(several)] == ["Ada/Phone", "ada.json"]
    assert "---" not in get("--id", "bob", "-o", "yaml")[1]


def test_table_and_text_name_each_of_several() -> None:
    """The endpoint id is above each table and before each line; personal data is masked."""
    ids = ["--id", "Ada/Phone", "--id", "bob"]
    _, table, _ = get(*ids)
    _, text, _ = get(*ids, "-o", "text")
    assert [line for line in table.splitlines() if line[0] not in "╭│├╰"] == ["Ada/Phone", "bob"]
    assert {line.split("\t")[0] for line in text.splitlines()} == {"Ada/Phone", "bob"}
    assert "Ada/Phone\tChannelType\tSMS\n" in text
    assert [secret for secret in SECRETS if secret in table + text] == []
    assert "+12065550100" in get(*ids, "--show-values")[1]
    assert "ChannelType\tEMAIL\n" in get("--id", "bob", "-o", "text")[1]


@pytest.mark.parametrize("output", ["table", "text", "json", "yaml", "ndjson"])
def test_missing_endpoints_are_reported(output: str) -> None:
    """The others are printed: exit 5; none is there: exit 4, and nothing on standard output."""
    code, out, err = get("--id", "nobody", "--id", "bob", "--id", "noone", "-o", output)
    assert (code, "bob" in out) == (5, True)
    assert err == (
        "Error: nobody: HTTP 404: Endpoint not found\n"
        "Error: noone: HTTP 404: Endpoint not found\n"
        "       check the application and the endpoint id, and on AWS the region\n"
    )
    code, out, err = get("--id", "nobody", "--id", "noone", "-o", output)
    assert (code, out, err.count("Error: ")) == (4, "", 2)
    code, out, err = get("--user", "nobody", "-o", output)
    assert (code, out) == (4, "")
    assert err.startswith("Error: HTTP 404: User not found\n")


def test_ids_that_differ_in_case_are_asked_for_once() -> None:
    """They are one endpoint, and that is said."""
    code, out, err = get("--id", "Bob", "--id", "BOB", "--id", "Bob", "-o", "ndjson")
    assert (code, len(out.splitlines())) == (0, 1)
    assert err == "BOB is the same endpoint as Bob\n"


@pytest.mark.parametrize(
    "given", ["bob\nAda/Phone\n", "bob\r\n\r\nAda/Phone", "\ufeffbob\nAda/Phone\n"]
)
def test_ids_come_from_standard_input(given: str) -> None:
    """With --id -, one a line, of any system's line ends, besides those of the command line."""
    asked = ("--id", "-", "--id", "ada.json", "--id", "-")
    code, out, _ = get(*asked, "-o", "ndjson", given=given.encode())
    ids = [json.loads(line)["Id"] for line in out.splitlines()]
    assert (code, ids) == (0, ["bob", "Ada/Phone", "ada.json"])


@pytest.mark.parametrize("given", [b"", b"\n\n", b"\xff\n"])
def test_standard_input_without_ids_is_3(given: bytes) -> None:
    """Input that is empty, or not text, is an error, and no request is made."""
    code, out, err = get("--id", "-", given=given)
    assert (code, out) == (3, "")
    assert err.startswith("Error: standard input ")


def test_a_wrong_line_of_standard_input_is_named() -> None:
    """The message has the line's number, in which empty lines count; no request is made."""
    code, out, err = get("--id", "-", given="bob\n\na${b}\neve\n")
    assert (code, out) == (2, "")
    assert err == (
        "Error: line 3 of standard input: not an endpoint id: it contains $ { }, which the service "
        "does not allow\n       one endpoint id per line\n"
    )


@pytest.mark.parametrize(
    "which",
    [
        [],
        ["--id", "a", "--user", "u"],
        ["--id", "a", "--id", "a$"],
        ["--user", ".."],
        ["--user", "\udcff"],
        ["--id", "a", "-o", "csv"],
    ],
)
def test_a_wrong_command_line_is_2(which: Sequence[str], tmp_path: Path) -> None:
    """Ids or a user, and only such as the service can take; nothing is saved."""
    code, out, _ = get(*which, "--save", tmp_path / "saved")
    assert (code, out) == (2, "")
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize("output", ["table", "json", "yaml", "ndjson"])
def test_what_is_saved_goes_back(tmp_path: Path, output: str) -> None:
    """--save writes a file each, YAML with -o yaml and else JSON, and prints no endpoint."""
    directory = tmp_path / "saved" / "here"
    code, out, err = get("--user", "ada-lovelace", "--save", directory, "-o", output)
    assert (code, out, err) == (0, "", f"saved 2 endpoints to {directory}\n")
    suffix = "yaml" if output == "yaml" else "json"
    names = [f"Ada%2FPhone.{suffix}", f"ada.json.{suffix}"]
    assert sorted(path.name for path in directory.iterdir()) == names
    before = get("--user", "ada-lovelace", "-o", "json")[1]
    for name in names:
        assert run("upsert", *TARGET, directory / name)[0] == 0
    after = get("--user", "ada-lovelace", "-o", "json")[1]
    assert without_request_ids(after) == without_request_ids(before)


def test_saving_says_more_or_less(tmp_path: Path) -> None:
    """-v names each file, -q says nothing; a refused endpoint is reported in any case."""
    _, _, err = get("--id", "bob", "--save", tmp_path / "d", "-v")
    assert err.splitlines()[1:] == [
        f"saved {tmp_path / 'd' / 'bob.json'}",
        f"saved 1 endpoint to {tmp_path / 'd'}",
    ]
    code, _, err = get("--id", "bob", "--id", "nobody", "--save", tmp_path / "d", "-q")
    assert code == 5
    assert err.startswith("Error: nobody: HTTP 404")
    assert "saved" not in err


def test_saved_files_that_git_ignores_are_reported(tmp_path: Path) -> None:
    """`pe upsert DIR` would leave them out, so it is said how to read them."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("bob*\n", encoding="utf-8")
    _, _, err = get("--id", "bob", "--save", tmp_path / "d")
    assert err.endswith("a .gitignore leaves out 1 file there: --no-ignore reads them too\n")


def test_a_directory_that_cannot_be_written_is_3(tmp_path: Path) -> None:
    """It is reported before anything is asked for."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, out, err = get("--id", "nobody", "--save", tmp_path / "file")
    assert (code, out) == (3, "")
    assert (
        err == f"Error: {tmp_path / 'file'} is not a directory\n       choose another directory\n"
    )
    inside = tmp_path / "file" / "d"
    err = get("--id", "nobody", "--save", inside)[2]
    assert err.startswith(f"Error: {inside} cannot be written: not a directory\n")


def test_an_endpoint_that_cannot_be_saved_does_not_count(tmp_path: Path) -> None:
    """The exit code is that of a failed run, not that of a run with partial results."""
    assert get("--id", "bob", "--save", tmp_path, "-o", "yaml")[0] == 0
    code, _, err = get("--id", "bob", "--save", tmp_path)
    assert (code, "holds this endpoint already, and not as json" in err) == (3, True)


def test_saved_endpoints_are_reported_after_missing_ones(tmp_path: Path) -> None:
    """A hint is below its error."""
    err = get("--id", "nobody", "--id", "bob", "--save", tmp_path / "d")[2]
    assert err.splitlines() == [
        "Error: nobody: HTTP 404: Endpoint not found",
        "       check the application and the endpoint id, and on AWS the region",
        f"saved 1 endpoint to {tmp_path / 'd'}",
    ]


def test_an_endpoint_that_is_answered_twice_is_saved_once(tmp_path: Path) -> None:
    """What is counted and named are files."""
    body = b'{"Item": [{"Id": "ada"}, {"Id": "ADA"}, {"Id": "bob"}]}'
    with HttpStub(Answer(200, body)) as server:
        target = ["--app", "demo", "--endpoint-url", server.url, "--save", tmp_path / "d"]
        _, _, err = run("get", *target, "--user", "u", "-v")
    assert err.splitlines()[-3:] == [
        f"saved {tmp_path / 'd' / 'ada.json'}",
        f"saved {tmp_path / 'd' / 'bob.json'}",
        f"saved 2 endpoints to {tmp_path / 'd'}",
    ]


def stored(name: str) -> Answer:
    """Return the answer with an endpoint."""
    return Answer(200, json.dumps({"Id": name, "OptOut": "ALL"}).encode())


@pytest.mark.parametrize("output", ["json", "yaml", "ndjson", "text", "table"])
def test_a_lost_connection_keeps_what_was_found(
    monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    """What came before is printed, what ended the run is told, and the exit code tells of both."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with HttpStub(stored("ada"), Answer(reset=True)) as server:
        target = ["--app", "demo", "--endpoint-url", server.url, "-o", output]
        code, out, err = run("get", *target, "--id", "ada", "--id", "bob", "--id", "eve")
    assert (code, "ada" in out, len(server.asked)) == (5, True, 2)
    assert err.startswith("Error: http://127.0.0.1:")


def test_advice_is_given_once() -> None:
    """However many endpoints are refused, what to do about it is said once."""
    with HttpStub(Answer(403, b'{"Message": "no"}')) as server:
        ids = [word for number in range(5) for word in ("--id", number)]
        code, _, err = run("get", "--app", "demo", "--endpoint-url", server.url, *ids)
    assert (code, err.count("HTTP 403: no"), err.count("mobiletargeting")) == (4, 5, 1)


def test_ctrl_c_keeps_what_was_found() -> None:
    """The endpoints that came are whole documents on standard output; exit 130."""
    with StallingStub(stored("ada")) as server:
        command = [str(PE), "get", "--app", "demo", "--endpoint-url", server.url, "-o", "json"]
        process = subprocess.Popen(
            [*command, "--id", "ada", "--id", "bob"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert server.stalled.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert [item["Id"] for item in json.loads(out)["EndpointsResponse"]["Item"]] == ["ada"]
    assert err.startswith(b"Error: interrupted\n")


def test_a_hostile_value_cannot_steer_a_terminal() -> None:
    """Ids and values of a server are shown in one line, with escapes."""
    endpoint = {"Id": "a\x1b[2J\nb", "Attributes": {"\x1b": ["\u202e"]}}
    view = EndpointView(ReportOptions(show_values=True), several=True)
    lines = view.text(endpoint)
    assert lines == ("a\\x1b[2J\\nb\tId\ta\\x1b[2J\\nb\na\\x1b[2J\\nb\tAttributes.\\x1b\t\\u202e\n")


@pytest.mark.parametrize("output", ["table", "text"])
def test_a_name_that_is_an_address_is_masked_unless_it_is_wanted(
    tmp_path: Path, output: str
) -> None:
    """Each has a line of its own, and no other name is masked."""
    attributes = {"ada@example.com": ["x"], "ada@example.org": ["x"], "color:red": ["x"]}
    path = tmp_path / "eve.json"
    request = {"ChannelType": "GCM", "Address": "token", "Attributes": attributes}
    path.write_text(json.dumps(request), encoding="utf-8")
    assert run("upsert", *TARGET, path)[0] == 0
    _, masked, _ = get("--id", "eve", "-o", output)
    assert (masked.count("Attributes.a***@example."), "ada@" in masked) == (2, False)
    assert "Attributes.color:red" in masked
    _, shown, _ = get("--id", "eve", "-o", output, "--show-values")
    assert [name for name in attributes if f"Attributes.{name}" not in shown] == []
