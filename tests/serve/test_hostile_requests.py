"""Malformed, ambiguous and oversized requests: refused, while others are served."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pe_serve import PeServe, pe_serve
from raw_client import BODY, ENDPOINT, RawClient, ask_once, head, request

LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
CLOSE = b"Connection: close"
START = (b"PUT " + ENDPOINT + b" HTTP/1.1", b"Host: localhost", CLOSE)
ONE_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
MEBIBYTE = 1024 * 1024
MAX_BODY_BYTES = 7 * MEBIBYTE


@pytest.fixture(autouse=True)
def _others_are_served(server: PeServe) -> Iterator[None]:
    """Look, after each test, that a normal client gets its answers."""
    yield
    assert ask_once(server.port, request()).status == 202
    assert ask_once(server.port, request(b"GET", b"/health")).json["status"] == "ok"


NO_REQUESTS = {
    "a word": b"hello\r\n\r\n",
    "zeros": b"\0" * 10_000,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "HTTP/1.2": b"GET /health HTTP/1.2\r\nHost: localhost\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"x" * 200,
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "an unknown method": request(b"BREW"),
    "a method in small letters": request(b"put"),
    "CONNECT": head(b"CONNECT example.com:443 HTTP/1.1", b"Host: example.com:443"),
    "CONNECT to itself": head(b"CONNECT localhost:80 HTTP/1.1", b"Host: localhost"),
    "a target without a slash": request(b"GET", b"v1/apps"),
    "a query alone": request(b"GET", b"?a=b"),
    "bytes that are no ASCII": request(b"GET", "/v1/apps/é".encode()),
    "a space in the target": request(b"GET", b"/v1/apps/a b"),
    "line feeds alone": request().replace(b"\r\n", b"\n"),
    "a folded header": request(b"PUT", ENDPOINT, b"X-A: a\r\n b"),
    "a space after a name": request(b"PUT", ENDPOINT, b"X-A : a"),
    "a zero in a header": request(b"PUT", ENDPOINT, b"X-A: a\0b"),
    "a header without a colon": request(b"PUT", ENDPOINT, b"X-A"),
    "two lengths": head(*START, LENGTH, b"Content-Length: 3") + BODY,
    "a length twice": head(*START, LENGTH, LENGTH) + BODY,
    "a list of lengths": head(*START, b"Content-Length: 3, 3") + BODY,
    "a length and chunks": head(*START, LENGTH, CHUNKED) + ONE_CHUNK,
    "chunks and a length": head(*START, CHUNKED, LENGTH) + ONE_CHUNK,
    "an unknown coding": head(*START, b"Transfer-Encoding: xchunked") + ONE_CHUNK,
    "chunks that are not last": head(*START, b"Transfer-Encoding: chunked, gzip") + ONE_CHUNK,
    "two codings": head(*START, CHUNKED, b"Transfer-Encoding: identity") + ONE_CHUNK,
    "a negative length": head(*START, b"Content-Length: -1") + BODY,
    "a length with a sign": head(*START, b"Content-Length: +38") + BODY,
    "a length in words": head(*START, b"Content-Length: many") + BODY,
    "a length without end": head(*START, b"Content-Length: " + b"9" * 30) + BODY,
    "a chunk of no size": head(*START, CHUNKED) + b"x\r\n",
    "a chunk of a negative size": head(*START, CHUNKED) + b"-1\r\n",
    "a chunk of an endless size": head(*START, CHUNKED) + b"f" * 100 + b"\r\n",
    "a chunk that is longer": head(*START, CHUNKED) + b"1\r\n" + BODY + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_malformed_requests_are_refused(server: PeServe, data: bytes) -> None:
    """With 400 and the end of the connection."""
    answer = ask_once(server.port, data)
    assert answer.status == 400
    assert answer.headers["connection"] == "close"


def test_a_large_head_that_is_not_too_large(server: PeServe) -> None:
    """Cookies of everything else on this machine, and a body behind it in the same packet."""
    body = json.dumps({"ChannelType": "EMAIL", "Address": "a" * 10_000}).encode()
    asked = request(b"PUT", ENDPOINT, b"Cookie: " + b"a" * 30_000, body=body)
    assert ask_once(server.port, asked).status == 202


@pytest.mark.parametrize("at_once", [True, False])
def test_a_body_over_7_mb(server: PeServe, at_once: bool) -> None:
    """413 by its length; and the largest body that is not too large is taken."""
    for size, status in (
        (MAX_BODY_BYTES, 202),
        (MAX_BODY_BYTES + 1, 413),
        (MAX_BODY_BYTES + MEBIBYTE, 413),
    ):
        asked = request(body=BODY.ljust(size))
        parts = [asked] if at_once else [asked[:300], asked[300:]]
        answer = ask_once(server.port, *parts)
        assert answer.status == status
    assert answer.error == "PayloadTooLargeException"
    assert "over 7340032 bytes" in answer.json["Message"]


@pytest.mark.parametrize("size", [1, 70_000, 3 * MEBIBYTE])
def test_chunks_over_7_mb(server: PeServe, size: int) -> None:
    """413 as well, although no length is announced; smaller bodies are accepted in any pieces."""
    body = BODY.ljust(4 * size)
    chunks = (body[begin : begin + size] for begin in range(0, len(body), size))
    data = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
    assert ask_once(server.port, head(*START, CHUNKED), *data, b"0\r\n\r\n").status == (
        202 if len(body) <= MAX_BODY_BYTES else 413
    )


def test_a_much_too_large_body_is_refused_early(server: PeServe) -> None:
    """The answer comes before most of it is sent."""
    with RawClient(server.port) as client:
        client.send(request(body=b"").replace(b"\r\n\r\n", b"\r\nContent-Length: 80000000\r\n\r\n"))
        begin = client.read_once()
    assert begin.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("length", "expected"),
    [(len(BODY), [100, 202, 200]), (MAX_BODY_BYTES + 1, [413]), (80_000_000, [413])],
)
def test_a_client_that_asks_before_it_sends(
    server: PeServe, length: int, expected: list[int]
) -> None:
    """`Expect: 100-continue`: the server asks for the body, unless it is too large."""
    start = (b"PUT " + ENDPOINT + b" HTTP/1.1", b"Host: localhost", b"Expect: 100-continue")
    with RawClient(server.port) as client:
        client.send(head(*start, b"Content-Length: %d" % length))
        begin = client.read_once()
        client.send(BODY, request(b"GET"))
        data = begin + client.read_all()
    assert [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]] == expected


@pytest.mark.parametrize(
    ("host", "target", "status"),
    [
        (b"evil.example", b"/v1/apps", 403),
        (b"evil.example", b"/", 403),
        (b"localhost", b"/", 405),
    ],
)
def test_an_answer_before_the_body_was_asked_for_closes_the_connection(
    server: PeServe, host: bytes, target: bytes, status: int
) -> None:
    """The client may send its body or not: its next request could be taken for it."""
    asked = head(
        b"DELETE " + target + b" HTTP/1.1", b"Host: " + host,
        b"Content-Length: 9", b"Expect: 100-continue",
    )  # fmt: skip
    smuggled = request(b"DELETE", b"/v1/apps/demo", body=b"")
    assert ask_once(server.port, asked, smuggled).status in (status, 400)


JSON_BOMBS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "half": lambda: b'{"ChannelType": "EMAIL"',
    "no UTF-8": lambda: b'{"ChannelType": "EMAIL", "Address": "\xff"}',
    "UTF-16": lambda: BODY.decode().encode("utf-16"),
    "a lone surrogate": lambda: b'{"ChannelType": "EMAIL", "Address": "\\ud800"}',
    "a thousand [": lambda: b"[" * 1_000 + b"]" * 1_000,
    "a deep attribute": lambda: b'{"Attributes": ' + b'{"a":' * 1_000 + b"1" + b"}" * 1_001,
    "a million digits": lambda: b'{"Metrics": {"a": ' + b"1" * 1_000_000 + b"}}",
    "a million decimals": lambda: b'{"Metrics": {"a": 0.' + b"1" * 1_000_000 + b"}, " + BODY[1:],
    "an exponent": lambda: b'{"Metrics": {"a": 1e999999999}}',
    "NaN": lambda: b'{"Metrics": {"a": NaN}}',
}
LARGE_JSON_BOMBS: dict[str, Callable[[], bytes]] = {
    "7 MB of [": lambda: b"[" * MAX_BODY_BYTES,
    "7 MB of objects": lambda: b"[" + b"{}," * (MAX_BODY_BYTES // 3 - 2) + b"{}]",
    "7 MB of items": lambda: b'{"Item": [' + b"{}," * (MAX_BODY_BYTES // 3 - 9) + b"{}]}",
    "7 MB of names": lambda: json.dumps(
        {"ChannelType": "EMAIL", "Attributes": {f"name {n}": ["a"] for n in range(300_000)}}
    ).encode(),
    "7 MB of values": lambda: json.dumps(
        {"ChannelType": "EMAIL", "Attributes": {"a": ["a"] * 1_000_000}}
    ).encode(),
    "7 MB of names, the last one wrong": lambda: json.dumps(
        {"Attributes": {**{f"name {n}": ["a"] for n in range(250_000)}, "last": 1}}
    ).encode(),
    "7 MB of items, the last one wrong": lambda: json.dumps(
        {"Item": [*[{"Id": "a", "OptOut": "ALL"}] * 200_000, {}]}
    ).encode(),
    "7 MB of wrong values": lambda: (
        b'{"Attributes": {"a": [' + b"1," * (MAX_BODY_BYTES // 2 - 30) + b"1]}}"
    ),
    "wrong names of members": lambda: json.dumps(dict.fromkeys(map(str, range(400_000)))).encode(),
}
BATCH = ENDPOINT.removesuffix(b"/e")
ACCEPTED = (
    (ENDPOINT, JSON_BOMBS["a million decimals"]),
    (ENDPOINT, LARGE_JSON_BOMBS["wrong names of members"]),
)
"""A single endpoint may be a guest without members; unknown members are ignored."""


@pytest.mark.parametrize(
    ("target", "make_body"),
    [
        *(
            pytest.param(target, make, id=f"{name}, {kind}")
            for name, make in JSON_BOMBS.items()
            for target, kind in ((ENDPOINT, "one"), (BATCH, "batch"))
        ),
        *(
            pytest.param(
                BATCH if "of items" in name else ENDPOINT, make, id=name, marks=pytest.mark.soak
            )
            for name, make in LARGE_JSON_BOMBS.items()
        ),
    ],
)
def test_bodies_that_ask_for_too_much(
    server: PeServe, target: bytes, make_body: Callable[[], bytes]
) -> None:
    """400 for whatever is not an endpoint, with nothing of it in the message."""
    answer = ask_once(server.port, request(b"PUT", target, body=make_body()))
    if (target, make_body) in ACCEPTED:
        assert answer.status == 202
        return
    assert (answer.status, answer.error) == (400, "BadRequestException")
    assert len(answer.json["Message"]) < 500
    assert "ud800" not in answer.json["Message"]


def test_a_member_twice_counts_once(server: PeServe) -> None:
    """The last of duplicate keys is stored, as JSON parsers do; it is not refused."""
    twice = BODY[:-1] + b', "OptOut": "NONE", "Address": "a", "OptOut": "ALL"}'
    assert ask_once(server.port, request(body=twice)).status == 202
    assert ask_once(server.port, request(b"GET")).json["OptOut"] == "ALL"


@pytest.mark.parametrize(
    "escaped",
    [
        b"..", b"%2e%2e", b".", b"%00", b"a%00", b"%0d%0aX-A:%20a", b"%", b"%2", b"%zz", b"%ff",
        b"%c0%ae", b"%ed%a0%80", b"", b"$", b"%7B%7D", b"%7f", b"%20",
    ],
)  # fmt: skip
def test_invalid_ids(server: PeServe, escaped: bytes) -> None:
    """Whatever they mean to a path or a terminal, they are refused, and add no header."""
    answer = ask_once(server.port, request(b"PUT", b"/v1/apps/demo/endpoints/" + escaped))
    assert (answer.status, answer.error) == (400, "BadRequestException")
    assert "x-a" not in answer.headers


@pytest.mark.parametrize("steps", [b"../../health", b"../../../", b"%2e%2e%2f%2e%2e%2fhealth"])
def test_a_path_leads_nowhere_else(server: PeServe, steps: bytes) -> None:
    """Steps upwards are no steps: they are no path of the service, or part of an id."""
    answer = ask_once(server.port, request(b"GET", b"/v1/apps/demo/endpoints/" + steps))
    assert (answer.status, answer.error) == (404, "NotFoundException")


@pytest.mark.parametrize("method", [b"POST", b"PATCH", b"TRACE", b"OPTIONS", b"PURGE"])
def test_methods_that_a_path_does_not_have(server: PeServe, method: bytes) -> None:
    """405, with those that it has; nothing of the request comes back to a TRACE."""
    answer = ask_once(server.port, request(method, ENDPOINT, b"Cookie: secret", body=b""))
    assert (answer.status, answer.error) == (405, "MethodNotAllowedException")
    assert answer.headers["allow"] == "DELETE, GET, PUT"
    assert b"secret" not in answer.body


@pytest.mark.parametrize(("target", "status"), [(ENDPOINT, 405), (b"/health", 200), (b"/", 200)])
def test_a_head_is_answered_without_a_body(server: PeServe, target: bytes, status: int) -> None:
    """Whatever the length is that the answer to a GET would have."""
    with RawClient(server.port) as client:
        client.send(request(b"HEAD", target, body=b""))
        begin, _, body = client.read_all().partition(b"\r\n\r\n")
    assert begin.startswith(b"HTTP/1.1 %d " % status)
    assert body == b""


@pytest.mark.parametrize("target", [b"*", b"//v1/apps", b"/V1/apps", b"/v1", b"/favicon.ico"])
@pytest.mark.parametrize("method", [b"GET", b"OPTIONS", b"PUT", b"DELETE"])
def test_unknown_targets(server: PeServe, method: bytes, target: bytes) -> None:
    """There is neither an operation nor a page."""
    assert ask_once(server.port, request(method, target)).status in (404, 405)


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_offers_of_another_protocol(server: PeServe, protocol: bytes) -> None:
    """They are ignored, but uvicorn does not read a body after them: the answer says so."""
    offer = (b"Connection: Upgrade", b"Upgrade: " + protocol)
    with RawClient(server.port) as client:
        client.send(request(b"GET", b"/health", *offer, last=False))
        assert client.read_once().startswith(b"HTTP/1.1 200 ")
    answer = ask_once(server.port, request(b"PUT", ENDPOINT, *offer, last=False))
    assert answer.status == 400
    assert "without an Upgrade header" in answer.json["Message"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [
                b"PUT ", b"GET ", ENDPOINT, b"/health", b" HTTP/1.1", b" HTTP/1.0", b"\r\n",
                b"\r\n\r\n", b"\n", b"Host: localhost\r\n", LENGTH + b"\r\n", CHUNKED + b"\r\n",
                b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Expect: 100-continue\r\n", BODY,
                ONE_CHUNK, b"0\r\n\r\n", request(last=False), request(b"GET", last=False),
            ]
        )
        | st.binary(max_size=20),
        max_size=12,
    )
)  # fmt: skip
def test_no_bytes_are_a_crash(server: PeServe, parts: list[bytes]) -> None:
    """Only complete HTTP/1.1 answers come back, and none of them is an error of the server."""
    with RawClient(server.port) as client:
        client.send(*parts)
        client.half_close()
        answers = client.answers()
    assert all(one.status in (100, 200, 202, 400, 403, 404, 405, 431) for one in answers)


@pytest.mark.parametrize("with_httptools", [True, False])
def test_malformed_http_is_no_error_of_the_server(tmp_path: Path, with_httptools: bool) -> None:
    """After an answer, or instead of a body; the parser in Python fails with exceptions then."""
    if not with_httptools:
        (tmp_path / "httptools.py").write_text("raise ImportError", "utf-8")
    with pe_serve(tmp_path, PYTHONPATH=str(tmp_path)) as server:
        for method in (b"GET /health", b"HEAD " + ENDPOINT, b"PUT /v2", b"PUT " + ENDPOINT):
            start = head(method + b" HTTP/1.1", b"Host: localhost", CHUNKED, CLOSE)
            expecting = start[:-2] + b"Expect: 100-continue\r\n\r\n"
            for malformed in (b"x\r\n", b"1\r\na\r\0", b"f" * 40 + b"\r\n"):
                for begin in (start + malformed, expecting):
                    with RawClient(server.port) as client:
                        client.send(begin)
                        assert client.read_once().startswith(b"HTTP/1.1 ")
                        client.send(malformed)
                        client.half_close()
                        client.read_all()
        assert ask_once(server.port, request()).status == 202
