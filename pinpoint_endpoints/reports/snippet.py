"""Show the source line of a problem with a caret under the place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.documents.masked_source import shown_line
from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.masking import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.measure import Measurement

_CUT = "…"
_TAB = "    "
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_KEPT = 200
"""Characters before and after the caret; no terminal shows more, and a file may be one line."""

_NARROWEST = 24
_WIDEST = 100
"""Cells that a source line asks for; what is longer is shown around the caret."""

_PARTS = 3
"""Where a line is cut, one part of the room stands before the caret: often a value's key."""


class Excerpt(NamedTuple):
    """A line of a file, and which part of it is meant.

    Attributes:
        line: its number, counted from 1.
        text: as it may be shown; of a very long line the surroundings of the part.
        start: the offset of the part in the text, in characters.
        end: the offset of the first character after it.
    """

    line: int
    text: str
    start: int
    end: int


def excerpt_of(checked: Checked, problem: Problem, *, show_values: bool) -> Excerpt | None:
    """Return the source line of a problem, or None for a whole file and a text that is gone."""
    if not problem.line:
        return None
    text = shown_line(checked.document.locator.map, problem.line, show_values=show_values)
    return _excerpt(text, problem) if text else None


def _excerpt(text: str, problem: Problem) -> Excerpt:
    start = problem.column - 1
    end = max(problem.end_column - 1, problem.column)
    if len(text) > start + _KEPT:
        text = text[: start + _KEPT] + _CUT
    if start > _KEPT:
        left_out = start - _KEPT
        text = _CUT + text[left_out:]
        start, end = start - left_out + len(_CUT), end - left_out + len(_CUT)
    return Excerpt(problem.line, text, start, end)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A source line with a caret under the place, as wide as there is room; for rich.

    Attributes:
        excerpt: what is shown.
        style: of the caret.
    """

    excerpt: Excerpt
    style: str

    def __rich_console__(
        self, console: "Console", options: "ConsoleOptions"
    ) -> "Iterator[RenderableType]":
        from rich.text import Text

        number = str(self.excerpt.line)
        source, marks = drawn(self.excerpt, max(options.max_width - self._margin, 1))
        for label, text, style in ((number, source, ""), (" " * len(number), marks, self.style)):
            yield Text.assemble((f"{label} | ", "dim"), (text, style), no_wrap=True, end="\n")

    def __rich_measure__(self, console: "Console", options: "ConsoleOptions") -> "Measurement":
        from rich.cells import cell_len
        from rich.measure import Measurement

        widest = min(cell_len(_shown(self.excerpt.text)) + 1, _WIDEST)
        narrowest = min(widest, _NARROWEST)
        return Measurement(self._margin + narrowest, self._margin + widest)

    @property
    def _margin(self) -> int:
        return len(f"{self.excerpt.line} | ")


def drawn(excerpt: Excerpt, width: int) -> tuple[str, str]:
    """Return the source line and the line with the caret, each without the number before it.

    Args:
        excerpt: what is shown.
        width: how many cells of a terminal there are; wide characters take two.
    """
    from rich.cells import cell_len

    start, end = excerpt.start, excerpt.end
    first = _first_shown(excerpt.text, start, width)
    last = _last_shown(excerpt.text, first, width)
    cut_before, cut_after = first > 0, last < len(excerpt.text)
    before = _CUT * cut_before + _shown(excerpt.text[first:start])
    meant = _shown(excerpt.text[start : min(end, last)])
    source = before + meant + _shown(excerpt.text[min(end, last) : last]) + _CUT * cut_after
    marks = "^" + "~" * (cell_len(meant) - 1)
    return source, " " * cell_len(before) + marks


def _first_shown(text: str, start: int, width: int) -> int:
    """Return where a window begins, so that the caret and something before it stand in it."""
    from rich.cells import cell_len

    if _fits(text, 0, width) == len(text):
        return 0
    after = max(cell_len(_shown(text[start : start + width])), 1)
    room = max(width // _PARTS, width - after) - len(_CUT)
    return start - _fits(text[max(start - width, 0) : start][::-1], 0, room)


def _last_shown(text: str, first: int, width: int) -> int:
    room = width - len(_CUT) * (first > 0)
    last = _fits(text, first, room)
    return last if last == len(text) else _fits(text, first, room - len(_CUT))


def _fits(text: str, first: int, width: int) -> int:
    """Return the end of the longest part of a text from `first` on that is so wide at most."""
    from rich.cells import cell_len

    taken = 0
    for index in range(first, len(text)):
        taken += cell_len(_shown(text[index]))
        if taken > width:
            return index
    return len(text)


def _shown(text: str) -> str:
    return CONTROLS.sub(_REPLACED, text.replace("\t", _TAB))
