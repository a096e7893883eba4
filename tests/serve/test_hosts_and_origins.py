"""Hosts and origins over HTTP; the rules are in `tests/local/server/test_access.py`."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pe_serve import PeServe, pe_serve
from raw_client import RawAnswer, ask_once, head, request

APPS = b"/v1/apps"
PAGE = "http://localhost:3000"


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeServe]:
    """Start a server with another name, which answers a page of another origin."""
    folder = tmp_path_factory.mktemp("friendly")
    with pe_serve(folder, "--allow-host", "Pinpoint.test", "--allow-origin", f"{PAGE}/") as started:
        yield started


def answer_to_host(port: int, host: bytes, target: bytes = APPS) -> RawAnswer:
    """Return the answer to a request with this `Host`."""
    return ask_once(port, request(b"GET", target, host=host))


@pytest.mark.parametrize("target", [APPS, b"/"])
def test_other_host_names_are_refused(server: PeServe, target: bytes) -> None:
    """A site whose name resolves to this machine reads nothing: DNS rebinding."""
    answer = answer_to_host(server.port, b"Pinpoint:80", target)
    assert (answer.status, answer.error) == (403, "ForbiddenException")
    assert answer.json["Message"] == (
        "This server does not answer to the name pinpoint: "
        "if it is yours, start `pe serve` with --allow-host pinpoint."
    )


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (b"[fe80::1]", "--allow-host fe80::1."),
        (b"$(id)", "--allow-host '$(id)'."),
        (b"a" * 300, "no valid Host header"),
        (b"*", "no valid Host header"),
    ],
)
def test_a_refused_name_can_be_copied(server: PeServe, host: bytes, told: str) -> None:
    """A shell takes it as one word, whatever a web page made of it."""
    assert told in answer_to_host(server.port, host).json["Message"]


def test_the_health_check_is_answered_under_any_name(server: PeServe) -> None:
    """Orchestrators ask by names of their own; there is nothing to read in the answer."""
    answer = answer_to_host(server.port, b"pinpoint", b"/health")
    assert (answer.status, answer.json["status"]) == (200, "ok")


def test_a_request_without_a_host_or_with_two_is_refused(server: PeServe) -> None:
    """It is not clear which server it is for."""
    without = head(b"GET /v1/apps HTTP/1.1", b"Connection: close")
    two = request(b"GET", APPS, b"Host: evil.example")
    assert [ask_once(server.port, one).status for one in (without, two)] == [403, 403]


def test_an_allowed_name_is_answered(friendly: PeServe) -> None:
    """The loopback names stay allowed."""
    for host in (b"PINPOINT.TEST:80", b"localhost"):
        assert answer_to_host(friendly.port, host).status == 200
    assert answer_to_host(friendly.port, b"www.pinpoint.test").status == 403


def test_ipv6(tmp_path: Path) -> None:
    """A server on the IPv6 loopback address prints an URL that leads there."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with pe_serve(tmp_path, "--host", "::1") as server:
        assert server.url == f"http://[::1]:{server.port}"
        own = f"[::1]:{server.port}".encode()
        assert ask_once(server.port, request(b"GET", APPS, host=own), host="::1").status == 200


def test_all_addresses(tmp_path: Path) -> None:
    """Every address is allowed then; other names are still refused."""
    with pe_serve(tmp_path, "--host", "0.0.0.0", "--allow-remote") as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert answer_to_host(server.port, b"192.0.2.1:7467").status == 200
        assert answer_to_host(server.port, b"evil.example").status == 403


def test_a_server_for_other_machines_says_its_names(tmp_path: Path) -> None:
    """In compose, where the service's name has to be added; the log repeats a refused one."""
    options = ("--host", "0.0.0.0", "--allow-remote", "--allow-host", "Pinpoint")
    with pe_serve(tmp_path, *options) as server:
        assert answer_to_host(server.port, b"pinpoint").status == 200
        assert answer_to_host(server.port, b"pinpoint.default").status == 403
        server.process.terminate()
        server.ended()
        log = server.log()
    assert "\nanswers to: localhost, pinpoint, every IP address (--allow-host NAME" in log
    assert "  403    refused               This server does not answer to the name" in log
    assert "start `pe serve` with --allow-host pinpoint.default." in log


def with_origin(port: int, method: bytes, origin: bytes, *more: bytes) -> RawAnswer:
    """Return the answer to a request from a page of this origin."""
    return ask_once(port, request(method, APPS, b"Origin: " + origin, *more, body=b""))


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"OPTIONS"])
def test_other_origins_are_refused(server: PeServe, method: bytes) -> None:
    """Nothing is done for them, and no header allows their browser to show the answer."""
    answer = with_origin(server.port, method, b"http://evil.example")
    assert (answer.status, answer.error) == (403, "ForbiddenException")
    assert answer.json["Message"] == (
        "This server does not answer web pages of http://evil.example: "
        "if they are yours, start `pe serve` with --allow-origin http://evil.example."
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", [b"null", b"file://", b"http://" + b"a" * 300])
def test_an_origin_that_cannot_be_allowed_is_not_suggested(server: PeServe, origin: bytes) -> None:
    """No option would take it."""
    message = with_origin(server.port, b"GET", origin).json["Message"]
    assert message == "The request has an Origin header that cannot be allowed."


def test_the_origin_of_the_server_is_answered(server: PeServe) -> None:
    """Browsers send an origin with requests of pages of the same server, too."""
    host = b"localhost:%d" % server.port
    asked = request(b"GET", APPS, b"Origin: http://" + host, host=host)
    assert ask_once(server.port, asked).status == 200


def test_an_allowed_origin_may_ask(friendly: PeServe) -> None:
    """The SDK for JavaScript works in a browser: the preflight is answered, and so is the call."""
    preflight = with_origin(
        friendly.port, b"OPTIONS", PAGE.encode(),
        b"Access-Control-Request-Method: PUT",
        b"Access-Control-Request-Headers: authorization,content-type,x-amz-date",
    )  # fmt: skip
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"]
    assert allowed == "authorization,content-type,x-amz-date"
    answer = with_origin(friendly.port, b"GET", PAGE.encode())
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "x-amzn-requestid" in answer.headers["access-control-expose-headers"].lower()
    missing_app = ask_once(
        friendly.port, request(b"GET", b"/v1/apps/nobody", b"Origin: " + PAGE.encode())
    )
    assert (missing_app.status, missing_app.headers["access-control-allow-origin"]) == (404, PAGE)
    assert with_origin(friendly.port, b"GET", b"http://localhost:3001").status == 403


def test_an_allowed_origin_sees_that_its_url_is_wrong(friendly: PeServe) -> None:
    """Without CORS headers its browser would report only that the origin is not allowed."""
    origin = b"Origin: " + PAGE.encode()
    target = b"/pinpoint/v1/apps"
    preflight = ask_once(friendly.port, request(b"OPTIONS", target, origin, body=b""))
    answer = ask_once(friendly.port, request(b"GET", target, origin))
    assert (preflight.status, answer.status, answer.error) == (204, 404, "NotFoundException")
    for one in (preflight, answer):
        assert one.headers["access-control-allow-origin"] == PAGE
