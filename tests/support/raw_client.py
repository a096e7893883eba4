"""Bytes in, whatever they are; what a server answers to them out."""

import json
import select
import socket
import struct
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self

LONGEST_WAIT = 60
"""Seconds, after which a test that hangs fails."""

RESET = struct.pack("ii", 1, 0)
ENDPOINT = b"/v1/apps/demo/endpoints/e"
BODY = b'{"ChannelType": "EMAIL", "OptOut": "ALL"}'


class RawAnswer(NamedTuple):
    """One answer.

    Attributes:
        status: such as 202.
        headers: by their names in small letters.
        body: as it came.
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
        buffer: how many bytes may wait to be read; 0 for the system's own choice.
    """

    def __init__(self, port: int, host: str = "127.0.0.1", *, buffer: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(LONGEST_WAIT)
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
        """Send bytes; return whether the server has not hung up meanwhile."""
        try:
            for part in parts:
                self._socket.sendall(part)
        except ConnectionError:
            return False
        return True

    def close_its_half(self) -> None:
        """Tell that no more bytes come, and go on reading."""
        with suppress(OSError):  # the server hung up
            self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._socket.close()

    def is_open(self) -> bool:
        """Tell whether the server has not hung up, as far as is known by now."""
        self._socket.setblocking(False)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        finally:
            self._socket.settimeout(LONGEST_WAIT)

    def meets_reset(self) -> bool:
        """Tell whether the next that comes is neither an answer nor an end, but a reset."""
        try:
            self._socket.recv(1)
        except ConnectionResetError:
            return True
        return False

    def wait_for_reset(self) -> bool:
        """Wait until the connection is broken, without reading; return whether it is."""
        poll = select.poll()
        poll.register(self._socket, 0)
        return bool(poll.poll(LONGEST_WAIT * 1_000))

    def read_once(self) -> bytes:
        """Return the next bytes that come, none if the server hung up."""
        try:
            return self._socket.recv(65536)
        except ConnectionError:
            return b""

    def read_all(self) -> bytes:
        """Return what comes until the server hangs up."""
        return b"".join(iter(self.read_once, b""))

    def answers(self) -> list[RawAnswer]:
        """Return the answers that come until the server hangs up."""
        return list(_answers_in(self.read_all()))


def ask(port: int, *parts: bytes, host: str = "127.0.0.1") -> list[RawAnswer]:
    """Send bytes on a connection of their own; return all answers until the server hangs up."""
    with RawClient(port, host) as client:
        client.send(*parts)
        return client.answers()


def ask_once(port: int, *parts: bytes, host: str = "127.0.0.1") -> RawAnswer:
    """Send bytes on a connection of their own; return the one answer to them."""
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
    """Return a request as it travels.

    Args:
        method: its first word.
        target: its second.
        headers: more of them.
        body: with its length among the headers; not of a GET.
        host: the `Host`.
        last: whether the server is to hang up after it.
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
    """Return lines and an empty line, as they travel."""
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
