"""Lines in, the same on standard error out, by a thread of their own: a server waits for nobody.

Whoever starts a server from a script may leave its standard error unread, or close it. A write
into a full pipe would stop the server, and one into a closed pipe end it.
"""

import os
import select
import sys
import threading
from collections import deque
from types import TracebackType
from typing import Self

from pinpoint_endpoints.masking import printable

MOST_WAITING = 1_000
"""Lines that nobody reads; more are left out, and counted."""

LAST_SECONDS = 1.0
"""How long the last lines may take at the end."""


class Telling:
    """Tells the person at the terminal what happens."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._left_out = 0
        self._has_ended = False
        self._thread = threading.Thread(target=self._write, name="pe-telling", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._has_ended = True
            self._changed.notify()
        self._thread.join(LAST_SECONDS)

    def tell(self, text: str) -> None:
        """Tell a line, or several."""
        for line in text.splitlines():
            self._add(printable(line))

    def _add(self, line: str) -> None:
        with self._changed:
            if len(self._lines) >= MOST_WAITING:
                self._left_out += 1
                return
            self._tell_what_was_left_out()
            self._lines.append(line)
            self._changed.notify()

    def _tell_what_was_left_out(self) -> None:
        if self._left_out:
            self._lines.append(f"lines left out, since nobody read them: {self._left_out:,}")
            self._left_out = 0

    def _next(self) -> str | None:
        """Wait for the next line; return None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._left_out or self._has_ended)
            if not self._lines:
                self._tell_what_was_left_out()
            return self._lines.popleft() if self._lines else None

    def _write(self) -> None:
        """Write to the file itself: Python's own lock on it would be held at the end."""
        sys.stderr.flush()
        descriptor = sys.stderr.fileno()
        encoding = sys.stderr.encoding
        while (line := self._next()) is not None:
            rest = f"{line}\n".encode(encoding, "backslashreplace")
            try:
                while rest:
                    rest = rest[_write_once(descriptor, rest) :]
            except OSError:
                return


def _write_once(descriptor: int, data: bytes) -> int:
    """Write a part of the data, and return how much; wait for a file that takes none just now."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:  # another process that has the same terminal made it non-blocking
        select.select([], [descriptor], [])
        return 0
