"""Report what became of the parts of a migration that the service's own engines load."""

from collections.abc import Iterator, Sequence
from typing import Any

from pinpoint_endpoints.delivery.parts import PartOutcome, PartState
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.outcomes import (
    OutcomeView,
    is_unreadable,
    outcome_line,
    outcome_members,
)
from pinpoint_endpoints.reports.reporter import Cell, Column, View
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.service.outcome import Outcome, State

Result = PartOutcome | Outcome
"""What became of a part; an invalid document, or a profile that was loaded."""

_STYLES = {
    PartState.PARTIAL: "red",
    PartState.FAILED: "red",
    PartState.SKIPPED: "yellow",
    PartState.PLANNED: "",
}
_WORDS = {PartState.DONE: "done before", PartState.PARTIAL: "partly loaded"}
_SENT = (PartState.LOADED, PartState.UPLOADED, PartState.PARTIAL)
_WELL = (PartState.LOADED, PartState.UPLOADED, PartState.DONE, PartState.PLANNED)


class PartTally(Tally[Result]):
    """Counts profiles by what became of their parts, and the documents that are in none."""

    reads_files = True

    def __init__(self) -> None:
        super().__init__()
        self._parts = dict.fromkeys(PartState, 0)
        self._profiles = dict.fromkeys(PartState, 0)
        self._refused = 0
        self._invalid = 0
        self._unreadable = 0

    def add(self, result: Result, /) -> None:
        """Count a part, or a document that is in none."""
        if isinstance(result, PartOutcome):
            self.total += result.profiles
            self._parts[result.state] += 1
            self._profiles[result.state] += result.profiles
            self._refused += result.refused
            if result.hint:
                self.hints[result.hint] = None
        elif result.state is State.INVALID:
            self.total += 1
            self._invalid += 1
            self._unreadable += is_unreadable(result.problems)

    @property
    def succeeded(self) -> int:
        """How many profiles were loaded."""
        well = sum(self._profiles[state] for state in _WELL)
        partial = self._profiles[PartState.PARTIAL]
        return well + partial - min(self._refused, partial)

    @property
    def failed(self) -> int:
        """How many profiles were not loaded, and documents are invalid."""
        return self.total - self.succeeded

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        profiles = {state.value: self._profiles[state] for state in PartState}
        parts = {"parts": sum(self._parts.values())}
        return {**super().members(), **parts, **profiles, "invalid": self._invalid}

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: partial if anything was sent, and anything was not."""
        if error is not None and error.exit_code is ExitCode.INTERRUPTED:
            return ExitCode.INTERRUPTED
        is_sent = any(self._parts[state] for state in _SENT)
        if error is not None:
            return ExitCode.PARTIAL if is_sent else error.exit_code
        is_well = not any(self._parts[state] for state in PartState if state not in _WELL)
        if is_well and not self._invalid:
            return ExitCode.OK
        if is_sent or any(self._parts[state] for state in _WELL):
            return ExitCode.PARTIAL
        if self._parts[PartState.FAILED]:
            return ExitCode.REFUSED
        return ExitCode.CANNOT_RUN if self._unreadable else ExitCode.INVALID

    def closing_line(self, error: PinpointEndpointsError | None) -> str:
        """Return the counts."""
        return "" if error is not None else str(self)

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        numbers = [
            f"{self._profiles[state]:,} {_WORDS.get(state, state)}"
            for state in PartState
            if self._parts[state]
        ]
        profiles = counted(sum(self._profiles.values()), "profile")
        line = f"{profiles} in {counted(sum(self._parts.values()), 'part')}"
        line = f"{line}: {', '.join(numbers)}" if numbers else line
        invalid = counted(self._invalid, "document")
        return f"{line}; {invalid} invalid, and in no profile" if self._invalid else line


class PartView(View[Result]):
    """Shows parts, and with them invalid documents and the profiles of `--local`."""

    command = "migrate"
    columns = (
        Column("Part or user id"),
        Column("Status"),
        Column("Message", min_width=20, optional=True),
        Column("Place", optional=True),
    )

    def rows(self, result: Result) -> Sequence[Sequence[Cell]]:
        """Return the row of a part or of a profile."""
        if isinstance(result, PartOutcome):
            status = _WORDS.get(result.state, str(result.state))
            cell = (status, _STYLES.get(result.state, "green"))
            return [(result.part, cell, result.message, result.url)]
        endpoint_id, _, status_cell, message, _, place = OutcomeView(self.options).rows(result)[0]
        return [(endpoint_id, status_cell, message, place)]

    def is_notable(self, result: Result) -> bool:
        """Return whether a result is a part or an invalid document."""
        return isinstance(result, PartOutcome) or result.state is State.INVALID

    def needs_table(self, result: Result) -> bool:
        """Leave invalid documents to the table of problems."""
        return isinstance(result, PartOutcome)

    def problems(self, result: Result) -> Sequence[Problem]:
        """Return the problems of an invalid document."""
        if isinstance(result, Outcome) and result.state is State.INVALID:
            return result.problems
        return ()

    def text(self, result: Result) -> str:
        """Return a line for a part or a profile; an invalid document has its problems too."""
        if isinstance(result, PartOutcome):
            place = result.url or result.part
            return f"{printable(place)}: {result.state} {printable(result.message)}\n"
        return OutcomeView(self.options).text(result) if result.problems else outcome_line(result)

    def members(self, result: Result) -> Iterator[dict[str, Any]]:
        """Return the result of a part, of an invalid document or of a profile."""
        if isinstance(result, PartOutcome):
            yield {"kind": "part", **result._asdict()}
        else:
            yield outcome_members(result)
