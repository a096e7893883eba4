"""HTTP requests by ASGI in, the answers of the local Pinpoint, and the page for a person, out."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.local.http.connections import CONNECTION
from pinpoint_endpoints.local.http.faults import Fault, FaultDrawer, Faults
from pinpoint_endpoints.local.http.seen import Seen
from pinpoint_endpoints.local.http.visitors import Visitors
from pinpoint_endpoints.local.http.workers import Workers
from pinpoint_endpoints.local.routes import (
    Answer,
    message_of,
    operation_name,
    refusal,
)
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

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Pages = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_DRAINED_BYTES = 8 * MAX_BODY_BYTES
"""Up to so many are read of a body that is too large: a client reads no answer while it sends."""

OPERATIONS, HEALTH = b"/v1/", b"/health"
OF_PAGES = frozenset({"GET", "HEAD"})
OF_HEALTH = OF_PAGES | {"OPTIONS"}
HTML = "text/html"
NO_PATH = (
    "This path is none of Pinpoint's, which begin with /v1/: "
    "end the endpoint URL after the port, as in http://127.0.0.1:5000."
)
ALLOWED_TO_PAGES = (
    (b"access-control-allow-methods", b"GET, PUT, POST, DELETE"),
    (b"access-control-expose-headers", b"x-amzn-RequestId, x-amzn-ErrorType"),
    (b"access-control-max-age", b"600"),
    (b"vary", b"Origin"),
)


class IncomingRequest(NamedTuple):
    """A request as far as it is understood before the local Pinpoint sees it.

    Args:
        method: such as `PUT`.
        target: the path as it is encoded, and the query.
        headers: of those that the door looks at, by their names in small letters.
    """

    method: str
    target: str
    headers: Mapping[bytes, str]

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks what a page of another origin may do."""
        return self.method == "OPTIONS" and bool(self.headers.get(b"origin"))

    @property
    def is_for_a_person(self) -> bool:
        """Whether a browser asks for a page: no SDK accepts HTML."""
        return self.method in OF_PAGES and HTML in self.headers.get(b"accept", "").lower()


