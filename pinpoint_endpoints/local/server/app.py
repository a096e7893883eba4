"""Route HTTP requests to Pinpoint's operations, the health check and the pages (ASGI)."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from contextlib import suppress
from shlex import quote
from time import perf_counter
from typing import Any, NamedTuple

import orjson
from h11 import ProtocolError  # uvicorn requires it

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.local.routes import (
    NO_HEADERS,
    PROFILES_PATHS,
    Answer,
    max_bytes,
    message_of,
    operation_name,
    refusal,
)
from pinpoint_endpoints.local.server.access import AccessPolicy, is_origin, name_in
from pinpoint_endpoints.local.server.fault_injection import FaultInjector, Faults, InjectedFault
from pinpoint_endpoints.local.server.group_commit import ReportError, Request, RequestExecutor
from pinpoint_endpoints.local.server.header_names import exact_name
from pinpoint_endpoints.local.server.request_log import RequestLog
from pinpoint_endpoints.local.service_error import (
    ServiceError,
    forbidden,
    internal_error,
    method_not_allowed,
    not_found,
    payload_too_large,
    too_many_requests,
)
from pinpoint_endpoints.quotas import MAX_BODY_BYTES
from pinpoint_endpoints.service.upload_jobs import ENCRYPTION_HEADERS
from pinpoint_endpoints.version import __version__

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Pages = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_DRAINED_BYTES = 8 * MAX_BODY_BYTES
"""Read of a body that is too large: clients read the answer only after they have sent the body."""

OPERATIONS, HEALTH = (b"/v1/", *(path.encode() for path in PROFILES_PATHS)), b"/health"
NO_CONTENT = 204
PAGE_METHODS = frozenset({"GET", "HEAD"})
HEALTH_METHODS = PAGE_METHODS | {"OPTIONS"}
HTML = "text/html"
JSON = {"Content-Type": "application/json"}
HEADERS = frozenset(
    {
        b"host", b"origin", b"content-length", b"expect", b"accept", b"upgrade",
        b"access-control-request-headers",
        *(name.lower().encode() for name in ENCRYPTION_HEADERS),
    }
)  # fmt: skip
"""The headers that the server looks at."""

CORS_HEADERS = (
    (b"access-control-allow-methods", b"GET, PUT, POST, DELETE"),
    (b"access-control-expose-headers", b"x-amzn-RequestId, x-amzn-ErrorType"),
    (b"access-control-max-age", b"600"),
    (b"vary", b"Origin"),
)
CLOSE = {"Connection": "close"}
UPGRADE_WITH_BODY = "Send requests with a body without an Upgrade header: use HTTP/1.1."
NO_HOST = "The request has no valid Host header."
NO_ORIGIN = "The request has an Origin header that cannot be allowed."
UNKNOWN_PATH = (
    "Pinpoint's paths begin with /v1/: "
    "end the endpoint URL after the port, as in http://127.0.0.1:7467."
)


class IncomingRequest(NamedTuple):
    """A request before its body is read.

    Args:
        method: such as `PUT`.
        target: the encoded path, with the query if there is one.
        headers: those of `HEADERS`, by name in lower case.
    """

    method: str
    target: str
    headers: Mapping[bytes, str]

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks what a page of another origin may do (CORS)."""
        return self.method == "OPTIONS" and bool(self.headers.get(b"origin"))

    @property
    def accepts_html(self) -> bool:
        """Whether a browser asks for a page: SDKs do not accept HTML."""
        return self.method in PAGE_METHODS and HTML in self.headers.get(b"accept", "").lower()


