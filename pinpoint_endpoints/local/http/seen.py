"""Requests as they are answered in, lines for a person out: masked, and never too many to read."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

from pinpoint_endpoints.local.routes import FIRST_REFUSAL
from pinpoint_endpoints.masking import masked, printable, shown_member, without_addresses

TELL_SECONDS = 0.5
LINES_AT_ONCE = 4
"""So many requests that were taken, and so many that were not, have a line each; what more comes
within half a second is counted by kind."""

KINDS_AT_ONCE = 3
"""What is of yet another kind is counted together."""

LONGEST_APPLICATION = 80
LONGEST_MESSAGE = 200
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
    is_failure: bool = False


class _More:
    """Requests of one kind without a line of their own.

    Attributes:
        count: how many.
        last: the line that the last one would have.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last = ""


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
        self._room: Counter[bool] = Counter()
        self._more: defaultdict[_Kind, _More] = defaultdict(_More)
        self._is_due = False

    def answered(
        self, operation: str, target: str, status: int, seconds: float, message: str = ""
    ) -> None:
        """Take a request that was answered.

        Args:
            operation: its name, empty for none of Pinpoint's.
            target: the path as it came, and the query.
            status: of the answer.
            seconds: how long it took.
            message: the answer's, if it is a refusal.
        """
        if self._tell is not None:
            took = f"{seconds * 1000:.1f} ms"
            why = f"  {_shown_message(message)}" if message else ""
            kind = _Kind(operation, str(status), status >= FIRST_REFUSAL)
            self._add(kind, f"{_shown(target)}  {took}{why}")

    def reset(self, operation: str, target: str) -> None:
        """Take a request whose connection was reset because somebody asked for it."""
        if self._tell is not None:
            self._add(_Kind(operation, "reset", is_failure=True), _shown(target))

    def refused(self, status: int, message: str) -> None:
        """Take a request that was refused before it was known what it is."""
        if self._tell is not None:
            self._add(_Kind("refused", str(status), is_failure=True), message)

    def flush(self) -> None:
        """Tell what was not told yet."""
        self._is_due = False
        if self._tell is None:
            return
        kinds = sorted(self._more.items(), key=_failures_and_many_first)
        for line in self._lines:
            self._tell(line)
        for kind, more in kinds[:KINDS_AT_ONCE]:
            counted = self._line(kind, f"{more.count:,} more")
            self._tell(more.last if more.count == 1 else counted)
        others = sum(more.count for _, more in kinds[KINDS_AT_ONCE:])
        if others:
            self._tell(self._line(_Kind("others", ""), f"{others:,} more"))
        self._lines.clear()
        self._room.clear()
        self._more.clear()

    def _add(self, kind: _Kind, what: str) -> None:
        if self._room[kind.is_failure] < LINES_AT_ONCE:
            self._room[kind.is_failure] += 1
            self._lines.append(self._line(kind, what))
        else:
            more = self._more[kind]
            more.count += 1
            more.last = self._line(kind, what)
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


def _failures_and_many_first(item: tuple[_Kind, _More]) -> tuple[bool, int]:
    kind, more = item
    return not kind.is_failure, -more.count


def _shown_message(message: str) -> str:
    return without_addresses(printable(message))[:LONGEST_MESSAGE]


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
