"""`pe diff` on the local Pinpoint and on a real server: what it prints, and how it ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from commands import RunPe, run
from http_stub import Answer, Asked, HttpStub
from reporting import Stream, finding

from pinpoint_endpoints.delivery.compare import Comparison, ComparisonState
from pinpoint_endpoints.reports.differences import DifferenceTally, DifferenceView
from pinpoint_endpoints.reports.reporter import open_reporter
from pinpoint_endpoints.testing import PinpointLocal

ADA = {
    "ChannelType": "EMAIL",
    "Address": "ada@example.com",
    "OptOut": "NONE",
    "Attributes": {"color": ["red"], "size": ["L"]},
    "Location": {"City": "Seattle", "Latitude": 47.61},
    "User": {"UserId": "countess-ada", "UserAttributes": {"FirstName": ["Augusta"]}},
}
SECRETS = ("ada@", "ada.l@", "countess", "Augusta", "Ada-Maria")
NOT_FOUND = Answer(404, b'{"Message": "Endpoint not found"}')
REFUSED = Answer(403, b'{"Message": "no"}')


@pytest.fixture(autouse=True)
def _here(pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, value: Any) -> None:
    """Write a file: one value, or a list of them a line."""
    values = value if isinstance(value, list) else [value]
    Path(name).write_text("\n".join(map(json.dumps, values)), encoding="utf-8")


def store(name: str, value: Any) -> None:
    """Write a file, and upsert it to the local Pinpoint."""
    write(name, value)
    assert run("upsert", "--local", name)[0] == 0


def diff(*arguments: object, given: str | None = None) -> tuple[int, str, str]:
    """Compare with the local Pinpoint."""
    return run("diff", "--local", *arguments, given=given)


def changed_ada() -> None:
    """Store an endpoint, and change its file."""
    store("ada.json", ADA)
    location = {"City": "Portland", "PostalCode": "97201", "Latitude": 47.6}
    attributes = {"color": ["red", "blue"], "size": []}
    user = {"UserId": "countess-lovelace", "UserAttributes": {"FirstName": ["Ada-Maria"]}}
    address = {"Address": "ada.l@example.com", "ChannelType": "EMAIL"}
    write("ada.json", {**address, "Attributes": attributes, "Location": location, "User": user})


def test_each_endpoint_that_differs_is_a_block() -> None:
    """A heading, a line for each change with its sign; the endpoints that are the same, counted."""
    changed_ada()
    store("bob.json", {"ChannelType": "EMAIL", "Address": "bob@example.com"})
    write("eve.json", {"ChannelType": "SMS", "Address": "+12065550100"})
    code, out, err = diff("ada.json", "bob.json", "eve.json")
    assert code == 1
    assert err == ""
    assert out == (
        "ada (ada.json): changed\n"
        '  ~ Address: "a***@example.com" → "a***@example.com (2)"\n'
        '  ~ Attributes.color: ["red"] → ["red", "blue"]\n'
        '  ~ Attributes.size: ["L"] → []\n'
        '  ~ Location.City: "Seattle" → "Portland"\n'
        '  + Location.PostalCode: "97201"\n'
        '  ~ User.UserAttributes.FirstName: ["Au***"] → ["Ad***"]\n'
        '  ~ User.UserId: "co***" → "co*** (2)"\n'
        "\n"
        "eve (eve.json): new\n"
        '  + Address: "+1***0100"\n'
        '  + ChannelType: "SMS"\n'
        '  + EndpointStatus: "ACTIVE"\n'
        "\n"
        "3 endpoints: 1 new, 1 changed, 1 the same\n"
    )


def test_after_the_upsert_there_is_no_difference() -> None:
    """Exit 0, and nothing but the counts; nothing at all if quiet; -v names the endpoint."""
    changed_ada()
    assert diff("ada.json")[0] == 1
    run("upsert", "--local", "ada.json")
    assert diff("ada.json") == (0, "1 endpoint: 0 new, 0 changed, 1 the same\n", "")
    assert diff("-q", "ada.json") == (0, "", "")
    assert "the same: ada (ada.json)" in diff("-v", "ada.json")[2]


def test_comparing_sends_nothing() -> None:
    """The endpoint is as it was, and one that is new is not there."""
    changed_ada()
    before = run("get", "--local", "--id", "ada", "-o", "json")
    write("eve.json", {"ChannelType": "SMS", "Address": "+12065550100"})
    diff("ada.json", "eve.json")
    assert run("get", "--local", "--id", "ada", "-o", "json") == before
    assert run("get", "--local", "--id", "eve")[0] == 4


def test_text_is_a_line_for_each_change() -> None:
    """With its file, its endpoint and its member; the counts go to standard error."""
    changed_ada()
    write("wrong.json", {"ChannelType": "email"})
    code, out, err = diff("-o", "text", "ada.json", "wrong.json")
    lines = out.splitlines()
    assert code == 1
    assert lines[3] == 'ada.json: changed ada: ~ Location.City: "Seattle" → "Portland"'
    assert all(line.startswith("ada.json: changed ada: ") for line in lines[:7])
    assert "wrong.json:1:17: error[PE103]" in out
    assert lines[-1] == "wrong.json: invalid wrong: not compared: the document is invalid"
    assert err == "2 endpoints: 0 new, 1 changed, 0 the same, 1 invalid\n"


def test_json_is_the_envelope() -> None:
    """Differences are a success; the exit code tells of them."""
    changed_ada()
    code, out, _ = diff("-o", "json", "ada.json")
    envelope = json.loads(out)
    (result,) = envelope["results"]
    assert (code, envelope["command"], envelope["status"]) == (1, "diff", "success")
    assert envelope["summary"]["changed"] == 1
    assert (result["endpoint_id"], result["state"]) == ("ada", "changed")
    city = {"member": "Location.City", "before": "Seattle", "after": "Portland"}
    code_ = {"member": "Location.PostalCode", "before": None, "after": "97201"}
    assert result["changes"][3:5] == [city, code_]


@pytest.mark.parametrize("output", ["table", "text", "json"])
def test_personal_data_is_masked_unless_asked(output: str) -> None:
    """Addresses, user ids and user attributes; two values that look alike still are a change."""
    changed_ada()
    _, out, err = diff("-o", output, "ada.json")
    assert not [secret for secret in SECRETS if secret in out + err]
    assert out.count("User.UserId") == out.count("Address") == 1
    _, shown, _ = diff("-o", output, "--show-values", "ada.json")
    assert [secret for secret in SECRETS if secret in shown] == list(SECRETS)


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR brings them into a pipe, NO_COLOR takes them away; the signs stay."""
    changed_ada()
    plain = diff("ada.json")[1]
    assert "\x1b" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = diff("ada.json")[1]
    assert '\x1b[32m  + Location.PostalCode: "97201"\x1b[0m' in coloured
    assert '\x1b[33m  ~ Location.City: "Seattle" → "Portland"\x1b[0m' in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in diff("ada.json")[1]


