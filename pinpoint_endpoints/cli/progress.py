"""How far a run is, for a person: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from threading import Event, Thread
from time import monotonic
from typing import Self

from pinpoint_endpoints.cli.terminal import say

_UNSHOWN_SECONDS = 1.0
_SHOWN_EVERY = 0.1
_SAID_EVERY = 10.0


class ProgressStyle(Enum):
    """How the progress of a run is shown."""

    BAR = "a bar that vanishes at the end"
    LINES = "a line every ten seconds, for the log of a CI job"
    NOT = "not at all"


def progress_style(*, quiet: bool, streams: bool, lines: bool = False) -> ProgressStyle:
    """Return how progress is shown on standard error so that it disturbs nothing.

    Args:
        quiet: whether nobody wants it.
        streams: whether results are printed meanwhile.
        lines: whether lines are wanted where no bar can be.
    """
    if quiet:
        return ProgressStyle.NOT
    if sys.stderr.isatty():
        return ProgressStyle.NOT if streams and sys.stdout.isatty() else ProgressStyle.BAR
    return ProgressStyle.LINES if lines else ProgressStyle.NOT


class Progress:
    """Shows on standard error how far a run is, in a thread of its own.

    Attributes:
        meter: is to be told how many bytes were read; None if nobody wants to know.

    Args:
        doing: what the run does, such as `checking`.
        total: returns how many bytes there are to read, or None; asked when it is first shown.
        counts: returns what was counted, in words.
        how: it is shown.
        share: returns how much of what was read is done.
    """

    def __init__(
        self,
        doing: str,
        total: Callable[[], int | None],
        counts: Callable[[], str],
        how: ProgressStyle,
        share: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.meter = None if how is ProgressStyle.NOT else self._read
        self._doing = doing
        self._total = total
        self._counts = counts
        self._how = how
        self._share = share
        self._begun = monotonic()
        self._bytes = 0
        self._over = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        if self._how is not ProgressStyle.NOT:
            show = self._show_bar if self._how is ProgressStyle.BAR else self._say_lines
            self._thread = Thread(target=show, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Show nothing more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _read(self, size: int) -> None:
        self._bytes += size

    def _show_bar(self) -> None:
        if self._over.wait(_UNSHOWN_SECONDS):
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        display = Progress(
            TextColumn(self._doing),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
            auto_refresh=False,
        )
        with suppress(OSError), display:  # nobody looks at a standard error that is closed
            task = display.add_task(self._doing, total=self._total(), counts=self._counts())
            while not self._over.wait(_SHOWN_EVERY):
                display.update(task, completed=self._done(), counts=self._counts(), refresh=True)

    def _say_lines(self) -> None:
        total = None if self._over.wait(_SAID_EVERY) else self._total()
        with suppress(OSError):
            while not self._over.is_set():
                say(f"{self._doing}: {self._counts()}{self._remaining(total)}")
                self._over.wait(_SAID_EVERY)

    def _done(self) -> float:
        return self._bytes * self._share()

    def _remaining(self, total: int | None) -> str:
        done = self._done()
        if not total or not done:
            return ""
        seconds = (monotonic() - self._begun) * max(total - done, 0) / done
        minutes, rest = divmod(round(seconds), 60)
        return f", about {minutes}:{rest:02} left"
