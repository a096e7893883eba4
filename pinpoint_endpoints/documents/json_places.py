"""Find single values in a JSON text: only the objects and lists on the way to them are read.

A problem is shown with its line and column, which no fast parser gives, and reading a whole text in
Python takes fifty times as long as parsing it. So json's scanner, which is written in C, jumps over
each value that is not on the way.
"""

import re
from json.decoder import (  # type: ignore[attr-defined] # a name without a stub
    JSONDecoder,
    scanstring,
)
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.positions import LineIndex, Span, ValuePath

_SPACE = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_DECODER: Any = JSONDecoder(parse_int=float)  # int refuses more than 4,300 digits
_skip = _DECODER.scan_once


class _Extent(NamedTuple):
    """The offsets of a value, and of its key if it has one, with those of the ends."""

    start: int
    end: int
    key: int = 0
    key_end: int = 0


class JsonPlaces:
    """Reads an object or list when a value in it is asked for, and remembers where its parts are.

    Args:
        text: JSON with one value and without duplicate names.
        first_line: the number of its first line in the file.
    """

    def __init__(self, text: str, first_line: int) -> None:
        self._text = text
        self._lines = LineIndex(text, first_line)
        self._whole = _Extent(_after(_SPACE, text, 0), len(text.rstrip(" \t\r\n")))
        self._inside: dict[int, dict[str | int, _Extent]] = {}

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key, as a `Locator` does."""
        found = self._whole
        for step in path:
            inner = self._parts(found.start).get(step)
            if inner is None:
                break
            found = inner
        else:
            if key and found.key_end:
                return self._lines.span(found.key, found.key_end)
        return self._lines.span(found.start, found.end)

    def _parts(self, start: int) -> dict[str | int, _Extent]:
        """Return where the parts of the value at an offset are: none if it has none."""
        parts = self._inside.get(start)
        if parts is None:
            read = {"{": self._members, "[": self._items}.get(self._text[start])
            parts = self._inside[start] = read(start + 1) if read else {}
        return parts

    def _members(self, index: int) -> dict[str | int, _Extent]:
        text = self._text
        members: dict[str | int, _Extent] = {}
        key = _after(_SPACE, text, index)
        while text[key] == '"':
            name, key_end = scanstring(text, key + 1)
            start = _after(_COLON, text, key_end)
            end = _skip(text, start)[1]
            members[name] = _Extent(start, end, key, key_end)
            key = _after(_COMMA, text, end)
        return members

    def _items(self, index: int) -> dict[str | int, _Extent]:
        text = self._text
        items: dict[str | int, _Extent] = {}
        start = _after(_SPACE, text, index)
        while text[start] != "]":
            end = _skip(text, start)[1]
            items[len(items)] = _Extent(start, end)
            start = _after(_COMMA, text, end)
        return items


def _after(pattern: re.Pattern[str], text: str, index: int) -> int:
    """Return the offset after a match of a pattern that matches at an index."""
    return pattern.match(text, index).end()  # type: ignore[union-attr] # it matches valid JSON
