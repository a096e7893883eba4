"""Print results as a table, or as lines; nothing that a person would copy is cut."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from errno import EPIPE
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Generic, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.reporter import MAX_ROWS, Cell, Column, R, View
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.reports.wrapping import wrapped_for

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from pinpoint_endpoints.documents.model import Problem

    Row = Sequence[RenderableType]

_MAX_WIDTH_IN_A_FILE = 120
"""In columns: how wide wrapped text may make a table in a file or a pipe."""

MIN_TABLE_WIDTH = 100
"""In columns: a narrower terminal gets lines in place of tables."""

_TERMINAL_VARIABLES = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""By any of these, rich may take a pipe for a terminal."""

_GAP = 2
INDENT = 2
"""The indentation of the lines below the first one of a result, in columns."""

_UNLIMITED = 1 << 30
_WORD = re.compile(r"\s*\S+\s*")


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
        is_notable = self._view.is_notable(result)
        if self._all.is_full and not is_notable and self._view.has_one_row:
            self._all.more += 1
            return
        rows = list(self._view.rows(result))
        needed = self._view.needs_table(result)
        self._all.add(rows, needed=needed)
        if is_notable:
            self._notable.add(rows, needed=needed)
        if len(self._problems) < MAX_ROWS:
            self._problems += self._view.problems(result)

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Print the problems, the table, how many more results there are, and the counts."""
        if self._problems:
            from pinpoint_endpoints.reports.problems import print_problem_table

            print_problem_table(self._problems[:MAX_ROWS], self._stream)
        shown = self._notable if self._all.more else self._all
        if shown.needed and not write_plain_table(self._stream, self._view.columns, shown.rows):
            print_table(console_for(self._stream), self._view.columns, shown.rows)
        if shown.more:
            self._stream.write(f"{shown.more:,} more: see all with -o text\n")
        line = "" if self._view.options.quiet else tally.closing_line(error)
        if line:
            self._stream.write(wrapped_for(self._stream, f"{line}\n"))


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

    @property
    def is_full(self) -> bool:
        """Whether no more rows are kept."""
        return len(self.rows) == self._max

    def add(self, rows: Sequence[Sequence[Cell]], *, needed: bool) -> None:
        room = len(rows) if self._max is None else self._max - len(self.rows)
        if room and rows:
            self.rows += rows[:room]
            self.needed = self.needed or needed
        self.more += max(len(rows) - room, 0)


def console_for(stream: TextIO) -> "Console":
    """Return a rich console, which respects the terminal, NO_COLOR and FORCE_COLOR."""
    from rich.console import Console

    class OurConsole(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1
            raise BrokenPipeError(EPIPE, os.strerror(EPIPE))

    return OurConsole(file=stream, highlight=False, markup=False, emoji=False)


def is_narrow(console: "Console") -> bool:
    """Tell whether results are printed as lines: on a terminal without room for tables."""
    return console.file.isatty() and console.width < MIN_TABLE_WIDTH


def print_table(
    console: "Console",
    columns: Sequence[Column],
    rows: Sequence[Sequence["Cell"] | None],
    print_lines: Callable[[], None] | None = None,
) -> None:
    """Print the rows as a table, or as lines where the terminal is too narrow for it.

    Args:
        console: where the table is printed.
        columns: the columns of the table.
        rows: a cell for each column; None for a line between the rows around it.
        print_lines: prints what a terminal without room for the table gets; by default a line for
            each row.
    """
    shown = _not_empty(columns, rows)
    columns = [columns[index] for index in shown]
    rendered = [
        None if row is None else [_renderable(row[index]) for index in shown] for row in rows
    ]
    widths = [
        max(len(column.heading), *(_natural_width(console, row[index]) for row in rendered if row))
        for index, column in enumerate(columns)
    ]
    borders = 3 * len(columns) + 1
    least = borders + sum(
        min(width, column.min_width or width) for column, width in zip(columns, widths, strict=True)
    )
    on_terminal = console.file.isatty()
    if is_narrow(console) or (on_terminal and console.width < least):
        if print_lines is None:
            _print_lines(console, columns, [row for row in rendered if row])
        else:
            print_lines()
        return
    room = console.width if on_terminal else max(_MAX_WIDTH_IN_A_FILE, least)
    console.width = min(room, borders + sum(widths))
    console.print(_table(columns, widths, rendered))


def write_plain_table(
    stream: TextIO, columns: Sequence[Column], rows: Sequence[Sequence["Cell"] | None]
) -> bool:
    """Write a table as `print_table` does, where that needs no styles and wraps one column at most.

    That is most often so in a file or a pipe. Importing rich is a tenth of the time of a run over
    one document, and the table of 10,000 documents with problems takes it a quarter of that run.

    Args:
        stream: where the table is written.
        columns: the columns of the table.
        rows: a cell for each column; None for a line between the rows around it.

    Returns:
        whether it was written.
    """
    if stream.isatty() or any(map(os.environ.get, _TERMINAL_VARIABLES)):
        return False
    shown = _not_empty(columns, rows)
    columns = [columns[index] for index in shown]
    plain: list[list[list[str]] | None] = [
        [[column.heading] for column in columns],
        *(None if row is None else [_plain(row[index]) for index in shown] for row in rows),
    ]
    texts = [[*chain(*column)] for column in zip(*filter(None, plain), strict=True)]
    if not all(text.isascii() and text.isprintable() for text in chain(*texts)):
        return False
    if not (stream.encoding or "").lower().startswith("utf"):
        return False
    widths = [max(map(len, column)) for column in texts]
    excess = 3 * len(columns) + 1 + sum(widths) - _MAX_WIDTH_IN_A_FILE
    wrapped = [index for index, column in enumerate(columns) if column.min_width]
    if excess > 0 and wrapped:
        if len(wrapped) > 1:
            return False
        (index,) = wrapped
        least = min(widths[index], columns[index].min_width)
        widths[index] = max(widths[index] - excess, least)
        _wrap(plain, index, widths[index])
    bars = ["─" * (width + 2) for width in widths]
    table = [f"╭{'┬'.join(bars)}╮\n"]
    for number, row in enumerate(plain):
        if row is None:
            table.append(f"├{'┼'.join(bars)}┤\n")
            continue
        for line in zip_longest(*row, fillvalue=""):
            cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
            table.append(f"│ {' │ '.join(cells)} │\n")
        if number == 0:
            table.append(f"├{'┼'.join(bars)}┤\n")
    stream.write("".join([*table, f"╰{'┴'.join(bars)}╯\n"]))
    return True


def _wrap(rows: Iterable[list[list[str]] | None], index: int, width: int) -> None:
    """Break the lines of one column that are wider than it may be."""
    for row in rows:
        if row is not None:
            row[index] = [*chain(*(_wrapped(line, width) for line in row[index]))]


def _wrapped(line: str, width: int) -> list[str]:
    """Break a line between words as rich does, and words that are too long."""
    lines: list[str] = []
    for word in _WORD.findall(line):
        size = len(word.rstrip())
        if lines and len(lines[-1]) + size <= width:
            lines[-1] += word
        elif size <= width:
            lines.append(word)
        else:
            lines += (word[start : start + width] for start in range(0, len(word), width))
    return [each.rstrip() for each in lines] or [""]


def _plain(cell: "Cell") -> list[str]:
    """Return the lines of a cell; one that is not ASCII for what only rich can print."""
    if isinstance(cell, list):
        return cell or [""]
    text = cell[0] if isinstance(cell, tuple) else cell
    return [text if isinstance(text, str) else "…"]


def _not_empty(columns: Sequence[Column], rows: Iterable[Sequence["Cell"] | None]) -> list[int]:
    """Return the indexes of the columns that are shown."""
    cells = [row for row in rows if row is not None]
    return [
        index
        for index, column in enumerate(columns)
        if not column.optional or any(row[index] for row in cells)
    ]


def _renderable(cell: "Cell") -> "RenderableType":
    from rich.text import Text

    if isinstance(cell, str):
        return Text(printable(cell))
    if isinstance(cell, list):
        return Text("\n".join(map(printable, cell)))
    if isinstance(cell, tuple):
        text, style = cell
        return Text(printable(text), style=style)
    return cell


def _table(
    columns: Sequence[Column], widths: Sequence[int], rows: Iterable["Row | None"]
) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.ROUNDED, header_style="bold", border_style="dim")
    for column, width in zip(columns, widths, strict=True):
        if column.min_width:
            table.add_column(column.heading, overflow="fold")
        else:
            table.add_column(column.heading, no_wrap=True, width=width)
    for row in rows:
        if row is None:
            table.add_section()
        else:
            table.add_row(*row)
    return table


def _print_lines(console: "Console", columns: Sequence[Column], rows: Sequence["Row"]) -> None:
    """Print a line for each row: first the cells that are never wrapped, then prose.

    The cells of a column are aligned if there is room for it. What does not fit beside them is
    below.
    """
    from rich.text import Text

    whole = [index for index, column in enumerate(columns) if not column.min_width]
    prose = [index for index, column in enumerate(columns) if column.min_width]
    widths = {index: max(_natural_width(console, row[index]) for row in rows) for index in whole}
    is_aligned = sum(widths.values()) + _GAP * (len(widths) - 1) <= console.width
    for row in rows:
        line, is_first = Text(), True
        for index in (*whole, *prose):
            cell = Text(", ").join(_as_text(row[index]).split("\n"))
            if not cell and (index in prose or not is_aligned):
                continue
            gap = " " * (_GAP if line else 0)
            is_full = line.cell_len + len(gap) + cell.cell_len > console.width
            if line and (is_full or (index in prose and not is_first)):
                print_wrapped(console, line)
                line, is_first, gap = Text(), False, " " * INDENT
            line.append(gap).append_text(cell)
            if is_aligned and index in whole:
                line.append(" " * (widths[index] - cell.cell_len))
        print_wrapped(console, line)


def _as_text(cell: "RenderableType") -> "Text":
    from rich.text import Text

    return cell if isinstance(cell, Text) else Text(str(cell))


def print_wrapped(console: "Console", text: "Text") -> None:
    """Print a paragraph in lines that break between words, so that each word can be copied.

    All lines but the first are indented. Nothing is wrapped unless the output is a terminal.
    """
    from rich.text import Text

    room = console.width if console.file.isatty() else _UNLIMITED
    for number, line in enumerate(text.divide(_breaks(text.plain, room))):
        line.rstrip()
        start = " " * INDENT if number else ""
        console.print(Text(start).append_text(line), soft_wrap=True)


def _breaks(text: str, room: int) -> Iterator[int]:
    """Yield the offsets at which a text is broken into lines."""
    from rich.cells import cell_len

    used = 0
    for word in _WORD.finditer(text):
        width = cell_len(word[0])
        if used > INDENT and used + cell_len(word[0].rstrip()) > room:
            yield word.start()
            used = INDENT
        used += width


def _natural_width(console: "Console", cell: "RenderableType") -> int:
    from rich.measure import Measurement

    unlimited = console.options.update_width(_UNLIMITED)
    return Measurement.get(console, unlimited, cell).maximum
