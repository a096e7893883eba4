"""The fixture `pinpoint_local`: every Pinpoint client of a test reaches its new store."""

import multiprocessing
import os
import subprocess
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection
from math import nan
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
import pytest
from botocore.config import Config
from commands import RunPe
from http_stub import HttpStub

from pinpoint_endpoints.errors import Refused, UsageError
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
    """Store an endpoint as code does that knows boto3 only."""
    client = client or boto3.client("pinpoint")
    where = {"ApplicationId": os.environ["PE_APP"], "EndpointId": endpoint_id}
    client.update_endpoint(**where, EndpointRequest=EMAIL)


def ids(pinpoint: PinpointLocal) -> list[str]:
    """Return the ids of the stored endpoints."""
    return [endpoint["Id"] for endpoint in pinpoint.endpoints()]


def failed_by(seed: int) -> list[str]:
    """Return which of twenty updates fail with a seed if half of the calls fail."""
    names = [f"e-{number}" for number in range(20)]
    with local_pinpoint() as pinpoint:
        pinpoint.serve(fail_rate=0.5, seed=seed)
        client = boto3.client("pinpoint", config=Config(retries={"total_max_attempts": 1}))
        for name in names:
            with suppress(client.exceptions.InternalServerErrorException):
                put(name, client)
        return sorted(set(names) - set(ids(pinpoint)))


@pytest.fixture
def _once(pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch retries off."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def _strange_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the machine AWS settings that lead elsewhere."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", __file__)
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "none")
    monkeypatch.setenv("AWS_RETRY_MODE", "none")


def test_clients_of_any_session_are_answered(pinpoint_local: PinpointLocal) -> None:
    """boto3's default session and one that the code makes."""
    put("ann")
    put("bob", boto3.Session().client("pinpoint"))
    assert ids(pinpoint_local) == ["ann", "bob"]
    assert pinpoint_local.endpoint("BOB")["Address"] == "ann@example.com"


def test_clients_of_earlier_sessions_are_answered() -> None:
    """Code often makes its session when it is imported; the client reads the URL later."""
    sessions = boto3.Session(), botocore.session.get_session()
    with local_pinpoint() as pinpoint:
        put("ann", sessions[0].client("pinpoint"))
        put("bob", sessions[1].create_client("pinpoint"))
        assert ids(pinpoint) == ["ann", "bob"]


def test_other_processes_are_answered(pinpoint_local: PinpointLocal) -> None:
    """A program that knows nothing of the fixture, and a process of multiprocessing."""
    command = [sys.executable, "-c", PROGRAM]
    subprocess.run(command, check=True)
    child = multiprocessing.get_context("spawn").Process(target=exec, args=(PROGRAM,))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert pinpoint_local.endpoint("ann")["RequestId"]


def test_every_test_has_a_store_of_its_own(pinpoint_local: PinpointLocal) -> None:
    """It has one application without endpoints."""
    apps = pinpoint_local.client.get_apps()["ApplicationsResponse"]["Item"]
    assert [app["Id"] for app in apps] == [pinpoint_local.application_id]
    assert pinpoint_local.endpoints() == []


def test_the_application_of_the_code_under_test(pinpoint_local: PinpointLocal) -> None:
    """Its settings name one; the fixture takes it over, and the command in the variable too."""
    pinpoint_local.serve(application_id="newsletter")
    assert (pinpoint_local.application_id, os.environ["PE_APP"]) == ("newsletter", "newsletter")
    put("ann")
    assert ids(pinpoint_local) == ["ann"]


def test_an_application_from_the_start() -> None:
    """`local_pinpoint` takes it, and leaves the variable as it was."""
    before = os.environ.get("PE_APP")
    with local_pinpoint(application_id="newsletter") as pinpoint:
        assert pinpoint.applications == {"newsletter": 0}
        put("ann")
        assert pinpoint.applications == {"newsletter": 1}
        pinpoint.serve(application_id="other")
    assert os.environ.get("PE_APP") == before


def test_endpoints_in_another_application_are_found(pinpoint_local: PinpointLocal) -> None:
    """The code under test names another one: the failure says where its endpoints are."""
    boto3.client("pinpoint").update_endpoint(
        ApplicationId="newsletter", EndpointId="ann", EndpointRequest=EMAIL
    )
    assert pinpoint_local.applications == {pinpoint_local.application_id: 0, "newsletter": 1}
    with pytest.raises(Refused, match=r"no endpoint; endpoints are in newsletter: call serve\("):
        pinpoint_local.endpoint("ann")


