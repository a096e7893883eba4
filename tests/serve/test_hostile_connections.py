"""Clients that are slow, silent, greedy or gone: others are served, and nobody waits for them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from pe_serve import PeServe, pe_serve
from raw_client import BODY, ENDPOINT, RawClient, ask, ask_once, head, request

from pinpoint_endpoints.local.http import server as server_module
from pinpoint_endpoints.local.http import waiting
from pinpoint_endpoints.local.http.server import serving

START = head(b"PUT " + ENDPOINT + b" HTTP/1.1", b"Host: localhost", b"Content-Length: 1000")
FILES = 128
"""How many files a server with few of them may have open."""


@contextmanager
def serving_here(path: Path | None = None) -> Iterator[int]:
    """Serve in this process, whose limits a test can change; yield the port."""
    with serving(path) as started:
        yield int(urlsplit(started.url).port or 0)


@contextmanager
def no_patience(seconds: float) -> Iterator[None]:
    """Let clients take so long for a request, and no longer, while the block lasts."""
    with patch.object(waiting, "REQUEST_SECONDS", seconds):
        yield


def is_served(port: int) -> bool:
    """Tell whether a normal client gets its answers."""
    statuses = [one.status for one in ask(port, request(last=False), request(b"GET"))]
    return statuses == [202, 200]


SLOW = {
    "silence": b"",
    "empty lines": b"\r\n\r\n",
    "half a line": b"PUT /v1/ap",
    "half a head": START[:-20],
    "no body": START,
    "half a body": START + b"{" * 500,
    "half a chunk": START.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked")
    + b"9\r\n{",
    "half a body that is refused": START.replace(b"localhost", b"evil.example") + b"{",
    "half a body that is too large": START.replace(b"1000", b"80000000") + b"{" * 100_000,
    "nothing after an answer": request(last=False),
    "half a request after an answer": request(last=False) + START,
    "what is no request": b"\0",
}


@pytest.mark.parametrize("begin", SLOW.values(), ids=SLOW)
def test_whoever_is_too_slow_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    """Whatever it has sent by then; others are served meanwhile."""
    monkeypatch.setattr(server_module, "LOOK_SECONDS", 0.01)
    with serving_here() as port, RawClient(port) as slow:
        slow.send(begin)
        assert is_served(port)
        with no_patience(0):
            slow.read_all()
        assert is_served(port)


def test_drops_do_not_fill_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has its time as a whole: bytes now and then are no way around it."""
    monkeypatch.setattr(server_module, "LOOK_SECONDS", 0.01)
    with serving_here() as port, RawClient(port) as slow:
        slow.send(START.replace(b"1000", b"7000000"))
        with no_patience(0.05):
            while slow.is_open():
                slow.send(b" ")
        assert is_served(port)


def test_whoever_does_not_read_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for much, and takes no answer: neither the server nor the system keeps them."""
    application = {"Name": "a", "tags": {f"{number:0128}": "v" * 256 for number in range(50)}}
    made = request(b"POST", b"/v1/apps", body=json.dumps(application).encode())
    monkeypatch.setattr(server_module, "LOOK_SECONDS", 0.01)
    with serving_here() as port, RawClient(port, buffer=4_096) as greedy:
        for _ in range(100):
            assert ask_once(port, made).status == 201
        greedy.send(request(b"GET", b"/v1/apps", last=False) * 30)
        with no_patience(0.2):
            assert greedy.wait_for_reset()
        assert is_served(port)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeServe]:
    """Start a server that may have few files open."""
    prefix = ("bash", "-c", f'ulimit -n {FILES}; exec "$@"', "bash")
    with pe_serve(tmp_path_factory.mktemp("narrow"), prefix=prefix) as started:
        yield started


def test_as_many_connections_as_the_system_lets(tmp_path: Path) -> None:
    """A low limit that may be raised is: macOS and Linux give few files until asked for more."""
    prefix = ("bash", "-c", f'ulimit -S -n {FILES}; exec "$@"', "bash")
    with pe_serve(tmp_path, prefix=prefix) as server, ExitStack() as opened:
        clients = [opened.enter_context(RawClient(server.port)) for _ in range(3 * FILES)]
        assert is_served(server.port)
        assert all(client.is_open() for client in clients)


@pytest.mark.parametrize("begin", [b"", START, START + b"{"], ids=["silent", "head", "body"])
def test_more_connections_than_there_can_be(narrow: PeServe, begin: bytes) -> None:
    """The one that is idle for longest makes room; the latest ones stay, and others are served."""
    with ExitStack() as opened:
        clients = []
        for _ in range(3 * FILES):
            clients.append(opened.enter_context(RawClient(narrow.port)))
            clients[-1].send(begin)
        assert is_served(narrow.port)
        for client in clients[:FILES]:
            assert client.read_all() == b""
        assert clients[-1].is_open()
        clients[-1].send(request() if not begin else b" " * (1000 - len(begin) + len(START)))
        assert clients[-1].read_once().startswith(b"HTTP/1.1 ")
    assert is_served(narrow.port)


def test_bodies_of_all_clients_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest upload makes room for the others."""
    monkeypatch.setattr(waiting, "MOST_HELD_BYTES", 2_000_000)
    start = START.replace(b"1000", b"1000000")
    with serving_here() as port, ExitStack() as opened:
        clients = [opened.enter_context(RawClient(port)) for _ in range(9)]
        for client in clients:
            client.send(start, b" " * 900_000)
        assert clients[0].read_all() == b""
        assert ask_once(port, request(body=BODY.ljust(1_000_000))).status == 202
        clients[-1].send(BODY.rjust(100_000))
        assert clients[-1].read_once().startswith(b"HTTP/1.1 202 ")
        assert is_served(port)


