"""Previews: the request that would go over the wire, and nothing goes over it."""

from functools import partial
from pathlib import Path

import pytest
from deliveries import call, item
from http_stub import HttpStub

from pinpoint_endpoints.delivery.preview import HttpRequest, Previewer
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.service.client import open_client, open_preview_client
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call
from pinpoint_endpoints.service.updates import send
from pinpoint_endpoints.testing import PinpointLocal

NEW_EACH_TIME = {"Authorization", "User-Agent", "X-Amz-Date", "amz-sdk-invocation-id"}
"""A signature, a time, a random number; and the parts of the user agent have no order."""

AT_AWS = partial(open_preview_client, region="eu-west-1")
TWO = call(item("ada"), item("\N{SNOWMAN}/%2F", {"Attributes": {"a": ['"\n', "é"]}}))


def requested(previewer: Previewer, planned: Call, **how: bool) -> HttpRequest:
    """Return the request of a call."""
    request = previewer(planned, **how)
    assert isinstance(request, HttpRequest)
    return request


@pytest.mark.parametrize(
    "planned",
    [
        TWO,
        *(
            call(item(name))
            for name in ["ada", "a/b", "..x", "a%2Fb", "ada@example.com", "é \N{SNOWMAN}"]
        ),
    ],
    ids=lambda planned: planned.items[-1].endpoint_id.encode("unicode_escape").decode(),
)
def test_the_request_is_the_one_that_is_sent(aws_variables: None, planned: Call) -> None:
    """Method, path, headers in their order, and body are those that arrive when it is sent."""
    with HttpStub() as server:
        request = requested(
            Previewer("demo", partial(open_preview_client, endpoint_url=server.url)), planned
        )
        assert server.asked == []
        send(open_client(endpoint_url=server.url), "demo", planned)
    (asked,) = server.asked
    assert (request.method, request.path, request.body) == (asked.method, asked.path, asked.body)
    assert [name for name, _ in request.headers] == list(asked.headers)
    shown = dict(request.headers)
    for name in asked.headers.keys() - NEW_EACH_TIME:
        assert shown[name] == asked.headers[name]


def test_no_credentials_are_needed_or_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that gives credentials is not started for a request that is not sent."""
    started = tmp_path / "started"
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = touch {started}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    request = requested(Previewer("demo", AT_AWS), TWO)
    assert request.url == "https://pinpoint.eu-west-1.amazonaws.com/v1/apps/demo/endpoints"
    assert request.region == "eu-west-1"
    assert not started.exists()


def test_secrets_are_not_shown(aws_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a client that has credentials too, no signature, key or token is in the request."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-token")
    request = requested(Previewer("demo", open_client), TWO)
    headers = dict(request.headers)
    assert headers["Authorization"] == "AWS4-HMAC-SHA256 ***"
    assert headers["X-Amz-Security-Token"] == "***"
    assert "the-token" not in repr(request)
    assert "AKIAEXAMPLE" not in repr(request)


def test_a_password_in_the_url_is_not_shown() -> None:
    """Credentials before the host are left out of the URL and of Host."""
    server = "http://me:secret@localhost:8000"
    request = requested(Previewer("demo", partial(AT_AWS, endpoint_url=server)), call(item("ada")))
    assert request.url == "http://localhost:8000/v1/apps/demo/endpoints/ada"
    assert dict(request.headers)["Host"] == "localhost:8000"


@pytest.mark.parametrize("url", ["http://localhost:80", "https://localhost:443"])
def test_the_port_of_the_scheme_is_not_part_of_host(url: str) -> None:
    """As HTTP wants it, and as it is signed."""
    request = requested(Previewer("demo", partial(AT_AWS, endpoint_url=url)), TWO)
    assert dict(request.headers)["Host"] == "localhost"


def test_a_local_pinpoint_does_not_hear_of_it(pinpoint_local: PinpointLocal) -> None:
    """Nothing is stored, though the client would be answered by the local Pinpoint."""
    requested(Previewer(pinpoint_local.application_id, lambda: pinpoint_local.client), TWO)
    assert pinpoint_local.endpoints() == []


def test_the_client_can_send_afterwards(aws_variables: None) -> None:
    """What takes requests away is gone with the preview."""
    with HttpStub() as server:
        client = open_client(endpoint_url=server.url)
        requested(Previewer("demo", lambda: client), TWO)
        assert send(client, "demo", TWO).accepted
    assert len(server.asked) == 1


def test_an_encoded_id_goes_into_the_body() -> None:
    """Where the path is to be plain, it is a batch of one; a plain id keeps its own request."""
    previewer = Previewer("demo", AT_AWS)
    request = requested(previewer, call(item("a/b", {"OptOut": "ALL"})), plain_path=True)
    assert request.path == "/v1/apps/demo/endpoints"
    assert request.body == b'{"Item":[{"Id":"a/b","OptOut":"ALL"}]}'
    plain = call(item("-._~"))
    assert requested(previewer, plain, plain_path=True).path == "/v1/apps/demo/endpoints/-._~"
    assert requested(previewer, TWO, plain_path=True).body == TWO.batch_body()


def test_what_boto3_refuses_is_an_outcome() -> None:
    """A document that only an ignored rule let pass has no request, but a reason."""
    outcome = Previewer("demo", AT_AWS)(call(item("ada", {"Address": 5})))
    assert isinstance(outcome, Outcome)
    assert (outcome.endpoint_id, outcome.state) == ("ada", State.FAILED)
    assert "boto3 refuses" in outcome.message
    assert "pe validate" in outcome.hint


def test_the_client_is_opened_when_it_is_needed() -> None:
    """A missing region is reported by the first request, and not before."""
    previewer = Previewer("demo", open_preview_client)
    with pytest.raises(CannotRun, match="no region"):
        previewer(TWO)


def test_a_missing_profile_is_reported(aws_variables: None) -> None:
    """The region may come from a profile, so it has to be there."""
    with pytest.raises(CannotRun, match="nobody"):
        Previewer("demo", partial(open_preview_client, profile="nobody"))(TWO)
