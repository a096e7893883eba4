"""HTTP servers that answer what a test tells them: in order, late, or with any bytes."""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from struct import pack
from typing import Self

_POLL_SECONDS = 0.002
"""How long the end of a block waits for its server at most."""

_TRICKLE_SECONDS = 0.02

ACCEPTED = json.dumps({"Message": "Accepted", "RequestID": "request-1"}).encode()


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `cut` closes the connection before the last bytes of the body."""

    status: int = 202
    body: bytes = ACCEPTED
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    reset: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as it arrived: the path still encoded."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class _InThread:
    """Serves in a thread for the time of a block.

    Attributes:
        url: of the server.

    Args:
        server: already listens.
    """

    def __init__(self, server: TCPServer) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self._thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class HttpStub(_InThread):
    """Answers requests in order; the last answer is repeated."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._next)))
        self.asked: list[Asked] = []
        self._answers = list(answers) or [Answer()]

    def then(self, *answers: Answer) -> None:
        """Add answers, which may name the URL."""
        self._answers += answers

    def _next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def _handler(answer_to: Callable[[Asked], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # no client waits for a delayed ACK

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = answer_to(Asked(self.command, self.path, dict(self.headers), body))
            if answer.reset:
                self.close_connection = True
                return
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json", **answer.headers}
            headers["Content-Length"] = str(len(answer.body))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) - answer.cut])
            self.close_connection = bool(answer.cut)

        do_GET = do_PUT = do_POST = do_DELETE = _respond  # noqa: N815 - named by http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Say nothing."""

    return Handler


class StallingStub(HttpStub):
    """Answers some requests, and lets all others wait until `release` or the end of the block.

    Attributes:
        stalled: set once a request waits.

    Args:
        answers: one for each of the first requests.
    """

    def __init__(self, *answers: Answer) -> None:
        super().__init__(*answers)
        self._answered = len(answers)
        self.stalled = threading.Event()
        self._released = threading.Event()

    def _next(self, asked: Asked) -> Answer:
        if len(self.asked) == self._answered:
            self.stalled.set()
            self._released.wait()
        return super()._next(asked)

    def release(self) -> None:
        """Answer the waiting requests and all further ones."""
        self._released.set()

    def __exit__(self, *_: object) -> None:
        self.release()
        super().__exit__()


class RawServer(_InThread):
    """Answers every request with the same bytes, then closes, resets or holds the connection.

    Args:
        data: sent once a request has been received in full.
        then: `close`, `reset`, `hold` until the block ends, or `trickle`: a byte now and then.
        further: sent for the requests that follow on the same connection.
    """

    def __init__(self, data: bytes, then: str = "close", further: Sequence[bytes] = ()) -> None:
        server = _Server(("127.0.0.1", 0), _Handler)
        super().__init__(server)
        server.raw = self
        self.answers = (data, *further)
        self.then = then
        self.asked = 0
        self.leaving = threading.Event()

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        super().__exit__()


class _Server(ThreadingTCPServer):
    raw: RawServer


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        raw = self.server.raw
        for answer in raw.answers:
            self._receive()
            raw.asked += 1
            with suppress(OSError):  # the client may have closed the connection
                self.wfile.write(answer)
        if raw.then == "hold":
            raw.leaving.wait()
        elif raw.then == "trickle":
            with suppress(OSError):
                while not raw.leaving.wait(_TRICKLE_SECONDS):
                    self.wfile.write(b" ")
        elif raw.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            self.connection.close()

    def _receive(self) -> None:
        length = 0
        while line := self.rfile.readline().strip().lower():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
        self.rfile.read(length)
