"""Lines in, the same on standard error out, by a thread of their own: a server waits for nobody.

Whoever starts a server from a script may leave its standard error unread, or close it. A write
into a full pipe would stop the server, and one into a closed pipe end it.
"""

import os
import sys
import threading
from queue import Full, Queue
from types import TracebackType
from typing import Self

from pinpoint_endpoints.reports.plain import printable

MOST_WAITING = 1_000
"""Lines that nobody reads; more are left out."""

LAST_SECONDS = 1.0
"""How long the last lines may take at the end."""


class Telling:
    """Tells the person at the terminal what happens."""

    def __init__(self) -> None:
        self._lines: Queue[str | None] = Queue(MOST_WAITING)
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
        self._add(None)
        self._thread.join(LAST_SECONDS)

    def tell(self, text: str) -> None:
        """Tell a line, or several."""
        for line in text.splitlines():
            self._add(printable(line))

    def _add(self, line: str | None) -> None:
        try:
            self._lines.put_nowait(line)
        except Full:
            return

    def _write(self) -> None:
        """Write to the file itself: Python's own lock on it would be held at the end."""
        sys.stderr.flush()
        descriptor = sys.stderr.fileno()
        encoding = sys.stderr.encoding
        while (line := self._lines.get()) is not None:
            rest = f"{line}\n".encode(encoding, "backslashreplace")
            try:
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            except OSError:
                return
