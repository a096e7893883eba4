"""Columns and rows in, a rich table out, in which nothing that a person would copy is cut."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    Row = Sequence[RenderableType]

_WIDEST_UNASKED = 120
"""How wide prose may make a table that goes into a file or a pipe."""

_RECORD_BORDERS = 7
_ENDLESS = 1 << 30


class Column(NamedTuple):
    """A column's heading, and how narrow its text may be wrapped; 0 is never wrapped."""

    heading: str
    narrowest: int = 0


def console_for(stream: TextIO) -> "Console":
    """Return a rich console: colours and width by the terminal, NO_COLOR and FORCE_COLOR."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def print_table(
    console: "Console", columns: Sequence[Column], rows: Sequence["Row"], *, lines: bool = False
) -> None:
    """Print the rows as a table; one below the other where the terminal is too narrow for it.

    Args:
        console: where to.
        columns: what stands over the cells.
        rows: a cell for each column.
        lines: whether a line is drawn between two rows.
    """
    widths = [
        max(len(column.heading), *(_natural_width(console, row[index]) for row in rows))
        for index, column in enumerate(columns)
    ]
    borders = 3 * len(columns) + 1
    least = borders + sum(
        min(width, column.narrowest or width) for column, width in zip(columns, widths, strict=True)
    )
    on_terminal = console.file.isatty()
    if on_terminal and least > console.width:
        _print_records(console, columns, rows)
        return
    room = console.width if on_terminal else max(_WIDEST_UNASKED, least)
    console.width = min(room, borders + sum(widths))
    console.print(_table(columns, widths, rows, lines=lines))


def _table(
    columns: Sequence[Column], widths: Sequence[int], rows: Sequence["Row"], *, lines: bool
) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.ROUNDED, header_style="bold", show_lines=lines)
    for column, width in zip(columns, widths, strict=True):
        if column.narrowest:
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
        if not column.narrowest
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
    """Print each cell on a line of its own, which the terminal itself goes on below."""
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            console.print(f"[bold]{column.heading}:[/bold]", end=" ", markup=True)
            console.print(cell, soft_wrap=True)
        console.print()


def _natural_width(console: "Console", cell: "RenderableType") -> int:
    from rich.measure import Measurement

    endless = console.options.update_width(_ENDLESS)
    return Measurement.get(console, endless, cell).maximum
