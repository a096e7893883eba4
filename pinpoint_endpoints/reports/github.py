"""Report to GitHub Actions: annotations of the lines, and the summary page of a step."""

import re
from collections import Counter
from pathlib import PurePath
from typing import Any, TextIO

from pinpoint_endpoints.documents.discovery import is_s3
from pinpoint_endpoints.documents.model import Checked, Problem, Severity
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted, hinted, printable
from pinpoint_endpoints.reports.problems import explanation_of, place_of, with_path_from
from pinpoint_endpoints.reports.tally import Tally

_MAX_ANNOTATIONS = 10
"""Annotations of one kind that GitHub shows of a step (GitHub: checks, annotations)."""

_MAX_SUMMARY_BYTES = 400_000
"""GitHub takes 1 MiB for a step, to which other commands may write too."""

_HEADINGS = "| Place | Code | Severity | Problem |\n| --- | --- | --- | --- |\n"
_SPECIAL = re.compile(r"[!-,.:-@\[-`{-~]")


class GithubReporter:
    """Writes the first errors and warnings as annotations, then how many more there are.

    Args:
        stream: GitHub reads it.
        root: the root of the repository, to which paths are made relative; empty to keep them.
    """

    def __init__(self, stream: TextIO, root: str = "") -> None:
        self._stream = stream
        self._root = root
        self._counts: Counter[Severity] = Counter()

    def add(self, checked: Checked) -> None:
        """Write the problems of a document, up to as many as GitHub shows."""
        for problem in checked.problems:
            self._counts[problem.severity] += 1
            if self._counts[problem.severity] <= _MAX_ANNOTATIONS:
                self._stream.write(_annotation(with_path_from(self._root, problem)))

    def close(self, _tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write how many more problems there are, and what stopped the run."""
        more = [
            counted(self._counts[severity] - _MAX_ANNOTATIONS, f"more {severity}")
            for severity in Severity
            if self._counts[severity] > _MAX_ANNOTATIONS
        ]
        if more:
            self._stream.write(
                _command(
                    "notice",
                    f"{' and '.join(more)}: GitHub shows {_MAX_ANNOTATIONS} of each kind; "
                    "`pe validate -o text` shows all",
                    title="pe validate",
                )
            )
        if error is not None:
            text = hinted(error.message, error.hint)
            self._stream.write(_command("error", text, title="pe validate"))


class SummaryReporter:
    """Writes the counts, and a table of as many problems as fit.

    Args:
        stream: GitHub reads it.
        root: as for `GithubReporter`.
    """

    def __init__(self, stream: TextIO, root: str = "") -> None:
        self._stream = stream
        self._root = root
        self._rows: list[str] = []
        self._bytes_left = _MAX_SUMMARY_BYTES
        self._omitted = 0

    def add(self, checked: Checked) -> None:
        """Keep the problems of a document if they fit into the summary."""
        for problem in checked.problems:
            row = "" if self._omitted else _row(with_path_from(self._root, problem))
            self._bytes_left -= len(row.encode())
            if not row or self._bytes_left < 0:
                self._omitted += 1
            else:
                self._rows.append(row)

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write the summary."""
        self._stream.write(f"### pe validate\n\n{tally}\n\n")
        if error is not None:
            self._stream.write(f"**Error:** {as_markdown(printable(error.message))}\n\n")
        if self._rows:
            self._stream.write(_HEADINGS)
            self._stream.writelines(self._rows)
        if self._omitted:
            more = counted(self._omitted, "more problem")
            self._stream.write(f"\n{more}: `pe validate -o text` shows all\n")
        self._stream.write("\n")
        self._stream.flush()


def as_markdown(text: str) -> str:
    """Return a text that Markdown and HTML show as it is, with their special characters escaped."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", text)


def _row(problem: Problem) -> str:
    hint = f" (hint: {printable(problem.hint)})" if problem.hint else ""
    cells = (place_of(problem), problem.code, problem.severity, explanation_of(problem) + hint)
    return f"| {' | '.join(as_markdown(cell) for cell in cells)} |\n"


def _annotation(problem: Problem) -> str:
    source = problem.source
    properties = {"file": source if is_s3(source) else PurePath(source).as_posix()}
    if problem.line:
        properties |= {"line": str(problem.line), "col": str(problem.column)}
    if problem.line and problem.end_column:
        properties["endColumn"] = str(problem.end_column)
    at = f" (at {problem.pointer})" if problem.pointer else ""
    text = hinted(f"{problem.message}{at}", problem.hint)
    return _command(problem.severity, text, **properties, title=problem.code)


def _command(name: str, message: str, **properties: str) -> str:
    listed = ",".join(f"{key}={_escaped_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    """Return a text as GitHub's own toolkit writes it; line breaks are escapes already."""
    return printable(text).replace("%", "%25")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
