"""Positions of values in a text, and paths to them as JSON pointers (RFC 6901).

Positions are computed only for problems that are shown.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

from pinpoint_endpoints.masking import looks_like_address, shown_member
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES
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

SHORT_BYTES = 3_000
"""No value in so short a text is too large; a number in full may be five times as long: `1e15`."""


class LineIndex:
    """Turns offsets in a text into lines and columns.

    Args:
        text: the text that the offsets refer to, in characters.
        first_line: the number of its first line, if the text is part of a file.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line
        self._starts = [0]
        if "\r" in text:
            self._starts += [found.end() for found in _LINE_BREAK.finditer(text)]
        elif "\n" in text:  # in a quarter of the time
            lengths = [len(line) + 1 for line in text.split("\n")]
            self._starts += accumulate(lengths[:-1])

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
        start, *following = self._starts[index : index + 2]
        end = following[0] if following else len(self._text)
        while end > start and self._text[end - 1] in "\r\n":
            end -= 1
        return start, end


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

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key, as a `Locator` does."""
        if key and path in self.keys:
            return self._span(self.keys[path], self.key_ends.get(path))
        while path not in self.values and path:
            path = path[:-1]
        return self._span(self.values.get(path, 0), self.ends.get(path))

    def _span(self, start: int, end: int | None) -> Span:
        return self.lines.span(start, len(self.text) if end is None else end)


class Locator:
    """Finds values in the text of a document; reads the text again only when a place is shown.

    Attributes:
        in_order: whether members stand in the text in their order in the value; not where an alias
            repeats what stands above.
        first_line: the number of the line in the file where the text begins.
    """

    __slots__ = ()
    in_order: bool
    first_line = 1

    @property
    def size(self) -> int:
        """How many bytes the text has, or more."""
        return MAX_REQUEST_BYTES

    @property
    def is_plain(self) -> bool:
        """Whether it is certain that no value is too large to send or has invisible characters."""
        return False

    @property
    def map(self) -> PositionMap:
        """The positions of all values."""
        raise NotImplementedError

    def map_around(self, _paths: Iterable[ValuePath]) -> PositionMap:
        """Return the positions of at least the values at these paths and their siblings."""
        return self.map

    def line(self, path: ValuePath) -> int:
        """Return the number of the line where the value at `path` starts."""
        return self.locate(path).line

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key.

        If there is no such value, return the place of the nearest value above it.
        """
        return self.map.locate(path, key=key)


class PositionMaps:
    """The positions in all documents of a file, computed together when one is first needed.

    Args:
        make: parses the file.
    """

    __slots__ = ("_found", "_make")

    def __init__(self, make: Callable[[], Iterable[PositionMap]]) -> None:
        self._make = make
        self._found: list[PositionMap] = []

    def __getitem__(self, index: int) -> PositionMap:
        """Return the positions in one document."""
        if not self._found:
            self._found = list(self._make())
        return self._found[index]


class MapLocator(Locator):
    """Finds values in the map of all positions.

    Args:
        maps: those of the file.
        index: the index of the document in the file.
        in_order: as the attribute.
        first_line: as the attribute.
    """

    __slots__ = ("_index", "_maps", "first_line", "in_order")

    def __init__(
        self, maps: PositionMaps, index: int = 0, *, in_order: bool = True, first_line: int = 1
    ) -> None:
        self._maps = maps
        self._index = index
        self.in_order = in_order
        self.first_line = first_line

    @property
    def map(self) -> PositionMap:
        """The positions of all values."""
        return self._maps[self._index]


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
