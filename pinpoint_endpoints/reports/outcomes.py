"""Outcomes in, table, text, or counts and members for the JSON envelope out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, TextIO

from pinpoint_endpoints.reports.plain import printable
from pinpoint_endpoints.service.outcome import Outcome, State

_STYLES = {
    State.ACCEPTED: "green",
    State.FAILED: "red",
    State.INVALID: "red",
    State.SKIPPED: "yellow",
}


def outcome_counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many documents there were, and how many ended in each state."""
    states = Counter(outcome.state for outcome in outcomes)
    return {"documents": states.total(), **{state.value: states[state] for state in State}}


def outcome_members(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as it stands in the envelope."""
    from pinpoint_endpoints.reports.envelope import problem_members

    problems = [problem_members(problem) for problem in outcome.problems]
    return {**asdict(replace(outcome, problems=())), "problems": problems}


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
