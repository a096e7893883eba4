"""Outcomes in, what a run counted out; and each as a line and as members of the envelope."""

from collections import Counter
from typing import Any

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.service.outcome import WELL, Outcome, State


class OutcomeTally:
    """What a run counted: documents by what became of them.

    Attributes:
        documents: how many there are.
        warnings: problems of documents that were sent.
        unreadable: documents that stand for a file that could not be read.
        hints: what to do about what failed, each once.
    """

    def __init__(self) -> None:
        self._states: Counter[State] = Counter()
        self.documents = 0
        self.warnings = 0
        self.unreadable = 0
        self.hints: dict[str, None] = {}

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.documents += 1
        self._states[outcome.state] += 1
        if outcome.problems:
            self._look_at_problems(outcome)
        if outcome.hint:
            self.hints[outcome.hint] = None

    def _look_at_problems(self, outcome: Outcome) -> None:
        if outcome.state is not State.INVALID:
            self.warnings += len(outcome.problems)
        elif any(problem.code == codes.UNREADABLE for problem in outcome.problems):
            self.unreadable += 1

    def __getitem__(self, state: State) -> int:
        """Return how many documents ended in a state."""
        return self._states[state]

    @property
    def well(self) -> int:
        """How many documents nobody has to do anything about."""
        return sum(self._states[state] for state in WELL)

    def members(self) -> dict[str, int]:
        """Return the counts as they stand in the envelope."""
        return {
            "documents": self.documents,
            **{state.value: self._states[state] for state in State},
        }

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        words = {State.DONE: "accepted before"}
        shown = (state for state in State if self._states[state] or state is State.ACCEPTED)
        parts = (f"{self._states[state]:,} {words.get(state, state)}" for state in shown)
        return f"{counted(self.documents, 'document')}: {', '.join(parts)}"


def outcome_members(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as it stands in the envelope."""
    from pinpoint_endpoints.reports.envelope import problem_members

    problems = [problem_members(problem) for problem in outcome.problems]
    return {**outcome._asdict(), "problems": problems, "operation": "", "call": 0}


def outcome_line(outcome: Outcome) -> str:
    """Return a line: `place: state[status] endpoint-id: message (request id)`."""
    return f"{printable(str(outcome))}\n"