def test_the_command_finds_the_store(pinpoint_local: PinpointLocal, pe: RunPe) -> None:
    """`pe … --local` in another process needs no further option."""
    ended = pe("upsert", "--local", "examples/ada-email.json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ids(pinpoint_local) == ["ada-email"]


@pytest.mark.usefixtures("_strange_account")
def test_the_machines_settings_do_not_matter(pinpoint_local: PinpointLocal) -> None:
    """Profiles, files, tokens, proxies and URLs of the user have no effect."""
    put("ann")
    assert ids(pinpoint_local) == ["ann"]
    assert "AWS_SESSION_TOKEN" not in os.environ
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "example.com,127.0.0.1"


def test_a_proxy_gets_nothing(
    pinpoint_local: PinpointLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests go to the server directly."""
    with HttpStub() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        put("ann")
        assert proxy.asked == []
    assert ids(pinpoint_local) == ["ann"]


def test_a_client_with_its_own_url_keeps_it(pinpoint_local: PinpointLocal) -> None:
    """What the code sends to another server goes there."""
    with HttpStub() as server:
        put("ann", boto3.client("pinpoint", endpoint_url=server.url))
        assert len(server.asked) == 1
    assert pinpoint_local.endpoints() == []


@mock_aws()
def test_other_services_can_be_motos(pinpoint_local: PinpointLocal) -> None:
    """Under mock_aws, Pinpoint is the fixture's and the other services are moto's."""
    put("ann")
    boto3.client("s3").create_bucket(Bucket="exports")
    assert ids(pinpoint_local) == ["ann"]
    assert boto3.client("s3").list_buckets()["Buckets"][0]["Name"] == "exports"


@pytest.mark.usefixtures("_once")
def test_calls_fail_on_request(pinpoint_local: PinpointLocal) -> None:
    """Calls of the code under test fail, calls of the test's own client do not."""
    client = boto3.client("pinpoint")
    pinpoint_local.serve(fail_rate=1)
    with pytest.raises(client.exceptions.InternalServerErrorException):
        put("ann", client)
    put("bob", pinpoint_local.client)
    assert ids(pinpoint_local) == ["bob"]


@pytest.mark.usefixtures("_once")
def test_a_client_meets_the_faults_of_the_moment(pinpoint_local: PinpointLocal) -> None:
    """Each call of `serve` replaces the faults; the URL stays."""
    client, url = boto3.client("pinpoint"), pinpoint_local.url
    assert pinpoint_local.serve(throttle=0.01) == url
    put("ann", client)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        put("bob", client)
    assert pinpoint_local.serve() == url == os.environ["AWS_ENDPOINT_URL_PINPOINT"]
    put("eve", client)
    assert ids(pinpoint_local) == ["ann", "eve"]


def test_the_server_stays_while_faults_change(pinpoint_local: PinpointLocal) -> None:
    """Clients keep their connections."""
    server = urlsplit(pinpoint_local.url)
    with closing(HTTPConnection(server.hostname or "", server.port)) as client:
        for fail_rate in (0, 1, 0):
            pinpoint_local.serve(fail_rate=fail_rate)
            client.request("GET", "/v1/apps", headers={"Connection": "keep-alive"})
            with client.getresponse() as response:
                response.read()
                assert response.status == (500 if fail_rate else 200)
            client.auto_open = 0


def test_the_same_calls_fail_every_time() -> None:
    """Faults depend on the seed and the request only."""
    assert failed_by(seed=1) == failed_by(seed=1) != failed_by(seed=2)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"fail_rate": 2}, "numbers from 0 to 1"),
        ({"fail_rate": 0.6, "reset_rate": 0.6}, "at most 1 together"),
        ({"fail_rate": "10%"}, "a number from 0 to 1"),
        ({"reset_rate": None}, "a number from 0 to 1"),
        ({"latency": -1}, "seconds, 0 or more"),
        ({"latency": "50ms"}, "seconds as a number, such as 0.05"),
        ({"throttle": 0}, "a number above 0"),
        ({"throttle": "5/s"}, "calls a second as a number, such as 5"),
        ({"seed": "1"}, "a whole number"),
        ({"seed": nan}, "a whole number"),
    ],
    ids=str,
)
def test_invalid_faults_are_refused(
    pinpoint_local: PinpointLocal, faults: dict[str, Any], expected: str
) -> None:
    """The message says what to give instead; the server goes on without faults."""
    with pytest.raises(UsageError, match=f"give .*{expected}"):
        pinpoint_local.serve(**faults)
    put("ann")
    assert ids(pinpoint_local) == ["ann"]


def test_a_missing_endpoint_is_reported_with_those_that_exist(
    pinpoint_local: PinpointLocal,
) -> None:
    """Ids that look like addresses are masked, and the list is short."""
    with pytest.raises(Refused, match="no endpoint ann in the application\nit has no endpoint"):
        pinpoint_local.endpoint("ann")
    for endpoint_id in ["ann@example.com", *(f"e-{number}" for number in range(10))]:
        put(endpoint_id, pinpoint_local.client)
    with pytest.raises(Refused, match=r"no endpoint ann .*\nit has a\*{3}@\S+, e-0, .*, 1 more"):
        pinpoint_local.endpoint("ann")
