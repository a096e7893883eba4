"""Documents in, a line for each problem out, at once; on a terminal with its source line."""

from typing import TYPE_CHECKING, TextIO

from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.caret import Caret, excerpt_of
from pinpoint_endpoints.reports.options import ReportOptions
from pinpoint_endpoints.reports.problems import STYLES, Tally, problem_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class TextReporter:
    """Writes `path:line:col: severity[code] message (at pointer): hint`, one line each."""

    def __init__(self, stream: TextIO, options: ReportOptions) -> None:
        self._stream = stream
        self._options = options
        self._console: Console | None = None

    def add(self, checked: Checked) -> None:
        """Write the problems of a document."""
        if not checked.problems:
            return
        if not self._options.styled:
            self._stream.write(problem_lines(checked.problems))
            return
        for problem in checked.problems:
            self._print(checked, problem)

    def close(self, tally: Tally, error: PinpointEndpointsError | None, /) -> None:
        """Write nothing: the counts, and what stopped the run, are no results."""

    def _print(self, checked: Checked, problem: Problem) -> None:
        if self._console is None:
            from pinpoint_endpoints.reports.table import console_for

            self._console = console_for(self._stream)
        self._console.print(_line(problem), soft_wrap=True)
        if not self._options.snippets:
            return
        excerpt = excerpt_of(checked, problem, show_values=self._options.show_values)
        if excerpt is not None:
            self._console.print(Caret(excerpt, STYLES[problem.severity]))


def _line(problem: Problem) -> "Text":
    from rich.text import Text

    line = printable(str(problem))
    verdict = f"{problem.severity}[{problem.code}]"
    start = line.index(verdict, len(printable(problem.source)))
    text = Text(line)
    text.stylize("bold", 0, start)
    text.stylize(STYLES[problem.severity], start, start + len(verdict))
    return text
