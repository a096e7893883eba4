"""`pe delete`: asks first, saves first, and says what became of every endpoint."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import envelope_in, run
from http_stub import Answer, HttpStub, StallingStub
from processes import Terminal

from pinpoint_endpoints import load
from pinpoint_endpoints.testing import PinpointLocal

PE = Path(sys.executable).parent / "pe"
ADA = {"UserId": "ada-lovelace"}
ITEMS = [
    {"Id": "Ada/Phone", "ChannelType": "SMS", "Address": "+12065550100", "User": ADA},
    {"Id": "ada-mail", "ChannelType": "EMAIL", "Address": "ada@example.com", "User": ADA},
    {"Id": "bob", "ChannelType": "EMAIL", "Address": "bob@example.com"},
]
TARGET = ("--local", "--app", "demo")
ALL = {"Ada/Phone", "ada-mail", "bob"}


@pytest.fixture(autouse=True)
def _stored(pinpoint_local: PinpointLocal, tmp_path: Path) -> None:
    """Put two endpoints of Ada and one without a user into the local Pinpoint."""
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"Item": ITEMS}), encoding="utf-8")
    assert run("upsert", *TARGET, path)[0] == 0


def delete(*arguments: object) -> tuple[int, str, str]:
    """Run `pe delete` on the local Pinpoint, without a question."""
    return run("delete", *TARGET, "--yes", *arguments)


def left() -> set[str]:
    """Return which of the endpoints are still there."""
    ids = [word for endpoint_id in sorted(ALL) for word in ("--id", endpoint_id)]
    _, out, _ = run("get", *TARGET, *ids, "-o", "ndjson")
    return {json.loads(line)["Id"] for line in out.splitlines()}


def states(envelope: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the endpoint ids of an envelope, each with what became of it."""
    return [(result["endpoint_id"], result["state"]) for result in envelope["results"]]


def test_the_table_shows_what_was_deleted() -> None:
    """Endpoint id, channel and status are in it whole, the address masked."""
    code, out, err = delete("--id", "ADA/phone", "--id", "bob")
    assert (code, err, left()) == (0, "", {"ada-mail"})
    for cell in (
        "ADA/phone",
        "bob",
        "SMS",
        "EMAIL",
        "deleted 202",
        "+1***0100",
        "b***@example.com",
    ):
        assert f"│ {cell} " in out
    assert "+12065550100" not in out
    assert "Message" not in out
    assert "ada@example.com" in delete("--id", "ada-mail", "--show-values")[1]


def test_a_users_endpoints_are_deleted() -> None:
    """--user deletes all endpoints of the user, and no other."""
    code, out, err = delete("--user", "ada-lovelace", "-o", "text")
    assert (code, err, left()) == (0, "", {"bob"})
    assert [line.split(" (request ")[0] for line in out.splitlines()] == [
        "deleted[202] Ada/Phone",
        "deleted[202] ada-mail",
    ]


def test_json_counts_and_names_every_endpoint() -> None:
    """The envelope has the service's answer for each; some not there is exit 5, all is 4."""
    code, out, err = delete("--id", "bob", "--id", "nobody", "-o", "json")
    envelope = envelope_in(out)
    assert (code, envelope["status"]) == (5, "partial")
    assert envelope["summary"] == {"endpoints": 2, "deleted": 1, "failed": 1, "skipped": 0}
    deleted, failed = envelope["results"]
    assert (deleted["state"], deleted["status"], deleted["channel"]) == ("deleted", 202, "EMAIL")
    assert (failed["state"], failed["status"], failed["code"], failed["message"]) == (
        "failed",
        404,
        "NotFoundException",
        "Endpoint not found",
    )
    assert err == "check the application and the endpoint id, and on AWS the region\n"
    assert delete("--id", "bob", "--id", "nobody")[0] == 4
    assert "bob@example.com" not in out


