"""Report the problems that a validation found."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Checked, Problem, Severity, Verdict
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.reporter import Cell, Column, Reporter, Segments, View
from pinpoint_endpoints.reports.tally import Tally, VerdictTally
from pinpoint_endpoints.reports.wrapping import wrapped_for

if TYPE_CHECKING:
    from rich.console import Console

    from pinpoint_endpoints.reports.snippet import Snippet

SEVERITY_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_COLUMNS = (Column("Place"), Column("Code"), Column("Severity"), Column("Problem", min_width=30))

FIXABLE = "[*]"
"""Marks a problem that `--fix` fixes."""


class _Shown(NamedTuple):
    """A problem with its source line, if that is shown."""

    problem: Problem
    snippet: "Snippet | None"


class ReportFormat(StrEnum):
    """The formats in which a validation is reported."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


COUNTED_FORMATS = (ReportFormat.TABLE, ReportFormat.TEXT, ReportFormat.JSON)
"""The formats that have the counts of `--statistics`."""


class ProblemTally(VerdictTally[Checked]):
    """Counts documents by their verdict, and problems by severity.

    Attributes:
        errors: problems that are errors.
        warnings: problems that are warnings.
        fixable: how many problems `--fix` would fix; set by the run.
    """

    reads_files = True

    def __init__(self) -> None:
        super().__init__()
        self.errors = 0
        self.warnings = 0
        self.fixable = 0

    def add(self, checked: Checked, /) -> None:
        """Count a document with its problems; one that is reported again only moves."""
        if checked.before is not None:
            self.count(checked.before, -checked.times)
            self.count(checked.verdict, checked.times)
        elif checked.verdict is not Verdict.VALID or not checked.document.is_empty:
            self.total += checked.times
            self.count(checked.verdict, checked.times)
        for problem in checked.problems:
            if problem.severity is Severity.ERROR:
                self.errors += checked.times
            else:
                self.warnings += checked.times

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        return {
            **super().members(),
            "valid": self.valid,
            "invalid": self.invalid,
            "unreadable": self.unreadable,
            "errors": self.errors,
            "warnings": self.warnings,
            "fixable": self.fixable,
        }

    def closing_line(self, error: PinpointEndpointsError | None) -> str:
        """Return the counts of a whole run: those of half a run would look like them."""
        return "" if error is not None else str(self)

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        parts = [f"{self.valid:,} valid", f"{self.invalid:,} invalid"]
        if self.unreadable:
            parts.append(f"{self.unreadable:,} unreadable")
        found = f"{counted(self.errors, 'error')}, {counted(self.warnings, 'warning')}"
        return f"{counted(self.total, 'document')}: {', '.join(parts)} ({found})"


class ProblemView(View[Checked]):
    """Shows the problems of a document."""

    command = "validate"

    def text(self, checked: Checked) -> str:
        """Return `path:line:col: severity[code] message (at pointer): hint` for each problem."""
        return problem_lines(checked.problems)

    def styled_lines(self, checked: Checked) -> "Iterator[Segments | Snippet]":
        """Return the same lines in colours, each with its source line below."""
        for problem in checked.problems:
            yield _styled(problem)
            snippet = self.snippet(checked, problem)
            if snippet is not None:
                yield snippet

    def members(self, checked: Checked) -> Iterator[dict[str, Any]]:
        """Return a result for each problem."""
        return map(problem_members, checked.problems)

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Checked] | None:
        """Return the reporter of counts, a table, JUnit, SARIF or GitHub."""
        if self.options.statistics:
            from pinpoint_endpoints.reports.statistics import StatisticsReporter

            return StatisticsReporter(self.options, output, stream)
        match output:
            case ReportFormat.TABLE:
                return ProblemTable(self, stream)
            case ReportFormat.JUNIT:
                from pinpoint_endpoints.reports.junit import JunitReporter

                return JunitReporter(stream)
            case ReportFormat.SARIF:
                from pinpoint_endpoints.reports.sarif import SarifReporter

                return SarifReporter(stream, self.options.root)
            case ReportFormat.GITHUB:
                from pinpoint_endpoints.reports.github import GithubReporter

                return GithubReporter(stream, self.options.root)
        return None

    def snippet(self, checked: Checked, problem: Problem) -> "Snippet | None":
        """Return the source line of a problem, if it is shown."""
        if not self.options.snippets:
            return None
        from pinpoint_endpoints.reports.snippet import Snippet, excerpt_of

        excerpt = excerpt_of(checked, problem, show_values=self.options.show_values)
        return excerpt and Snippet(excerpt, SEVERITY_STYLES[problem.severity])


