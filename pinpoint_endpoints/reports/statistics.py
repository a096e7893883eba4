"""Report how many problems each rule found."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TextIO

from pinpoint_endpoints.checks.rules.registry import all_rules
from pinpoint_endpoints.documents.model import Checked, Severity
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.problems import SEVERITY_STYLES
from pinpoint_endpoints.reports.reporter import (
    Cell,
    Column,
    ReportOptions,
    View,
    open_reporter,
)
from pinpoint_endpoints.reports.tally import Tally


class RuleCount(NamedTuple):
    """What a rule found.

    Attributes:
        code: the code of the rule.
        severity: the severity of the problems: some rules have errors and warnings.
        problems: how many there are.
        fixable: how many of them `--fix` fixes.
    """

    code: str
    severity: Severity
    problems: int
    fixable: int


class StatisticsReporter:
    """Counts problems by rule, and writes the counts when the run is over.

    Args:
        options: the options of the report.
        output: `table`, `text` or `json`.
        stream: where the counts are written.
    """

    def __init__(self, options: ReportOptions, output: str, stream: TextIO) -> None:
        self._reporter = open_reporter(StatisticsView(options), output, stream)
        self._counts: Counter[tuple[Severity, str]] = Counter()
        self._fixable: Counter[tuple[Severity, str]] = Counter()

    def add(self, checked: Checked, /) -> None:
        """Count the problems of a document."""
        for problem in checked.problems:
            self._counts[problem.severity, problem.code] += checked.times
            if problem.fix is not None:
                self._fixable[problem.severity, problem.code] += checked.times

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write the counts: errors first, then the most frequent."""
        for (severity, code), count in sorted(
            self._counts.items(),
            key=lambda item: (item[0][0] is not Severity.ERROR, -item[1], item[0][1]),
        ):
            self._reporter.add(RuleCount(code, severity, count, self._fixable[severity, code]))
        self._reporter.close(tally, error)


class StatisticsView(View[RuleCount]):
    """How the count of a rule is shown."""

    command = "validate"
    columns = (
        Column("Problems"),
        Column("Fixable", optional=True),
        Column("Severity"),
        Column("Code"),
        Column("Rule"),
        Column("What is wrong", min_width=24),
    )
    max_rows = None

    def rows(self, found: RuleCount) -> Sequence[Sequence[Cell]]:
        """Return the row of a rule."""
        from rich.text import Text

        rule = all_rules()[found.code]
        return [
            (
                Text(f"{found.problems:,}", justify="right"),
                f"{found.fixable:,} fixable" if found.fixable else "",
                (str(found.severity), SEVERITY_STYLES[found.severity]),
                found.code,
                rule.name,
                rule.title,
            )
        ]

    def text(self, found: RuleCount) -> str:
        """Return a line with tabs: problems, how many are fixable, severity, code and name."""
        name = all_rules()[found.code].name
        return f"{found.problems}\t{found.fixable}\t{found.severity}\t{found.code}\t{name}\n"

    def members(self, found: RuleCount) -> Iterator[dict[str, Any]]:
        """Return the result of a rule."""
        yield {
            "code": found.code,
            "name": all_rules()[found.code].name,
            "severity": found.severity,
            "problems": found.problems,
            "fixable": found.fixable,
        }
