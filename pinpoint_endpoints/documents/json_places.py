"""Find single values in a JSON text: only the objects and lists on the way to them are read.

A problem is shown with its line and column, which no fast parser gives, and reading a whole text in
Python takes fifty times as long as parsing it. So json's scanner, which is written in C, jumps over
each value that is not on the way.
"""

import re
from collections.abc import Iterable
from itertools import accumulate
from json.decoder import (  # type: ignore[attr-defined] # a name without a stub
    JSONDecoder,
    scanstring,
)
from typing import Any

from pinpoint_endpoints.documents.positions import LineIndex, PositionMap, Span, ValuePath

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN_KEY = re.compile(r'[ \t\n\r]*,?[ \t\n\r]*"([^"\\]*)"[ \t\n\r]*:[ \t\n\r]*')
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_DECODER: Any = JSONDecoder(parse_int=float)  # int refuses more than 4,300 digits
_skip = _DECODER.scan_once


_Extent = tuple[int, int, int, int]
"""The offsets of a value and of its end, then those of its key; both are 0 if it has none."""


class JsonPlaces:
    """Reads an object or list when a value in it is asked for, and remembers where its parts are.

    Args:
        text: JSON with one value and without duplicate names.
        first_line: the number of its first line in the file.
    """

    def __init__(self, text: str, first_line: int) -> None:
        self._text = text
        self._lines = LineIndex(text, first_line)
        self._whole: _Extent = (_after(_SPACE, text, 0), len(text.rstrip(" \t\r\n")), 0, 0)
        self._inside: dict[int, dict[str | int, _Extent]] = {}

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key, as a `Locator` does."""
        start, end, key_start, key_end = self._whole
        for step in path:
            found = self._parts(start).get(step)
            if found is None:
                break
            start, end, key_start, key_end = found
        else:
            if key and key_end:
                return self._lines.span(key_start, key_end)
        return self._lines.span(start, end)

    def _parts(self, start: int) -> dict[str | int, _Extent]:
        """Return where the parts of the value at an offset are: none if it has none."""
        parts = self._inside.get(start)
        if parts is None:
            parts = self._inside[start] = self._read(start)
        return parts

    def map_around(self, paths: Iterable[ValuePath]) -> PositionMap:
        """Return the positions of the values at some paths, their parents and their siblings."""
        found = PositionMap(self._text, lines=self._lines)
        found.values[()], found.ends[()], *_ = self._whole
        read: set[ValuePath] = set()
        for path in paths:
            for above in accumulate(((step,) for step in path[:-1]), initial=()):
                if above not in read:
                    read.add(above)
                    self._add_parts(found, above)
        return found

    def _add_parts(self, found: PositionMap, above: ValuePath) -> None:
        for step, (start, end, key, key_end) in self._read(found.values[above]).items():
            path = (*above, step)
            found.values[path], found.ends[path] = start, end
            if key_end:
                found.keys[path], found.key_ends[path] = key, key_end

    def _read(self, start: int) -> dict[str | int, _Extent]:
        read = {"{": self._members, "[": self._items}.get(self._text[start])
        return read(start + 1) if read else {}

    def _members(self, end: int) -> dict[str | int, _Extent]:
        text = self._text
        members: dict[str | int, _Extent] = {}
        while True:
            if plain := _PLAIN_KEY.match(text, end):
                name, key = plain[1], plain.start(1) - 1
                key_end, start = plain.end(1) + 1, plain.end()
            else:
                key = _after(_COMMA, text, end)
                if text[key] != '"':
                    return members
                name, key_end = scanstring(text, key + 1)
                start = _after(_COLON, text, key_end)
            end = _skip(text, start)[1]
            members[name] = (start, end, key, key_end)

    def _items(self, index: int) -> dict[str | int, _Extent]:
        text = self._text
        items: dict[str | int, _Extent] = {}
        start = _after(_SPACE, text, index)
        while text[start] != "]":
            end = _skip(text, start)[1]
            items[len(items)] = (start, end, 0, 0)
            start = _after(_COMMA, text, end)
        return items


def _after(pattern: re.Pattern[str], text: str, index: int) -> int:
    """Return the offset after a match of a pattern that matches at an index."""
    return pattern.match(text, index).end()  # type: ignore[union-attr] # it matches valid JSON
