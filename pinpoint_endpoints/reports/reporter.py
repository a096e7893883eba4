"""Write reports: the reporters of all formats, and how a kind of result describes itself to them.

A kind of result has a `View` (its table, its text, its JSON) and a `Tally` (its counts, its exit
code). The common formats are written once for all kinds. A kind that has a format of its own
returns the reporter of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    NamedTuple,
    Protocol,
    TextIO,
    TypeAlias,
    TypeVar,
)

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.tally import R_contra, Tally

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pinpoint_endpoints.documents.model import Problem
    from pinpoint_endpoints.reports.snippet import Snippet

R = TypeVar("R")

MAX_ROWS = 50
"""How many rows a table shows of a run of any length."""


class ReportOptions(NamedTuple):
    """Options of the formats for people; the machine formats never change.

    Attributes:
        max_problems: how many problems of one code a table shows.
        show_values: whether personal data is shown as it is.
        quiet: whether the counts below a table are left out.
        verbose: whether a table has the ids of requests.
        snippets: whether problems show their source line with a caret, as on a terminal.
        errors_only: whether warnings are left out.
        statistics: whether the problems of each rule are counted, not shown.
        styled: whether text may have colours, which NO_COLOR and TERM can still take away.
        root: the directory from which reports for GitHub and SARIF name files; empty for the
            paths as they were given.
    """

    max_problems: int = 50
    show_values: bool = False
    quiet: bool = False
    verbose: bool = False
    snippets: bool = False
    errors_only: bool = False
    statistics: bool = False
    styled: bool = False
    root: str = ""


DEFAULT_OPTIONS = ReportOptions()


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        heading: the text above the cells.
        min_width: how many columns of the terminal its wrapped text needs; 0 is never wrapped.
        optional: whether the column is left out if all of its cells are empty.
    """

    heading: str
    min_width: int = 0
    optional: bool = False


Cell: TypeAlias = "str | list[str] | tuple[str, str] | RenderableType"
"""A text, lines of text, a text with its style, or anything that rich can render."""

Segments = Sequence[tuple[str, str]]
"""The parts of a line, each with its style."""


class Reporter(Protocol[R_contra]):
    """Takes results one by one, and keeps few of them in memory.

    Reporters do not flush their stream: the run does, when it is over.
    """

    def add(self, result: R_contra, /) -> None:
        """Take one result; called in the order of the run."""

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write what is still to be written: the last call, also when the run ended early.

        Args:
            tally: the counts of the run.
            error: what stopped the run, if anything did.
        """


class View(Generic[R]):
    """How one kind of result is shown in the common formats.

    Attributes:
        command: the name of the command in the envelope.
        columns: the columns of the table.
        max_rows: how many rows the table shows; None for all.
        has_one_row: whether each result has one row, and problems only if it is notable: then what
            is not shown is not made.
    """

    command: str = ""
    columns: ClassVar[Sequence[Column]] = ()
    max_rows: ClassVar[int | None] = MAX_ROWS
    has_one_row: ClassVar[bool] = False

    def __init__(self, options: ReportOptions = DEFAULT_OPTIONS) -> None:
        self.options = options

    def rows(self, result: R) -> Iterable[Sequence["Cell"]]:
        """Return the rows of the table for one result."""
        raise NotImplementedError

    def is_notable(self, _result: R) -> bool:
        """Tell whether a result keeps its row when the table cannot show all."""
        return True

    def needs_table(self, _result: R) -> bool:
        """Tell whether a result is a reason to print the table."""
        return True

    def problems(self, _result: R) -> Sequence["Problem"]:
        """Return the problems that are shown in a table of their own, above."""
        return ()

    def text(self, result: R) -> str:
        """Return the result as lines of text, each with its line end."""
        raise NotImplementedError

    def styled_lines(self, _result: R) -> "Iterable[Segments | Snippet] | None":
        """Return the text as styled lines without line ends; None if it has no styles."""
        return None

    def members(self, result: R) -> Iterable[Mapping[str, Any]]:
        """Return the results of the envelope for one result."""
        raise NotImplementedError

    def own_reporter(self, _output: str, _stream: TextIO) -> Reporter[R] | None:
        """Return a reporter for an output that only this kind of result has, else None."""
        return None


def open_reporter(view: View[R], output: str, stream: TextIO) -> Reporter[R]:
    """Return a reporter that writes to a stream.

    Args:
        view: the kind of result, with the options of the report.
        output: `table`, `text`, `json`, or one that only this kind of result has.
        stream: a text stream over a binary one: JSON and XML are UTF-8 whatever its encoding.
    """
    own = view.own_reporter(output, stream)
    if own is not None:
        return own
    match output:
        case "json":
            from pinpoint_endpoints.reports.envelope import JsonReporter

            return JsonReporter(view, stream)
        case "text":
            from pinpoint_endpoints.reports.lines import LineReporter

            return LineReporter(view, stream)
        case _:
            from pinpoint_endpoints.reports.table import TableReporter

            return TableReporter(view, stream)
