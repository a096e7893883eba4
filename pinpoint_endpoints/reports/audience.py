"""The charts of an audience in; a table of bars, lines of text or the JSON envelope out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from pinpoint_endpoints.audience.charts import Chart, line_label
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.audience_bars import print_bar_charts


@dataclass(slots=True)
class AudienceTally:
    """What a run counted beside its charts.

    Attributes:
        documents: endpoints, and files that could not be read.
        endpoints: those that the charts are of.
        invalid: documents with errors, whether or not there is an endpoint in them.
        unreadable: files that could not be opened or searched.
    """

    documents: int = 0
    endpoints: int = 0
    invalid: int = 0
    unreadable: int = 0

    @property
    def uncounted(self) -> int:
        """How many documents hold no endpoint that could be counted."""
        return self.documents - self.endpoints


def print_audience(charts: Sequence[Chart], endpoints: int, stream: TextIO) -> None:
    """Print how many endpoints there are, and their charts as a rich table of bars."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import console_for

    console = console_for(stream)
    console.print(Text(counted(endpoints, "endpoint"), style="bold"))
    if endpoints:
        print_bar_charts(charts, console)


def audience_lines(charts: Sequence[Chart]) -> str:
    """Return a line for each bar: its chart, label, count and share, with tabs between them.

    Labels that are no values stand in parentheses, values in parentheses stand in quotes. The
    count of `(others, each at most)` is that of the most frequent of them. Shares go from 0 to 1.
    """
    return "".join(
        f"{chart.name}\t{line_label(bar, chart)}\t{bar.count}\t{bar.share:.4f}\n"
        for chart in charts
        for bar in chart.bars
    )


def audience_envelope(
    charts: Sequence[Chart], tally: AudienceTally, error: PinpointEndpointsError | None
) -> bytes:
    """Return the envelope, with a result for each chart."""
    from pinpoint_endpoints.reports.envelope import envelope

    return envelope(
        "stats",
        asdict(tally),
        map(_members, charts),
        succeeded=tally.endpoints,
        failed=tally.invalid + tally.unreadable,
        error=error,
    )


def _members(chart: Chart) -> dict[str, Any]:
    return {
        "chart": chart.name,
        "title": chart.title,
        "member": chart.member,
        "total": chart.total,
        "overlapping": chart.overlapping,
        "short": chart.short,
        "bars": [asdict(bar) for bar in chart.bars],
    }
