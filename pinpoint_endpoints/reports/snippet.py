"""Show the source line of a problem with a caret under the place."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.documents.masked_source import shown_line
from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.documents.template_shapes import TEMPLATE_TEXT
from pinpoint_endpoints.masking import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.measure import Measurement

_CUT = "…"
_TAB = "    "
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_MAX_CONTEXT = 200
"""Characters before and after the caret: a whole file may be one line."""

_MIN_WIDTH, _MAX_WIDTH = 24, 100
"""In columns: a longer source line is cut around the caret."""

_PARTS = 3
"""Where a line is cut, one part of the width is before the caret: often the key of a value."""


class Excerpt(NamedTuple):
    """A line of a file, and the part of it that has a problem.

    Attributes:
        line: its number, counted from 1.
        text: the line as it may be shown; of a very long line, the text around the part.
        start: the offset of the part in the text, in characters.
        end: the offset of the first character after it.
    """

    line: int
    text: str
    start: int
    end: int


def excerpt_of(checked: Checked, problem: Problem, *, show_values: bool) -> Excerpt | None:
    """Return the source line of a problem; None if it has none, or the text is gone."""
    if not problem.line:
        return None
    document = checked.document
    show_values = show_values or document.shape == TEMPLATE_TEXT
    text = shown_line(document.locator.map, problem.line, show_values=show_values)
    return _excerpt(text, problem) if text else None


def _excerpt(text: str, problem: Problem) -> Excerpt:
    start = problem.column - 1
    end = max(problem.end_column - 1, problem.column)
    if len(text) > start + _MAX_CONTEXT:
        text = text[: start + _MAX_CONTEXT] + _CUT
    if start > _MAX_CONTEXT:
        omitted = start - _MAX_CONTEXT
        text = _CUT + text[omitted:]
        start, end = start - omitted + len(_CUT), end - omitted + len(_CUT)
    return Excerpt(problem.line, text, start, end)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A source line with a caret under the place, which rich prints as wide as there is room.

    Attributes:
        excerpt: the source line.
        style: the style of the caret.
        indent: how many columns are left free before it.
    """

    excerpt: Excerpt
    style: str
    indent: int = 0

    def __rich_console__(
        self, console: "Console", options: "ConsoleOptions"
    ) -> "Iterator[RenderableType]":
        from rich.text import Text

        number = str(self.excerpt.line)
        source, marks = draw(self.excerpt, max(options.max_width - self._margin, 1))
        for label, text, style in ((number, source, ""), (" " * len(number), marks, self.style)):
            start = f"{' ' * self.indent}{label} | "
            yield Text.assemble((start, "dim"), (text, style), no_wrap=True, end="\n")

    def __rich_measure__(self, console: "Console", options: "ConsoleOptions") -> "Measurement":
        from rich.measure import Measurement

        widest = min(_width(_shown(self.excerpt.text)) + 1, _MAX_WIDTH)
        min_width = min(widest, _MIN_WIDTH)
        return Measurement(self._margin + min_width, self._margin + widest)

    @property
    def _margin(self) -> int:
        return self.indent + len(f"{self.excerpt.line} | ")


def draw(excerpt: Excerpt, width: int) -> tuple[str, str]:
    """Return the source line and the line with the caret, both without line numbers.

    Args:
        excerpt: the source line.
        width: in columns of the terminal; wide characters take two.
    """
    start, end = excerpt.start, excerpt.end
    first = _first_shown(excerpt.text, start, width)
    last = _last_shown(excerpt.text, first, width)
    cut_before, cut_after = first > 0, last < len(excerpt.text)
    before = _CUT * cut_before + _shown(excerpt.text[first:start])
    part = _shown(excerpt.text[start : min(end, last)])
    source = before + part + _shown(excerpt.text[min(end, last) : last]) + _CUT * cut_after
    marks = "^" + "~" * (_width(part) - 1)
    return source, " " * _width(before) + marks


def _first_shown(text: str, start: int, width: int) -> int:
    """Return where the shown part begins: with some text before the caret."""
    if _fits(text, 0, width) == len(text):
        return 0
    after = max(_width(_shown(text[start : start + width])), 1)
    room = max(width // _PARTS, width - after) - len(_CUT)
    return start - _fits(text[max(start - width, 0) : start][::-1], 0, room)


def _last_shown(text: str, first: int, width: int) -> int:
    room = width - len(_CUT) * (first > 0)
    last = _fits(text, first, room)
    return last if last == len(text) else _fits(text, first, room - len(_CUT))


def _fits(text: str, first: int, width: int) -> int:
    """Return the end of the longest part of a text that starts at `first` and fits into a width."""
    taken = 0
    for index in range(first, len(text)):
        taken += _width(_shown(text[index]))
        if taken > width:
            return index
    return len(text)


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _shown(text: str) -> str:
    return re.sub(CONTROLS, _REPLACED, text.replace("\t", _TAB))
