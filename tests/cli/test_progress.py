"""The progress of a run where standard error is not a terminal."""

import io
import sys
import threading

import pytest

from pinpoint_endpoints.cli.progress import Progress, ProgressStyle, progress_style


class Lines(io.StringIO):
    """Standard error that tells when it has been written to.

    Attributes:
        has_come: set at the end of the first line.
    """

    def __init__(self) -> None:
        super().__init__()
        self.has_come = threading.Event()

    def write(self, text: str) -> int:
        """Keep the text."""
        written = super().write(text)
        if "\n" in text:
            self.has_come.set()
        return written


@pytest.mark.parametrize(
    ("total", "line"),
    [
        (100, "sending: 5 endpoints sent, about 0:00 left"),
        (None, "sending: 5 endpoints sent"),
    ],
)
def test_a_line_has_the_counts_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch, total: int | None, line: str
) -> None:
    """The time is worked out from the size of the input, if that is known."""
    stderr = Lines()
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = Progress(
        "sending",
        lambda: total,
        lambda: "5 endpoints sent",
        ProgressStyle.LINES,
        between_lines=0.001,
    )
    progress.meter.count = 100
    with progress:
        assert stderr.has_come.wait(60)
    assert stderr.getvalue().splitlines()[0] == line


def test_progress_disturbs_no_results() -> None:
    """Without a terminal there are lines at most, and with --quiet nothing."""
    assert progress_style(quiet=True, streams=False, lines=True) is ProgressStyle.NONE
    assert progress_style(quiet=False, streams=False, lines=True) is ProgressStyle.LINES
    assert progress_style(quiet=False, streams=False) is ProgressStyle.NONE


def test_a_part_of_unknown_size_has_no_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run goes on to is named, and counted from the start."""
    stderr = Lines()
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = Progress(
        "checking", lambda: 100, lambda: "5 documents", ProgressStyle.LINES, between_lines=0.001
    )
    progress.meter.count = 100
    progress.begin_part("comparing")
    with progress:
        assert stderr.has_come.wait(60)
    assert stderr.getvalue().splitlines()[0] == "comparing: 5 documents"
    assert progress.meter.count == 0