class Door:
    """The ASGI application.

    Args:
        workers: do what is asked, in threads.
        visitors: say whom the server answers.
        pages: answer a person, also about a page that there is not.
        page_paths: of the pages that there are.
        faults: what shall go wrong with operations.
        seen: is told of every request that is answered.
        complain: takes what is no client's fault.
    """

    def __init__(  # noqa: PLR0913 - what stands behind a door
        self,
        workers: Workers,
        visitors: Visitors,
        pages: Pages,
        *,
        page_paths: Container[str],
        faults: Faults,
        seen: Seen,
        complain: Callable[[str], None],
    ) -> None:
        self._workers = workers
        self._visitors = visitors
        self._pages = pages
        self._page_paths = page_paths
        self._seen = seen
        self._complain = complain
        self.change_faults(faults)

    def change_faults(self, faults: Faults) -> None:
        """Let something else go wrong with operations from now on; from any thread."""
        self._latency = faults.latency
        self._drawer = FaultDrawer(faults) if faults.any else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = _incoming(scope)
        if request.headers.get(b"expect"):
            receive, send = _unless_it_is_read(receive, send)
        try:
            self._refuse_strangers(request)
            if request.is_preflight:
                await self._send(send, request, Answer(_NO_CONTENT, {}, b""))
            elif scope["raw_path"].startswith(OPERATIONS):
                await self._operate(request, scope, receive, send)
            elif scope["raw_path"] == HEALTH:
                await self._tell_health(request, send)
            else:
                self._refuse_what_is_no_page(request, scope["path"])
                await self._pages(scope, receive, send)
        except ServiceError as error:
            await self._send(send, request, refusal(error, self._workers.new_request_id()))
            self._seen.refused(error.status, error.message)
        except asyncio.CancelledError:  # the server ends, and has waited for long enough
            scope[CONNECTION].hang_up()
            raise
        except Exception:
            self._complain(traceback.format_exc())
            raise

    def _refuse_strangers(self, request: IncomingRequest) -> None:
        host, origin = request.headers.get(b"host", ""), request.headers.get(b"origin", "")
        if not self._visitors.knows_host(host):
            raise forbidden("This server has no such name: see `pe serve --help` for --allow-host.")
        if not self._visitors.may_come_from(origin, host):
            raise forbidden("Pages of this origin may not use this server: see --allow-origin.")

    def _refuse_what_is_no_page(self, request: IncomingRequest, path: str) -> None:
        """Answer an SDK whose endpoint URL is wrong in a form that it can read."""
        if path in self._page_paths:
            if request.method not in OF_PAGES:
                raise method_not_allowed(OF_PAGES)
        elif not request.is_for_a_person:
            raise not_found(NO_PATH)

    async def _operate(
        self, request: IncomingRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        begin = perf_counter()
        operation = operation_name(request.method, request.target)
        try:
            body = await _body_of(request, receive)
            if body is None:
                return
            answer = await self._answer(operation, request, body)
        except ServiceError as error:
            answer = refusal(error, self._workers.new_request_id())
        if answer is None:
            scope[CONNECTION].reset()
            self._seen.reset(operation, request.target)
            return
        await self._send(send, request, answer)
        seconds = perf_counter() - begin
        self._seen.answered(operation, request.target, answer.status, seconds, message_of(answer))

    async def _answer(self, operation: str, request: IncomingRequest, body: bytes) -> Answer | None:
        """Return the answer to a request, or None for a connection that is to be reset.

        Raises:
            ServiceError: a fault that was asked for.
        """
        fault = await self._fault_of(operation, request, body)
        if fault is Fault.THROTTLED:
            raise too_many_requests("Too many requests")
        if fault is Fault.FAILED:
            raise internal_error("A fault that was asked for: nothing is stored.")
        if fault is Fault.RESET_BEFORE:
            return None
        answer = await self._workers.answer(request.method, request.target, body)
        return None if fault is Fault.RESET_AFTER else answer

    async def _fault_of(self, operation: str, request: IncomingRequest, body: bytes) -> Fault:
        drawer = self._drawer
        if drawer is None:
            return Fault.NONE
        if self._latency:
            await asyncio.sleep(self._latency)
        said = b"\n".join((request.method.encode(), request.target.encode(), body))
        return drawer.draw(operation, said)

    async def _tell_health(self, request: IncomingRequest, send: Send) -> None:
        from pinpoint_endpoints.version import __version__

        if request.method not in OF_HEALTH:
            raise method_not_allowed(OF_HEALTH)
        try:
            await self._workers.read(lambda rows: rows.count_applications())
        except PinpointEndpointsError as error:
            body = {"status": "failing", "version": __version__, "message": error.message}
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
        if origin and self._visitors.is_allowed_origin(origin):
            headers += self._allowed_to(origin, request)
        if answer.status != _NO_CONTENT:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    @staticmethod
    def _allowed_to(origin: str, request: IncomingRequest) -> Iterable[tuple[bytes, bytes]]:
        wanted = request.headers.get(b"access-control-request-headers", "*")
        yield b"access-control-allow-origin", origin.encode("latin-1")
        yield b"access-control-allow-headers", wanted.encode("latin-1")
        yield from ALLOWED_TO_PAGES


_NO_CONTENT = 204
_LOOKED_AT = frozenset(
    {
        b"host", b"origin", b"content-length", b"expect", b"accept",
        b"access-control-request-headers",
    }
)  # fmt: skip
JSON = {"Content-Type": "application/json"}


def _incoming(scope: Scope) -> IncomingRequest:
    target = scope["raw_path"].decode("ascii")
    query = scope["query_string"]
    if query:
        target = f"{target}?{query.decode('latin-1')}"
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _LOOKED_AT:
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return IncomingRequest(scope["method"], target, headers)


async def _body_of(request: IncomingRequest, receive: Receive) -> bytes | None:
    """Return the body, or None when the client hung up.

    Raises:
        ServiceError: 413 when it is larger than the service takes.
    """
    most = MAX_BODY_BYTES if b"expect" in request.headers else MOST_DRAINED_BYTES
    if int(request.headers.get(b"content-length", 0)) > most:
        raise _too_large()
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body, message = await _rest_of(body, receive)
    if message["type"] == "http.disconnect":
        return None
    return body


async def _rest_of(body: bytes, receive: Receive) -> tuple[bytes, Any]:
    chunks, size = [body], len(body)
    message: Any = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            chunks.append(chunk)
        elif size > MOST_DRAINED_BYTES:
            break
        else:
            chunks.clear()
    if size > MAX_BODY_BYTES:
        raise _too_large()
    return b"".join(chunks), message


def _unless_it_is_read(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Close the connection of a client that was not told to send the body it announced.

    It may send the body or not, so that nobody knows where its next request begins
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


def _too_large() -> ServiceError:
    return payload_too_large(f"The body is over {MAX_BODY_BYTES} bytes.")
