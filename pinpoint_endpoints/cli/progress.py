"""Shows how far a run is: a bar on a terminal, a line every ten seconds elsewhere."""

import sys
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from threading import Event, Thread
from time import monotonic
from typing import Self

from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.streams import Meter

_BAR_AFTER_SECONDS = 1.0
_BAR_REFRESH_SECONDS = 0.1
SECONDS_BETWEEN_LINES = 10.0


class ProgressStyle(Enum):
    """The ways to show the progress of a run."""

    BAR = "a bar that vanishes at the end"
    LINES = "a line every ten seconds, for the log of a CI job"
    NONE = "not at all"


def progress_style(*, quiet: bool, streams: bool, lines: bool = False) -> ProgressStyle:
    """Return how to show progress on standard error without disturbing the results.

    Args:
        quiet: whether `--quiet` is given.
        streams: whether results are printed during the run.
        lines: whether lines replace the bar where there is no terminal.
    """
    if quiet:
        return ProgressStyle.NONE
    if sys.stderr.isatty():
        return ProgressStyle.NONE if streams and sys.stdout.isatty() else ProgressStyle.BAR
    return ProgressStyle.LINES if lines else ProgressStyle.NONE


class Progress:
    """Shows on standard error how far a run is, from a thread.

    Attributes:
        meter: counts the bytes that are read.

    Args:
        doing: what the run does, such as `checking`.
        total: returns how many bytes there are to read, None if that is unknown; called once.
        counts: returns the counts so far, as text.
        style: how progress is shown.
        done: returns the fraction of what was read that is done, from 0 to 1.
        between_lines: seconds from one line to the next.
    """

    def __init__(
        self,
        doing: str,
        total: Callable[[], int | None],
        counts: Callable[[], str],
        style: ProgressStyle,
        done: Callable[[], float] = lambda: 1.0,
        between_lines: float = SECONDS_BETWEEN_LINES,
    ) -> None:
        self.meter = Meter()
        self._doing = doing
        self._total = total
        self._counts = counts
        self._style = style
        self._fraction_done = done
        self._between_lines = between_lines
        self._started = monotonic()
        self._ended = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        if self._style is not ProgressStyle.NONE:
            show = self._show_bar if self._style is ProgressStyle.BAR else self._print_lines
            self._thread = Thread(target=show, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_part(self, doing: str) -> None:
        """Start another part of the run, of unknown size."""
        self._total = lambda: None
        self.meter.count = 0
        self._doing = doing

    def close(self) -> None:
        """Stop showing progress."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _show_bar(self) -> None:
        if self._ended.wait(_BAR_AFTER_SECONDS):
            return
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        from pinpoint_endpoints.reports.table import console_for

        display = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=console_for(sys.stderr),
            transient=True,
            auto_refresh=False,
        )
        with suppress(OSError), display:  # standard error may be closed
            doing = self._doing
            task = display.add_task(doing, total=self._total(), counts=self._counts())
            while not self._ended.wait(_BAR_REFRESH_SECONDS):
                if doing != self._doing:
                    doing = self._doing
                    display.remove_task(task)
                    task = display.add_task(doing, total=self._total(), counts=self._counts())
                display.update(task, completed=self._done(), counts=self._counts(), refresh=True)

    def _print_lines(self) -> None:
        total = None if self._ended.wait(self._between_lines) else self._total()
        doing = self._doing
        with suppress(OSError):
            while not self._ended.is_set():
                if doing != self._doing:
                    doing, total = self._doing, self._total()
                note(f"{doing}: {self._counts()}{self._remaining(total)}")
                self._ended.wait(self._between_lines)

    def _done(self) -> float:
        return self.meter.count * self._fraction_done()

    def _remaining(self, total: int | None) -> str:
        done = self._done()
        if not total or not done:
            return ""
        seconds = (monotonic() - self._started) * max(total - done, 0) / done
        minutes, rest = divmod(round(seconds), 60)
        return f", about {minutes}:{rest:02} left"
