"""Requests as they are answered in, lines for a person out: masked, and never too many to read."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

from pinpoint_endpoints.documents.personal import masked, shown_member, without_addresses
from pinpoint_endpoints.reports.plain import printable

TELL_SECONDS = 0.5
LINES_AT_ONCE = 4
"""What more comes within half a second is counted by kind."""

KINDS_AT_ONCE = 3
"""What is of yet another kind is counted together."""

LONGEST_APPLICATION = 80
REPEAT_SECONDS = 60.0
"""How long the same complaint is not repeated."""

APPLICATIONS = "apps"
USERS = "users"
NO_OPERATION = "no operation"

Tell = Callable[[str], None]


class _Kind(NamedTuple):
    """What lines of many alike requests have in common."""

    operation: str
    ended: str


class Seen:
    """Tells of requests, a few times a second.

    Args:
        tell: takes a line; None for nobody.
        now: the time of day.
    """

    def __init__(self, tell: Tell | None, now: Callable[[], datetime] = datetime.now) -> None:
        self._tell = tell
        self._now = now
        self._lines: list[str] = []
        self._more: Counter[_Kind] = Counter()
        self._is_due = False

    def answered(self, operation: str, target: str, status: int, seconds: float) -> None:
        """Take a request that was answered."""
        if self._tell is not None:
            took = f"{seconds * 1000:.1f} ms"
            self._add(_Kind(operation, str(status)), f"{_shown(target)}  {took}")

    def reset(self, operation: str, target: str) -> None:
        """Take a request whose connection was reset because somebody asked for it."""
        if self._tell is not None:
            self._add(_Kind(operation, "reset"), _shown(target))

    def refused(self, status: int, message: str) -> None:
        """Take a request that was refused before it was known what it is."""
        if self._tell is not None:
            self._add(_Kind("refused", str(status)), message)

    def flush(self) -> None:
        """Tell what was not told yet."""
        self._is_due = False
        if self._tell is None:
            return
        kinds = self._more.most_common(KINDS_AT_ONCE)
        others = self._more.total() - sum(count for _, count in kinds)
        for line in self._lines:
            self._tell(line)
        for kind, count in kinds:
            self._tell(self._line(kind, f"{count:,} more"))
        if others:
            self._tell(self._line(_Kind("others", ""), f"{others:,} more"))
        self._lines.clear()
        self._more.clear()

    def _add(self, kind: _Kind, what: str) -> None:
        if len(self._lines) < LINES_AT_ONCE:
            self._lines.append(self._line(kind, what))
        else:
            self._more[kind] += 1
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(TELL_SECONDS, self.flush)

    def _line(self, kind: _Kind, what: str) -> str:
        time_of_day = self._now().strftime("%H:%M:%S")
        return f"{time_of_day}  {kind.ended:<5}  {kind.operation or NO_OPERATION:<20}  {what}"


class Complaints:
    """Passes on what is no client's fault, and the same only once in a while.

    Args:
        complain: takes one.
        clock: seconds.
    """

    def __init__(self, complain: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._complain = complain
        self._clock = clock
        self._last = ""
        self._since = 0.0

    def __call__(self, complaint: str) -> None:
        """Take a complaint."""
        now = self._clock()
        if complaint == self._last and now - self._since < REPEAT_SECONDS:
            return
        self._last, self._since = complaint, now
        self._complain(complaint)


def _shown(target: str) -> str:
    """Return the application in a path, and what of it is meant, as they may be shown.

    `/v1/apps/demo/endpoints/ada` gives `demo ada`. User ids are masked, and ids that look like an
    address. Of other paths only the first word is shown.
    """
    path, _, _ = target.partition("?")
    _, _, begin, *rest = path.split("/", 5) + [""] * 3
    if begin != APPLICATIONS:
        return shown_member(printable(begin))
    application, kind, thing, *_ = [printable(unquote(part)) for part in [*rest, "", "", ""]]
    shown = masked(thing) if thing and kind == USERS else shown_member(thing)
    return f"{without_addresses(application)[:LONGEST_APPLICATION]} {shown}".rstrip()
