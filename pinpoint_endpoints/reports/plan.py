"""Report what an upsert would send, without sending it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, TextIO

from pinpoint_endpoints.delivery.preview import HttpRequest, Previewer
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.lines import LineReporter
from pinpoint_endpoints.reports.outcomes import is_unreadable, outcome_line, outcome_members
from pinpoint_endpoints.reports.problems import problem_lines
from pinpoint_endpoints.reports.reporter import (
    DEFAULT_OPTIONS,
    Cell,
    Column,
    Reporter,
    ReportOptions,
    View,
)
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call, Item

_NOT_SENT = {
    State.INVALID: ("is invalid, and not sent", "are invalid, and not sent"),
    State.FAILED: ("is refused by boto3, and not sent", "are refused by boto3, and not sent"),
    State.DONE: ("was accepted before", "were accepted before"),
    State.SKIPPED: ("is skipped", "are skipped"),
}


class PlannedCall(NamedTuple):
    """A call that would be made.

    Attributes:
        call: the endpoints that it carries.
        number: the number of the call in the plan, counted from 1.
        request: what would go over the wire; None if it is not shown.
    """

    call: Call
    number: int
    request: HttpRequest | None = None

    @property
    def operation(self) -> str:
        """The operation and the number of the call."""
        return f"{self.call.operation}, call {self.number}"


Step = PlannedCall | Outcome
"""A call that would be made, or a document that would not be sent."""


def planned_steps(
    steps: Iterable[Call | Outcome], preview: Previewer | None = None, *, plain_path: bool = False
) -> Iterator[Step]:
    """Yield the steps of a plan with the calls numbered.

    Args:
        steps: from `plan_upsert`.
        preview: makes the HTTP requests, if they are shown.
        plain_path: whether their paths may hold nothing that is percent-encoded, as for curl.

    Raises:
        CannotRun: there is no request without a region.
    """
    number = 0
    for step in steps:
        request = None
        if preview is not None and isinstance(step, Call):
            request = preview(step, plain_path=plain_path)
        if isinstance(step, Outcome):
            yield step
        elif isinstance(request, Outcome):  # boto3 refuses the document
            yield request
        else:
            number += 1
            yield PlannedCall(step, number, request)


class PlanTally(Tally[Step]):
    """Counts what would be sent, and what would not.

    Attributes:
        noun: what would be sent.
        planned: how many endpoints would be sent.
        not_sent: how many documents would not be, by the reason.
        warnings: problems of what would be sent.
        unreadable: documents that stand for a file that could not be read.
    """

    noun = "endpoint"
    reads_files = True

    def __init__(self) -> None:
        super().__init__()
        self.planned = 0
        self.not_sent: Counter[State] = Counter()
        self.warnings = 0
        self.unreadable = 0
        self._calls: Counter[str] = Counter()

    def add(self, step: Step, /) -> None:
        """Count a call, or a document that would not be sent."""
        if isinstance(step, Outcome):
            self.total += 1
            self.not_sent[step.state] += 1
            self.unreadable += is_unreadable(step.problems)
            return
        self.total += len(step.call.items)
        self.planned += len(step.call.items)
        self._calls[step.call.operation] += 1
        self.warnings += sum(len(item.problems) for item in step.call.items)

    @property
    def failed(self) -> int:
        """How many documents would not be sent because something is wrong."""
        return self.not_sent.total() - self.not_sent[State.DONE]

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        states = {state.value: self.not_sent[state] for state in State}
        return {**super().members(), **states, State.PLANNED.value: self.planned}

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: an unreadable file outweighs invalid documents."""
        if error is not None:
            return error.exit_code
        if self.unreadable:
            return ExitCode.CANNOT_RUN
        wrong = self.not_sent[State.INVALID] + self.not_sent[State.FAILED]
        return ExitCode.INVALID if wrong else ExitCode.OK

    def closing_line(self, error: PinpointEndpointsError | None) -> str:
        """Return the counts of a whole plan."""
        return "" if error is not None else str(self)

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        parts = [_would_be_sent(counted(self.planned, self.noun), self._calls)]
        for state, (one, several) in _NOT_SENT.items():
            number = self.not_sent[state]
            if number:
                parts.append(f"{counted(number, 'document')} {one if number == 1 else several}")
        return "; ".join(parts)


class PlanView(View[Step]):
    """Shows the steps of a plan.

    Args:
        options: the options of the report.
        verbose: whether the HTTP requests take the place of the table.
    """

    command = "upsert"
    columns: ClassVar[Sequence[Column]] = (
        Column("Endpoint id"),
        Column("Channel"),
        Column("Operation"),
        Column("Source"),
    )

    def __init__(self, options: ReportOptions = DEFAULT_OPTIONS, *, verbose: bool = False) -> None:
        super().__init__(options)
        self.verbose = verbose

    def rows(self, step: Step) -> Iterable[Sequence[Cell]]:
        """Return a row for each endpoint of a call, and for a document that would not be sent."""
        if isinstance(step, PlannedCall):
            return (
                (item.endpoint_id, item.channel, step.operation, _place_of(item))
                for item in step.call.items
            )
        if step.state is State.DONE:
            return ()
        return [(step.endpoint_id, step.channel, (step.state, "red"), step.place)]

    def problems(self, step: Step) -> Sequence[Problem]:
        """Return the problems of a document that would not be sent."""
        if isinstance(step, PlannedCall) or step.state is State.DONE:
            return ()
        return step.problems

    def text(self, step: Step) -> str:
        """Return a line for each document, after one for each problem of those not sent."""
        if isinstance(step, Outcome):
            return problem_lines(step.problems) + outcome_line(step)
        lines = "".join(_planned_line(item, step) for item in step.call.items)
        if step.request is None:
            return lines
        from pinpoint_endpoints.reports.http_preview import request_text

        text = request_text(step.request, show_values=self.options.show_values)
        return f"{lines}\n{text}\n\n"

    def members(self, step: Step) -> Iterator[dict[str, Any]]:
        """Return a result for each document; one that would be sent names its call."""
        if isinstance(step, Outcome):
            yield outcome_members(step)
            return
        for item in step.call.items:
            operation, call = step.call.operation, step.number
            yield {**outcome_members(_planned(item)), "operation": operation, "call": call}

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Step] | None:
        """Return the reporter of curl's commands, or of the HTTP requests."""
        if output == "curl":
            from pinpoint_endpoints.reports.http_preview import CurlReporter

            return CurlReporter(stream)
        if output == "table" and self.verbose:
            return LineReporter(self, stream, counted=True)
        return None


def _planned(item: Item) -> Outcome:
    return Outcome(
        item.endpoint_id,
        item.channel,
        State.PLANNED,
        0,
        "",
        "would be sent",
        "",
        item.source,
        problems=item.problems,
        line=item.find_line(),
    )


def _planned_line(item: Item, step: PlannedCall) -> str:
    """Return a line: `place: would send endpoint-id: operation, call 3`."""
    endpoint_id = printable(item.endpoint_id)
    return f"{printable(_place_of(item))}: would send {endpoint_id}: {step.operation}\n"


def _place_of(item: Item) -> str:
    """Return the file, and in one with several documents the line."""
    line = item.find_line()
    return f"{item.source}:{line}" if line else item.source


def _would_be_sent(endpoints: str, calls: Counter[str]) -> str:
    if not calls:
        return "nothing would be sent"
    ways = " and ".join(
        f"{counted(number, 'call')} of {operation}" for operation, number in calls.most_common()
    )
    return f"{endpoints} would be sent in {ways}"
