"""Bytes of a client in, requests for the ASGI door out; no client keeps others out.

uvicorn's HTTP/1.1 protocol with what it leaves open: a deadline for whole requests, limits to
heads, bodies and open connections, clients that close their half or want another protocol, resets
on request, errors in the service's form.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Sized
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pinpoint_endpoints.local.http.joining import Joining
from pinpoint_endpoints.local.http.waiting import Waiting
from pinpoint_endpoints.local.routes import refusal
from pinpoint_endpoints.local.service_error import ServiceError, bad_request, too_many_requests
from pinpoint_endpoints.quotas import MAX_BODY_BYTES

MOST_HEAD_BYTES = 32 * 1024
MOST_HEADERS = 128
MOST_PIPELINED = 32
"""Requests that wait for the answer to one before them."""

RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""For SO_LINGER: no waiting for what was not sent yet."""

CONNECTION = "pinpoint.connection"
"""Where the door finds the connection in a request's scope."""

NO_REQUEST = bad_request("This is no HTTP/1.1 request.")
MANY_AT_ONCE = too_many_requests(
    f"Read some answers first: {MOST_PIPELINED} requests wait on this connection already."
)
LARGE_HEAD = ServiceError(
    bad_request("").code,  # the service model has nothing closer
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The head of a request has at most {MOST_HEAD_BYTES} bytes and {MOST_HEADERS} headers.",
)


class Connection(HttpToolsProtocol):
    """One client's connection.

    Args:
        waiting: the connections of this server that wait for their clients.
        arguments: of uvicorn.
    """

    def __init__(self, waiting: Waiting, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.held = 0
        self._waiting = waiting
        self._running: RequestResponseCycle = None  # type: ignore[assignment] # as uvicorn does
        self._new_bytes = 0
        self._fault = NO_REQUEST
        self._refusal = b""
        self._has_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn narrows it so
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        self._waiting.opened(self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._waiting.closed(self)
        self._unset_keepalive_if_required()
        self._expect_no_answer()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn has None: it closes
        """Answer what was asked, although the client sends no more; return whether there is any."""
        self._has_ended = True
        self._drop_half_a_request()
        if not self._owes_an_answer():
            return False
        self.cycle.keep_alive = bool(self._refusal)  # which comes after it
        return True

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        if self._refusal:
            return
        self._unset_keepalive_if_required()
        self._new_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as other:
            self._go_on_without_upgrade(data[other.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._fault)
        else:
            if self._new_bytes > MOST_HEAD_BYTES:
                self._refuse(LARGE_HEAD)

    def on_message_begin(self) -> None:
        """Give a request its time."""
        if len(self.pipeline) >= MOST_PIPELINED:
            self._fault = MANY_AT_ONCE
            raise ValueError
        super().on_message_begin()
        cast("dict[str, object]", self.scope)[CONNECTION] = self
        self._waiting.begin(self, self.loop.time())

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if self._has_large_head():
            self._fault = LARGE_HEAD
            raise ValueError
        self._new_bytes = 0
        if self.parser.should_upgrade():
            return
        if self.url[:4].lower() == b"http":
            self._take_host_from_target()
        super().on_headers_complete()
        self.cycle.transport = cast("asyncio.Transport", Joining(self.transport))

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._new_bytes = 0
        super().on_body(body)
        if self.held < MAX_BODY_BYTES and not self.cycle.response_complete:
            self._waiting.hold(self, len(body))

    def on_message_complete(self) -> None:
        """Stop the time: the client has said all, and waits for an answer if it has none yet."""
        self._new_bytes = 0
        if self.parser.should_upgrade():
            return
        if not self.cycle.response_complete and not self.flow.write_paused:
            self._waiting.end(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for the rest of one that is answered already."""
        cast("Joining", self._running.transport).flush()
        self._waiting.release(self)
        self._waiting.begin(self, self.loop.time())
        super().on_response_complete()  # which may begin to answer the next request
        if self._refusal and not self._owes_an_answer():
            self._send_refusal()

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._waiting.begin(self, self.loop.time())

    def hang_up(self) -> None:
        """Close the connection now, whatever was sent and received."""
        if self.flow.write_paused:  # the system would keep for a client what it does not read
            self.reset()
        else:
            self._expect_no_answer()
            self.transport.abort()

    def reset(self) -> None:
        """Break the connection as a failing network does: the client gets RST."""
        self._expect_no_answer()
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if not cycle.more_body and not self.flow.write_paused:
            self._waiting.end(self)
        super()._start_asgi_task(cycle, app)

    def _owes_an_answer(self) -> bool:
        """Tell whether a request came whole and is not answered yet."""
        running = self._running
        is_asked = running and not running.response_complete and not running.more_body
        return bool(is_asked or self.pipeline)

    def _expect_no_answer(self) -> None:
        """Let nobody write what the client is not to read. uvicorn does so for the last request."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def _drop_half_a_request(self) -> None:
        """Forget the last request, unless it is whole, or is already being answered."""
        if self.pipeline and self.cycle.more_body:
            self.pipeline.popleft()
            self.cycle = self.pipeline[0][0] if self.pipeline else self._running

    def _has_large_head(self) -> bool:
        if len(self.headers) > MOST_HEADERS:
            return True
        if self._new_bytes <= MOST_HEAD_BYTES:  # not even together with what follows it
            return False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > MOST_HEAD_BYTES

    def _take_host_from_target(self) -> None:
        """Put the host of `GET http://host/path` in place of the header's (RFC 9112, 3.2.2)."""
        _, _, rest = self.url.partition(b"://")
        host, _, _ = rest.partition(b"/")
        others = [header for header in self.headers if header[0] != b"host"]
        self.headers[:] = [(b"host", host), *others]

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read a request again whose client would rather speak another protocol, and its body.

        The parser leaves both to that protocol. Clients of Java offer HTTP/2 in this way.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(NO_REQUEST)
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join([*lines, b"", rest]))

    def _refuse(self, error: ServiceError) -> None:
        """Answer what cannot be understood, after all that was asked before, and read no more."""
        answer = refusal(error, str(uuid4()))
        headers = {
            **answer.headers, "Content-Length": str(len(answer.body)), "Connection": "close"
        }  # fmt: skip
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._refusal = "\r\n".join([*lines, "", ""]).encode() + answer.body
        self._drop_half_a_request()
        if not self._owes_an_answer():
            self._send_refusal()

    def _send_refusal(self) -> None:
        """Send it, and leave it to the client to close: it reads no answer before it has sent all.

        Closing with unread bytes would be a reset, which takes the answer along.
        """
        if self.transport.is_closing():
            return
        running = self._running
        if running and running.response_started and not running.response_complete:
            self.hang_up()
            return
        self._expect_no_answer()
        self._waiting.begin(self, self.loop.time())
        self.transport.write(self._refusal)
        if self._has_ended:
            self.transport.close()
        else:
            self.transport.write_eof()


class _Flow(FlowControl):
    """Reads no more while requests wait for the answers to those before them.

    Args:
        transport: of the connection.
        pipeline: the requests that wait.
    """

    def __init__(self, transport: asyncio.Transport, pipeline: Sized) -> None:
        super().__init__(transport)
        self._pipeline = pipeline

    def resume_reading(self) -> None:
        if not self._pipeline:
            super().resume_reading()
