"""Outcomes in, table or text out."""

from collections.abc import Sequence
from typing import TextIO

from pinpoint_endpoints.reports.plain import printable
from pinpoint_endpoints.service.outcome import Outcome, State

_STYLES = {
    State.ACCEPTED: "green",
    State.FAILED: "red",
    State.INVALID: "red",
    State.SKIPPED: "yellow",
}


def outcome_lines(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each: `source: state[status] endpoint-id: message (request id)`."""
    return "".join(f"{printable(str(outcome))}\n" for outcome in outcomes)


def print_outcome_table(outcomes: Sequence[Outcome], stream: TextIO) -> None:
    """Print the outcomes as a rich table."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    columns = [
        Column("Endpoint id"),
        Column("Channel"),
        Column("Status"),
        Column("Message", narrowest=20),
        Column("Request id"),
        Column("Source"),
    ]
    rows = [
        [
            Text(printable(outcome.endpoint_id)),
            Text(printable(outcome.channel)),
            Text(_status(outcome), style=_STYLES[outcome.state]),
            Text(printable(outcome.message)),
            Text(printable(outcome.request_id)),
            Text(printable(outcome.source)),
        ]
        for outcome in outcomes
    ]
    print_table(console_for(stream), columns, rows)


def _status(outcome: Outcome) -> str:
    return f"{outcome.state} {outcome.status}" if outcome.status else str(outcome.state)
