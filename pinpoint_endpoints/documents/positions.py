"""Positions of values in a text, and paths to them as JSON pointers (RFC 6901).

Positions are computed only for documents with problems.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from pinpoint_endpoints.masking import looks_like_address, shown_member
from pinpoint_endpoints.schema.bundled import bundled_schema

ValuePath = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a file to a value."""

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Position(NamedTuple):
    """A line and a column in characters, both counted from 1; both 0 mean the whole file."""

    line: int
    column: int


class Span(NamedTuple):
    """The start of a part of a text, and the first column after its part of that line."""

    line: int
    column: int
    end_column: int


Place = Position | Span


class LineIndex:
    """Turns offsets in a text into lines and columns.

    Args:
        text: the text that the offsets refer to, in characters.
        first_line: the number of its first line, if the text is part of a file.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def position(self, offset: int) -> Position:
        """Return the position of the character at an offset."""
        offset = min(offset, len(self._text))
        index = bisect_right(self._starts, offset) - 1
        return Position(self._first_line + index, offset - self._starts[index] + 1)

    def span(self, start: int, end: int) -> Span:
        """Return the place between two offsets, cut off at the end of its first line."""
        line, column = self.position(start)
        begin, line_end = self.bounds(line)
        return Span(line, column, max(min(end, line_end) - begin, column) + 1)

    def bounds(self, line: int) -> tuple[int, int]:
        """Return the offsets of the start and end of a line, without its line break.

        A line outside the text is empty: both are 0.
        """
        index = line - self._first_line
        if not 0 <= index < len(self._starts):
            return 0, 0
        start = self._starts[index]
        following = self._starts[index + 1 : index + 2]
        text = self._text[start : following[0] if following else len(self._text)]
        return start, start + len(text.rstrip("\r\n"))


class PositionMap:
    """The offsets of each value and each key of a document, by path.

    Attributes:
        lines: the lines of the text.
        text: the whole text, without its byte order mark.
        values: offsets where values start.
        keys: offsets where keys start.
        ends: offsets of the first character after a value; values repeated by an alias have none.
        key_ends: offsets of the first character after a key.
    """

    __slots__ = ("ends", "key_ends", "keys", "lines", "text", "values")

    def __init__(
        self, text: str = "", first_line: int = 1, *, lines: LineIndex | None = None
    ) -> None:
        self.text = text
        self.lines = lines or LineIndex(text, first_line)
        self.values: dict[ValuePath, int] = {}
        self.keys: dict[ValuePath, int] = {}
        self.ends: dict[ValuePath, int] = {}
        self.key_ends: dict[ValuePath, int] = {}


class Locator:
    """Finds the positions of values in a file; parses the file for them once, on first use.

    Args:
        make: parses the file and returns the positions.
        only_line: the line number of a document on a single line; else 0.
    """

    __slots__ = ("_make", "_map", "_only_line")

    def __init__(self, make: Callable[[], PositionMap], only_line: int = 0) -> None:
        self._make = make
        self._map: PositionMap | None = None
        self._only_line = only_line

    @property
    def map(self) -> PositionMap:
        """The positions of all values."""
        if self._map is None:
            self._map = self._make()
        return self._map

    def line(self, path: ValuePath) -> int:
        """Return the number of the line where the value at `path` starts."""
        return self._only_line or self.locate(path).line

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key.

        If there is no such value, return the place of the nearest value above it.
        """
        found = self.map
        if key and path in found.keys:
            return _span(found, found.keys[path], found.key_ends.get(path))
        while path not in found.values and path:
            path = path[:-1]
        return _span(found, found.values.get(path, 0), found.ends.get(path))


def _span(found: PositionMap, start: int, end: int | None) -> Span:
    return found.lines.span(start, len(found.text) if end is None else end)


def json_pointer(path: ValuePath) -> str:
    """Return a path as a JSON pointer, with names masked that may be personal data."""
    return "".join(
        "/" + shown_name(str(step)).replace("~", "~0").replace("/", "~1") for step in path
    )


def member_with_value(name: str) -> str:
    """Return the member's name in a key that contains its value too; else an empty string.

    A YAML key contains its value if the colon, or the space after it, is missing.
    """
    if ":" in name:
        return name.partition(":")[0]
    member, _, value = name.strip().partition(" ")
    return member if value and member in _members() else ""


@cache
def _members() -> frozenset[str]:
    shapes = bundled_schema()["$defs"].values()
    return frozenset(chain.from_iterable(shape.get("properties", ()) for shape in shapes))


@lru_cache(maxsize=4096)  # the documents of a run mostly have the same names
def shown_name(name: str) -> str:
    """Return a key of a file, which may be malformed, with personal data masked."""
    member = "" if looks_like_address(name) else member_with_value(name)
    return f"{member}:***" if member else shown_member(name)
