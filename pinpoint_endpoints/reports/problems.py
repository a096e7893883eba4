"""Problems in, counts, lines and places out."""

from collections.abc import Iterable
from dataclasses import dataclass

from pinpoint_endpoints.documents.model import Checked, Problem, Severity, Verdict
from pinpoint_endpoints.masking import counted, printable

STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@dataclass(slots=True)
class Tally:
    """What a validation counted: documents by what was found, problems by severity."""

    documents: int = 0
    valid: int = 0
    invalid: int = 0
    unreadable: int = 0
    errors: int = 0
    warnings: int = 0

    def add(self, checked: Checked) -> None:
        """Count a document with its problems; one that is reported again changes sides at most."""
        if checked.before is None:
            self.documents += 1
        else:
            self._count(checked.before, -1)
        self._count(checked.verdict, 1)
        for problem in checked.problems:
            if problem.severity is Severity.ERROR:
                self.errors += 1
            else:
                self.warnings += 1

    def _count(self, verdict: Verdict, number: int) -> None:
        if verdict is Verdict.VALID:
            self.valid += number
        elif verdict is Verdict.INVALID:
            self.invalid += number
        else:
            self.unreadable += number

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        parts = [f"{self.valid:,} valid", f"{self.invalid:,} invalid"]
        if self.unreadable:
            parts.append(f"{self.unreadable:,} unreadable")
        found = f"{counted(self.errors, 'error')}, {counted(self.warnings, 'warning')}"
        return f"{counted(self.documents, 'document')}: {', '.join(parts)} ({found})"


def problem_lines(problems: Iterable[Problem]) -> str:
    """Return a line for each: `path:line:col: severity[code] message (at pointer): hint`."""
    return "".join(f"{printable(str(problem))}\n" for problem in problems)


def place(problem: Problem) -> str:
    """Return where a problem is, as editors and terminals open it: `path:line:col`."""
    if not problem.line:
        return printable(problem.source)
    return printable(f"{problem.source}:{problem.line}:{problem.column}")


def explanation(problem: Problem) -> str:
    """Return what is wrong, and where in the document, in one line."""
    where = f"{problem.pointer}: " if problem.pointer else ""
    return printable(f"{where}{problem.message}")
