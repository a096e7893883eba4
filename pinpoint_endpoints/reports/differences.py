"""Comparisons in, what a run counted out; and each as lines and as members of the envelope."""

from collections import Counter
from typing import Any

from pinpoint_endpoints.delivery.compare import Comparison, State
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.masking import counted, dotted, is_personal, masked, printable
from pinpoint_endpoints.service.merge import Change

_WORDS = {State.SAME: "the same"}
_ALWAYS_COUNTED = (State.NEW, State.CHANGED, State.SAME)


class DifferenceTally:
    """What a run counted: documents by what an upsert would do to their endpoints.

    Attributes:
        documents: how many there are.
        unreadable: how many files could not be read; they count as invalid documents.
        hints: what to do about what went wrong, each once.
    """

    def __init__(self) -> None:
        self._states: Counter[State] = Counter()
        self.documents = 0
        self.unreadable = 0
        self.hints: dict[str, None] = {}

    def add(self, comparison: Comparison) -> None:
        """Count a comparison."""
        self.documents += 1
        self._states[comparison.state] += 1
        if any(problem.code == codes.UNREADABLE for problem in comparison.problems):
            self.unreadable += 1
        if comparison.hint:
            self.hints[comparison.hint] = None

    @property
    def different(self) -> int:
        """How many endpoints an upsert would make or change."""
        return self._states[State.NEW] + self._states[State.CHANGED]

    @property
    def compared(self) -> int:
        """How many documents were compared, whatever was found."""
        return self.different + self._states[State.SAME]

    @property
    def invalid(self) -> int:
        """How many documents may not be sent."""
        return self._states[State.INVALID]

    @property
    def failed(self) -> int:
        """How many endpoints could not be read."""
        return self._states[State.FAILED]

    @property
    def found_nothing(self) -> bool:
        """Whether the service was asked, and has none of the endpoints."""
        asked = self._states[State.NEW] + self.failed
        return bool(asked) and asked + self.invalid == self.documents

    def members(self) -> dict[str, int]:
        """Return the counts as they stand in the envelope."""
        return {
            "documents": self.documents,
            **{state.value: self._states[state] for state in State},
        }

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        shown = (state for state in State if self._states[state] or state in _ALWAYS_COUNTED)
        parts = (f"{self._states[state]} {_WORDS.get(state, state)}" for state in shown)
        return f"{counted(self.documents, 'endpoint')}: {', '.join(parts)}"


def comparison_members(comparison: Comparison, *, show_values: bool) -> dict[str, Any]:
    """Return a comparison as it stands in the envelope; personal data is masked unless wanted."""
    from pinpoint_endpoints.reports.envelope import problem_members

    return {
        "endpoint_id": comparison.endpoint_id,
        "source": comparison.source,
        "state": comparison.state,
        "changes": [
            {
                "member": dotted(change.path, show_values=show_values),
                "before": _shown(change, change.before, show_values=show_values),
                "after": _shown(change, change.after, show_values=show_values),
            }
            for change in comparison.changes
        ],
        "message": comparison.message,
        "hint": comparison.hint,
        "problems": [problem_members(problem) for problem in comparison.problems],
    }


def sign_of(change: Change) -> str:
    """Return `+` for what is new, `-` for what goes, `~` for what changes."""
    if change.before is None:
        return "+"
    return "-" if change.after is None else "~"


def change_line(change: Change, *, show_values: bool) -> str:
    """Return a change: `~ Location.City: "Seattle" → "Portland"`, without a line's end."""
    begin = f"{sign_of(change)} {dotted(change.path, show_values=show_values)}:"
    before, after = (
        _json(_shown(change, value, show_values=show_values))
        for value in (change.before, change.after)
    )
    if change.before is None:
        return printable(f"{begin} {after}")
    if change.after is None:
        return printable(f"{begin} {before}")
    unseen = " (the difference is masked)" if before == after else ""
    return printable(f"{begin} {before} → {after}{unseen}")


def _shown(change: Change, value: Any, *, show_values: bool) -> Any:
    if show_values or not is_personal(change.path):
        return value
    return [_masked(item) for item in value] if isinstance(value, list) else _masked(value)


def _masked(value: Any) -> Any:
    return value if value in (None, "") else masked(str(value))


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