class ServerApp:
    """The ASGI application.

    Args:
        executor: runs operations.
        policy: decides which hosts and origins are answered.
        pages: the ASGI application of the pages, which also answers browsers about unknown paths.
        page_paths: the paths of the pages.
        faults: what shall go wrong with operations.
        log: takes every request that was answered.
        report_error: takes a message about an error that no client caused.
    """

    def __init__(  # noqa: PLR0913 - the parts of the server meet here
        self,
        executor: RequestExecutor,
        policy: AccessPolicy,
        pages: Pages,
        *,
        page_paths: Container[str],
        faults: Faults,
        log: RequestLog,
        report_error: ReportError,
    ) -> None:
        self._executor = executor
        self._policy = policy
        self._pages = pages
        self._page_paths = page_paths
        self._log = log
        self._report_error = report_error
        self.change_faults(faults)

    def change_faults(self, faults: Faults) -> None:
        """Replace the faults from now on; from any thread."""
        self._latency = faults.latency
        self._injector = FaultInjector(faults) if faults.any else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = _incoming(scope)
        send = _with_exact_header_names(_unless_disconnected(send))
        if request.headers.get(b"expect"):
            receive, send = _closing_if_unread(receive, send)
        try:
            self._check_access(request, is_health=scope["raw_path"] == HEALTH)
            if request.is_preflight:
                await self._send(send, request, Answer(NO_CONTENT, {}, b""))
            elif scope["raw_path"].startswith(OPERATIONS):
                await self._operate(request, receive, send)
            elif scope["raw_path"] == HEALTH:
                await self._send_health(request, send)
            else:
                self._check_page(request, scope["path"])
                await self._pages(scope, receive, send)
        except ServiceError as error:
            await self._send(send, request, self._refusal(request, error))
            self._log.refused(error.status, error.message)
        except Exception:
            self._report_error(traceback.format_exc())
            raise

    def _check_access(self, request: IncomingRequest, *, is_health: bool) -> None:
        host, origin = request.headers.get(b"host", ""), request.headers.get(b"origin", "")
        if not (is_health or self._policy.allows_host(host)):  # health checks use any name
            raise forbidden(_unknown_host(name_in(host)))
        if not self._policy.allows_origin(origin, host):
            raise forbidden(_unknown_origin(origin))

    def _check_page(self, request: IncomingRequest, path: str) -> None:
        """Refuse what is not a page in the service's form, for SDKs with a wrong endpoint URL."""
        if path in self._page_paths:
            if request.method not in PAGE_METHODS:
                raise method_not_allowed(PAGE_METHODS)
        elif not request.accepts_html:
            raise not_found(UNKNOWN_PATH)

    async def _operate(self, request: IncomingRequest, receive: Receive, send: Send) -> None:
        begin = perf_counter()
        operation = operation_name(request.method, request.target)
        try:
            body = await _read_body(request, receive)
            if body is None:
                return
            answer = await self._answer(operation, request, body)
        except ServiceError as error:
            answer = self._refusal(request, error)
        if answer is None:
            await _break_connection(send)
            self._log.reset(operation, request.target)
            return
        await self._send(send, request, answer)
        seconds = perf_counter() - begin
        self._log.answered(operation, request.target, answer.status, seconds, message_of(answer))

    def _refusal(self, request: IncomingRequest, error: ServiceError) -> Answer:
        return refusal(error, self._executor.new_request_id(), request.target)

    async def _answer(self, operation: str, request: IncomingRequest, body: bytes) -> Answer | None:
        """Return the answer to a request, or None if its connection is to be broken.

        Raises:
            ServiceError: an injected fault.
        """
        asked = Request(request.method, request.target, body, _headers_for(request))
        fault = await self._next_fault(operation, asked)
        if fault is InjectedFault.THROTTLED:
            raise too_many_requests("Too many requests")
        if fault is InjectedFault.FAILED:
            raise internal_error("Injected fault: nothing was stored.")
        if fault is InjectedFault.RESET_BEFORE:
            return None
        answer = await self._executor.answer(asked)
        return None if fault is InjectedFault.RESET_AFTER else answer

    async def _next_fault(self, operation: str, request: Request) -> InjectedFault:
        injector = self._injector
        if injector is None:
            return InjectedFault.NONE
        if self._latency:
            await asyncio.sleep(self._latency)
        method, target, body, _ = request
        return injector.next(operation, b"\n".join((method.encode(), target.encode(), body)))

    async def _send_health(self, request: IncomingRequest, send: Send) -> None:
        if request.method not in HEALTH_METHODS:
            raise method_not_allowed(HEALTH_METHODS)
        try:
            await self._executor.read(lambda rows: rows.count_applications())
        except PinpointEndpointsError as error:
            body = {"status": "failing", "version": __version__}
            if self._policy.allows_host(request.headers.get(b"host", "")):
                body["message"] = error.message
            answer = Answer(503, JSON, orjson.dumps(body))
        else:
            body = {"status": "ok", "version": __version__}
            answer = Answer(200, JSON, orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE))
        await self._send(send, request, answer)

    async def _send(self, send: Send, request: IncomingRequest, answer: Answer) -> None:
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        origin = request.headers.get(b"origin", "")
        if origin and self._policy.is_allowed_origin(origin):
            headers += _cors_headers(origin, request)
        if answer.status != NO_CONTENT:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _headers_for(request: IncomingRequest) -> Mapping[str, str]:
    """Return the headers of a request for Customer Profiles; Pinpoint's have none that matters."""
    if not request.target.startswith(PROFILES_PATHS):
        return NO_HEADERS
    return {name.decode(): value for name, value in request.headers.items()}