def test_what_is_stored_loses_its_user_attributes_with_its_user() -> None:
    """What goes has a sign of its own."""
    store("ada.json", ADA)
    write("ada.json", {"User": {"UserId": "somebody-else"}})
    assert '\n  - User.UserAttributes.FirstName: ["Au***"]\n' in diff("ada.json")[1]


def test_a_missing_application_is_reported_once() -> None:
    """And everything is new."""
    write("many.ndjson", [{"Id": name, **ADA} for name in "abc"])
    code, out, err = diff("--app", "demo", "many.ndjson")
    assert code == 1
    assert out.endswith("3 endpoints: 3 new, 0 changed, 0 the same\n")
    assert err.count("application demo does not exist") == 1


def test_documents_of_one_endpoint_are_compared_in_turn() -> None:
    """Each with what the one before would make of it, in whatever case its id is."""
    write("many.ndjson", [
        {"Id": "ada", **ADA},
        {"Id": "ADA", "OptOut": "ALL"},
        {"Id": "ada", "OptOut": "ALL"},
    ])  # fmt: skip
    _, out, _ = diff("-o", "json", "many.ndjson")
    results = json.loads(out)["results"]
    assert [result["state"] for result in results] == ["new", "changed", "same"]
    assert results[1]["changes"] == [{"member": "OptOut", "before": "NONE", "after": "ALL"}]


