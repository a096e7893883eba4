"""Documents in, workflow commands of GitHub Actions out, which become annotations."""

from collections import Counter
from pathlib import PurePath
from typing import TextIO

from pinpoint_endpoints.documents.model import Checked, Problem, Severity
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted, hinted, printable
from pinpoint_endpoints.reports.problems import Tally

_MOST = 10
"""Annotations of one kind that GitHub shows of a step (GitHub: checks, annotations)."""


class GithubReporter:
    """Writes the first errors and warnings as annotations, and says how many more there are."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._counts: Counter[Severity] = Counter()

    def add(self, checked: Checked) -> None:
        """Write the problems of a document, as long as GitHub shows them."""
        for problem in checked.problems:
            self._counts[problem.severity] += 1
            if self._counts[problem.severity] <= _MOST:
                self._stream.write(_annotation(problem))

    def close(self, _tally: Tally, error: PinpointEndpointsError | None, /) -> None:
        """Write how many more problems there are, and what stopped the run."""
        more = [
            counted(self._counts[severity] - _MOST, f"more {severity}")
            for severity in Severity
            if self._counts[severity] > _MOST
        ]
        if more:
            self._stream.write(
                _command(
                    "notice",
                    f"{' and '.join(more)}: GitHub shows {_MOST} of each kind; "
                    "`pe validate -o text` shows all",
                    title="pe validate",
                )
            )
        if error is not None:
            text = hinted(error.message, error.hint)
            self._stream.write(_command("error", text, title="pe validate"))


def _annotation(problem: Problem) -> str:
    properties = {"file": PurePath(problem.source).as_posix()}
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
