"""Outcomes as they come in; a table, a line each, or the JSON envelope out."""

from typing import TYPE_CHECKING, Protocol, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.outcomes import OutcomeTally, outcome_line, outcome_members
from pinpoint_endpoints.service.outcome import Outcome, State

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.model import Problem

MOST_ROWS = 50
"""How many documents a table shows."""

_STYLES = {
    State.ACCEPTED: "green",
    State.UNVERIFIED: "red",
    State.FAILED: "red",
    State.INVALID: "red",
    State.DONE: "green",
    State.SKIPPED: "yellow",
}

_TO_BE_LOOKED_AT = (State.UNVERIFIED, State.FAILED, State.INVALID)
_SAID_OTHERWISE = (State.INVALID, State.SKIPPED)
"""By the table of the problems, and by what ended the run: alone they are no reason for a table."""


class OutcomeReporter(Protocol):
    """Takes outcomes as they come, and keeps few of them."""

    def add(self, outcome: Outcome) -> None:
        """Take one outcome."""

    def close(self, tally: OutcomeTally, error: PinpointEndpointsError | None, /) -> None:
        """Write what is still to be written: the last call, also when the run ended early.

        Args:
            tally: what the run counted.
            error: what stopped the run, if something did.
        """


def open_outcome_reporter(output: str, stream: TextIO, *, quiet: bool) -> OutcomeReporter:
    """Return a reporter that writes to a stream.

    Args:
        output: `table`, `text` or `json`.
        stream: a text stream over a binary one.
        quiet: whether only results are printed.
    """
    if output == "json":
        return JsonOutcomes(stream)
    return TextOutcomes(stream) if output == "text" else TableOutcomes(stream, quiet=quiet)


class TableOutcomes:
    """Prints a table when the run is over: of all documents, or of those that need a look."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._first: list[Outcome] = []
        self._bad: list[Outcome] = []
        self._problems: list[Problem] = []

    def add(self, outcome: Outcome) -> None:
        """Take one outcome."""
        if len(self._first) <= MOST_ROWS:
            self._first.append(outcome)
        if outcome.state in _TO_BE_LOOKED_AT and len(self._bad) <= MOST_ROWS:
            self._bad.append(outcome)
        if outcome.state is State.INVALID and len(self._problems) < MOST_ROWS:
            self._problems += outcome.problems

    def close(self, tally: OutcomeTally, error: PinpointEndpointsError | None, /) -> None:
        """Print the problems, the table, and what was counted."""
        if self._problems:
            from pinpoint_endpoints.reports.problem_table import print_problem_table

            print_problem_table(self._problems[:MOST_ROWS], self._stream)
        rows = self._bad if tally.documents > MOST_ROWS else self._first
        if any(outcome.state not in _SAID_OTHERWISE for outcome in rows):
            _print(rows[:MOST_ROWS], self._stream)
        more = sum(tally[state] for state in _TO_BE_LOOKED_AT) - MOST_ROWS
        if rows is self._bad and more > 0:
            self._stream.write(f"{more:,} more: see all with -o text\n")
        if tally.documents > 1 and not self._quiet and error is None:
            self._stream.write(f"{tally}\n")


class TextOutcomes:
    """Prints a line for each outcome, after one for each problem of an invalid document."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, outcome: Outcome) -> None:
        """Print one outcome."""
        if outcome.state is State.INVALID:
            from pinpoint_endpoints.reports.problems import problem_lines

            self._stream.write(problem_lines(outcome.problems))
        self._stream.write(outcome_line(outcome))

    def close(self, _tally: OutcomeTally, _error: PinpointEndpointsError | None, /) -> None:
        """Let nothing wait in memory."""
        self._stream.flush()


class JsonOutcomes:
    """Writes the envelope."""

    def __init__(self, stream: TextIO) -> None:
        from pinpoint_endpoints.reports.envelope import Envelope

        self._envelope = Envelope("upsert", stream)

    def add(self, outcome: Outcome) -> None:
        """Take one outcome."""
        self._envelope.add(outcome_members(outcome))

    def close(self, tally: OutcomeTally, error: PinpointEndpointsError | None, /) -> None:
        """Write the envelope."""
        failed = tally.documents - tally.well
        self._envelope.close(tally.members(), succeeded=tally.well, failed=failed, error=error)


def _print(outcomes: list[Outcome], stream: TextIO) -> None:
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
            Text(printable(outcome.place)),
        ]
        for outcome in outcomes
    ]
    print_table(console_for(stream), columns, rows)


def _status(outcome: Outcome) -> str:
    return f"{outcome.state} {outcome.status}" if outcome.status else str(outcome.state)
