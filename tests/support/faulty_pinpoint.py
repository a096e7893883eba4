"""A Pinpoint server with random but reproducible faults, which counts what it stores.

It is a context manager for tests and also a program:
`python tests/support/faulty_pinpoint.py --refuse-every 37 --throttle 0.02` prints its URL and
answers `GET /counts`.
"""

import argparse
import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from socket import SHUT_RDWR, socket
from typing import Any, NamedTuple, Self
from urllib.parse import unquote
from zlib import crc32

from pinpoint_endpoints.local.updates import new_endpoint, with_defaults
from pinpoint_endpoints.service.merge import merge

MAX_BATCH_ITEMS = 100
MAX_BODY_BYTES = 7_000_000
STORED_AT = "2026-01-01T00:00:00.000Z"
PATH = re.compile("/v1/apps/([^/?]+)/endpoints(?:/([^/?]+))?")
PAGE = b"<!DOCTYPE html><html><body><h1>The gateway is not well</h1></body></html>"
STORES_THEN_FAILS = ("reset after storing", "half body", "late")


class Refusal(NamedTuple):
    """Why an item is refused, and with it its whole request."""

    message: str
    status: int = 400
    code: str = "BadRequestException"


class Call(NamedTuple):
    """One request, in the order of storing.

    Attributes:
        operation: `UpdateEndpoint`, `UpdateEndpointsBatch`, `GetEndpoint`, or empty.
        ids: the endpoint ids that it names, as they were sent.
        status: of the answer; 0 where there was none, or only a part, or one too late.
        fault: the injected fault that the status does not show, or empty.
        stored: whether its items were stored.
    """

    operation: str
    ids: tuple[str, ...]
    status: int
    fault: str = ""
    stored: bool = False


class _Reply(NamedTuple):
    """Bytes to send, the delay in seconds, and whether to close the connection afterwards."""

    data: bytes
    wait: float = 0
    closes: bool = False