def test_a_client_that_closes_its_half_is_answered(server: PeServe) -> None:
    """`nc -N` and shell scripts do so, with one request or several."""
    for number in (1, 3):
        with RawClient(server.port) as client:
            client.send(request(last=False) * number)
            client.half_close()
            assert [one.status for one in client.answers()] == [202] * number


def test_half_a_request_and_then_the_end(server: PeServe) -> None:
    """There is nothing to answer."""
    for begin in (b"", START[:30], START, START + b"{"):
        with RawClient(server.port) as client:
            client.send(begin)
            client.half_close()
            assert client.read_all() == b""
    assert is_served(server.port)


def test_resets_in_the_middle(server: PeServe) -> None:
    """Of a request, of an answer, and after one: they are no fault of anybody's."""
    for begin in (b"", START[:30], START + b"{", request(), request(last=False) * 50):
        for _ in range(20):
            client = RawClient(server.port)
            client.send(begin)
            client.reset()
    assert is_served(server.port)


def test_pipelined_requests_are_answered_in_their_order(server: PeServe) -> None:
    """Each sees what those before it stored; what cannot be read is told after all others."""
    asked = []
    for number in range(15):
        body = b'{"ChannelType": "EMAIL", "Address": "%d"}' % number
        asked += [request(body=body, last=False), request(b"GET", last=False)]
    for end, status in ((request(b"GET"), 200), (b"no request\r\n\r\n", 400), (START + b"\0", 0)):
        with RawClient(server.port) as client:
            client.send(b"".join([*asked, end]))
            client.half_close()
            answers = client.answers()
        addresses = [one.json["Address"] for one in answers[1:30:2]]
        assert addresses == [str(number) for number in range(15)]
        assert [one.status for one in answers[30:]] == [status] * bool(status)


def test_requests_are_read_as_they_are_answered(server: PeServe) -> None:
    """Of many large ones on one connection, a few are in the server at a time."""
    asked = request(b"GET", b"/v1/apps", b"Cookie: " + b"a" * 20_000, last=False)
    with RawClient(server.port) as client, ThreadPoolExecutor() as pool:
        sent = pool.submit(client.send, asked * 299, request(b"GET", b"/v1/apps"))
        answers = client.answers()
        assert sent.result()
    assert [one.status for one in answers] == [200] * 300


def test_more_requests_at_once_than_are_kept(server: PeServe) -> None:
    """The first ones are answered, and then it is said that there are too many."""
    *answers, refusal = ask(server.port, request(b"GET", b"/v1/apps", last=False) * 1_000)
    assert {one.status for one in answers} == {200}
    assert (refusal.status, refusal.error) == (429, "TooManyRequestsException")
    assert refusal.json["RequestID"] == refusal.headers["x-amzn-requestid"]
    assert refusal.headers["connection"] == "close"
    assert is_served(server.port)
