"""What the options want to see in, every reporter of a run out: one on standard output, others."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self, TextIO

from pinpoint_endpoints.cli.terminal import tell
from pinpoint_endpoints.documents.model import Checked
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError, UsageError, reason_of
from pinpoint_endpoints.reports.problems import ProblemTally, ProblemView, ReportFormat
from pinpoint_endpoints.reports.reporter import Reporter, ReportOptions, open_reporter


class Reports:
    """Gives every document to every reporter.

    Args:
        output: what is printed.
        files: `FORMAT=FILE`, each.
        options: for the formats that people read.
        inputs: the files that are named to be read.

    Raises:
        UsageError: a report has no known format, two have one file, or one is to be read.
        CannotRun: a report's file cannot be written.
    """

    def __init__(
        self,
        output: ReportFormat,
        files: Sequence[str],
        options: ReportOptions,
        inputs: Sequence[str] = (),
    ) -> None:
        wanted = [_parsed(report) for report in files]
        self._paths = {os.path.realpath(path) for _, path in wanted}
        if len(self._paths) < len(wanted):
            raise UsageError("two reports have one file", "give each a file of its own")
        for _, path in wanted:
            if any(_are_same(path, read) for read in inputs):
                raise UsageError(f"{path} is to be read, and no report", "give another file")
        self._files = ExitStack()
        self._reporters: list[Reporter[Checked]] = [
            open_reporter(ProblemView(options), output, sys.stdout)
        ]
        streams = [self._open(path) for _, path in wanted]
        for (report_format, _), stream in zip(wanted, streams, strict=True):
            with suppress(OSError):  # a pipe has nothing to be emptied
                stream.truncate(0)
            self._reporters.append(open_reporter(ProblemView(), report_format, stream))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            self._add_annotations(output)

    def _add_annotations(self, output: ReportFormat) -> None:
        """Annotate the lines on GitHub; beside what is printed only if a person reads that."""
        if output is not ReportFormat.GITHUB:
            stream = sys.stdout if output is ReportFormat.TABLE else sys.stderr
            self._reporters.append(open_reporter(ProblemView(), ReportFormat.GITHUB, stream))
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            from pinpoint_endpoints.reports.github import SummaryReporter

            try:
                self._reporters.append(SummaryReporter(self._open(summary)))
            except CannotRun as error:  # the summary adorns a run, and is not what it is for
                tell(error)

    def _open(self, path: str) -> TextIO:
        """Open a file to write at its end: one that cannot be opened costs no other its content."""
        try:
            return self._files.enter_context(Path(path).open("a", encoding="utf-8", newline="\n"))
        except OSError as error:
            hint = "check that its folder is there and may be written to"
            raise CannotRun(f"{path} cannot be written: {reason_of(error)}", hint) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def writes(self, path: str) -> bool:
        """Tell whether a path is a report of this run: what is being written is not read."""
        return bool(self._paths) and os.path.realpath(path) in self._paths

    def add(self, checked: Checked) -> None:
        """Give a document to every reporter."""
        for reporter in self._reporters:
            reporter.add(checked)

    def close(self, tally: ProblemTally, error: PinpointEndpointsError | None) -> None:
        """Let every reporter write what is still to be written."""
        for reporter in self._reporters:
            reporter.close(tally, error)


def _are_same(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except (OSError, ValueError):
        return False


def _parsed(report: str) -> tuple[ReportFormat, str]:
    name, _, path = report.partition("=")
    if name not in list(ReportFormat) or not path:
        formats = ", ".join(ReportFormat)
        raise UsageError(
            f"a report is FORMAT=FILE, not {report}", f"the formats are {formats}: junit=report.xml"
        )
    return ReportFormat(name), path