def test_ids_that_differ_in_case_are_deleted_once() -> None:
    """They are one endpoint: it is not missed the second time."""
    code, out, err = delete("--id", "bob", "--id", "BOB", "-o", "json")
    assert (code, states(envelope_in(out))) == (0, [("bob", "deleted")])
    assert err == "BOB is the same endpoint as bob\n"


def test_without_a_terminal_nothing_is_deleted_without_yes() -> None:
    """Without a terminal, --yes is required: a usage error, before any request."""
    with HttpStub() as server:
        code, out, err = run("delete", "--app", "a", "--endpoint-url", server.url, "--id", "b")
    assert (code, out, server.asked) == (2, "", [])
    assert "--yes" in err
    assert run("delete", *TARGET, "--user", "ada-lovelace")[0] == 2
    assert left() == ALL


@pytest.mark.parametrize("which", [[], ["--id", "a", "--user", "u"], ["--id", ".."]])
def test_a_wrong_command_line_is_2(which: list[str]) -> None:
    """As of `pe get`: ids or a user, and only such as the service can take."""
    assert delete(*which)[0] == 2
    assert left() == ALL


def test_an_unknown_user_is_4() -> None:
    """The service's words are reported, and there is nothing to delete."""
    code, out, err = delete("--user", "nobody")
    assert (code, out) == (4, "")
    assert err.startswith("Error: HTTP 404: User not found\n")


@pytest.mark.parametrize(
    "which", [["--user", "ada-lovelace"], ["--id", "ada/phone", "--id", "ADA-MAIL"]]
)
def test_what_is_saved_first_brings_it_back(tmp_path: Path, which: list[str]) -> None:
    """--save writes every endpoint before it is deleted; upserting the files undoes it."""
    _, before, _ = run("get", *TARGET, "--user", "ada-lovelace", "-o", "ndjson")
    directory = tmp_path / "saved"
    code, _, err = delete(*which, "--save", directory)
    assert (code, err, left()) == (0, f"saved 2 endpoints to {directory}\n", {"bob"})
    for path in sorted(directory.iterdir()):
        assert run("upsert", *TARGET, path)[0] == 0
    _, after, _ = run("get", *TARGET, "--user", "ada-lovelace", "-o", "ndjson")
    own = ("CreationDate", "CohortId", "RequestId")
    assert [
        {key: value for key, value in json.loads(line).items() if key not in own}
        for line in after.splitlines()
    ] == [
        {key: value for key, value in json.loads(line).items() if key not in own}
        for line in before.splitlines()
    ]


