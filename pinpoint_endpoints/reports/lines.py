"""Write results as lines of text, at once."""

from typing import TYPE_CHECKING, Any, Generic, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.reporter import R, View
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.reports.wrapping import wrapped_for

if TYPE_CHECKING:
    from rich.console import Console


class LineReporter(Generic[R]):
    """Writes the text of each result as it comes.

    Args:
        view: the kind of result.
        stream: where the lines are written.
        counted: whether the counts follow when the run is over.
    """

    def __init__(self, view: View[R], stream: TextIO, *, counted: bool = False) -> None:
        self._view = view
        self._stream = stream
        self._counted = counted and not view.options.quiet
        self._console: Console | None = None

    def add(self, result: R, /) -> None:
        """Write one result."""
        lines = self._view.styled_lines(result) if self._view.options.styled else None
        if lines is None:
            self._stream.write(self._view.text(result))
            return
        from rich.text import Text

        from pinpoint_endpoints.reports.snippet import Snippet
        from pinpoint_endpoints.reports.table import console_for

        self._console = self._console or console_for(self._stream)
        for line in lines:
            if isinstance(line, Snippet):
                self._console.print(line)
            else:
                self._console.print(Text.assemble(*line), soft_wrap=True)

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write the counts."""
        line = tally.closing_line(error) if self._counted else ""
        if line:
            self._stream.write(wrapped_for(self._stream, f"{line}\n"))
