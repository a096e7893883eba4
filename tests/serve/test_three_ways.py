"""The three ways of AWS's page "Add endpoints to Amazon Pinpoint": one stored endpoint each time.

Source: https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-define-endpoints.html
"""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from commands import RunPe
from pe_serve import REGION_AND_CREDENTIALS, PeServe, pe_serve
from sdks import AwsCli, Boto3, JavaScript
from signing import send_signed

from pinpoint_endpoints import connect, load, upsert

FILE = Path(__file__).parents[2] / "examples" / "seattle-iphone.json"
REQUEST = json.loads(FILE.read_text(encoding="utf-8"))
ID = "example_endpoint"
OF_THE_MOMENT = {"ApplicationId", "CreationDate", "EffectiveDate", "RequestId"}
STORED = {
    **REQUEST,
    "CohortId": "70",
    "EndpointStatus": "ACTIVE",
    "Id": ID,
    "Location": {**REQUEST["Location"], "Latitude": 47.6, "Longitude": -122.3},
    "OptOut": "NONE",
    "User": {},
}

Way = Callable[[str], object]


@pytest.fixture
def cli_command(by_aws_cli: AwsCli) -> Way:
    """Return the CLI command with a file, for a given application."""

    def add(app: str) -> None:
        ended = by_aws_cli.run(
            "update-endpoint", "--application-id", app, "--endpoint-id", ID,
            "--endpoint-request", f"file://{FILE}",
        )  # fmt: skip
        assert ended.code == 0, ended.err

    return add


@pytest.fixture
def sdk_call(by_boto3: Boto3) -> Way:
    """Return the SDK call in Python."""
    return lambda app: by_boto3.client.update_endpoint(
        ApplicationId=app, EndpointId=ID, EndpointRequest=REQUEST
    )


@pytest.fixture
def javascript_call(by_javascript: JavaScript) -> Way:
    """Return the SDK call in JavaScript."""
    return lambda app: by_javascript(
        "UpdateEndpoint", ApplicationId=app, EndpointId=ID, EndpointRequest=REQUEST
    )


@pytest.fixture
def http_request(server: PeServe) -> Way:
    """Return the signed HTTP request."""

    def add(app: str) -> None:
        path = f"/v1/apps/{app}/endpoints/{ID}"
        answer = send_signed(server.url, "PUT", path, REQUEST, {"Cache-Control": "no-cache"})
        assert answer.status == 202
        assert answer.headers["content-type"] == "application/json"
        assert answer.body["Message"] == "Accepted"
        assert answer.body["RequestID"] == answer.headers["x-amzn-requestid"]

    return add


@pytest.fixture
def our_library(server: PeServe, tmp_path: Path) -> Way:
    """Return this package's own call."""

    def add(app: str) -> None:
        (document,) = load(copy(FILE, tmp_path / f"{ID}.json"))
        upsert(connect(endpoint_url=server.url), app, document)

    return add


@pytest.fixture
def our_command(pe: RunPe, server: PeServe) -> Way:
    """Return this package's own command."""

    def add(app: str) -> None:
        ended = pe("upsert", "--app", app, "--id", ID, FILE, AWS_ENDPOINT_URL_PINPOINT=server.url)
        assert ended.returncode == 0, ended.stderr

    return add


WAYS = (
    "cli_command",
    "sdk_call",
    pytest.param("javascript_call", marks=pytest.mark.external),
    "http_request",
    "our_library",
    "our_command",
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("aws_variables")
def test_each_way_ends_in_the_same_endpoint(
    request: pytest.FixtureRequest, pe: RunPe, server: PeServe, way: str
) -> None:
    """`pe get` shows it, from the server as from its store."""
    app = way.replace("_", "-")
    request.getfixturevalue(way)(app)
    wanted = ("get", "--app", app, "--id", ID, "-o", "json", "--show-values")
    served = pe(*wanted, "--endpoint-url", server.url)
    assert served.returncode == 0, served.stderr
    stored: dict[str, Any] = json.loads(served.stdout)
    assert stored["ApplicationId"] == app
    assert {name: stored[name] for name in stored.keys() - OF_THE_MOMENT} == STORED
    local = pe(*wanted, "--local", "--store", server.store)
    assert local.stdout == served.stdout


def test_the_request_as_the_page_prints_it(tmp_path: Path) -> None:
    """Its `Host` is AWS's: a server that allows this name answers."""
    host = {"Host": "pinpoint.us-east-1.amazonaws.com"}
    path = f"/v1/apps/demo/endpoints/{ID}"
    with pe_serve(tmp_path, "--allow-host", host["Host"]) as server:
        assert send_signed(server.url, "PUT", path, REQUEST, host).status == 202
        assert send_signed(server.url, "GET", path, None, host).body["Id"] == ID


@pytest.mark.external
def test_a_line_to_copy_leads_every_client_there(by_aws_cli: AwsCli, server: PeServe) -> None:
    """The AWS CLI finds the server by the line that `pe serve` printed, in a shell's `eval`."""
    assert server.first_line == f"export AWS_ENDPOINT_URL_PINPOINT={server.url}\n"
    assert by_aws_cli("GetApps").value["ApplicationsResponse"].keys() == {"Item"}
    assert server.environment.keys() >= REGION_AND_CREDENTIALS.keys()
