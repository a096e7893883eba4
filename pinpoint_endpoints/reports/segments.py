"""Report who is in a segment: counts, ids, what each criterion does, and why for one endpoint."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TextIO

from pinpoint_endpoints.convert.output import WrittenFile
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import (
    counted,
    is_personal,
    looks_like_address,
    masked,
    printable,
    shown_member,
)
from pinpoint_endpoints.reports.files import file_line, file_members
from pinpoint_endpoints.reports.reporter import Cell, Column, Reporter, ReportOptions, View
from pinpoint_endpoints.reports.table import console_for
from pinpoint_endpoints.reports.tally import AudienceTally, Tally
from pinpoint_endpoints.reports.wrapping import wrapped_for
from pinpoint_endpoints.segments import explain
from pinpoint_endpoints.segments.evaluate import Answer
from pinpoint_endpoints.segments.explain import CriterionCounts, Level
from pinpoint_endpoints.segments.funnel import Funnel, Stage, Step

_MAX_VALUES = 5
_INDENT = "  "
_VERDICTS = {
    True: "is in the segment",
    False: "is not in the segment",
    None: "may or may not be in the segment: it cannot be decided",
}
_STYLES = {True: "green", False: "red", None: "yellow"}


class Listed(NamedTuple):
    """One endpoint in the segment.

    Attributes:
        endpoint_id: empty for one without an id.
        channel: its channel type, or empty.
        place: where it was read; empty for a stored one.
    """

    endpoint_id: str
    channel: str
    place: str


class Explained(NamedTuple):
    """One line of the explanation for one endpoint.

    Attributes:
        endpoint_id: the id of the endpoint; empty for one without an id.
        level: the line.
        place: the place of the value that it looked at; empty if there is none.
        defined_at: the place of the level in the definition.
    """

    endpoint_id: str
    level: Level
    place: str
    defined_at: str


class CountedCriterion(NamedTuple):
    """The effect of a criterion on the whole audience.

    Attributes:
        counts: its counts.
        defined_at: its place in the definition.
    """

    counts: CriterionCounts
    defined_at: str


Result = Step | Listed | WrittenFile | Explained | CountedCriterion


class MemberTally(AudienceTally[Result]):
    """Counts endpoints in and out of a segment.

    Attributes:
        funnel: counts them.
        as_of: the instant that the answers are of, or empty.
        files: what was written.
    """

    def __init__(self, funnel: Funnel | None = None, as_of: str = "") -> None:
        super().__init__()
        self.funnel = funnel or Funnel()
        self.as_of = as_of
        self.files: list[WrittenFile] = []

    def add(self, result: Result, /) -> None:
        """Keep a written file; the funnel has counted the endpoints."""
        if isinstance(result, WrittenFile):
            self.files.append(result)

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        funnel = self.funnel
        return {
            **super().members(),
            "members": funnel.members,
            "undecided": funnel[Stage.UNDECIDED],
            "sent": funnel[Stage.SENT],
        }

    def closing_line(self, _error: PinpointEndpointsError | None) -> str:
        """Return how many endpoints are in the segment, and how many would be sent a message."""
        funnel = self.funnel
        undecided = funnel[Stage.UNDECIDED]
        unknown = f", {undecided:,} cannot be decided" if undecided else ""
        as_of = f", as of {self.as_of}" if self.as_of else ""
        total = counted(funnel.total, "endpoint")
        sent = f"{funnel[Stage.SENT]:,} would be sent"
        return f"{funnel.members:,} of {total} {funnel.words.matched}, {sent}{unknown}{as_of}"


class MemberView(View[Result]):
    """Shows the counts of members.

    Args:
        options: the options of the report.
        command: the command that ran.
    """

    columns: ClassVar[Sequence[Column]] = (
        Column("Stage"),
        Column("Endpoints"),
        Column("Metric of AWS", optional=True),
        Column("By channel", min_width=16),
    )

    def __init__(self, options: ReportOptions, command: str) -> None:
        super().__init__(options)
        self.command = command
        self._width = 0

    def rows(self, result: Result) -> Iterator[Sequence[Cell]]:
        """Return the row of a line of the funnel."""
        if isinstance(result, Step):
            self._width = max(self._width, len(f"{result.number:,}"))
            channels = _channels(result.by_channel)
            yield result.name, f"{result.number:>{self._width},}", result.metric, channels

    def text(self, result: Result) -> str:
        """Return a line with tabs."""
        if isinstance(result, Step):
            channels = ",".join(f"{name}={count}" for name, count in result.by_channel.items())
            return f"{result.number}\t{result.name}\t{result.metric}\t{printable(channels)}\n"
        if isinstance(result, Listed):
            return f"{printable(self._id(result.endpoint_id) or result.place)}\n"
        if isinstance(result, WrittenFile):
            return f"{printable(file_line(result))}\n"
        if isinstance(result, Explained):
            values = ", ".join(self._values(result.level))
            text = _INDENT * result.level.depth + result.level.text
            columns = (text, values, result.place, result.level.note, result.defined_at)
            return "\t".join((answer_word(result.level.answer), *map(printable, columns))) + "\n"
        counts = result.counts
        numbers = "\t".join(str(counts.counts[column]) for column in explain.Column)
        hints = "; ".join(self._hints(counts))
        cells = f"{printable(counts.text)}\t{printable(hints)}\t{printable(result.defined_at)}"
        return f"{numbers}\t{counts.lacking}\t{cells}\n"

    def members(self, result: Result) -> Iterator[dict[str, Any]]:
        """Return the result of the envelope."""
        if isinstance(result, Step):
            yield {
                "kind": "stage",
                "stage": result.stage,
                "text": result.name,
                "metric": result.metric,
                "count": result.number,
                "channels": {
                    shown_member(name): count for name, count in result.by_channel.items()
                },
            }
        elif isinstance(result, Listed):
            yield {
                "kind": "endpoint",
                "endpoint_id": self._id(result.endpoint_id),
                "channel": shown_member(result.channel),
                "place": result.place,
            }
        elif isinstance(result, WrittenFile):
            yield file_members(result)
        elif isinstance(result, Explained):
            yield {
                "kind": "level",
                "endpoint_id": self._id(result.endpoint_id),
                "depth": result.level.depth,
                "answer": answer_word(result.level.answer),
                "text": result.level.text,
                "values": self._values(result.level),
                "place": result.place,
                "note": result.level.note,
                "defined_at": result.defined_at,
            }
        else:
            counts = result.counts
            yield {
                "kind": "criterion",
                "text": counts.text,
                **{column.value: counts.counts[column] for column in explain.Column},
                "lacking": counts.lacking,
                "hints": self._hints(counts),
                "defined_at": result.defined_at,
            }

    def _id(self, endpoint_id: str) -> str:
        """Return an id as it may be shown: masked if it is an address."""
        if self.options.show_values or not looks_like_address(endpoint_id):
            return endpoint_id
        return masked(endpoint_id)

    def _values(self, level: Level) -> list[str]:
        """Return the values that a criterion looked at, masked if they are personal."""
        if level.member is None:
            return []
        personal = is_personal([str(step) for step in level.member])
        shown = [
            text if self.options.show_values else masked(text) if personal else shown_member(text)
            for text in map(_text_of, level.values[:_MAX_VALUES])
        ]
        more = len(level.values) - _MAX_VALUES
        return [*shown, f"{more:,} more"] if more > 0 else shown

    def _hints(self, counts: CriterionCounts) -> list[str]:
        part = counts.node.part
        member = getattr(part, "member", ())
        personal = is_personal([str(step) for step in member])
        hints = []
        for hint in counts.hints():
            value = hint.value
            if value and not self.options.show_values:
                value = masked(value) if personal else shown_member(value)
            number = f" ({counted(hint.number, 'endpoint')})" if hint.number else ""
            hints.append(f"{hint.text}{f', such as {value}' if value else ''}{number}")
        return hints


class ListView(MemberView):
    """Shows the ids of the endpoints in the segment."""

    columns = (Column("Endpoint id"), Column("Channel"), Column("Place", 20, optional=True))

    def rows(self, result: Result) -> Iterator[Sequence[Cell]]:
        """Return the row of an endpoint."""
        if isinstance(result, Listed):
            place = "" if result.endpoint_id else result.place
            yield self._id(result.endpoint_id), shown_member(result.channel), place

    def text(self, result: Result) -> str:
        """Return the line of an endpoint, and nothing else: other commands read ids."""
        return super().text(result) if isinstance(result, Listed) else ""


class CriteriaView(MemberView):
    """Shows the criteria of a segment with their effect on the audience."""

    columns = (
        Column("Criterion", min_width=30),
        Column("Passes"),
        Column("Fails"),
        Column("Undecided", optional=True),
        Column("Without it"),
        Column("Hints", min_width=30, optional=True),
        Column("Defined at", min_width=12, optional=True),
    )
    max_rows = None

    def rows(self, result: Result) -> Iterator[Sequence[Cell]]:
        """Return the row of a criterion."""
        if isinstance(result, CountedCriterion):
            counts = result.counts
            undecided = counts.counts[explain.Column.UNDECIDED]
            yield (
                counts.text,
                f"{counts.counts[explain.Column.PASSES]:,} pass",
                f"{counts.counts[explain.Column.FAILS]:,} fail",
                f"{undecided:,} undecided" if undecided else "",
                f"{counts.lacking:,} without",
                self._hints(counts),
                result.defined_at,
            )


class TreeView(MemberView):
    """Shows the explanation for one endpoint."""

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Result] | None:
        """Return the reporter that draws a tree in place of a table."""
        return _TreeReporter(self, stream) if output == "table" else None

    def lines(self, explained: Explained) -> Iterator[tuple[str, int, str]]:
        """Yield the lines of a level of the tree, each with its indent and its style."""
        level = explained.level
        word = answer_word(level.answer)
        if not level.depth:
            yield f"{self._id(explained.endpoint_id)} {_VERDICTS[level.answer]}", 0, "bold"
        text = f"{word:9} {_INDENT * level.depth}{level.text}"
        indent = len(f"{'':9} {_INDENT * (level.depth + 2)}")
        yield text, indent - len(_INDENT), _STYLES[level.answer]
        values = self._values(level)
        place = f" ({explained.place})" if explained.place else ""
        found = f"found {', '.join(values)}{place}" if values else ""
        for below in filter(None, (found, level.note)):
            yield f"{'':{indent}}{below}", indent, ""


class _TreeReporter:
    """Prints the tree of a segment."""

    def __init__(self, view: TreeView, stream: TextIO) -> None:
        self._view = view
        self._stream = stream
        self._last = ""

    def add(self, result: Result, /) -> None:
        """Print a level."""
        if not isinstance(result, Explained):
            return
        from rich.text import Text

        console = console_for(self._stream)
        for line, indent, style in self._view.lines(result):
            shown = wrapped_for(self._stream, printable(line), indent)
            console.print(Text(shown, style=style), soft_wrap=True)

    def close(self, _tally: Tally[Any], _error: PinpointEndpointsError | None, /) -> None:
        """Print nothing more: the first level is the answer."""


def answer_word(answer: Answer) -> str:
    """Return an answer in a word."""
    return {True: "yes", False: "no", None: "undecided"}[answer]


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else f"{value}"


def _channels(by_channel: Mapping[str, int]) -> str:
    return ", ".join(f"{shown_member(name)} {count:,}" for name, count in by_channel.items())
