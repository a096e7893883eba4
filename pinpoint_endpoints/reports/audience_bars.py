"""The charts of an audience in, panels with bars on a rich console out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.audience.charts import Chart, Kind, full_label

if TYPE_CHECKING:
    from rich.console import Console
    from rich.panel import Panel

WIDTH_UNASKED = 80
"""In columns: of what goes into a file or a pipe."""

WIDEST = 100
NARROWEST_OF_TWO = 58
"""In columns: a chart, and one of two that stand side by side."""

_BORDERS = 4
_GAP = 2
_PERCENT = 6
_NARROWEST_BAR = 6
_NARROWEST_LABEL = 6
_UNFOLDED = 22
"""In columns: the longest of our own labels."""

_BLOCKS = "▏▎▍▌▋▊▉█"
"""Each fills an eighth of a column more."""

_STYLES = {Kind.VALUE: "cyan", Kind.OTHERS: "blue", Kind.NOT_GIVEN: "dim", Kind.UNUSABLE: "red"}


class _Layout(NamedTuple):
    """How wide things are, in columns; all charts are alike.

    Attributes:
        chart: with its border.
        label: longer ones go on in the next line.
        bar: of all endpoints; 0 if there is no room for any.
        number: as wide as the largest count.
    """

    chart: int
    label: int
    bar: int
    number: int


def print_bar_charts(charts: Sequence[Chart], console: "Console") -> None:
    """Print the charts as panels, two side by side where there is room.

    Args:
        charts: one at least.
        console: where to; its encoding says what bars are made of.
    """
    from rich.table import Table

    room = console.width if console.file.isatty() else WIDTH_UNASKED
    beside = 2 if room >= 2 * NARROWEST_OF_TWO else 1
    layout = _layout(charts, console, min(WIDEST, (room + 1) // beside - 1))
    console.width = max(room, layout.chart)
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    for begin in range(0, len(charts), beside):
        panels = [_panel(chart, console, layout) for chart in charts[begin : begin + beside]]
        height = max(len(console.render_lines(panel)) for panel in panels)
        for panel in panels:
            panel.height = height
        grid.add_row(*panels)
    console.print(grid)


def bar_of(share: float, width: int, *, ascii_only: bool) -> str:
    """Return a bar that fills so much of a width; what is not nothing shows."""
    if ascii_only:
        return "#" * max(round(share * width), share > 0)
    eighths = max(round(share * width * 8), share > 0)
    return _BLOCKS[-1] * (eighths // 8) + (_BLOCKS[eighths % 8 - 1] if eighths % 8 else "")


def _layout(charts: Sequence[Chart], console: "Console", width: int) -> _Layout:
    from rich.cells import cell_len

    labels = [_encodable(full_label(bar, chart), console) for chart in charts for bar in chart.bars]
    number = len(f"{charts[0].total:,}")
    room = width - _BORDERS - number - _PERCENT - 2 * _GAP
    label = min(max(map(cell_len, labels)), max(_UNFOLDED, width // 3), max(_NARROWEST_LABEL, room))
    bar = room - label - _GAP
    if bar < _NARROWEST_BAR:
        return _Layout(width - room + label, label, 0, number)
    return _Layout(width, label, bar, number)


def _panel(chart: Chart, console: "Console", layout: _Layout) -> "Panel":
    from rich import box
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    rows = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    rows.add_column(width=layout.label, overflow="fold")
    if layout.bar:
        rows.add_column(width=layout.bar, no_wrap=True)
    rows.add_column(width=layout.number, justify="right", no_wrap=True)
    rows.add_column(width=_PERCENT, justify="right", no_wrap=True)
    for bar in chart.bars:
        drawn = bar_of(bar.share, layout.bar, ascii_only=console.options.ascii_only)
        rows.add_row(
            Text(_encodable(full_label(bar, chart), console)),
            *([Text(drawn, style=_STYLES[bar.kind])] if layout.bar else []),
            Text(f"{bar.count:,}"),
            Text(bar.percent, style="dim"),
        )
    short = Text(f"counts may be up to {chart.short:,} too low") if chart.short else None
    return Panel(
        rows,
        box=box.ROUNDED,
        title=Text(chart.title, style="bold"),
        title_align="left",
        subtitle=short,
        border_style="dim",
        width=layout.chart,
    )


def _encodable(text: str, console: "Console") -> str:
    """Return a text as it is written in the end: an escape is wider than what it stands for."""
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)