def test_nothing_is_deleted_that_is_not_saved(tmp_path: Path) -> None:
    """A directory that cannot be, or a file in the way: exit 3, and all endpoints are there."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, out, _ = delete("--user", "ada-lovelace", "--save", tmp_path / "file")
    assert (code, out, left()) == (3, "", ALL)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "ada-mail.yaml").write_text("OptOut: NONE\n", encoding="utf-8")
    code, out, err = delete("--user", "ada-lovelace", "--save", tmp_path / "kept", "-o", "json")
    envelope = envelope_in(out)
    assert (code, envelope["summary"]["endpoints"], left()) == (3, 0, ALL)
    assert "ada-mail.yaml holds this endpoint already" in err


def test_an_endpoint_that_cannot_be_read_is_not_deleted(tmp_path: Path) -> None:
    """With --save a refused GetEndpoint is the end of that endpoint, and only of that."""
    stored = Answer(200, b'{"Id": "b", "OptOut": "ALL"}')
    deleted = Answer(202, stored.body)
    with HttpStub(Answer(403, b'{"Message": "no"}'), stored, deleted) as server:
        target = ["--app", "demo", "--endpoint-url", server.url, "--save", tmp_path / "d"]
        code, out, _ = run("delete", *target, "--yes", "--id", "a", "--id", "b", "-o", "json")
    assert (code, states(envelope_in(out))) == (5, [("a", "failed"), ("b", "deleted")])
    assert [(asked.method, asked.path[-1]) for asked in server.asked] == [
        ("GET", "a"),
        ("GET", "b"),
        ("DELETE", "b"),
    ]


def test_what_a_user_got_meanwhile_is_saved_too(tmp_path: Path) -> None:
    """DeleteUserEndpoints may delete more endpoints; those in its answer are saved and shown."""
    known, late = {"Id": "known", "OptOut": "ALL"}, {"Id": "late", "OptOut": "ALL"}
    read = Answer(200, json.dumps({"Item": [known]}).encode())
    with HttpStub(read, Answer(202, json.dumps({"Item": [known, late]}).encode())) as server:
        target = ["--app", "demo", "--endpoint-url", server.url, "--save", tmp_path / "d"]
        code, out, err = run("delete", *target, "--yes", "--user", "u", "-o", "json")
    assert (code, states(envelope_in(out))) == (0, [("known", "deleted"), ("late", "deleted")])
    assert {document.endpoint_id for document in load(tmp_path / "d")} == {"known", "late"}
    assert err == f"saved 2 endpoints to {tmp_path / 'd'}\n"


def test_a_lost_connection_keeps_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is deleted, one not answered, one not asked for: all are named, and exit 5."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with HttpStub(Answer(202, b'{"Id": "a"}'), Answer(reset=True)) as server:
        target = ["--app", "demo", "--endpoint-url", server.url, "--yes", "-o", "json"]
        code, out, err = run("delete", *target, "--id", "a", "--id", "b", "--id", "c")
        none_code, none_out, _ = run("delete", *target, "--id", "b", "--id", "c")
    envelope = envelope_in(out)
    assert (code, envelope["errors"][0]["code"]) == (5, "CANNOT_RUN")
    assert states(envelope) == [("a", "deleted"), ("b", "failed"), ("c", "skipped")]
    assert envelope["results"][2]["message"] == "not deleted"
    assert err.startswith("Error: http://127.0.0.1:")
    assert (none_code, envelope_in(none_out)["status"]) == (3, "error")


def test_ctrl_c_shows_what_was_deleted() -> None:
    """The one that was asked for may be gone, and that is said; exit 130."""
    with StallingStub(Answer(202, b'{"Id": "a"}')) as server:
        command = [
            str(PE),
            "delete",
            "--app",
            "demo",
            "--endpoint-url",
            server.url,
            "--yes",
            "-ojson",
        ]
        process = subprocess.Popen(
            [*command, "--id", "a", "--id", "b", "--id", "c"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert server.stalled.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    envelope = envelope_in(out)
    assert (process.returncode, envelope["errors"][0]["code"]) == (130, "INTERRUPTED")
    assert states(envelope) == [("a", "deleted"), ("b", "failed"), ("c", "skipped")]
    assert "may be deleted" in envelope["results"][1]["message"]
    assert err.startswith("Error: interrupted\n")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Start a shell on a terminal, in which `pe` and the store are found."""
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    environment = {
        "PATH": f"{PE.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "PS1": "READY> ",
        "PE_LOCAL_STORE": os.environ["PE_LOCAL_STORE"],
        **kept,
    }
    with Terminal(["/bin/sh", "-i"], tmp_path, environment) as shell:
        shell.wait_for("READY> ")
        yield shell


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_a_yes_deletes(terminal: Terminal, answer: str) -> None:
    """On a terminal it is asked, after the endpoints of the user are named."""
    terminal.press("pe delete --local --app demo --user ada-lovelace; echo END=$?\n")
    named = r"Ada/Phone  SMS\s+ada-mail  EMAIL\s+Delete 2 endpoints of application demo\? \[y/N\] "
    terminal.wait_for(named)
    terminal.press(answer)
    terminal.wait_for("deleted 202")
    terminal.wait_for("END=0")
    assert left() == {"bob"}


