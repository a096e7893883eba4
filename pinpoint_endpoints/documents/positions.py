"""Where values stand in a text: made for a document that failed, never for one that is right."""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from itertools import chain
from typing import NamedTuple

from pinpoint_endpoints.masking import looks_like_address, shown_member
from pinpoint_endpoints.schema.bundled import bundled_schema

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value, from the top of a file."""

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Position(NamedTuple):
    """Line and column in characters, both counted from 1; 0 stands for the whole file."""

    line: int
    column: int


class Span(NamedTuple):
    """Where something stands: its start, and the column after its end in the first line."""

    line: int
    column: int
    end_column: int


Place = Position | Span


class LineIndex:
    """Turns an offset into a text into line and column.

    Args:
        text: what the offsets count.
        first_line: the number of its first line, for a text that is cut out of a file.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def position(self, offset: int) -> Position:
        """Return the place of the character at `offset`, in characters from the text's start."""
        offset = min(offset, len(self._text))
        index = bisect_right(self._starts, offset) - 1
        return Position(self._first_line + index, offset - self._starts[index] + 1)

    def span(self, start: int, end: int) -> Span:
        """Return the place between two offsets; to the end of the first line, if it has more."""
        line, column = self.position(start)
        begin, line_end = self.bounds(line)
        return Span(line, column, max(min(end, line_end) - begin, column) + 1)

    def bounds(self, line: int) -> tuple[int, int]:
        """Return the offsets of a line's start and end, without its line break.

        A line that the text does not have is empty.
        """
        index = line - self._first_line
        if not 0 <= index < len(self._starts):
            return 0, 0
        start = self._starts[index]
        following = self._starts[index + 1 : index + 2]
        text = self._text[start : following[0] if following else len(self._text)]
        return start, start + len(text.rstrip("\r\n"))


class PositionMap:
    """The place of each value and of each member's key, by path.

    Attributes:
        lines: the lines of the text.
        text: without its byte order mark.
        values: offsets into the text.
        keys: offsets into the text.
        ends: offsets of the first character after a value; none for what an alias repeats.
        key_ends: offsets of the first character after a key.
    """

    __slots__ = ("ends", "key_ends", "keys", "lines", "text", "values")

    def __init__(
        self, text: str = "", first_line: int = 1, *, lines: LineIndex | None = None
    ) -> None:
        self.text = text
        self.lines = lines or LineIndex(text, first_line)
        self.values: dict[Path, int] = {}
        self.keys: dict[Path, int] = {}
        self.ends: dict[Path, int] = {}
        self.key_ends: dict[Path, int] = {}


class Locator:
    """Finds the place of a value in its file; reads the text for it once, when first asked.

    Args:
        make: reads the text.
        only_line: the number of the line, for a text of one line; else 0.
    """

    __slots__ = ("_make", "_map", "_only_line")

    def __init__(self, make: Callable[[], PositionMap], only_line: int = 0) -> None:
        self._make = make
        self._map: PositionMap | None = None
        self._only_line = only_line

    @property
    def map(self) -> PositionMap:
        """The places of all values."""
        if self._map is None:
            self._map = self._make()
        return self._map

    def line(self, path: Path) -> int:
        """Return the number of the line in which the value at `path` begins."""
        return self._only_line or self.locate(path).line

    def locate(self, path: Path, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of the key that it stands under.

        A path that leads nowhere gives the place of the nearest value above it.
        """
        found = self.map
        if key and path in found.keys:
            return _span(found, found.keys[path], found.key_ends.get(path))
        while path not in found.values and path:
            path = path[:-1]
        return _span(found, found.values.get(path, 0), found.ends.get(path))


def _span(found: PositionMap, start: int, end: int | None) -> Span:
    return found.lines.span(start, len(found.text) if end is None else end)


def json_pointer(path: Path) -> str:
    """Return the pointer; names in it stand as they may be shown."""
    return "".join(
        "/" + shown_name(str(step)).replace("~", "~0").replace("/", "~1") for step in path
    )


def holder_of_a_value(name: str) -> str:
    """Return the member in a name that holds its value too, for want of a colon or a space."""
    if ":" in name:
        return name.partition(":")[0]
    member, _, value = name.strip().partition(" ")
    return member if value and member in _members() else ""


@cache
def _members() -> frozenset[str]:
    shapes = bundled_schema()["$defs"].values()
    return frozenset(chain.from_iterable(shape.get("properties", ()) for shape in shapes))


def shown_name(name: str) -> str:
    """Return a name that stands in a file as it may be shown, whatever is wrong with the file.

    In YAML a value is part of the name if the colon, or the space after it, is missing.
    """
    member = "" if looks_like_address(name) else holder_of_a_value(name)
    return f"{member}:***" if member else shown_member(name)
