"""The fixture `pinpoint_local`: whatever the code under test does, it meets one fresh store."""

import os
import socket
import subprocess
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection
from math import nan
from typing import Any, NoReturn
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from http_stub import HttpStub
from making import RunPe

from pinpoint_endpoints.errors import CannotRun, Refused, UsageError
from pinpoint_endpoints.testing import PinpointLocal, local_pinpoint, mock_aws

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
PROGRAM = """
import os, boto3
boto3.client("pinpoint").update_endpoint(
    ApplicationId=os.environ["PE_APP"],
    EndpointId="ann",
    EndpointRequest={"ChannelType": "EMAIL", "Address": "ann@example.com"},
)
"""


def put(endpoint_id: str, client: Any = None) -> None:
    """Store an endpoint as code that knows nothing of the fixture does."""
    client = client or boto3.client("pinpoint")
    where = {"ApplicationId": os.environ["PE_APP"], "EndpointId": endpoint_id}
    client.update_endpoint(**where, EndpointRequest=EMAIL)


def ids(pinpoint: PinpointLocal) -> list[str]:
    """Return the ids of the stored endpoints."""
    return [endpoint["Id"] for endpoint in pinpoint.endpoints()]


def failed_by(seed: int) -> list[str]:
    """Return which of some endpoints are not stored where half of the calls fail."""
    names = [f"e-{number}" for number in range(20)]
    with local_pinpoint() as pinpoint:
        pinpoint.serve(fail_rate=0.5, seed=seed)
        client = boto3.client("pinpoint", config=Config(retries={"total_max_attempts": 1}))
        for name in names:
            with suppress(client.exceptions.InternalServerErrorException):
                put(name, client)
        return sorted(set(names) - set(ids(pinpoint)))


def run_program() -> "subprocess.CompletedProcess[str]":
    """Store an endpoint in another process that knows boto3 only."""
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def no_socket(*_: Any, **__: Any) -> NoReturn:
    """Stand in for what opens a socket."""
    raise AssertionError("something opened a socket")


@pytest.fixture
def _once(pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no client try again."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def _strange_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine have settings that lead elsewhere, and somebody's session."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", __file__)
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "none")
    monkeypatch.setenv("AWS_RETRY_MODE", "none")


