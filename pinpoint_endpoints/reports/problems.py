"""Problems in, table or text out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from pinpoint_endpoints.documents.model import Problem, Severity
from pinpoint_endpoints.reports.plain import counted, printable

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@dataclass(slots=True)
class Tally:
    """What a validation counted: documents by what was found, problems by severity."""

    documents: int = 0
    valid: int = 0
    invalid: int = 0
    unreadable: int = 0
    errors: int = 0
    warnings: int = 0

    def count_problems(self, problems: Sequence[Problem]) -> None:
        """Add problems to the counts by severity."""
        by_severity = Counter(problem.severity for problem in problems)
        self.errors += by_severity[Severity.ERROR]
        self.warnings += by_severity[Severity.WARNING]

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        parts = [f"{self.valid} valid", f"{self.invalid} invalid"]
        if self.unreadable:
            parts.append(f"{self.unreadable} unreadable")
        found = f"{counted(self.errors, 'error')}, {counted(self.warnings, 'warning')}"
        return f"{counted(self.documents, 'document')}: {', '.join(parts)} ({found})"


def problem_lines(problems: Sequence[Problem]) -> str:
    """Return a line for each: `path:line:col: severity[code] message (at pointer): hint`."""
    return "".join(f"{printable(str(problem))}\n" for problem in problems)


def print_problem_table(problems: Sequence[Problem], stream: TextIO) -> None:
    """Print the problems as a rich table."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    columns = [Column("Place"), Column("Code"), Column("Severity"), Column("Problem", narrowest=30)]
    rows = [
        [
            Text(printable(_place(problem))),
            Text(problem.code),
            Text(str(problem.severity), style=_STYLES[problem.severity]),
            _explanation(problem),
        ]
        for problem in problems
    ]
    print_table(console_for(stream), columns, rows)


def _place(problem: Problem) -> str:
    if not problem.line:
        return problem.source
    return f"{problem.source}:{problem.line}:{problem.column}"


def _explanation(problem: Problem) -> "Text":
    from rich.text import Text

    where = f"{problem.pointer}: " if problem.pointer else ""
    text = Text(printable(f"{where}{problem.message}"))
    if problem.hint:
        text.append(f"\nhint: {printable(problem.hint)}", style="dim")
    return text