def test_the_order_is_that_of_the_documents() -> None:
    """However many are read at once."""
    names = [f"e{number}" for number in range(60)]
    write("many.ndjson", [{"Id": name, **ADA} for name in names])
    _, out, _ = diff("-o", "json", "--concurrency", "7", "many.ndjson")
    assert [result["endpoint_id"] for result in json.loads(out)["results"]] == names


def test_an_invalid_document_is_shown_with_its_problems_and_needs_no_target() -> None:
    """Exit 1, without credentials or a region."""
    write("wrong.json", {"ChannelType": "email", "OptOut": "ALL"})
    code, out, err = run("diff", "wrong.json")
    assert (code, err) == (1, "")
    assert "wrong (wrong.json): invalid\n  wrong.json:1:17: error[PE103] " in out
    assert "did you mean" in out
    assert out.endswith("1 endpoint: 0 new, 0 changed, 0 the same, 1 invalid\n")


def test_strict_ignore_and_create_judge_as_for_an_upsert() -> None:
    """What may not be sent is not compared."""
    write("ada.json", {**ADA, "Location": {"Country": "GBR"}})
    assert "invalid" not in diff("ada.json")[1]
    assert "invalid" in diff("--strict", "ada.json")[1]
    assert "invalid" not in diff("--strict", "--ignore", "PE206", "ada.json")[1]
    write("ada.json", {"OptOut": "NONE"})
    assert "error[PE204]" in diff("--create", "ada.json")[1]


def test_what_get_prints_is_no_difference() -> None:
    """A stored endpoint compares with itself, read-only members and all."""
    store("ada.json", ADA)
    Path("copy.json").write_text(
        run("get", "--local", "--id", "ada", "-o", "json")[1], encoding="utf-8"
    )
    assert diff("copy.json")[0] == 0


