"""Report the charts of an audience."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.reporter import Reporter, View
from pinpoint_endpoints.reports.table import MIN_TABLE_WIDTH, console_for
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.stats import Chart, Kind, full_label, line_label

if TYPE_CHECKING:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

FILE_WIDTH = 80
"""In columns: the width in a file or a pipe."""

MAX_WIDTH = 100
"""In columns: of one chart."""

MIN_WIDTH_OF_TWO = 58
"""In columns: of each of two charts that are side by side."""

_BORDERS = 4
_INDENT = 2
_GAP = 2
_PERCENT = 6
_MIN_BAR = 6
_MIN_LABEL = 6
_MAX_OWN_LABEL = 22
"""In columns: the longest of our own labels."""

_BLOCKS = "▏▎▍▌▋▊▉█"
"""Each fills one eighth of a column more than the one before."""

_STYLES = {Kind.VALUE: "cyan", Kind.OTHERS: "blue", Kind.NOT_GIVEN: "dim", Kind.UNUSABLE: "red"}


class _Layout(NamedTuple):
    """Widths in columns, the same for all charts.

    Attributes:
        chart: the panel with its border.
        label: longer labels are wrapped.
        bar: the bar of all endpoints; 0 if there is no room for bars.
        number: the largest count.
    """

    chart: int
    label: int
    bar: int
    number: int


class ChartView(View[Chart]):
    """Shows a chart."""

    command = "stats"

    def text(self, chart: Chart) -> str:
        """Return a line for each bar: its chart, label, count and share, with tabs between them.

        Labels that are not values are in parentheses, values in parentheses are in quotes. The
        count of `(others, each at most)` is that of the most frequent of them. Shares go from 0
        to 1.
        """
        return "".join(
            f"{chart.name}\t{line_label(bar, chart)}\t{bar.count}\t{bar.share:.4f}\n"
            for bar in chart.bars
        )

    def members(self, chart: Chart) -> Iterator[dict[str, Any]]:
        """Return the result of a chart."""
        yield {
            "chart": chart.name,
            "title": chart.title,
            "member": chart.member,
            "total": chart.total,
            "overlapping": chart.overlapping,
            "short": chart.undercount,
            "bars": [asdict(bar) for bar in chart.bars],
        }

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Chart] | None:
        """Return the reporter that draws bars in place of a table."""
        return BarReporter(stream) if output == "table" else None


class BarReporter:
    """Prints how many endpoints there are, and their charts as panels with bars."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._charts: list[Chart] = []

    def add(self, chart: Chart, /) -> None:
        """Keep a chart until all can be printed."""
        self._charts.append(chart)

    def close(self, _tally: Tally[Any], _error: PinpointEndpointsError | None, /) -> None:
        """Print the charts: their widths depend on all of them."""
        from rich.text import Text

        total = self._charts[0].total if self._charts else 0
        console = console_for(self._stream)
        console.print(Text(counted(total, "endpoint"), style="bold"))
        if total:
            print_bar_charts(self._charts, console)


def print_bar_charts(charts: Sequence[Chart], console: "Console") -> None:
    """Print the charts: as panels, two side by side, or one below the other without borders.

    Args:
        charts: one at least.
        console: where the charts are printed; its encoding decides what bars are drawn with.
    """
    from rich.table import Table

    room = console.width if console.file.isatty() else FILE_WIDTH
    if room < MIN_TABLE_WIDTH:
        layout = _layout(charts, console, room, _INDENT)
        console.width = max(room, layout.chart)
        for chart in charts:
            _print_lines(chart, console, layout)
        return
    beside = 2 if room >= 2 * MIN_WIDTH_OF_TWO else 1
    layout = _layout(charts, console, min(MAX_WIDTH, (room + 1) // beside - 1), _BORDERS)
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
    """Return a bar for a share (0 to 1) of a width in columns; more than 0 is always visible."""
    if ascii_only:
        return "#" * max(round(share * width), share > 0)
    eighths = max(round(share * width * 8), share > 0)
    return _BLOCKS[-1] * (eighths // 8) + (_BLOCKS[eighths % 8 - 1] if eighths % 8 else "")


def _layout(charts: Sequence[Chart], console: "Console", width: int, margin: int) -> _Layout:
    from rich.cells import cell_len

    labels = [_encodable(full_label(bar, chart), console) for chart in charts for bar in chart.bars]
    number = len(f"{charts[0].total:,}")
    room = width - margin - number - _PERCENT - 2 * _GAP
    label = min(max(map(cell_len, labels)), max(_MAX_OWN_LABEL, width // 3), max(_MIN_LABEL, room))
    bar = room - label - _GAP
    if bar < _MIN_BAR:
        return _Layout(width - room + label, label, 0, number)
    return _Layout(width, label, bar, number)


def _print_lines(chart: Chart, console: "Console", layout: _Layout) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Text(chart.title, style="bold"))
    console.print(Padding(_bars(chart, console, layout), (0, 0, 0, _INDENT), expand=False))
    if chart.undercount:
        console.print(Text(f"{' ' * _INDENT}{_short(chart)}"), soft_wrap=True)


def _panel(chart: Chart, console: "Console", layout: _Layout) -> "Panel":
    from rich import box
    from rich.panel import Panel
    from rich.text import Text

    return Panel(
        _bars(chart, console, layout),
        box=box.ROUNDED,
        title=Text(chart.title, style="bold"),
        title_align="left",
        subtitle=Text(_short(chart)) if chart.undercount else None,
        border_style="dim",
        width=layout.chart,
    )


def _short(chart: Chart) -> str:
    return f"counts may be up to {chart.undercount:,} too low"


def _bars(chart: Chart, console: "Console", layout: _Layout) -> "Table":
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
    return rows


def _encodable(text: str, console: "Console") -> str:
    """Return a text as it will be written: an escape is wider than its character."""
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)
