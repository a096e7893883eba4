"""What `pe upsert` must never do: empty a document, show personal data, promise what cannot be."""

import json
import os
from pathlib import Path

import pytest
from commands import Ended
from commands import run as run_pe
from http_stub import Answer, HttpStub
from typer.testing import CliRunner

from pinpoint_endpoints.cli.app import app
from pinpoint_endpoints.testing import PinpointLocal

ADA = {"ChannelType": "SMS", "Address": "+12065550100", "User": {"UserId": "lovelace"}}
SECRETS = ("12065550100", "lovelace", "quill", "ink \\n", "ink \\\\n")


@pytest.fixture(autouse=True)
def _here(pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: object) -> Ended:
    """Run `pe upsert`."""
    return run_pe("upsert", *arguments)


def write(name: str, **members: object) -> Path:
    """Write a document, and return its path."""
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**ADA, **members}), encoding="utf-8")
    return path


@pytest.mark.parametrize("failures", ["found/ada.json", "linked.json"])
def test_a_document_is_not_emptied_for_the_failures(failures: str) -> None:
    """A file that the search finds, by whatever name, is refused, and nothing is sent."""
    document = write("found/ada.json")
    os.link(document, "linked.json")
    before = document.read_bytes()
    code, out, err = run("--local", "found", "--failures", failures)
    assert (code, out) == (2, "")
    assert "would empty it" in err
    assert document.read_bytes() == before


@pytest.mark.parametrize(
    "wrong", [("--id", "x", "ada.json", "eve.json"), ("--app", "", "ada.json")]
)
def test_a_wrong_command_line_keeps_the_failures_of_the_last_run(wrong: tuple[str, ...]) -> None:
    """They are emptied when there is something to do, and not before."""
    write("ada.json")
    write("eve.json")
    Path("failures.ndjson").write_text("{}\n", encoding="utf-8")
    assert run("--local", *wrong, "--failures", "failures.ndjson")[0] == 2
    assert Path("failures.ndjson").read_text(encoding="utf-8") == "{}\n"


@pytest.mark.parametrize("option", ["--journal", "--failures"])
def test_a_file_that_is_written_has_a_name(option: str) -> None:
    """Standard output has the results, so it cannot be the file."""
    assert run("--local", write("ada.json"), option, "-")[0] == 2


def test_a_whole_number_that_no_double_holds_is_verified() -> None:
    """The service stores doubles: what it rounds is taken all the same."""
    path = write("ada.json", Metrics={"big": 9007199254740993, "bigger": 2**63 - 1})
    assert run("--local", "--verify", path)[0] == 0
    assert CliRunner().invoke(app, ["diff", "--local", str(path)]).exit_code == 0


@pytest.mark.parametrize("status", [202, 200, 400])
@pytest.mark.parametrize("output", ["table", "text", "json"])
def test_what_a_server_repeats_is_masked_everywhere(status: int, output: str) -> None:
    """In its message, also escaped, and in its request id; on the screen and in the journal."""
    attributes = {"Tools": ["quill", "ink \n"]}
    path = write("ada.json", User={"UserId": "lovelace", "UserAttributes": attributes})
    said = f"took {path.read_text(encoding='utf-8')} of lovelace"
    body = json.dumps({"Message": said, "RequestID": "r-+12065550100-lovelace"}).encode()
    with HttpStub(Answer(status, body)) as server:
        target = ("--endpoint-url", server.url, "--journal", "journal")
        _, out, err = run(path, *target, "-o", output)
    shown = out + err + Path("journal").read_text(encoding="utf-8")
    assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 3),
        (("--region", "eu-west-1", "--profile", "nobody"), 3),
        (("--region", "eu-west-1", "--store", "x"), 2),
        (("--local", "--endpoint-url", "http://127.0.0.1:1"), 2),
        (("--region", "eu-west-1"), 0),
    ],
)
def test_a_dry_run_is_refused_where_a_run_would_be(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: int
) -> None:
    """It needs a target as the upsert does, but no credentials."""
    names = ("REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    for name in (*names, "ENDPOINT_URL_PINPOINT"):
        monkeypatch.delenv(f"AWS_{name}")
    assert run(write("ada.json"), "--dry-run", *options)[0] == code


def test_endpoints_of_one_address_come_back_as_they_were() -> None:
    """What is INACTIVE is sent first, so that it does not switch off the one that is ACTIVE."""
    write("phones/1-new.json", EndpointStatus="ACTIVE")
    write("phones/2-old.json", EndpointStatus="INACTIVE")
    assert run("--local", "phones")[0] == 0
    ended = CliRunner().invoke(app, ["diff", "--local", "phones"])
    assert (ended.exit_code, ended.stdout) == (0, "2 endpoints: 0 new, 0 changed, 2 the same\n")
