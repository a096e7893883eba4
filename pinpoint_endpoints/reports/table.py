"""Print results as a table in which nothing that a person would copy is cut."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.reporter import MAX_ROWS, Cell, Column, R, View
from pinpoint_endpoints.reports.tally import Tally

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from pinpoint_endpoints.documents.model import Problem

    Row = Sequence[RenderableType]

_MAX_WIDTH_IN_A_FILE = 120
"""In columns: how wide wrapped text may make a table in a file or a pipe."""

_RECORD_BORDERS = 7
_UNLIMITED = 1 << 30


class TableReporter(Generic[R]):
    """Prints a table when the run is over, and keeps no more rows than it shows.

    Where a run has more results than rows are shown, those that are notable have the rows.
    """

    def __init__(self, view: View[R], stream: TextIO) -> None:
        self._view = view
        self._stream = stream
        self._all = _Rows(view.max_rows)
        self._notable = _Rows(view.max_rows)
        self._problems: list[Problem] = []

    def add(self, result: R, /) -> None:
        """Take one result."""
        rows = list(self._view.rows(result))
        needed = self._view.needs_table(result)
        self._all.add(rows, needed=needed)
        if self._view.is_notable(result):
            self._notable.add(rows, needed=needed)
        if len(self._problems) < MAX_ROWS:
            self._problems += self._view.problems(result)

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Print the problems, the table, how many more results there are, and the counts."""
        if self._problems:
            from pinpoint_endpoints.reports.problems import print_problem_table

            print_problem_table(self._problems[:MAX_ROWS], self._stream)
        shown = self._notable if self._all.more else self._all
        if shown.needed:
            print_table(console_for(self._stream), self._view.columns, shown.rows)
        if shown.more:
            self._stream.write(f"{shown.more:,} more: see all with -o text\n")
        line = "" if self._view.options.quiet else tally.closing_line(error)
        if line:
            self._stream.write(f"{line}\n")


class _Rows:
    """The first rows of a table, and how many more there are.

    Attributes:
        rows: no more than are shown.
        more: how many are not shown.
        needed: whether any of the rows is a reason to print the table.
    """

    def __init__(self, max_rows: int | None) -> None:
        self.rows: list[Sequence[Cell]] = []
        self.more = 0
        self.needed = False
        self._max = max_rows

    def add(self, rows: Sequence[Sequence[Cell]], *, needed: bool) -> None:
        room = len(rows) if self._max is None else self._max - len(self.rows)
        if room and rows:
            self.rows += rows[:room]
            self.needed = self.needed or needed
        self.more += max(len(rows) - room, 0)


def console_for(stream: TextIO) -> "Console":
    """Return a rich console, which respects the terminal, NO_COLOR and FORCE_COLOR."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def print_table(
    console: "Console",
    columns: Sequence[Column],
    rows: Sequence[Sequence["Cell"]],
    *,
    lines: bool = False,
) -> None:
    """Print the rows as a table, or as a list of records where the terminal is too narrow.

    Args:
        console: where the table is printed.
        columns: of the table.
        rows: a cell for each column.
        lines: whether a line is drawn between rows.
    """
    shown = [
        index
        for index, column in enumerate(columns)
        if not column.optional or any(row[index] for row in rows)
    ]
    _print_table(
        console,
        [columns[index] for index in shown],
        [[_renderable(row[index]) for index in shown] for row in rows],
        lines=lines,
    )


def _renderable(cell: "Cell") -> "RenderableType":
    from rich.text import Text

    if isinstance(cell, str):
        return Text(printable(cell))
    if isinstance(cell, tuple):
        text, style = cell
        return Text(printable(text), style=style)
    return cell


def _print_table(
    console: "Console", columns: Sequence[Column], rows: Sequence["Row"], *, lines: bool
) -> None:
    widths = [
        max(len(column.heading), *(_natural_width(console, row[index]) for row in rows))
        for index, column in enumerate(columns)
    ]
    borders = 3 * len(columns) + 1
    least = borders + sum(
        min(width, column.min_width or width) for column, width in zip(columns, widths, strict=True)
    )
    on_terminal = console.file.isatty()
    if on_terminal and least > console.width:
        _print_records(console, columns, rows)
        return
    room = console.width if on_terminal else max(_MAX_WIDTH_IN_A_FILE, least)
    console.width = min(room, borders + sum(widths))
    console.print(_table(columns, widths, rows, lines=lines))


def _table(
    columns: Sequence[Column], widths: Sequence[int], rows: Sequence["Row"], *, lines: bool
) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.ROUNDED, header_style="bold", show_lines=lines)
    for column, width in zip(columns, widths, strict=True):
        if column.min_width:
            table.add_column(column.heading, overflow="fold")
        else:
            table.add_column(column.heading, no_wrap=True, width=width)
    for row in rows:
        table.add_row(*row)
    return table


def _print_records(console: "Console", columns: Sequence[Column], rows: Sequence["Row"]) -> None:
    from rich import box
    from rich.table import Table

    label = max(len(column.heading) for column in columns)
    widths = (
        _natural_width(console, cell)
        for row in rows
        for column, cell in zip(columns, row, strict=True)
        if not column.min_width
    )
    unbroken = max(widths, default=0)
    room = console.width - label - _RECORD_BORDERS
    if unbroken > room:
        _print_lines(console, columns, rows)
        return
    table = Table(box=box.ROUNDED, show_header=False)
    table.add_column(style="bold", no_wrap=True, width=label)
    table.add_column(overflow="fold", max_width=room)
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            table.add_row(column.heading, cell)
        table.add_section()
    console.print(table)


def _print_lines(console: "Console", columns: Sequence[Column], rows: Sequence["Row"]) -> None:
    """Print each cell on a line of its own, which the terminal itself wraps."""
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            console.print(f"[bold]{column.heading}:[/bold]", end=" ", markup=True)
            console.print(cell, soft_wrap=True)
        console.print()


def _natural_width(console: "Console", cell: "RenderableType") -> int:
    from rich.measure import Measurement

    unlimited = console.options.update_width(_UNLIMITED)
    return Measurement.get(console, unlimited, cell).maximum
