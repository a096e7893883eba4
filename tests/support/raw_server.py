"""Bytes in, a server that answers every request with them, whatever they are, out."""

import socket
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from struct import pack
from typing import Self


class RawServer:
    """Sends the same bytes to everybody, then closes the connection, breaks it, or holds it.

    Args:
        data: what is sent once a request has come whole.
        then: `close`, `reset` or `hold`: until the block is left.
    """

    def __init__(self, data: bytes, then: str = "close") -> None:
        self.data = data
        self.then = then
        self.asked = 0
        self.leaving = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.raw = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    raw: RawServer


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        length = 0
        while line := self.rfile.readline().strip().lower():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
        self.rfile.read(length)
        raw = self.server.raw
        raw.asked += 1
        self.wfile.write(raw.data)
        if raw.then == "hold":
            raw.leaving.wait()
        elif raw.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            self.connection.close()
