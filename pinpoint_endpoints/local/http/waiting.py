"""Connections in, those that are to be closed so that the others have room out."""

from typing import Protocol

REQUEST_SECONDS = 60.0
"""How long a client may take for a request, and keep a connection that it does not use."""

LOOK_SECONDS = 1.0
MOST_HELD_BYTES = 256 * 1024 * 1024
"""Of bodies that are not answered yet, of all clients together."""


class Waitable(Protocol):
    """A connection.

    Attributes:
        held: how many bytes of a body it has, from their arrival to the answer.
    """

    held: int

    def hang_up(self) -> None:
        """Close it now."""


class Waiting:
    """The connections whose client is to send something, those that wait longest first.

    Args:
        most: how many connections may be open.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._since: dict[Waitable, float] = {}
        self._open: set[Waitable] = set()
        self._held = 0

    def opened(self, connection: Waitable, now: float) -> None:
        """Take a new connection; the one that is idle for longest goes if there are too many."""
        self._open.add(connection)
        self.begin(connection, now)
        if len(self._open) > self._most:
            self._close(next(iter(self._since)))

    def closed(self, connection: Waitable) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        self.end(connection)
        self.release(connection)

    def begin(self, connection: Waitable, now: float) -> None:
        """Note that the client is to send something from now on."""
        self._since.pop(connection, None)
        if connection in self._open:
            self._since[connection] = now

    def end(self, connection: Waitable) -> None:
        """Note that the client waits for us."""
        self._since.pop(connection, None)

    def hold(self, connection: Waitable, size: int) -> None:
        """Take a part of a body; if there is too much of all, the longest upload goes."""
        connection.held += size
        self._held += size
        if self._held > MOST_HELD_BYTES:
            self._close(next((one for one in self._since if one.held), connection))

    def release(self, connection: Waitable) -> None:
        """Forget a body."""
        self._held -= connection.held
        connection.held = 0

    def hang_up_on_slow(self, now: float) -> None:
        """Close the connections that have been waited for too long."""
        for connection, since in list(self._since.items()):
            if now - since < REQUEST_SECONDS:
                return
            self._close(connection)

    def _close(self, connection: Waitable) -> None:
        self.closed(connection)
        connection.hang_up()
