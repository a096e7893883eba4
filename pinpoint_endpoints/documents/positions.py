"""Where values stand in a text: made for a document that failed, never for one that is right."""

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value, from the top of a file."""

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Position(NamedTuple):
    """Line and column in characters, both counted from 1; 0 stands for the whole file."""

    line: int
    column: int


class LineIndex:
    """Turns an offset into a text into line and column."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
        self._end = len(text)

    def position(self, offset: int) -> Position:
        """Return the place of the character at `offset`, in characters from the text's begin."""
        offset = min(offset, self._end)
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


class PositionMap:
    """The place of each value and of each member's key, by path.

    Attributes:
        lines: the lines of the text.
        values: offsets into the text.
        keys: offsets into the text.
    """

    __slots__ = ("keys", "lines", "values")

    def __init__(self, text: str = "") -> None:
        self.lines = LineIndex(text)
        self.values: dict[Path, int] = {}
        self.keys: dict[Path, int] = {}


class Locator:
    """Finds the place of a value in its file; reads the text for it once, when first asked."""

    __slots__ = ("_make", "_map")

    def __init__(self, make: Callable[[], PositionMap]) -> None:
        self._make = make
        self._map: PositionMap | None = None

    def locate(self, path: Path, *, key: bool = False) -> Position:
        """Return the place of the value at `path`, or of the key that it stands under.

        A path that leads nowhere gives the place of the nearest value above it.
        """
        if self._map is None:
            self._map = self._make()
        found = self._map
        if key and path in found.keys:
            return found.lines.position(found.keys[path])
        while path not in found.values and path:
            path = path[:-1]
        return found.lines.position(found.values.get(path, 0))
