"""Report what an upsert would change in the stored endpoints."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from pinpoint_endpoints.delivery.compare import Comparison, ComparisonState
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, dotted, is_personal, masked_apart, printable
from pinpoint_endpoints.reports.lines import LineReporter
from pinpoint_endpoints.reports.outcomes import is_unreadable
from pinpoint_endpoints.reports.problems import problem_lines, problem_members
from pinpoint_endpoints.reports.reporter import Reporter, ReportOptions, Segments, View
from pinpoint_endpoints.reports.tally import StateTally
from pinpoint_endpoints.reports.wrapping import wrapped_for
from pinpoint_endpoints.service.merge import Change

_WORDS = {ComparisonState.SAME: "the same"}
_STYLES = {
    ComparisonState.NEW: "green",
    ComparisonState.CHANGED: "yellow",
    ComparisonState.INVALID: "red",
    ComparisonState.FAILED: "red",
}
_SIGN_STYLES = {"+": "green", "-": "red", "~": "yellow"}


class DifferenceTally(StateTally[Comparison]):
    """Counts documents by what an upsert would do to their endpoints.

    Attributes:
        unreadable: how many files could not be read; they count as invalid documents.
    """

    all_states = ComparisonState
    good_states = (ComparisonState.NEW, ComparisonState.CHANGED, ComparisonState.SAME)
    reads_files = True

    def __init__(self) -> None:
        super().__init__()
        self.unreadable = 0

    def add(self, comparison: Comparison, /) -> None:
        """Count a comparison."""
        super().add(comparison)
        self.unreadable += is_unreadable(comparison.problems)

    @property
    def different(self) -> int:
        """How many endpoints an upsert would create or change."""
        return self[ComparisonState.NEW] + self[ComparisonState.CHANGED]

    @property
    def found_nothing(self) -> bool:
        """Whether the service was asked, and has none of the endpoints."""
        asked = self[ComparisonState.NEW] + self[ComparisonState.FAILED]
        return bool(asked) and asked + self[ComparisonState.INVALID] == self.total

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: partial if some documents were compared and others failed."""
        if error is not None:
            interrupted = error.exit_code is ExitCode.INTERRUPTED
            return ExitCode.PARTIAL if self.succeeded and not interrupted else error.exit_code
        if self[ComparisonState.FAILED]:
            return ExitCode.PARTIAL if self.succeeded else ExitCode.REFUSED
        if self.unreadable:
            return ExitCode.CANNOT_RUN
        differs = self.different or self[ComparisonState.INVALID]
        return ExitCode.INVALID if differs else ExitCode.OK

    def closing_line(self, _error: PinpointEndpointsError | None) -> str:
        """Return the counts, also of a run that ended early."""
        return str(self) if self.total else ""

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        shown = (state for state in ComparisonState if self[state] or state in self.good_states)
        parts = (f"{self[state]} {_WORDS.get(state, state)}" for state in shown)
        return f"{counted(self.total, 'endpoint')}: {', '.join(parts)}"


class DifferenceView(View[Comparison]):
    """Shows a comparison."""

    command = "diff"

    def text(self, comparison: Comparison) -> str:
        """Return a line for each change: `source: state endpoint-id: change`."""
        lines = [
            problem_lines(comparison.problems)
            if comparison.state is ComparisonState.INVALID
            else ""
        ]
        endpoint = f" {comparison.endpoint_id}" if comparison.endpoint_id else ""
        start = printable(f"{comparison.source}: {comparison.state}{endpoint}")
        if comparison.message:
            lines.append(f"{start}: {printable(comparison.message)}\n")
        lines += (f"{start}: {self.change_line(change)}\n" for change in comparison.changes)
        return "".join(lines)

    def members(self, comparison: Comparison) -> Iterator[dict[str, Any]]:
        """Return the result of a comparison."""
        yield {
            "endpoint_id": comparison.endpoint_id,
            "source": comparison.source,
            "state": comparison.state,
            "changes": [
                {
                    "member": dotted(change.path, show_values=self.options.show_values),
                    "before": before,
                    "after": after,
                }
                for change in comparison.changes
                for before, after in [self._shown(change)]
            ],
            "message": comparison.message,
            "hint": comparison.hint,
            "problems": [problem_members(problem) for problem in comparison.problems],
        }

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Comparison] | None:
        """Return the reporter that takes the place of a table: changes do not fit into rows."""
        if output != "table":
            return None
        return LineReporter(_BlockView(self.options, stream), stream, counted=True)

    def change_line(self, change: Change) -> str:
        """Return a change without a line end: `~ Location.City: "Seattle" → "Portland"`."""
        name = dotted(change.path, show_values=self.options.show_values)
        start = f"{_sign_of(change)} {name}:"
        before, after = map(_json, self._shown(change))
        if change.before is None:
            return printable(f"{start} {after}")
        if change.after is None:
            return printable(f"{start} {before}")
        return printable(f"{start} {before} → {after}")

    def _shown(self, change: Change) -> tuple[Any, Any]:
        """Return the value before and after; personal values are masked, but distinguishable."""
        if self.options.show_values or not is_personal(change.path):
            return change.before, change.after
        shown = masked_apart([*_texts(change.before), *_texts(change.after)])
        return _masked(change.before, shown), _masked(change.after, shown)


class _BlockView(DifferenceView):
    """Shows a heading and the changes below, for each endpoint that is not the same."""

    def __init__(self, options: ReportOptions, stream: TextIO) -> None:
        super().__init__(options)
        self._stream = stream

    def text(self, comparison: Comparison) -> str:
        lines = ("".join(text for text, _ in line) for line in self.styled_lines(comparison))
        return "".join(f"{line}\n" for line in lines)

    def styled_lines(self, comparison: Comparison) -> Iterator[Segments]:
        state, source = comparison.state, printable(comparison.source)
        if state is ComparisonState.SAME:
            return
        endpoint = printable(comparison.endpoint_id)
        place = f" ({source}): " if endpoint else ": "
        yield [(endpoint or source, "bold"), (place, ""), (str(state), _STYLES[state])]
        if state is ComparisonState.FAILED:
            message = f"  {printable(comparison.message)}"
            yield [(wrapped_for(self._stream, message), "")]
        if state is ComparisonState.INVALID:
            for line in problem_lines(comparison.problems).splitlines():
                yield [(wrapped_for(self._stream, f"  {line}", 4), "")]
        for change in comparison.changes:
            yield [(f"  {self.change_line(change)}", _SIGN_STYLES[_sign_of(change)])]
        yield []


def _sign_of(change: Change) -> str:
    """Return `+` for what is new, `-` for what is removed, `~` for what changes."""
    if change.before is None:
        return "+"
    return "-" if change.after is None else "~"


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [str(item) for item in items if item not in (None, "")]


def _masked(value: Any, shown: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_masked(item, shown) for item in value]
    return shown.get(str(value), value)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
