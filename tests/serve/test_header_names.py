"""Header names go out with their case, which old clients look for."""

import re
from pathlib import Path

import pytest
from pe_serve import PeServe, pe_serve
from raw_client import BODY, ENDPOINT, RawClient, request

REQUEST_ID, ERROR_TYPE = "x-amzn-RequestId", "x-amzn-ErrorType"
TOO_LARGE = b"Content-Length: 8000000"
WITHOUT_BODY = request(body=b"")
BEFORE_THE_BODY = WITHOUT_BODY[:-2] + TOO_LARGE + b"\r\nExpect: 100-continue\r\n\r\n"
OPERATIONS = {
    "an update": (request(), [REQUEST_ID]),
    "a read": (request(b"GET"), [REQUEST_ID]),
    "an invalid body": (request(body=BODY[1:]), [REQUEST_ID, ERROR_TYPE]),
    "an unknown endpoint": (request(b"GET", ENDPOINT + b"x"), [REQUEST_ID, ERROR_TYPE]),
    "a host that is not allowed": (request(host=b"evil.example"), [REQUEST_ID, ERROR_TYPE]),
    "an unknown path": (request(b"GET", b"/v2"), [REQUEST_ID, ERROR_TYPE]),
    "an unknown operation": (request(b"GET", b"/v1/recommenders"), [REQUEST_ID, ERROR_TYPE]),
    "another method": (request(b"POST", ENDPOINT), [REQUEST_ID, ERROR_TYPE, "Allow"]),
    "a page with another method": (request(b"PUT", b"/"), [REQUEST_ID, ERROR_TYPE, "Allow"]),
    "a body that is too large": (BEFORE_THE_BODY, [REQUEST_ID, ERROR_TYPE]),
    "the health": (request(b"GET", b"/health"), []),
    "a page": (request(b"GET", b"/", b"Accept: text/html"), ["Content-Security-Policy"]),
}


def names_of(port: int, data: bytes) -> list[str]:
    """Return the names of the headers of an answer as they were sent."""
    with RawClient(port) as client:
        client.send(data)
        head = client.read_all().partition(b"\r\n\r\n")[0].decode("latin-1")
    return re.findall("(?m)^([^ :]+):", head)


@pytest.mark.parametrize(("data", "expected"), OPERATIONS.values(), ids=OPERATIONS)
def test_of_every_answer(server: PeServe, data: bytes, expected: list[str]) -> None:
    """Those of AWS as AWS writes them, and the others as HTTP's own documents do."""
    names = names_of(server.port, data)
    assert {"Date", "Content-Type", "Content-Length", *expected} <= set(names)
    own = [name for name in names if not name.startswith("x-amzn-") and name != "connection"]
    assert [name for name in own if not name[0].isupper()] == []


@pytest.mark.parametrize("fault", ["--fail-rate", "--throttle"])
def test_of_an_injected_fault(tmp_path: Path, fault: str) -> None:
    """Without its case, a client that looks for the type would not retry."""
    with pe_serve(tmp_path, fault, "1" if fault == "--fail-rate" else "0.01/s") as server:
        answers = [set(names_of(server.port, request())) for _ in range(2)]
    assert {REQUEST_ID, ERROR_TYPE} <= answers[-1]


def test_of_answers_to_another_origin(tmp_path: Path) -> None:
    """Also those that only browsers read."""
    page = b"Origin: http://localhost:3000"
    with pe_serve(tmp_path, "--allow-origin", "http://localhost:3000") as server:
        names = names_of(server.port, request(b"OPTIONS", ENDPOINT, page, body=b""))
    assert {"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Vary"} <= set(names)


def test_with_the_parser_in_python(tmp_path: Path) -> None:
    """Where httptools is not installed, h11 writes the same names."""
    (tmp_path / "httptools.py").write_text("raise ImportError", "utf-8")
    with pe_serve(tmp_path, PYTHONPATH=str(tmp_path)) as server:
        names = names_of(server.port, request(b"POST", ENDPOINT))
    assert {"Date", "Content-Type", "Content-Length", REQUEST_ID, ERROR_TYPE} <= set(names)
