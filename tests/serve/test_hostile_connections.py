"""Clients that are slow, silent or gone: others are served."""

import pytest
from pe_serve import PeServe
from raw_client import ENDPOINT, RawClient, ask, head, request

START = head(b"PUT " + ENDPOINT + b" HTTP/1.1", b"Host: localhost", b"Content-Length: 1000")


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
}


@pytest.mark.parametrize("begin", SLOW.values(), ids=SLOW)
def test_a_slow_client_keeps_no_others_waiting(server: PeServe, begin: bytes) -> None:
    """Whatever it has sent so far."""
    with RawClient(server.port) as slow:
        slow.send(begin)
        assert is_served(server.port)


def test_half_a_request_and_then_the_end(server: PeServe) -> None:
    """There is nothing to answer."""
    for begin in (b"", START[:30], START, START + b"{"):
        with RawClient(server.port) as client:
            client.send(begin)
            client.half_close()
            assert client.read_all() == b""
    assert is_served(server.port)


def test_resets_in_the_middle(server: PeServe) -> None:
    """Of a request, of an answer, and after one."""
    for begin in (b"", START[:30], START + b"{", request(), request(last=False) * 50):
        for _ in range(20):
            client = RawClient(server.port)
            client.send(begin)
            client.reset()
    assert is_served(server.port)


def test_pipelined_requests_are_answered_in_their_order(server: PeServe) -> None:
    """Each sees what those before it stored."""
    asked = []
    for number in range(15):
        body = b'{"ChannelType": "EMAIL", "Address": "%d"}' % number
        asked += [request(body=body, last=False), request(b"GET", last=False)]
    *answers, last = ask(server.port, b"".join([*asked, request(b"GET")]))
    assert [one.json["Address"] for one in answers[1::2]] == [str(n) for n in range(15)]
    assert last.status == 200