class ProblemTable:
    """Prints a table of some problems of each code, and how many more there are."""

    def __init__(self, view: ProblemView, stream: TextIO) -> None:
        self._view = view
        self._options = view.options
        self._stream = stream
        self._shown: list[_Shown] = []
        self._counts: Counter[str] = Counter()

    def add(self, checked: Checked, /) -> None:
        """Take the problems of a document."""
        for problem in checked.problems:
            self._counts[problem.code] += checked.times
            if self._counts[problem.code] <= self._options.max_problems:
                self._shown.append(_Shown(problem, self._view.snippet(checked, problem)))

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Print the table, how many more problems there are, and the counts."""
        if self._shown:
            _print(self._shown, self._stream)
        self._stream.writelines(self._more())
        line = "" if self._options.quiet else tally.closing_line(error)
        if line:
            self._stream.write(wrapped_for(self._stream, f"{line}\n"))

    def _more(self) -> Iterator[str]:
        shown = self._options.max_problems
        more = {code: count - shown for code, count in self._counts.items() if count > shown}
        for code in sorted(more):
            yield f"{code}: {more[code]} more\n"
        if more:
            yield f"See all with -o text, or with --max-problems {shown + max(more.values())}\n"


def print_problem_table(problems: Iterable[Problem], stream: TextIO) -> None:
    """Print problems as a table, without their source lines."""
    _print([_Shown(problem, None) for problem in problems], stream)


def problem_lines(problems: Iterable[Problem]) -> str:
    """Return a line for each: `path:line:col: severity[code] message (at pointer): hint`."""
    return "".join(f"{printable(str(problem))}\n" for problem in problems)


def problem_members(problem: Problem) -> dict[str, Any]:
    """Return a problem as it is in the envelope: without its fix, which may be personal data."""
    return {
        "source": problem.source,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.end_column,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint,
        "pointer": problem.pointer,
        "fixable": problem.fix is not None,
    }


def is_read_only(problem: Problem) -> bool:
    """Tell whether a problem is the warning on read-only members, which is given once a file."""
    return problem.code == codes.READ_ONLY_MEMBERS and problem.severity is Severity.WARNING


def said_once(problem: Problem) -> Problem:
    """Return a problem; if its file has no other one like it, that is said in its hint."""
    if not is_read_only(problem):
        return problem
    return replace(problem, hint=f"{problem.hint} (this is reported once a file)")


def place_of(problem: Problem) -> str:
    """Return where a problem is, as editors and terminals open it: `path:line:col`."""
    if not problem.line:
        return printable(problem.source)
    return printable(f"{problem.source}:{problem.line}:{problem.column}")


def with_path_from(root: str, problem: Problem) -> Problem:
    """Return a problem whose file is named as from a root, if it is in there.

    Args:
        root: a directory; empty to leave the path as it is.
        problem: its path is relative to the current directory, or absolute.
    """
    return replace(problem, source=_path_from(root, problem.source)) if root else problem


@lru_cache(maxsize=64)  # the problems of a file come one after the other
def _path_from(root: str, source: str) -> str:
    """Return a file's path from a root: that of the entry, wherever it links to."""
    given = Path(source)
    path = Path(os.path.realpath(given.parent), given.name)
    top = os.path.realpath(root)
    return (
        path.relative_to(top).as_posix() if path.is_relative_to(top) and path.exists() else source
    )


def explanation_of(problem: Problem) -> str:
    """Return what is wrong, and where in the document, in one line."""
    where = f"{problem.pointer}: " if problem.pointer else ""
    return printable(f"{where}{problem.message}")


def _print(problems: Iterable[_Shown], stream: TextIO) -> None:
    """Print errors before warnings, and each file's problems together."""
    from pinpoint_endpoints.reports.table import console_for, print_table, write_plain_table

    files: dict[str, int] = {}
    for shown in problems:
        files.setdefault(shown.problem.source, len(files))
    problems = sorted(
        problems,
        key=lambda shown: (
            shown.problem.severity is not Severity.ERROR,
            files[shown.problem.source],
            shown.problem.line,
            shown.problem.column,
        ),
    )
    rows: list[Sequence[Cell] | None] = []
    for _, of_file in groupby(
        problems, lambda shown: (shown.problem.severity, shown.problem.source)
    ):
        rows += (*map(_row, of_file), None)
    if not write_plain_table(stream, _COLUMNS, rows[:-1]):
        console = console_for(stream)
        print_table(console, _COLUMNS, rows[:-1], partial(_print_lines, console, problems))


def _print_lines(console: "Console", problems: Iterable[_Shown]) -> None:
    """Print a line for each problem, with the source line and the hint below it."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import INDENT, print_wrapped

    for problem, snippet in problems:
        line = Text.assemble(
            (place_of(problem), "bold"),
            " ",
            (f"{problem.severity}[{problem.code}]", SEVERITY_STYLES[problem.severity]),
            f" {FIXABLE}" if problem.fix else "",
            f" {explanation_of(problem)}",
        )
        print_wrapped(console, line)
        if snippet is not None:
            console.print(replace(snippet, indent=INDENT))
        if problem.hint:
            print_wrapped(console, Text(f"{' ' * INDENT}hint: {printable(problem.hint)}"))


def _row(shown: _Shown) -> Sequence[Cell]:
    problem, snippet = shown
    return (
        place_of(problem),
        f"{problem.code} {FIXABLE}" if problem.fix else problem.code,
        (str(problem.severity), SEVERITY_STYLES[problem.severity]),
        _explained(problem, snippet),
    )


def _explained(problem: Problem, snippet: "Snippet | None") -> Cell:
    """Return what is wrong, its source line if that is shown, and what to do about it."""
    text = explanation_of(problem)
    hint = [f"hint: {printable(problem.hint)}"] if problem.hint else []
    if snippet is None:
        return [text, *hint]
    from rich.console import Group
    from rich.text import Text

    return Group(Text(text), snippet, *map(Text, hint))


def _styled(problem: Problem) -> Segments:
    line = printable(str(problem))
    verdict = f"{problem.severity}[{problem.code}]"
    start = line.index(verdict, len(printable(problem.source)))
    end = start + len(verdict)
    return ((line[:start], "bold"), (verdict, SEVERITY_STYLES[problem.severity]), (line[end:], ""))
