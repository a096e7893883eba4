"""Documents in, a table of their problems out: some of each code, and how many more there are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.caret import Caret, Excerpt, excerpt_of
from pinpoint_endpoints.reports.options import ReportOptions
from pinpoint_endpoints.reports.problems import STYLES, Tally, explanation, place

if TYPE_CHECKING:
    from rich.console import RenderableType


class _Row(NamedTuple):
    problem: Problem
    excerpt: Excerpt | None


class TableReporter:
    """Prints a table when the run is over; keeps so many problems of a code as it shows."""

    def __init__(self, stream: TextIO, options: ReportOptions) -> None:
        self._stream = stream
        self._options = options
        self._rows: list[_Row] = []
        self._counts: Counter[str] = Counter()

    def add(self, checked: Checked) -> None:
        """Take the problems of a document."""
        for problem in checked.problems:
            self._counts[problem.code] += 1
            if self._counts[problem.code] <= self._options.max_problems:
                self._rows.append(self._row(checked, problem))

    def close(self, tally: Tally, error: PinpointEndpointsError | None, /) -> None:
        """Print the table, how many more problems there are, and what was counted."""
        if self._rows:
            _print(self._rows, self._stream)
        self._stream.writelines(self._more())
        if not self._options.quiet and error is None:
            self._stream.write(f"{tally}\n")

    def _row(self, checked: Checked, problem: Problem) -> _Row:
        if not self._options.snippets:
            return _Row(problem, None)
        show_values = self._options.show_values
        return _Row(problem, excerpt_of(checked, problem, show_values=show_values))

    def _more(self) -> Iterator[str]:
        shown = self._options.max_problems
        more = {code: count - shown for code, count in self._counts.items() if count > shown}
        for code in sorted(more):
            yield f"{code}: {more[code]} more\n"
        if more:
            yield f"See all with -o text, or with --max-problems {shown + max(more.values())}\n"


def print_problem_table(problems: Sequence[Problem], stream: TextIO) -> None:
    """Print the problems as a rich table."""
    _print([_Row(problem, None) for problem in problems], stream)


def _print(rows: Sequence[_Row], stream: TextIO) -> None:
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    columns = [Column("Place"), Column("Code"), Column("Severity"), Column("Problem", narrowest=30)]
    cells = [
        [
            Text(place(problem)),
            Text(problem.code),
            Text(str(problem.severity), style=STYLES[problem.severity]),
            _explained(problem, excerpt),
        ]
        for problem, excerpt in rows
    ]
    lines = any(excerpt is not None for _, excerpt in rows)
    print_table(console_for(stream), columns, cells, lines=lines)


def _explained(problem: Problem, excerpt: Excerpt | None) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    text = Text(explanation(problem))
    if problem.hint:
        text.append(f"\nhint: {printable(problem.hint)}", style="dim")
    if excerpt is None:
        return text
    return Group(text, Caret(excerpt, STYLES[problem.severity]))
