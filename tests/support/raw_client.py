"""An HTTP client that sends any bytes, for requests that no HTTP library would send."""

import json
import socket
import struct
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self

MAX_WAIT_SECONDS = 60
"""A test that hangs fails after this time."""

RESET = struct.pack("ii", 1, 0)
ENDPOINT = b"/v1/apps/demo/endpoints/e"
BODY = b'{"ChannelType": "EMAIL", "OptOut": "ALL"}'


class RawAnswer(NamedTuple):
    """One answer.

    Attributes:
        status: such as 202.
        headers: values by lower-case name.
        body: as received.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> str:
        """The name of Pinpoint's exception."""
        return self.headers.get("x-amzn-errortype", "")

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class RawClient:
    """A connection.

    Args:
        port: of a server on this machine.
        host: its address.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._socket.settimeout(MAX_WAIT_SECONDS)
        try:
            self._socket.connect((host, port))
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *parts: bytes) -> bool:
        """Send bytes; return False if the server closes the connection meanwhile."""
        try:
            for part in parts:
                self._socket.sendall(part)
        except ConnectionError:
            return False
        return True

    def half_close(self) -> None:
        """Close the sending half of the connection."""
        with suppress(OSError):  # the server has closed the connection
            self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Reset the connection."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._socket.close()

    def is_open(self) -> bool:
        """Return whether the server has not closed the connection yet."""
        self._socket.setblocking(False)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        finally:
            self._socket.settimeout(MAX_WAIT_SECONDS)

    def read_once(self) -> bytes:
        """Return the next bytes, empty if the server has closed the connection."""
        try:
            return self._socket.recv(65536)
        except ConnectionError:
            return b""

    def read_all(self) -> bytes:
        """Return all bytes until the server closes the connection."""
        return b"".join(iter(self.read_once, b""))

    def answers(self) -> list[RawAnswer]:
        """Return all answers until the server closes the connection."""
        return list(_answers_in(self.read_all()))


def ask(port: int, *parts: bytes, host: str = "127.0.0.1") -> list[RawAnswer]:
    """Send bytes on a new connection; return all answers until the server closes it."""
    with RawClient(port, host) as client:
        client.send(*parts)
        return client.answers()


def ask_once(port: int, *parts: bytes, host: str = "127.0.0.1") -> RawAnswer:
    """Send bytes on a new connection; return the only answer."""
    (answer,) = ask(port, *parts, host=host)
    return answer


def request(
    method: bytes = b"PUT",
    target: bytes = ENDPOINT,
    *headers: bytes,
    body: bytes = BODY,
    host: bytes = b"localhost",
    last: bool = True,
) -> bytes:
    """Return the bytes of a request.

    Args:
        method: the HTTP method.
        target: the path and query.
        headers: further header lines.
        body: sent with its Content-Length, unless the method is GET.
        host: the `Host` header.
        last: whether the server should close the connection afterwards.
    """
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: " + host, *headers]
    if last:
        lines.append(b"Connection: close")
    if method == b"GET":
        body = b""
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def head(*lines: bytes) -> bytes:
    """Return the bytes of header lines and the empty line after them."""
    return b"".join(line + b"\r\n" for line in (*lines, b""))


def _answers_in(data: bytes) -> Iterable[RawAnswer]:
    while data:
        begin, separator, data = data.partition(b"\r\n\r\n")
        assert separator, f"half an answer: {begin!r}"
        status, *lines = begin.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        length = int(headers.get("content-length", 0))
        assert len(data) >= length, f"half a body: {data!r}"
        yield RawAnswer(int(status.split(" ")[1]), headers, data[:length])
        data = data[length:]