def _unknown_host(name: str) -> str:
    if not name:
        return NO_HOST
    return (
        f"This server does not answer to the name {name}: "
        f"if it is yours, start `pe serve` with --allow-host {quote(name)}."
    )


def _unknown_origin(origin: str) -> str:
    if not is_origin(origin):
        return NO_ORIGIN
    return (
        f"This server does not answer web pages of {origin}: "
        f"if they are yours, start `pe serve` with --allow-origin {quote(origin)}."
    )


def _cors_headers(origin: str, request: IncomingRequest) -> Iterable[tuple[bytes, bytes]]:
    wanted = request.headers.get(b"access-control-request-headers", "*")
    yield b"access-control-allow-origin", origin.encode("latin-1")
    yield b"access-control-allow-headers", wanted.encode("latin-1")
    yield from CORS_HEADERS


def _incoming(scope: Scope) -> IncomingRequest:
    target = scope["raw_path"].decode("ascii")
    query = scope["query_string"]
    if query:
        target = f"{target}?{query.decode('latin-1')}"
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in HEADERS:
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return IncomingRequest(scope["method"], target, headers)


async def _read_body(request: IncomingRequest, receive: Receive) -> bytes | None:
    """Return the body, or None if the client disconnected.

    Raises:
        ServiceError: 413 if it is larger than the service accepts; 400 if uvicorn did not read
            it, since the client offered to switch to another protocol.
    """
    limit = max_bytes(request.method, request.target)
    max_drained = max(limit, MAX_DRAINED_BYTES)
    max_read = limit if b"expect" in request.headers else max_drained
    announced = int(request.headers.get(b"content-length", 0))
    if announced > max_read:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > max_drained:
            break
        else:
            chunks.clear()
    if size > limit:
        raise _too_large(limit)
    if size < announced and b"upgrade" in request.headers:
        raise ServiceError("BadRequestException", 400, UPGRADE_WITH_BODY, CLOSE)
    return b"".join(chunks)


def _too_large(limit: int) -> ServiceError:
    return payload_too_large(f"The body is over {limit} bytes.")


async def _break_connection(send: Send) -> None:
    """Begin an answer and leave it unfinished, so that the server closes the connection.

    ASGI has no other way. Clients see a connection that broke, and may retry.
    """
    await send(
        {"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"1")]}
    )


def _with_exact_header_names(send: Send) -> Send:
    """Write header names as AWS does: `Content-Type`, and `x-amzn-RequestId` as it is given."""

    async def send_part(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [(exact_name(name), value) for name, value in message["headers"]]
            message = {**message, "headers": headers}
        await send(message)

    return send_part


def _unless_disconnected(send: Send) -> Send:
    """Ignore that the client has gone, or gets no answer since it sent malformed HTTP.

    uvloop raises RuntimeError for a closed connection, and h11 ProtocolError for a broken one.
    """

    async def send_part(message: Any) -> None:
        with suppress(OSError, RuntimeError, ProtocolError):
            await send(message)

    return send_part


def _closing_if_unread(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Close the connection of a client that was not asked to send the body it announced.

    It may send the body or not, so the server cannot know where its next request begins
    (RFC 9110, 10.1.1).
    """
    is_read = False

    async def receive_part() -> Any:
        nonlocal is_read
        is_read = True
        return await receive()

    async def send_part(message: Any) -> None:
        if message["type"] == "http.response.start" and not is_read:
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return receive_part, send_part
