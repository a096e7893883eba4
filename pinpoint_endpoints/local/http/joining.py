"""The head and the body of an answer as uvicorn writes them in, one write of both out.

Two small writes cost the server, and its client, as much as a query: each is a packet of its own.
"""

import asyncio

CONTINUE = b"HTTP/1.1 1"
"""What interim answers begin with, for which a client waits before it sends more."""


class Joining:
    """Stands for the transport of a connection while one request is answered.

    Args:
        transport: of the connection.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        """Write, but keep the head of an answer until something follows it."""
        if self._is_begun:
            head, self._head = self._head, b""
            self._transport.write(head + data if head else data)
        elif data.startswith(CONTINUE):
            self._transport.write(data)
        else:
            self._is_begun = True
            self._head = data

    def flush(self) -> None:
        """Write the head that nothing follows."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Close the connection once all is written."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Tell whether the connection is closed, or about to be."""
        return self._transport.is_closing()
