"""The steps of a plan in; a table, a line for each endpoint, or the JSON envelope out."""

from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.envelope import Envelope
from pinpoint_endpoints.reports.outcomes import outcome_line, outcome_members
from pinpoint_endpoints.reports.plan_report import PlanOptions, PlanReport
from pinpoint_endpoints.reports.problem_table import print_problem_table
from pinpoint_endpoints.reports.problems import problem_lines
from pinpoint_endpoints.service.outcome import Outcome, State, channel_of, line_of
from pinpoint_endpoints.service.requests import Call, Item

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.model import Problem

MOST_ROWS = 50
"""How many endpoints, and how many problems, the tables show."""


class _Row(NamedTuple):
    endpoint_id: str
    channel: str
    operation: str
    place: str
    style: str


class TablePlan(PlanReport):
    """Prints a table when the plan is made: of its first endpoints, and how many more there are."""

    def __init__(self, stream: TextIO, options: PlanOptions) -> None:
        super().__init__()
        self._stream = stream
        self._options = options
        self._rows: list[_Row] = []
        self._problems: list[Problem] = []

    def _take(self, call: Call) -> None:
        number = self.tally.add_call(call)
        for item in call.items[: MOST_ROWS - len(self._rows)]:
            self._rows.append(
                _Row(
                    item.endpoint_id,
                    channel_of(item.document),
                    operation_of(call, number),
                    place_of(item),
                    "",
                )
            )

    def _leave_out(self, outcome: Outcome) -> None:
        if outcome.state is State.DONE:
            return
        if len(self._problems) < MOST_ROWS:
            self._problems += outcome.problems
        if len(self._rows) < MOST_ROWS:
            self._rows.append(
                _Row(outcome.endpoint_id, outcome.channel, outcome.state, outcome.place, "red")
            )

    def close(self, error: PinpointEndpointsError | None, /) -> None:
        """Print the problems, the table, and what was counted."""
        if self._problems:
            print_problem_table(self._problems[:MOST_ROWS], self._stream)
        if self._rows:
            _print(self._rows, self._stream)
        more = self.tally.documents - self.tally.left_out[State.DONE] - len(self._rows)
        if more:
            self._stream.write(f"{more:,} more: see all with -o text\n")
        if not self._options.quiet and error is None:
            self._stream.write(f"{self.tally}\n")


class TextPlan(PlanReport):
    """Prints a line for each document, after one for each problem of those that are invalid."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def _take(self, call: Call) -> None:
        number = self.tally.add_call(call)
        self._stream.writelines(planned_line(item, call, number) for item in call.items)

    def _leave_out(self, outcome: Outcome) -> None:
        self._stream.write(left_out_lines(outcome))

    def close(self, _: PinpointEndpointsError | None, /) -> None:
        """Let nothing wait in memory."""
        self._stream.flush()


class JsonPlan(PlanReport):
    """Writes the envelope."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._envelope = Envelope("upsert", stream)

    def _take(self, call: Call) -> None:
        number = self.tally.add_call(call)
        for item in call.items:
            self._envelope.add(planned_members(item, call, number))

    def _leave_out(self, outcome: Outcome) -> None:
        self._envelope.add(outcome_members(outcome))

    def close(self, error: PinpointEndpointsError | None, /) -> None:
        """Write the envelope."""
        tally = self.tally
        well = tally.planned + tally.left_out[State.DONE]
        failed = tally.documents - well
        self._envelope.close(tally.members(), succeeded=well, failed=failed, error=error)


def planned_line(item: Item, call: Call, number: int) -> str:
    """Return a line: `place: would send endpoint-id: operation, call 3`."""
    return (
        f"{printable(place_of(item))}: would send {printable(item.endpoint_id)}: "
        f"{operation_of(call, number)}\n"
    )


def left_out_lines(outcome: Outcome) -> str:
    """Return a line for each problem of a document that would not be sent, and one for itself."""
    return problem_lines(outcome.problems) + outcome_line(outcome)


def planned_members(item: Item, call: Call, number: int) -> dict[str, Any]:
    """Return what would be sent as it stands in the envelope: an outcome, and the call it is in."""
    outcome = Outcome(
        item.endpoint_id,
        channel_of(item.document),
        State.PLANNED,
        0,
        "",
        "would be sent",
        "",
        item.document.source,
        problems=item.problems,
        line=line_of(item.document),
    )
    return {**outcome_members(outcome), "operation": call.operation, "call": number}


def operation_of(call: Call, number: int) -> str:
    """Return which call an endpoint goes in; they are counted from 1."""
    return f"{call.operation}, call {number}"


def place_of(item: Item) -> str:
    """Return the file, and in one with several documents the line."""
    line = line_of(item.document)
    return f"{item.document.source}:{line}" if line else item.document.source


def _print(rows: list[_Row], stream: TextIO) -> None:
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    columns = [
        Column("Endpoint id"),
        Column("Channel"),
        Column("Operation"),
        Column("Source"),
    ]
    cells = [
        [
            Text(printable(row.endpoint_id)),
            Text(printable(row.channel)),
            Text(row.operation, style=row.style),
            Text(printable(row.place)),
        ]
        for row in rows
    ]
    print_table(console_for(stream), columns, cells)