def test_clients_of_boto3_are_answered_here(
    pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the default session and by one of the code's own, and nothing opens a socket."""
    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    put("ann")
    put("bob", boto3.Session().client("pinpoint"))
    assert ids(pinpoint_local) == ["ann", "bob"]
    assert pinpoint_local.endpoint("BOB")["Address"] == "ann@example.com"


def test_sessions_from_before_the_test_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """As code makes them when it is imported: boto3's, and botocore's own."""
    sessions = boto3.Session(), botocore.session.get_session()
    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    with local_pinpoint() as pinpoint:
        put("ann", sessions[0].client("pinpoint"))
        put("bob", sessions[1].create_client("pinpoint"))
        assert ids(pinpoint) == ["ann", "bob"]


def test_every_test_has_a_store_of_its_own(pinpoint_local: PinpointLocal) -> None:
    """It has one application, and no endpoint."""
    apps = pinpoint_local.client.get_apps()["ApplicationsResponse"]["Item"]
    assert [app["Id"] for app in apps] == [pinpoint_local.application_id]
    assert pinpoint_local.endpoints() == []


def test_the_command_finds_the_store(pinpoint_local: PinpointLocal, pe: RunPe) -> None:
    """`pe … --local` in another process, without an option that leads there."""
    ended = pe("upsert", "--local", "examples/ada-email.json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ids(pinpoint_local) == ["ada-email"]


def test_other_processes_reach_the_url(pinpoint_local: PinpointLocal) -> None:
    """A program that knows nothing of the fixture; the same store still, the same URL always."""
    url = pinpoint_local.url
    ended = run_program()
    assert (ended.returncode, ended.stderr) == (0, "")
    put("bob")
    assert ids(pinpoint_local) == ["ann", "bob"]
    assert pinpoint_local.url == url == os.environ["AWS_ENDPOINT_URL_PINPOINT"]


@pytest.mark.usefixtures("_once")
def test_without_a_url_another_process_sends_nothing(pinpoint_local: PinpointLocal) -> None:
    """It is told what was forgotten, and does not take the address to AWS."""
    ended = run_program()
    assert ended.returncode == 1
    assert "no-url-was-asked-for" in ended.stderr
    assert pinpoint_local.endpoints() == []


@pytest.mark.usefixtures("_strange_account")
@pytest.mark.parametrize("served", [False, True])
def test_the_machines_settings_do_not_matter(pinpoint_local: PinpointLocal, served: bool) -> None:
    """No profile, file, token, proxy or URL of the user is met."""
    if served:
        assert pinpoint_local.url
        assert os.environ["no_proxy"].split(",")[0::2] == ["example.com", "127.0.0.1"]
    put("ann")
    assert ids(pinpoint_local) == ["ann"]
    assert "AWS_SESSION_TOKEN" not in os.environ


@pytest.mark.usefixtures("_once")
def test_a_proxy_gets_nothing(
    pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither with the URL nor, which nobody answers, without it."""
    with HttpStub() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert run_program().returncode == 1
        assert pinpoint_local.url
        assert run_program().returncode == 0
        assert proxy.asked == []
    assert ids(pinpoint_local) == ["ann"]


def led_to_aws() -> Any:
    """Return a client as code has it that made it when it was imported."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ENDPOINT_URL_PINPOINT", "AWS_MAX_ATTEMPTS"):
            environment.delenv(name, raising=False)
        return boto3.Session("AKIAEXAMPLE", "secret", region_name="eu-west-1").client("pinpoint")


def test_a_client_that_leads_to_aws_is_refused(
    pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One from before the test, also without a signature; it is told what to do instead."""
    kept = led_to_aws()
    unsigned = Config(signature_version=UNSIGNED)
    region = "pinpoint.us-east-1.amazonaws.com"
    named = boto3.client("pinpoint", endpoint_url=f"https://{region}", config=unsigned)
    other_host = boto3.client("pinpoint", endpoint_url="http://pinpoint-of-all.example.com")
    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    for client, host in (
        (kept, r"pinpoint\.eu-west-1\.amazonaws\.com"),
        (named, region),
        (other_host, r"pinpoint-of-all\.example\.com"),
    ):
        with pytest.raises(CannotRun, match=f"asks Pinpoint at {host} .*; nothing was sent\nmake"):
            put("ann", client)
    assert pinpoint_local.endpoints() == []


def test_other_services_are_asked_as_ever() -> None:
    """Wherever they are; beyond this machine too."""
    sent: list[str] = []

    def send(_: object, request: Any) -> NoReturn:
        sent.append(request.url)
        raise ConnectionError

    once = Config(retries={"total_max_attempts": 1})
    with patch.object(URLLib3Session, "send", send), local_pinpoint():
        for service in ("sns", "pinpoint-sms-voice-v2"):
            client = boto3.client(service, config=once)
            with pytest.raises(ConnectionError):
                client.list_topics() if service == "sns" else client.describe_pools()
    assert sent == [
        "https://sns.us-east-1.amazonaws.com/",
        "https://sms-voice.us-east-1.amazonaws.com/",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_the_code_names_is_its_own(pinpoint_local: PinpointLocal, host: str) -> None:
    """What is addressed to another server of this machine goes there."""
    with HttpStub() as server:
        url = server.url.replace("127.0.0.1", host)
        put("ann", boto3.client("pinpoint", endpoint_url=url))
        assert len(server.asked) == 1
    assert pinpoint_local.endpoints() == []


def test_a_client_that_the_code_keeps_meets_the_present_pinpoint() -> None:
    """As code does that makes its client once, for test after test."""
    with local_pinpoint() as first:
        kept = boto3.client("pinpoint")
        put("ann", kept)
        assert ids(first) == ["ann"]
    with local_pinpoint() as second:
        put("bob", kept)
        assert ids(second) == ["bob"]


@mock_aws()
def test_other_services_can_be_motos(pinpoint_local: PinpointLocal) -> None:
    """Under mock_aws Pinpoint is the fixture's, and nothing else is."""
    put("ann")
    boto3.client("s3").create_bucket(Bucket="exports")
    assert ids(pinpoint_local) == ["ann"]
    assert boto3.client("s3").list_buckets()["Buckets"][0]["Name"] == "exports"


@pytest.mark.usefixtures("_once")
def test_calls_fail_on_request(pinpoint_local: PinpointLocal) -> None:
    """Those of the code under test; not those of the test itself."""
    pinpoint_local.serve(fail_rate=1)
    client = boto3.client("pinpoint")
    with pytest.raises(client.exceptions.InternalServerErrorException):
        put("ann", client)
    put("bob", pinpoint_local.client)
    assert ids(pinpoint_local) == ["bob"]


@pytest.mark.usefixtures("_once")
def test_faults_change_and_the_url_stays(pinpoint_local: PinpointLocal) -> None:
    """A client that met faults is answered when they are over."""
    url = pinpoint_local.serve(throttle=0.01)
    client = boto3.client("pinpoint")
    put("ann", client)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        put("bob", client)
    assert pinpoint_local.serve() == url
    put("eve", client)
    assert ids(pinpoint_local) == ["ann", "eve"]


def test_the_server_stays_while_faults_change(pinpoint_local: PinpointLocal) -> None:
    """Its port is never free for another process, and no client loses its connection."""
    server = urlsplit(pinpoint_local.url)
    with closing(HTTPConnection(server.hostname or "", server.port)) as client:
        for fail_rate in (0, 1, 0):
            pinpoint_local.serve(fail_rate=fail_rate)
            client.request("GET", "/v1/apps", headers={"Connection": "keep-alive"})
            with client.getresponse() as response:
                response.read()
                assert response.status == (500 if fail_rate else 200)
            client.auto_open = 0


def test_a_client_that_would_miss_the_faults_is_refused(pinpoint_local: PinpointLocal) -> None:
    """It was made before they were asked for: the test would show nothing."""
    client = boto3.client("pinpoint")
    put("ann", client)
    pinpoint_local.serve(fail_rate=0.5)
    with pytest.raises(CannotRun, match="make the client after it"):
        put("bob", client)
    pinpoint_local.serve()
    put("eve", client)
    assert ids(pinpoint_local) == ["ann", "eve"]


def test_the_same_calls_fail_every_time() -> None:
    """By the seed: a test that passes today passes tomorrow."""
    assert failed_by(seed=1) == failed_by(seed=1) != failed_by(seed=2)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"fail_rate": 2}, "numbers from 0 to 1"),
        ({"fail_rate": 0.6, "reset_rate": 0.6}, "at most 1 together"),
        ({"fail_rate": "10%"}, "a share as a number from 0 to 1"),
        ({"reset_rate": None}, "a share as a number from 0 to 1"),
        ({"latency": -1}, "seconds, 0 or more"),
        ({"latency": "50ms"}, "seconds as a number, such as 0.05"),
        ({"throttle": 0}, "a number above 0"),
        ({"throttle": "5/s"}, "calls a second as a number, such as 5"),
        ({"seed": "1"}, "a whole number"),
        ({"seed": nan}, "a whole number"),
    ],
    ids=str,
)
def test_faults_that_cannot_be_are_refused(
    pinpoint_local: PinpointLocal, faults: dict[str, Any], expected: str
) -> None:
    """With what to give instead, also where the command has units; what is served stays."""
    url = pinpoint_local.url
    with pytest.raises(UsageError, match=f"give .*{expected}"):
        pinpoint_local.serve(**faults)
    put("ann")
    assert (ids(pinpoint_local), pinpoint_local.url) == (["ann"], url)


def test_an_endpoint_that_is_not_there_is_told_with_those_that_are(
    pinpoint_local: PinpointLocal,
) -> None:
    """Ids that look like addresses are masked, and there are not too many of them."""
    with pytest.raises(Refused, match="no endpoint ann in the application\nit has no endpoint"):
        pinpoint_local.endpoint("ann")
    for endpoint_id in ["ann@example.com", *(f"e-{number}" for number in range(10))]:
        put(endpoint_id, pinpoint_local.client)
    with pytest.raises(Refused, match=r"no endpoint ann .*\nit has an\*{3}, e-0, .*, 1 more"):
        pinpoint_local.endpoint("ann")