def test_directories_streams_and_standard_input_are_read() -> None:
    """As for the other commands: --exclude, --id, --stdin-filename."""
    Path("all/drafts").mkdir(parents=True)
    write("all/a.json", ADA)
    write("all/drafts/b.json", ADA)
    assert "2 endpoints" in diff("all")[1]
    assert "1 endpoint:" in diff("--exclude", "drafts/", "all")[1]
    assert "c (<stdin>): new" in diff("--id", "c", "-", given=json.dumps(ADA))[1]
    named = diff("--stdin-filename", "d.json", "-", given=json.dumps(ADA))
    assert "d (d.json): new" in named[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--local", "none.json"], 3, ""),
        (["--local", "empty"], 3, "there is no endpoint in empty"),
        (["ada.json"], 3, "no region is set"),
        (["--local", "--id", "x", "ada.json", "bob.json"], 2, "--id names one endpoint"),
        (["--local", "--id", "a$", "ada.json"], 2, "not an endpoint id"),
        (["--local", "--stdin-filename", "x", "ada.json"], 2, "--stdin-filename"),
        (["--local", "--ignore", "PE999", "ada.json"], 2, "PE999"),
    ],
)
def test_what_cannot_run_says_why(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    """A missing file is an invalid document, and exit 3."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_PINPOINT"):
        monkeypatch.delenv(name)
    Path("empty").mkdir()
    write("ada.json", ADA)
    write("bob.json", ADA)
    ended = run("diff", *arguments)
    assert ended[0] == code
    assert message in ended[2]


@pytest.mark.parametrize(
    ("answers", "code", "counts"),
    [
        ([REFUSED], 4, "0 new, 0 changed, 0 the same, 3 failed"),
        ([NOT_FOUND, REFUSED], 5, "1 new, 0 changed, 0 the same, 2 failed"),
        ([NOT_FOUND], 1, "3 new, 0 changed, 0 the same"),
    ],
)
def test_refusals_have_their_words_and_exit_codes(
    answers: list[Answer], code: int, counts: str
) -> None:
    """All refused is 4, some is 5; the advice is reported once."""
    write("many.ndjson", [{"Id": name, **ADA} for name in "abc"])
    with HttpStub(*answers) as server:
        ended, out, err = run("diff", "--endpoint-url", server.url, "many.ndjson")
        assert len(server.asked) == 3
        assert {asked.method for asked in server.asked} == {"GET"}
    assert ended == code
    assert out.endswith(f"3 endpoints: {counts}\n")
    assert ("failed\n  HTTP 403: no\n" in out) == (code > 1)
    assert err.count("mobiletargeting permissions") == (code > 1)


def test_a_lost_connection_shows_what_was_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the envelope has the error: exit 5, or 3 if nothing was compared."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    write("many.ndjson", [{"Id": name, **ADA} for name in "abc"])
    command = ["diff", "--concurrency", "1", "-o", "json", "many.ndjson", "--endpoint-url"]
    for answers, code in (([NOT_FOUND, Answer(reset=True)], 5), ([Answer(reset=True)], 3)):
        with HttpStub(*answers) as server:
            ended, out, err = run(*command, server.url)
        envelope = json.loads(out)
        assert ended == code
        assert envelope["summary"]["new"] == (code == 5)
        assert envelope["errors"][0]["code"] == "CANNOT_RUN"
        assert err.startswith("Error: http://127.0.0.1:")


class StallingStub(HttpStub):
    """A server that never answers about the endpoint `slow`."""

    def __init__(self) -> None:
        super().__init__(NOT_FOUND)
        self.stalls = Event()
        self._over = Event()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        super().__exit__()

    def _next(self, asked: Asked) -> Answer:
        if asked.path.endswith("/slow"):
            self.stalls.set()
            self._over.wait()
        return super()._next(asked)


def test_ctrl_c_shows_what_was_compared_at_once() -> None:
    """Exit 130 with a whole envelope, although an answer is still waited for."""
    write("many.ndjson", [{"Id": name, **ADA} for name in ("ada", "slow", "eve")])
    pe = Path(sys.executable).parent / "pe"
    with StallingStub() as server:
        command = [str(pe), "diff", "-o", "json", "--endpoint-url", server.url, "many.ndjson"]
        command += ["--concurrency", "1"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert server.stalls.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    envelope = json.loads(out)
    assert process.returncode == 130
    assert [result["endpoint_id"] for result in envelope["results"]] == ["ada"]
    assert envelope["errors"][0]["code"] == "INTERRUPTED"
    assert err.startswith(b"Error: interrupted\n")


def test_a_closed_pipe_is_no_traceback(pe: RunPe, tmp_path: Path) -> None:
    """A reader of only the first line gets it."""
    write("many.ndjson", [{"Id": f"e{number}", **ADA} for number in range(500)])
    command = f"{Path(sys.executable).parent / 'pe'} diff --local many.ndjson | head -1"
    ended = subprocess.run(
        ["bash", "-c", command], capture_output=True, encoding="utf-8", check=False
    )
    assert ended.stdout == "e0 (many.ndjson): new\n"
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("output", ["table", "text", "json"])
def test_a_name_that_is_an_address_is_masked_unless_it_is_wanted(output: str) -> None:
    """Each is a change of its own, and no other name is masked."""
    attributes = {"ada@example.com": ["x"], "ada@example.org": ["x"], "color:red": ["x"]}
    write("ada.json", {"ChannelType": "GCM", "Address": "token", "Attributes": attributes})
    _, masked, _ = diff("-o", output, "ada.json")
    assert (masked.count("Attributes.a***@example."), "ada@" in masked) == (2, False)
    assert "Attributes.color:red" in masked
    _, shown, _ = diff("-o", output, "--show-values", "ada.json")
    assert [name for name in attributes if f"Attributes.{name}" not in shown] == []


def test_prose_is_broken_between_words_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The problems of a document and the counts fit into 30 columns."""
    monkeypatch.setenv("COLUMNS", "30")
    invalid = Comparison("", "a.json", ComparisonState.INVALID, problems=(finding(),))
    tally, stream = DifferenceTally(), Stream(terminal=True)
    tally.add(invalid)
    reporter = open_reporter(DifferenceView(), "table", stream)
    reporter.add(invalid)
    reporter.close(tally, None)
    assert stream.text().splitlines() == [
        "a.json: invalid",
        "  some/file.json:1:1:",
        "    error[PE103] not a value",
        "",
        "1 endpoint: 0 new, 0 changed,",
        "0 the same, 1 invalid",
    ]
