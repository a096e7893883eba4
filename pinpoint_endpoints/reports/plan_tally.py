"""The steps of a plan in, what they come to out: in counts, and in a line for people."""

from collections import Counter

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call

_LEFT_OUT = {
    State.INVALID: ("is invalid, and not sent", "are invalid, and not sent"),
    State.FAILED: ("is refused by boto3, and not sent", "are refused by boto3, and not sent"),
    State.DONE: ("was accepted before", "were accepted before"),
    State.SKIPPED: ("is skipped", "are skipped"),
}


class PlanTally:
    """What a plan comes to.

    Attributes:
        planned: how many endpoints would be sent.
        left_out: how many documents would not be, by the reason.
        warnings: problems of what would be sent.
        unreadable: documents that stand for a file that could not be read.
    """

    def __init__(self) -> None:
        self.planned = 0
        self.left_out: Counter[State] = Counter()
        self.warnings = 0
        self.unreadable = 0
        self._calls: Counter[str] = Counter()

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return self.planned + self.left_out.total()

    def add_call(self, call: Call) -> int:
        """Count a call that would be made, and return its number."""
        self._calls[call.operation] += 1
        self.planned += len(call.items)
        self.warnings += sum(len(item.problems) for item in call.items)
        return self._calls.total()

    def add_left_out(self, outcome: Outcome) -> None:
        """Count a document that would not be sent."""
        self.left_out[outcome.state] += 1
        if any(problem.code == codes.UNREADABLE for problem in outcome.problems):
            self.unreadable += 1

    def members(self) -> dict[str, int]:
        """Return the counts as they stand in the envelope."""
        states = {state.value: self.left_out[state] for state in State}
        return {"documents": self.documents, **states, State.PLANNED.value: self.planned}

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        parts = [_would_be_sent(self.planned, self._calls)]
        for state, (one, several) in _LEFT_OUT.items():
            number = self.left_out[state]
            if number:
                parts.append(f"{counted(number, 'document')} {one if number == 1 else several}")
        return "; ".join(parts)


def _would_be_sent(endpoints: int, calls: Counter[str]) -> str:
    if not endpoints:
        return "nothing would be sent"
    ways = " and ".join(
        f"{counted(number, 'call')} of {operation}" for operation, number in calls.most_common()
    )
    return f"{counted(endpoints, 'endpoint')} would be sent in {ways}"
