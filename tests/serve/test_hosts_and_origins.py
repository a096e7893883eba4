"""Whom the server answers: names of its own, and pages that were allowed."""

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


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST", "localhost.", "localhost:{port}", "localhost:1", "127.0.0.1",
        "127.0.0.1:{port}", "[::1]", "[::1]:{port}", "[0:0:0:0:0:0:0:1]", "localhost:",
    ],
)  # fmt: skip
def test_its_own_names_are_answered(server: PeServe, host: str) -> None:
    """With any port, in any case, with a dot at the end, and in IPv6."""
    assert answer_to_host(server.port, host.format(port=server.port).encode()).status == 200


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example", b"evil.example:5000", b"localhost.evil.example", b"evil-localhost",
        b"127.0.0.1.evil.example", b"evil@localhost", b"localhost@evil.example", b"", b"10.0.0.1",
        b"[::2]", b"[::1", b"::1", b"localhost,evil.example", b"localhost/evil.example",
        b"localhost:80:80", b"localhost:x", b"localhost..", b"\xff", b"0.0.0.0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("target", [APPS, b"/", b"/health"])
def test_other_names_are_refused(server: PeServe, host: bytes, target: bytes) -> None:
    """A site whose name resolves to this machine reads nothing: DNS rebinding."""
    answer = answer_to_host(server.port, host, target)
    assert (answer.status, answer.error) == (403, "ForbiddenException")
    assert "--allow-host" in answer.json["Message"]
    assert b"evil" not in answer.body


def test_a_request_without_a_name_or_with_two_is_refused(server: PeServe) -> None:
    """Nobody knows whom it is for."""
    without = head(b"GET /v1/apps HTTP/1.1", b"Connection: close")
    two = request(b"GET", APPS, b"Host: evil.example")
    assert [ask_once(server.port, one).status for one in (without, two)] == [403, 403]


def test_a_whole_url_as_target_says_whom_it_is_for(server: PeServe) -> None:
    """Whatever the `Host` says beside it (RFC 9112, 3.2.2)."""
    own, other = b"http://localhost/v1/apps", b"http://evil.example/v1/apps"
    assert ask_once(server.port, request(b"GET", own)).status == 200
    assert ask_once(server.port, request(b"GET", own, host=b"evil.example")).status == 200
    assert ask_once(server.port, request(b"GET", other)).status == 403


def test_a_name_that_was_allowed_is_answered(friendly: PeServe) -> None:
    """In any case, with any port; the loopback names stay."""
    for host in (b"pinpoint.test", b"PINPOINT.TEST:80", b"pinpoint.test.", b"localhost"):
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


def test_all_addresses_twice_told(tmp_path: Path) -> None:
    """Every address is its own then, and names are none of its own still."""
    with pe_serve(tmp_path, "--host", "0.0.0.0", "--allow-remote") as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert answer_to_host(server.port, b"192.0.2.1:5000").status == 200
        assert answer_to_host(server.port, b"evil.example").status == 403


def with_origin(port: int, method: bytes, origin: bytes, *more: bytes) -> RawAnswer:
    """Return the answer to a request from a page of this origin."""
    return ask_once(port, request(method, APPS, b"Origin: " + origin, *more, body=b""))


@pytest.mark.parametrize(
    "origin",
    [
        b"http://evil.example", b"http://localhost:3000", b"null", b"http://[", b"x", b"\xff",
        b"http://localhost.evil.example", b"http://localhost/", b"https://evil@localhost",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", [b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS"])
def test_pages_of_strangers_are_refused(server: PeServe, origin: bytes, method: bytes) -> None:
    """Nothing is done for them, and no header allows their browser to show the answer."""
    answer = with_origin(server.port, method, origin)
    assert (answer.status, answer.error) == (403, "ForbiddenException")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_page_of_the_server_itself_is_answered(server: PeServe) -> None:
    """Browsers send an origin with what a page of the same server asks for, too."""
    host = b"localhost:%d" % server.port
    asked = request(b"GET", APPS, b"Origin: http://" + host, host=host)
    assert ask_once(server.port, asked).status == 200


def test_a_page_that_was_allowed_may_ask(friendly: PeServe) -> None:
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


def test_a_page_that_was_allowed_learns_that_its_url_is_wrong(friendly: PeServe) -> None:
    """Its browser would else tell it of origins only."""
    origin = b"Origin: " + PAGE.encode()
    target = b"/pinpoint/v1/apps"
    preflight = ask_once(friendly.port, request(b"OPTIONS", target, origin, body=b""))
    answer = ask_once(friendly.port, request(b"GET", target, origin))
    assert (preflight.status, answer.status, answer.error) == (204, 404, "NotFoundException")
    for one in (preflight, answer):
        assert one.headers["access-control-allow-origin"] == PAGE
