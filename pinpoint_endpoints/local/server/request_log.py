"""Log requests and errors for the user of `pe serve`: masked, and a few lines a second at most."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

from pinpoint_endpoints.local.routes import FIRST_ERROR_STATUS
from pinpoint_endpoints.masking import masked, printable, shown_member, without_addresses

FLUSH_SECONDS = 0.5
MAX_LINES = 4
"""Requests with a line of their own in one flush, and as many that failed or have a remark; further
ones are counted by kind."""

MAX_KINDS = 3
"""Kinds that are counted separately; requests of further kinds are counted together."""

MAX_APPLICATION_LENGTH = 80
MAX_MESSAGE_LENGTH = 200
REPEAT_SECONDS = 60.0
"""How long the same error is not repeated."""

APPLICATIONS = "apps"
USERS = "users"
NO_OPERATION = "no operation"

WriteLine = Callable[[str], None]


class _Kind(NamedTuple):
    """What requests that are counted together have in common."""

    operation: str
    ended: str
    is_notable: bool = False


class _Counted:
    """Requests of one kind without a line of their own.

    Attributes:
        count: the number of requests.
        last: the line of the last one.
        position: how many requests came before the last one.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last = ""
        self.position = 0


class RequestLog:
    """Logs requests, a few times a second.

    Args:
        write: takes a line; None for no log.
        now: returns the time of day.
    """

    def __init__(self, write: WriteLine | None, now: Callable[[], datetime] = datetime.now) -> None:
        self._write = write
        self._now = now
        self._lines: list[tuple[int, str]] = []
        self._requests = 0
        self._line_counts: Counter[bool] = Counter()
        self._counted: defaultdict[_Kind, _Counted] = defaultdict(_Counted)
        self._is_due = False

    def answered(
        self, operation: str, target: str, status: int, seconds: float, message: str = ""
    ) -> None:
        """Log a request that was answered.

        Args:
            operation: its name, empty if it is not one of Pinpoint's.
            target: the encoded path, with the query.
            status: the status of the answer.
            seconds: how long it took.
            message: why it was refused, or what of it was ignored; empty for neither.
        """
        if self._write is not None:
            took = f"{seconds * 1000:.1f} ms"
            reason = f"  {_shown_message(message)}" if message else ""
            is_notable = status >= FIRST_ERROR_STATUS or bool(message)
            kind = _Kind(operation, str(status), is_notable)
            self._add(kind, f"{_shown(target)}  {took}{reason}")

    def reset(self, operation: str, target: str) -> None:
        """Log a request whose connection was broken by an injected fault."""
        if self._write is not None:
            self._add(_Kind(operation, "reset", is_notable=True), _shown(target))

    def refused(self, status: int, message: str) -> None:
        """Log a request that was refused before its operation was known."""
        if self._write is not None:
            kind = _Kind("refused", str(status), is_notable=True)
            self._add(kind, _shown_message(message))

    def flush(self) -> None:
        """Write the lines that wait, in the order of their requests, and the counts after them."""
        self._is_due = False
        if self._write is None:
            return
        kinds = sorted(self._counted.items(), key=_by_importance)
        shown = [more for _, more in kinds[:MAX_KINDS] if more.count == 1]
        lines = self._lines + [(more.position, more.last) for more in shown]
        for _, line in sorted(lines):
            self._write(line)
        for kind, more in kinds[:MAX_KINDS]:
            if more.count > 1:
                self._write(self._line(kind, f"{more.count:,} more"))
        others = sum(more.count for _, more in kinds[MAX_KINDS:])
        if others:
            self._write(self._line(_Kind("others", ""), f"{others:,} more"))
        self._lines.clear()
        self._line_counts.clear()
        self._counted.clear()

    def _add(self, kind: _Kind, what: str) -> None:
        self._requests += 1
        if self._line_counts[kind.is_notable] < MAX_LINES:
            self._line_counts[kind.is_notable] += 1
            self._lines.append((self._requests, self._line(kind, what)))
        else:
            counted = self._counted[kind]
            counted.count += 1
            counted.last = self._line(kind, what)
            counted.position = self._requests
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def _line(self, kind: _Kind, what: str) -> str:
        time_of_day = self._now().strftime("%H:%M:%S")
        return f"{time_of_day}  {kind.ended:<5}  {kind.operation or NO_OPERATION:<20}  {what}"


class ErrorLog:
    """Passes on errors that no client caused, the same one at most once a minute.

    Args:
        write: takes an error; None to ignore it.
        clock: returns seconds.
    """

    def __init__(
        self, write: WriteLine | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._last = ""
        self._since = 0.0

    def __call__(self, error: str) -> None:
        """Log an error."""
        if self._write is None:
            return
        now = self._clock()
        if error == self._last and now - self._since < REPEAT_SECONDS:
            return
        self._last, self._since = error, now
        self._write(error)


def _by_importance(item: tuple[_Kind, _Counted]) -> tuple[bool, int]:
    kind, more = item
    return not kind.is_notable, -more.count


def _shown_message(message: str) -> str:
    return without_addresses(printable(message))[:MAX_MESSAGE_LENGTH]


def _shown(target: str) -> str:
    """Return the application and the thing that a path names, masked.

    `/v1/apps/demo/endpoints/ada` gives `demo ada`. User ids are masked, and ids that look like an
    address. Of other paths only the first word is shown.
    """
    path, _, _ = target.partition("?")
    _, _, first, *rest = path.split("/", 5) + [""] * 3
    if first != APPLICATIONS:
        return shown_member(printable(first))
    application, kind, thing, *_ = [printable(unquote(part)) for part in [*rest, "", "", ""]]
    shown = masked(thing) if thing and kind == USERS else shown_member(thing)
    return f"{without_addresses(application)[:MAX_APPLICATION_LENGTH]} {shown}".rstrip()
