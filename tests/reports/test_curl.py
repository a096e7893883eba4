"""Commands of curl: given to a shell, they send what boto3 would, signed as AWS wants it."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import pytest
from commands import missing, program
from deliveries import call, item, report_plan
from http_stub import Answer, Asked, HttpStub
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reporting import Stream
from signing import signature_fault

from pinpoint_endpoints.delivery.preview import HttpRequest, Previewer
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.masking import CONTROLS
from pinpoint_endpoints.reports.http_preview import MAX_ARGUMENT_BYTES
from pinpoint_endpoints.reports.plan import PlanView, planned_steps
from pinpoint_endpoints.service.client import open_preview_client
from pinpoint_endpoints.service.requests import Call

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
IDS = st.text(min_size=1, max_size=30).filter(lambda text: not endpoint_id_problem(text))
REQUESTS = st.fixed_dictionaries(
    {"Address": TEXTS}, optional={"Attributes": st.dictionaries(TEXTS, st.lists(TEXTS))}
)
NASTY = 'it\'s "$HOME" `id` $(id) \\ \n !! * ~ é \N{SNOWMAN} END_OF_BODY\nEND_OF_BODY\n'
SHELLS = ["sh", "bash", "dash", pytest.param("zsh", marks=pytest.mark.external)]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="module", autouse=True)
def _curl() -> None:
    """Leave out the tests where curl is missing, or too old to sign."""
    about = subprocess.run([program("curl"), "--help", "all"], capture_output=True, check=True)
    if b"--aws-sigv4" not in about.stdout:
        missing("this curl cannot sign: 7.75 can")


@pytest.fixture(scope="module")
def server() -> Iterator[HttpStub]:
    """Return a server that accepts everything."""
    with HttpStub() as stub:
        yield stub


@cache
def previewer(server: HttpStub) -> Previewer:
    """Return what makes the requests to a server."""
    return Previewer(
        "demo", partial(open_preview_client, region="eu-west-1", endpoint_url=server.url)
    )


def commands(server: HttpStub, *calls: Call, stream: Stream | None = None) -> bytes:
    """Return what the report prints."""
    stream = stream or Stream()
    steps = planned_steps(calls, previewer(server), plain_path=True)
    report_plan(PlanView(), "curl", stream, steps)
    stream.flush()
    return stream.bytes.getvalue()


def run(shell: str, script: bytes, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    """Give a script to a shell that has credentials."""
    environment = {**os.environ, **CREDENTIALS, **variables}
    return subprocess.run(
        [program(shell)], input=script, capture_output=True, env=environment, check=False
    )


def arrived(server: HttpStub, shell: str, script: bytes, **variables: str) -> Asked:
    """Run a command, and return the request that it sent."""
    server.asked.clear()
    ended = run(shell, script, **variables)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == b""
    (asked,) = server.asked
    return asked


def wanted(server: HttpStub, planned: Call) -> HttpRequest:
    """Return the request that should arrive."""
    request = previewer(server)(planned, plain_path=True)
    assert isinstance(request, HttpRequest)
    return request


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("token", ["", "a token/with=signs"])
def test_every_shell_sends_it_signed(server: HttpStub, shell: str, token: str) -> None:
    """Quotes, dollars, line breaks and any letters arrive; a session's token is signed too."""
    planned = call(item(NASTY.replace("\n", ""), {"Attributes": {NASTY: [NASTY]}}), item("ada"))
    variables = {"AWS_SESSION_TOKEN": token} if token else {}
    asked = arrived(server, shell, commands(server, planned), **variables)
    request = wanted(server, planned)
    assert (asked.method, asked.path, asked.body) == (request.method, request.path, request.body)
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers.get("x-amz-security-token", "") == token
    assert signature_fault(asked) == ""


@settings(max_examples=40)
@given(IDS, REQUESTS)
@example("a/b", {"Address": NASTY})
@example("..x", {"Address": "'"})
@example("a%2Fb", {"Address": "@file"})
@example("\N{SNOWMAN} [1-3]", {"Address": "\x9b2J\u202e"})
def test_any_endpoint_arrives_as_boto3_would_send_it(
    server: HttpStub, endpoint_id: str, contents: dict[str, Any]
) -> None:
    """Alone or in a batch: path and body are boto3's, and the signature is right.

    What would steer a terminal is written as an escape of JSON: the body says the same.
    """
    for planned in (call(item(endpoint_id, contents)), call(item(endpoint_id, contents), item())):
        asked = arrived(server, "sh", commands(server, planned))
        request = wanted(server, planned)
        assert asked.path == request.path
        assert json.loads(asked.body) == json.loads(request.body)
        assert asked.body == request.body or re.search(CONTROLS, request.body.decode())
        assert signature_fault(asked) == ""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("size", [MAX_ARGUMENT_BYTES - 500, MAX_ARGUMENT_BYTES + 500, 3_000_000])
def test_a_body_of_any_size_arrives(server: HttpStub, shell: str, size: int) -> None:
    """What is too long for an argument comes by a here-document, byte for byte."""
    texts = [NASTY * 10] * (size // len(json.dumps(NASTY * 10)))
    planned = call(item("ada", {"Attributes": {"a": texts}}), item("bob"))
    asked = arrived(server, shell, commands(server, planned))
    assert asked.body == wanted(server, planned).body
    assert signature_fault(asked) == ""


def test_several_commands_run_one_after_the_other(server: HttpStub) -> None:
    """The whole output is a script, also with here-documents in it."""
    long = call(item("ada", {"Attributes": {"a": ["x" * MAX_ARGUMENT_BYTES]}}), item("bob"))
    server.asked.clear()
    ended = run("sh", commands(server, call(item("ada")), long, call(item("bob"))))
    assert ended.returncode == 0, ended.stderr
    assert [len(asked.body) > MAX_ARGUMENT_BYTES for asked in server.asked] == [False, True, False]


def test_a_refusal_is_an_error_that_is_shown() -> None:
    """The command ends with an error, and prints what the service answered."""
    with HttpStub(Answer(400, b'{"Message": "Missing Address"}')) as refusing:
        ended = run("sh", commands(refusing, call(item())))
    assert ended.returncode == 22
    assert b"Missing Address" in ended.stdout


def test_no_secret_is_in_the_command(server: HttpStub, aws_variables: None) -> None:
    """Credentials are taken from the variables when it runs."""
    command = commands(server, call(item())).decode()
    assert "AKIAEXAMPLE" not in command
    assert "secret" not in command.lower().replace("$aws_secret_access_key", "")


def test_the_command_is_utf_8_whatever_the_output_is(server: HttpStub) -> None:
    """An output of ASCII would change what is sent."""
    stream = Stream()
    stream.reconfigure(encoding="ascii")
    planned = call(item("é"), item("ada", {"Address": "é"}))
    assert arrived(server, "sh", commands(server, planned, stream=stream)).body == (
        wanted(server, planned).body
    )


def test_a_command_steers_no_terminal(server: HttpStub) -> None:
    """A file cannot hide a part of the command that a user copies."""
    planned = call(item("ada", {"Address": "\x9b2J\u202e\x7f"}), item("bob"))
    command = commands(server, planned).decode()
    assert r"\u009b2J\u202e\u007f" in command
    assert not re.search(CONTROLS, command.removesuffix("\n"))
