"""How far a run is, on a terminal: shown only if the run takes longer than a second."""

import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import TaskID

    from pinpoint_endpoints.reports.problems import Tally

_UNSHOWN_SECONDS = 1.0
_SHOWN_EVERY = 0.1


class Progress:
    """A bar on standard error that goes with what was read, and vanishes at the end.

    Attributes:
        meter: is to be told how many bytes were read; None if nobody wants to know.

    Args:
        wanted: whether there is a terminal and a person who wants it.
        total: returns how many bytes there are to read, or None; asked when the bar begins.
    """

    def __init__(self, total: Callable[[], int | None], *, wanted: bool) -> None:
        self.meter = self._read if wanted else None
        self._total = total
        self._next = monotonic() + _UNSHOWN_SECONDS
        self._bytes = 0
        self._display: Display | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._display is not None:
            self._display.stop()

    def _read(self, size: int) -> None:
        self._bytes += size

    def show(self, tally: "Tally") -> None:
        """Show how far the run is, if it is time for that."""
        if self.meter is None or monotonic() < self._next:
            return
        self._next = monotonic() + _SHOWN_EVERY
        if self._display is None or self._task is None:
            self._begin()
        if self._display is not None and self._task is not None:
            self._display.update(
                self._task, completed=self._bytes, counts=f"{tally.documents:,} documents"
            )

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._display = Progress(
            TextColumn("checking"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._display.add_task("checking", total=self._total(), counts="")
        self._display.start()