@pytest.mark.parametrize("answer", ["n\n", "\n", "yep\n", "\x04"])
def test_anything_else_deletes_nothing(terminal: Terminal, tmp_path: Path, answer: str) -> None:
    """No, nothing, a slip and Ctrl-D: exit 1, so that a script does not go on."""
    terminal.press("pe delete --local --app demo --id bob --save saved; echo END=$?\n")
    terminal.wait_for(r"bob  EMAIL\s+Delete 1 endpoint of application demo\? \[y/N\] ")
    terminal.press(answer)
    terminal.wait_for("nothing was deleted")
    terminal.wait_for("END=1")
    assert left() == ALL
    assert list((tmp_path / "saved").iterdir()) == []


def test_ids_from_a_pipe_are_asked_about_on_the_terminal(terminal: Terminal) -> None:
    """Standard input has the ids, so the answer comes from the terminal."""
    terminal.press(
        "printf 'bob\\nada-mail\\n' | pe delete --local --app demo --id -; echo END=$?\n"
    )
    terminal.wait_for(r"bob\s+ada-mail\s+Delete 2 endpoints of application demo\? \[y/N\] ")
    terminal.press("y\n")
    terminal.wait_for("2 endpoints: 2 deleted")
    terminal.wait_for("END=0")
    assert left() == {"Ada/Phone"}


def test_a_no_has_an_envelope_too(terminal: Terminal, tmp_path: Path) -> None:
    """With -o json every endpoint is skipped, and nothing went wrong."""
    terminal.press("pe delete --local --app demo --id bob -o json > out.json; echo END=$?\n")
    terminal.wait_for(r"\[y/N\] ")
    terminal.press("n\n")
    terminal.wait_for("END=1")
    envelope = envelope_in((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (envelope["status"], states(envelope)) == ("success", [("bob", "skipped")])


def test_ctrl_c_at_the_question(terminal: Terminal, tmp_path: Path) -> None:
    """Nothing is deleted, and that is an interruption: exit 130, with its envelope."""
    terminal.press("pe delete --local --app demo --id bob -o json > out.json; echo END=$?\n")
    terminal.wait_for(r"\[y/N\] ")
    terminal.press("\x03")
    terminal.wait_for("nothing was deleted")
    terminal.wait_for("END=130")
    envelope = envelope_in((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert envelope["errors"][0]["code"] == "INTERRUPTED"
    assert left() == ALL


def test_nothing_is_asked_when_nothing_is_there(terminal: Terminal) -> None:
    """Where reading has refused every endpoint, there is no question."""
    terminal.press("pe delete --local --app demo --id nobody --save saved; echo END=$?\n")
    heard = terminal.wait_for(r"(?s)\n(.*)END=4")
    assert "[y/N]" not in heard[1]


def test_another_endpoint_is_not_saved_and_nothing_is_deleted(tmp_path: Path) -> None:
    """What a server answers about somebody else proves nothing about the one that was asked for."""
    with HttpStub(Answer(200, b'{"Id": "somebody-else", "OptOut": "ALL"}')) as server:
        code, out, _ = run(
            *("delete", "--app", "demo", "--endpoint-url", server.url, "--yes"),
            *("--id", "bob", "--save", tmp_path / "saved", "-o", "text"),
        )
    assert (code, {asked.method for asked in server.asked}) == (4, {"GET"})
    assert out.startswith("failed[200] bob: the answer is about another endpoint")
    assert list((tmp_path / "saved").iterdir()) == []


def test_many_endpoints_are_capped_and_counted(tmp_path: Path) -> None:
    """What was not deleted keeps its row; a line at the end counts all."""
    many = [f"e{number}" for number in range(60)]
    path = tmp_path / "many.ndjson"
    path.write_text("\n".join(json.dumps({"Id": name, "OptOut": "ALL"}) for name in many), "utf-8")
    assert run("upsert", *TARGET, path)[0] == 0
    code, out, _ = delete(*(word for name in [*many, "nobody"] for word in ("--id", name)))
    assert code == 5
    assert "│ nobody " in out
    assert out.endswith("61 endpoints: 60 deleted, 1 failed\n")
