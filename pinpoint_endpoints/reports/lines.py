"""Write results as lines of text, at once."""

from typing import TYPE_CHECKING, Any, Generic, TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.reporter import R, View
from pinpoint_endpoints.reports.tally import Tally

if TYPE_CHECKING:
    from rich.console import Console

_MIN_WIDTH = 60
"""In columns: shorter lines are written as they are, and nothing is imported for them."""


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


def wrapped_for(stream: TextIO, line: str) -> str:
    """Return a line of prose as it is written to a stream: a terminal would break it in a word."""
    if len(line) < _MIN_WIDTH or not stream.isatty():
        return line
    from shutil import get_terminal_size
    from textwrap import wrap

    width = get_terminal_size().columns
    if not width or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip(" ")))
    broken = wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join(broken) + line[len(line.rstrip("\n")) :]