@dataclass(kw_only=True, eq=False)
class FaultyPinpoint:
    """A Pinpoint on a free port of this machine that injects faults at random.

    Faults depend only on the seed, the endpoint ids of a call and how often the same call was made
    before, so runs are reproducible with any number of threads. A share is a number from 0 to 1;
    all shares add up to at most 1.

    Attributes:
        refuses: by endpoint id, why the request that holds such an item is refused as a whole.
        forgets: by endpoint id, whether an item is answered with 202 and not stored.
        throttle: the share of calls that get 429.
        reset: the share whose connection is closed before an answer, half of them after storing.
        stall: the share that gets nothing for `stall_seconds`, then a closed connection.
        late: the share that is stored, and answered after `stall_seconds`.
        half_body: the share that is stored, and gets half of the answer's body.
        html: the share that gets a web page with 502 or 503.
        error: the share that gets 500.
        stall_seconds: longer than the client's read timeout.
        delay: seconds before every answer.
        seed: of the random faults.
        port: 0 for a free one.
        stored: by lower-case endpoint id, the stored requests in order, without their ids.
        calls: every request received.
        max_concurrent: the highest number of calls under way at one time.
    """

    refuses: Callable[[str], Refusal | None] | None = None
    forgets: Callable[[str], bool] | None = None
    throttle: float = 0
    reset: float = 0
    stall: float = 0
    late: float = 0
    half_body: float = 0
    html: float = 0
    error: float = 0
    stall_seconds: float = 1
    delay: float = 0
    seed: int = 0
    port: int = 0
    stored: dict[str, list[dict[str, Any]]] = field(default_factory=dict, init=False)
    calls: list[Call] = field(default_factory=list, init=False)
    max_concurrent: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._attempts: Counter[tuple[str, ...]] = Counter()
        self._updated_by: dict[str, str] = {}
        self._at_once = 0
        self._server = _Server(self, self.port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def counts(self) -> dict[str, Any]:
        """Return how many requests were received and stored, as JSON values."""
        with self._lock:
            answers = Counter(str(call.status) for call in self.calls)
            return {
                "calls": len(self.calls),
                "answers": dict(sorted(answers.items())),
                "faults": dict(Counter(call.fault for call in self.calls if call.fault)),
                "endpoints": len(self.stored),
                "stored": {name: len(versions) for name, versions in self.stored.items()},
            }

    def answer_to(self, method: str, path: str, body: bytes) -> _Reply:
        """Decide on one request, store what it brings, and return what leaves."""
        if path == "/counts":
            return _whole(200, self.counts())
        with self._lock:
            self._at_once += 1
            self.max_concurrent = max(self.max_concurrent, self._at_once)
            return self._decided(method, path, body)

    def wait(self, seconds: float) -> None:
        """Let time pass, unless the server is going down."""
        if seconds:
            self._stopping.wait(seconds)

    def answered(self) -> None:
        """Count one call less."""
        with self._lock:
            self._at_once -= 1

    def _decided(self, method: str, path: str, body: bytes) -> _Reply:
        match = PATH.fullmatch(path)
        name = unquote(match[2]) if match and match[2] else None
        if match is None or (method == "GET" and name is None):
            return self._refused("", (), Refusal("no such path", 404, "NotFoundException"))
        if method == "GET" and name is not None:
            return self._read(unquote(match[1]), name)
        if method != "PUT":
            return self._refused("", (), Refusal("no", 405, "MethodNotAllowedException"))
        try:
            items = _items(name, json.loads(body))
        except (ValueError, TypeError, KeyError, AttributeError):
            return self._refused("", (), Refusal("The body is not a request."))
        operation = "UpdateEndpointsBatch" if name is None else "UpdateEndpoint"
        return self._update(operation, items, len(body))

    def _update(self, operation: str, items: list[tuple[str, dict[str, Any]]], size: int) -> _Reply:
        ids = tuple(name for name, _ in items)
        fault = self._lot((operation, *ids))
        refusal = _too_much(ids, size)
        if refusal is None and fault == "throttled":
            refusal = Refusal("Too many requests", 429, "TooManyRequestsException")
        if refusal is None and fault == "error":
            refusal = Refusal("Internal error", 500, "InternalServerErrorException")
        if refusal is not None:
            return self._refused(operation, ids, refusal)
        if fault in ("bad gateway", "unavailable"):
            status = 502 if fault == "bad gateway" else 503
            self.calls.append(Call(operation, ids, status, fault))
            return _Reply(_response(status, PAGE, "text/html"), self.delay)
        if fault in ("reset before storing", "stall"):
            self.calls.append(Call(operation, ids, 0, fault))
            return _Reply(b"", self.stall_seconds if fault == "stall" else self.delay, closes=True)
        for refusal in filter(None, map(self.refuses, ids) if self.refuses else ()):
            return self._refused(operation, ids, refusal)
        return self._stored(operation, items, fault)

    def _stored(
        self, operation: str, items: list[tuple[str, dict[str, Any]]], fault: str
    ) -> _Reply:
        ids = tuple(name for name, _ in items)
        lost = fault in STORES_THEN_FAILS
        self.calls.append(Call(operation, ids, 0 if lost else 202, fault, stored=True))
        for name, request in items:
            if not (self.forgets and self.forgets(name)):
                self.stored.setdefault(name.lower(), []).append(request)
                self._updated_by[name.lower()] = self._request_id()
        whole = _whole(202, {"Message": "Accepted", "RequestID": self._request_id()})
        if fault == "reset after storing":
            return _Reply(b"", self.delay, closes=True)
        if fault == "half body":
            return _Reply(whole.data[:-20], self.delay, closes=True)
        return whole._replace(wait=self.stall_seconds if fault == "late" else self.delay)

    def _read(self, application_id: str, name: str) -> _Reply:
        versions = self.stored.get(name.lower())
        if versions is None:
            refusal = Refusal("Endpoint not found", 404, "NotFoundException")
            return self._refused("GetEndpoint", (name,), refusal)
        request_id = self._updated_by[name.lower()]
        endpoint = new_endpoint(application_id, name, STORED_AT, "NONE")
        for request in versions:
            endpoint = merge(endpoint, with_defaults(request, STORED_AT, request_id))
        self.calls.append(Call("GetEndpoint", (name,), 200))
        return _whole(200, endpoint)._replace(wait=self.delay)

    def _refused(self, operation: str, ids: tuple[str, ...], refusal: Refusal) -> _Reply:
        self.calls.append(Call(operation, ids, refusal.status))
        body = {"Message": refusal.message, "RequestID": self._request_id()}
        header = {"x-amzn-ErrorType": refusal.code}
        return _whole(refusal.status, body, header)._replace(wait=self.delay)

    def _request_id(self) -> str:
        return f"request-{len(self.calls)}"

    def _lot(self, call: tuple[str, ...]) -> str:
        self._attempts[call] += 1
        point = Random(f"{self.seed} {self._attempts[call]} {call}").random()
        for fault, share in self._shares():
            if point < share:
                return fault
            point -= share
        return ""

    def _shares(self) -> Iterator[tuple[str, float]]:
        yield "throttled", self.throttle
        yield "reset before storing", self.reset / 2
        yield "reset after storing", self.reset / 2
        yield "stall", self.stall
        yield "late", self.late
        yield "half body", self.half_body
        yield "bad gateway", self.html / 2
        yield "unavailable", self.html / 2
        yield "error", self.error


def every(count: int) -> Callable[[str], bool]:
    """Return a function that picks every so many endpoint ids: by the number at their end.

    Ids without a number are picked by their bytes.
    """

    def picks(name: str) -> bool:
        digits = re.search(r"\d+$", name)
        return (int(digits[0]) if digits else crc32(name.lower().encode())) % count == 0

    return picks


def refuse_every(count: int, message: str = "Missing Address") -> Callable[[str], Refusal | None]:
    """Return a function that refuses every so many endpoint ids, for `FaultyPinpoint.refuses`."""
    picks = every(count)
    return lambda name: Refusal(message) if picks(name) else None


def _items(name: str | None, body: Any) -> list[tuple[str, dict[str, Any]]]:
    if name is not None:
        return [(name, {**body})]
    return [(item["Id"], _without_id(item)) for item in body["Item"]]


def _without_id(item: Mapping[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in item.items() if member != "Id"}


def _too_much(ids: tuple[str, ...], size: int) -> Refusal | None:
    if size > MAX_BODY_BYTES:
        return Refusal("The body is too large.", 413, "PayloadTooLargeException")
    if len(ids) > MAX_BATCH_ITEMS:
        return Refusal("A batch has at most 100 items.")
    if len({name.lower() for name in ids}) < len(ids):
        return Refusal("A batch names an endpoint once.")
    return None


def _whole(status: int, body: object, headers: Mapping[str, str] | None = None) -> _Reply:
    return _Reply(_response(status, json.dumps(body).encode(), "application/json", headers))


def _response(
    status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> bytes:
    named = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pinpoint = self.server.pinpoint
        reply = pinpoint.answer_to(self.command, self.path, body)
        pinpoint.wait(reply.wait)
        if self.path != "/counts":
            pinpoint.answered()
        self.close_connection = self.close_connection or reply.closes
        self.wfile.write(reply.data)

    do_GET = do_PUT = do_POST = do_DELETE = _respond  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, pinpoint: FaultyPinpoint, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.pinpoint = pinpoint
        self._open: set[socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep alive, so that their threads end."""
        for connection in list(self._open):
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that gave up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _main() -> None:
    parser = argparse.ArgumentParser(description=FaultyPinpoint.__doc__)
    parser.add_argument("--refuse-every", type=int)
    parser.add_argument("--forget-every", type=int)
    for name in ("throttle", "reset", "stall", "late", "half-body", "html", "error", "delay"):
        parser.add_argument(f"--{name}", type=float, default=0)
    parser.add_argument("--stall-seconds", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    options = vars(parser.parse_args())
    refused, forgotten = options.pop("refuse_every"), options.pop("forget_every")
    with FaultyPinpoint(
        refuses=refuse_every(refused) if refused else None,
        forgets=every(forgotten) if forgotten else None,
        **options,
    ) as pinpoint:
        print(pinpoint.url, flush=True)  # noqa: T201 - what the caller waits for
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    _main()
