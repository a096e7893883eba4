"""Comparisons as they come in; blocks for people, a line each, or the JSON envelope out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TextIO

from pinpoint_endpoints.delivery.compare import Comparison, State
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.differences import (
    DifferenceTally,
    change_line,
    comparison_members,
    sign_of,
)
from pinpoint_endpoints.reports.envelope import Envelope
from pinpoint_endpoints.reports.problems import problem_lines

if TYPE_CHECKING:
    from rich.console import Console

_Line = list[tuple[str, str]]
"""Texts, each with its style."""

_STYLES = {
    State.NEW: "green",
    State.CHANGED: "yellow",
    State.INVALID: "red",
    State.FAILED: "red",
}
_STYLES_OF_SIGNS = {"+": "green", "-": "red", "~": "yellow"}


class DifferenceReporter(Protocol):
    """Takes comparisons as they come, and keeps none of them."""

    def add(self, comparison: Comparison) -> None:
        """Take one comparison."""

    def close(self, tally: DifferenceTally, error: PinpointEndpointsError | None, /) -> None:
        """Write what is still to be written: the last call, also when the run ended early.

        Args:
            tally: what the run counted.
            error: what stopped the run, if something did.
        """


def open_difference_reporter(
    output: str, stream: TextIO, *, show_values: bool, quiet: bool, styled: bool
) -> DifferenceReporter:
    """Return a reporter that writes to a stream.

    Args:
        output: `table`, `text` or `json`.
        stream: a text stream over a binary one.
        show_values: whether personal data is not masked.
        quiet: whether only results are printed.
        styled: whether there may be colours, which NO_COLOR and TERM can still take away.
    """
    if output == "json":
        return JsonDifferences(stream, show_values=show_values)
    if output == "text":
        return TextDifferences(stream, show_values=show_values)
    return BlockDifferences(stream, show_values=show_values, quiet=quiet, styled=styled)


class BlockDifferences:
    """Prints a heading and its changes below, for each endpoint that is not the same; then counts.

    The arguments are those of `open_difference_reporter`.
    """

    def __init__(self, stream: TextIO, *, show_values: bool, quiet: bool, styled: bool) -> None:
        self._stream = stream
        self._show_values = show_values
        self._quiet = quiet
        self._styled = styled
        self._console: Console | None = None

    def add(self, comparison: Comparison) -> None:
        """Print one comparison."""
        if comparison.state is State.SAME:
            return
        for line in self._block(comparison):
            self._print(line)
        self._stream.write("\n")

    def close(self, tally: DifferenceTally, _error: PinpointEndpointsError | None, /) -> None:
        """Print the counts, also of a run that ended early."""
        if tally.documents and not self._quiet:
            self._stream.write(f"{tally}\n")
        self._stream.flush()

    def _block(self, comparison: Comparison) -> Iterator[_Line]:
        state, source = comparison.state, printable(comparison.source)
        named = printable(comparison.endpoint_id)
        place = f" ({source}): " if named else ": "
        yield [(named or source, "bold"), (place, ""), (str(state), _STYLES[state])]
        if state is State.FAILED:
            yield [(f"  {printable(comparison.message)}", "")]
        if state is State.INVALID:
            for line in problem_lines(comparison.problems).splitlines():
                yield [(f"  {line}", "")]
        for change in comparison.changes:
            line = change_line(change, show_values=self._show_values)
            yield [(f"  {line}", _STYLES_OF_SIGNS[sign_of(change)])]

    def _print(self, line: _Line) -> None:
        if not self._styled:
            self._stream.write("".join(text for text, _ in line) + "\n")
            return
        from rich.text import Text

        from pinpoint_endpoints.reports.table import console_for

        self._console = self._console or console_for(self._stream)
        self._console.print(Text.assemble(*line), soft_wrap=True)


class TextDifferences:
    """Prints a line for each change: `source: state endpoint-id: change`."""

    def __init__(self, stream: TextIO, *, show_values: bool) -> None:
        self._stream = stream
        self._show_values = show_values

    def add(self, comparison: Comparison) -> None:
        """Print one comparison; nothing of an endpoint that is the same."""
        named = f" {comparison.endpoint_id}" if comparison.endpoint_id else ""
        begin = printable(f"{comparison.source}: {comparison.state}{named}")
        if comparison.state is State.INVALID:
            self._stream.write(problem_lines(comparison.problems))
        if comparison.message:
            self._stream.write(f"{begin}: {printable(comparison.message)}\n")
        for change in comparison.changes:
            self._stream.write(f"{begin}: {change_line(change, show_values=self._show_values)}\n")

    def close(self, _tally: DifferenceTally, _error: PinpointEndpointsError | None, /) -> None:
        """Let nothing wait in memory."""
        self._stream.flush()


class JsonDifferences:
    """Writes the envelope."""

    def __init__(self, stream: TextIO, *, show_values: bool) -> None:
        self._envelope = Envelope("diff", stream)
        self._show_values = show_values

    def add(self, comparison: Comparison) -> None:
        """Take one comparison."""
        self._envelope.add(comparison_members(comparison, show_values=self._show_values))

    def close(self, tally: DifferenceTally, error: PinpointEndpointsError | None, /) -> None:
        """Write the envelope."""
        failed = tally.documents - tally.compared
        self._envelope.close(tally.members(), succeeded=tally.compared, failed=failed, error=error)
