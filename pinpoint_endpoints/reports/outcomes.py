"""Report what became of the documents that were to be sent."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.problems import problem_lines, problem_members
from pinpoint_endpoints.reports.reporter import Cell, Column, View
from pinpoint_endpoints.reports.tally import StateTally
from pinpoint_endpoints.service.outcome import WELL, Outcome, State

_STYLES = {
    State.ACCEPTED: "green",
    State.UNVERIFIED: "red",
    State.FAILED: "red",
    State.INVALID: "red",
    State.DONE: "green",
    State.SKIPPED: "yellow",
}

_WORDS = {State.DONE: "accepted before"}
_NEED_NO_MESSAGE = (State.DONE, State.INVALID)
_NOTABLE = frozenset({State.UNVERIFIED, State.FAILED, State.INVALID})


class OutcomeTally(StateTally[Outcome]):
    """Counts documents by what became of them.

    Attributes:
        noun: what is counted.
        warnings: problems of documents that were sent.
        unreadable: documents that stand for a file that could not be read.

    Args:
        verify: whether what was accepted is read back, and counts if it is as it was sent.
    """

    noun = "document"
    all_states = State
    good_states = WELL
    reads_files = True

    def __init__(self, *, verify: bool = False) -> None:
        super().__init__()
        self._words = {**_WORDS, State.ACCEPTED: "accepted and verified"} if verify else _WORDS
        self.warnings = 0
        self.unreadable = 0

    def add(self, outcome: Outcome, /) -> None:
        """Count an outcome."""
        super().add(outcome)
        if not outcome.problems:
            return
        if outcome.state is not State.INVALID:
            self.warnings += len(outcome.problems)
        elif is_unreadable(outcome.problems):
            self.unreadable += 1

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: partial if anything was accepted and anything was not."""
        if error is not None and error.exit_code is ExitCode.INTERRUPTED:
            return ExitCode.INTERRUPTED
        sent = self[State.ACCEPTED] + self[State.UNVERIFIED]
        if error is not None:
            return ExitCode.PARTIAL if sent else error.exit_code
        if not self.failed:
            return ExitCode.OK
        if self.succeeded or sent:
            return ExitCode.PARTIAL
        if self[State.FAILED]:
            return ExitCode.REFUSED
        return ExitCode.CANNOT_RUN if self.unreadable else ExitCode.INVALID

    def closing_line(self, error: PinpointEndpointsError | None) -> str:
        """Return the counts; one document speaks for itself, unless it was verified."""
        is_needed = self.total > 1 or self._words is not _WORDS
        return str(self) if is_needed and error is None else ""

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        return self.counts_line()

    def counts_line(self, *, apart: State | None = None) -> str:
        """Return the counts as a line, without those of the state `apart`."""
        shown = (state for state in State if self[state] or state is State.ACCEPTED)
        words = self._words
        parts = [f"{self[state]:,} {words.get(state, state)}" for state in shown if state != apart]
        total = self.total if apart is None else self.total - self[apart]
        return f"{counted(total, self.noun)}: {', '.join(parts)}"


class OutcomeView(View[Outcome]):
    """Shows an outcome."""

    command = "upsert"
    has_one_row = True
    columns: ClassVar[Sequence[Column]] = (
        Column("Endpoint id"),
        Column("Channel"),
        Column("Status"),
        Column("Message", min_width=20, optional=True),
        Column("Request id", optional=True),
        Column("Source"),
    )

    def rows(self, outcome: Outcome) -> Sequence[Sequence[Cell]]:
        """Return the row of an outcome, without a message that only repeats its state."""
        word = _WORDS.get(outcome.state, str(outcome.state))
        status = f"{word} {outcome.status}" if outcome.status else word
        is_told = outcome.state in _NEED_NO_MESSAGE or outcome.message.lower() == outcome.state
        return [
            (
                outcome.endpoint_id,
                outcome.channel,
                (status, _STYLES[outcome.state]),
                "" if is_told else outcome.message,
                outcome.request_id if self.options.verbose else "",
                outcome.place,
            )
        ]

    def is_notable(self, outcome: Outcome) -> bool:
        """Return whether the document needs a look."""
        return outcome.state in _NOTABLE

    def needs_table(self, outcome: Outcome) -> bool:
        """Leave invalid documents to the table of problems, and skipped ones to the error."""
        return outcome.state not in (State.INVALID, State.SKIPPED)

    def problems(self, outcome: Outcome) -> Sequence[Problem]:
        """Return the problems of an invalid document."""
        return outcome.problems if outcome.state is State.INVALID else ()

    def text(self, outcome: Outcome) -> str:
        """Return a line for the outcome, after one for each problem of an invalid document."""
        return problem_lines(self.problems(outcome)) + outcome_line(outcome)

    def members(self, outcome: Outcome) -> Iterator[dict[str, Any]]:
        """Return the result of an outcome."""
        yield outcome_members(outcome)


def outcome_members(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as it is in the envelope."""
    problems = [problem_members(problem) for problem in outcome.problems]
    return {**outcome._asdict(), "problems": problems, "operation": "", "call": 0}


def outcome_line(outcome: Outcome) -> str:
    """Return a line: `place: state[status] endpoint-id: message (request id)`."""
    return f"{printable(str(outcome))}\n"


def is_unreadable(problems: Sequence[Problem]) -> bool:
    """Return whether the problems are those of a file that could not be read."""
    return any(problem.code == codes.UNREADABLE for problem in problems)
