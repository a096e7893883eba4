"""Parse JSON strictly: RFC 8259 in UTF-8, without duplicate names, NaN or lone surrogates.

orjson parses valid texts. A slower parser of our own takes over where orjson refuses a text, and
wherever positions are needed: no library gives both.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from json.decoder import (  # type: ignore[attr-defined] # a name without a stub
    JSONDecodeError,
    scanstring,
)
from math import isinf
from typing import NamedTuple

import orjson

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.json_places import JsonPlaces
from pinpoint_endpoints.documents.lookalikes import (
    advice,
    end_of_string,
    may_be_invisible,
    named,
)
from pinpoint_endpoints.documents.model import Parsed, TextProblem
from pinpoint_endpoints.documents.positions import (
    SHORT_BYTES,
    Locator,
    MapLocator,
    Position,
    PositionMap,
    PositionMaps,
    Span,
    ValuePath,
)
from pinpoint_endpoints.documents.text_rules import MAX_DEPTH

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?[\w$.]+")
_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}
_NOT_NUMBERS = {"NaN", "Infinity", "-Infinity"}
_LITERAL_SLIPS = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER_RANGE = range(-(2**63), 2**64)
_MAX_INTEGER_LENGTH = 20
_BACKSLASH = ord("\\")  # searching bytes for an int takes a third of the time
_QUOTE_ESCAPE = b"\\u0022"
_LEVELS_AROUND = 254 - MAX_DEPTH  # orjson writes up to 254 levels
_INDENTED = b"{\n  "
_MAX_INDENTED_BYTES = 65_536  # a hostile text could be much longer with indentation
_UNEXPECTED_END = "unexpected end of input"
_IS_IT_COMPLETE = "is the file complete?"


class JsonLocator(Locator):
    """Finds values in a JSON text that has one value, without problems.

    Args:
        raw: the bytes of a file or of one of its lines.
        first_line: the number of the first line in the file.
    """

    __slots__ = ("_places", "_raw", "first_line")
    in_order = True

    def __init__(self, raw: bytes, first_line: int = 1) -> None:
        self._raw = raw
        self.first_line = first_line
        self._places: JsonPlaces | None = None

    @property
    def size(self) -> int:
        """How many bytes the text has."""
        return len(self._raw)

    @property
    def is_plain(self) -> bool:
        """Whether no value can be too large, or have an invisible character."""
        raw = self._raw
        return len(raw) < SHORT_BYTES and _BACKSLASH not in raw and not may_be_invisible(raw)

    @property
    def map(self) -> PositionMap:
        """The positions of all values."""
        return _map_of(self._raw, self.first_line)

    def map_around(self, paths: Iterable[ValuePath]) -> PositionMap:
        """Return the positions of the values at these paths, their parents and their siblings.

        The map of all values takes twenty times as much memory as the text.
        """
        return JsonPlaces(decode(self._raw, self.first_line), self.first_line).map_around(paths)

    def line(self, path: ValuePath) -> int:
        """Return the number of the line where the value at `path` starts."""
        return self.locate(path).line if b"\n" in self._raw else self.first_line

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key."""
        if self._places is None:
            self._places = JsonPlaces(decode(self._raw, self.first_line), self.first_line)
        return self._places.locate(path, key=key)


@lru_cache(maxsize=1)  # the lines of one text are shown one after the other
def _map_of(raw: bytes, first_line: int) -> PositionMap:
    return next(positions(raw, first_line))


def parse(raw: bytes, first_line: int = 1) -> Iterable[Parsed]:
    """Return the values of a JSON text, usually one, each with its problems.

    Args:
        raw: the bytes of a file or of one of its lines.
        first_line: the number of the first line in the file.

    Raises:
        Unreadable: the text cannot be parsed.
    """
    try:
        value = orjson.loads(raw.removeprefix(codecs.BOM_UTF8))
        if _has_all_names(raw, value) and not _is_too_deep(raw, value):
            return (Parsed(value, (), JsonLocator(raw, first_line)),)
    except (orjson.JSONDecodeError, TypeError):
        pass
    return _parse_carefully(raw, first_line)


def parse_lines(lines: Sequence[bytes], text: bytes) -> list[object]:
    """Return the value of each line; an empty list if any line needs the checks of `parse`.

    This takes two thirds of the time of `parse`: names are counted for all lines together, and
    lists are put around the values so that orjson refuses any that is nested too deeply.

    Args:
        lines: the lines of the text.
        text: the text.
    """
    try:
        values = [*map(orjson.loads, lines)]
        around = values
        for _ in range(_LEVELS_AROUND):
            around = [around]
        return values if _has_quotes_of(text, orjson.dumps(around)) else []
    except (orjson.JSONDecodeError, TypeError):
        return []


def _parse_carefully(raw: bytes, first_line: int) -> Iterator[Parsed]:
    maps = PositionMaps(partial(positions, raw, first_line))
    for index, parsed in enumerate(parse_with_positions(raw, first_line)):
        in_order = not parsed.problems  # such as a duplicate key
        locator = MapLocator(maps, index, in_order=in_order, first_line=first_line)
        yield Parsed(parsed.value, parsed.problems, locator)


def positions(raw: bytes, first_line: int = 1) -> Iterator[PositionMap]:
    """Yield the positions in each value that `parse` returns."""
    with suppress(Unreadable):
        for parsed in parse_with_positions(raw, first_line):
            yield parsed.positions


def as_json(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # a number of more than 64 bits, or half a surrogate pair
        import json

        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")


def _has_all_names(raw: bytes, value: object) -> bool:
    """Tell whether orjson kept every name; a value without a duplicate name has fewer quotes.

    Most files are formatted as orjson writes them, and then no quotes need to be counted.

    Raises:
        TypeError: the value is nested too deeply for orjson to write it.
    """
    is_indented = raw.startswith(_INDENTED) and len(raw) < _MAX_INDENTED_BYTES
    written = orjson.dumps(value, option=orjson.OPT_INDENT_2 if is_indented else None)
    if raw.startswith(written):
        return True
    return _has_quotes_of(raw, written)


def _has_quotes_of(raw: bytes, written: bytes) -> bool:
    escaped = raw.count(_QUOTE_ESCAPE) if _BACKSLASH in raw else 0
    return written.count(b'"') == raw.count(b'"') + escaped


def _is_too_deep(raw: bytes, value: object) -> bool:
    return raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, value)


def _deeper_than(levels: int, value: object) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(levels - 1, member) for member in inner)


class ParsedValue(NamedTuple):
    """A value with its problems and the positions of everything in it."""

    value: object
    problems: list[TextProblem]
    positions: PositionMap


def parse_with_positions(raw: bytes, first_line: int = 1) -> Iterator[ParsedValue]:
    """Yield the values of a JSON text, each starting on a line of its own.

    Args:
        raw: the bytes of a file or of one of its lines.
        first_line: the number of the first line in the file.

    Raises:
        Unreadable: the rest of the text cannot be parsed.
    """
    parser = _Parser(decode(raw, first_line), first_line)
    try:
        yield from parser.values()
    except Unreadable as error:
        error.problems[:0] = text_rules.shown_problems(parser.problems)
        raise


class _Parser:
    def __init__(self, text: str, first_line: int) -> None:
        self.text = text
        self.problems: list[TextProblem] = []
        self.positions = PositionMap(text, first_line)
        self.lines = self.positions.lines
        self._last_string = 0

    def values(self) -> Iterator[ParsedValue]:
        start = self._skip_space(0)
        if start == len(self.text):
            raise Unreadable(text_rules.empty(self._place(start)))
        while start < len(self.text):
            value, end = self._value(start, ())
            start = self._skip_space(end)
            if start < len(self.text) and not self._starts_a_line(start):
                raise self._after_the_value(start)
            parsed = ParsedValue(value, self.problems, self.positions)
            self.problems = []
            self.positions = PositionMap(self.text, lines=self.lines)
            yield parsed

    def _starts_a_line(self, start: int) -> bool:
        """Tell whether an object starts here, with only space before it in its line."""
        line = self.text.rfind("\n", 0, start) + 1
        return self._at(start, "{") and not self.text[line:start].strip()

    def _value(self, start: int, path: ValuePath) -> tuple[object, int]:
        self.positions.values[path] = start
        value, end = self._read_value(start, path)
        self.positions.ends[path] = end
        return value, end

    def _read_value(self, start: int, path: ValuePath) -> tuple[object, int]:
        first = self.text[start : start + 1]
        if first == '"':
            return self._string(start)
        if first == "{":
            return self._object(start, path)
        if first == "[":
            return self._array(start, path)
        return self._number(start, path) or self._literal(start, path)

    def _object(self, start: int, path: ValuePath) -> tuple[object, int]:
        self._check_depth(start, path)
        members: dict[str, object] = {}
        index = self._skip_space(start + 1)
        if self._at(index, "}"):
            return members, index + 1
        while True:
            if not self._at(index, '"'):
                raise self._no_key(index, start)
            key, end = self._string(index)
            member = (*path, key)
            self._note_key(member, index, end, duplicate=key in members)
            end = self._skip_space(end)
            if not self._at(end, ":"):
                raise self._expected(end, "`:` after the member's name", start)
            members[key], end = self._value(self._skip_space(end + 1), member)
            index = self._skip_space(end)
            if self._at(index, "}"):
                return members, index + 1
            index = self._comma(index, start, "}")

    def _array(self, start: int, path: ValuePath) -> tuple[object, int]:
        self._check_depth(start, path)
        items: list[object] = []
        index = self._skip_space(start + 1)
        if self._at(index, "]"):
            return items, index + 1
        while True:
            item, end = self._value(index, (*path, len(items)))
            items.append(item)
            index = self._skip_space(end)
            if self._at(index, "]"):
                return items, index + 1
            index = self._comma(index, start, "]")

    def _comma(self, index: int, start: int, closing: str) -> int:
        if not self._at(index, ","):
            raise self._expected(index, f"`,` or `{closing}`", start)
        following = self._skip_space(index + 1)
        if self._at(following, closing):
            raise self._syntax(index, f"trailing comma before `{closing}`", "remove it")
        return following

    def _note_key(self, member: ValuePath, index: int, end: int, *, duplicate: bool) -> None:
        if not duplicate:
            self.positions.keys[member] = index
            self.positions.key_ends[member] = end
            return
        first = self._place(self.positions.keys[member])
        text_rules.add_problem(
            self.problems, text_rules.duplicate_key(self.lines.span(index, end), first, member)
        )

    def _string(self, start: int) -> tuple[str, int]:
        self._last_string = start
        try:
            value, end = scanstring(self.text, start + 1, True)
        except JSONDecodeError as error:
            if error.msg.startswith("Unterminated string"):
                message, hint = "this string is not closed", 'close it with `"`'
                raise self._syntax(start, message, hint) from None
            if error.msg.startswith("Invalid control character"):
                message = "a string contains a line break, tab or other control character"
                hint = r"close the string, or write \n or \t"
                raise self._syntax(error.pos, message, hint) from None
            message, hint = "invalid escape in a string", r"write a backslash as \\"
            raise self._syntax(error.pos, message, hint) from None
        if _SURROGATE.search(value):
            message = "this string contains half of a surrogate pair"
            raise self._syntax(start, message, "write the character itself, or both halves")
        return value, end

    def _number(self, start: int, path: ValuePath) -> tuple[object, int] | None:
        match = _NUMBER.match(self.text, start)
        word = _WORD.match(self.text, start)
        if not match or not word or word.end() > match.end():
            return None
        digits = match.group()
        if not match.group(1) and not match.group(2) and len(digits) <= _MAX_INTEGER_LENGTH:
            whole = int(digits)
            if whole in _INTEGER_RANGE:
                return whole, match.end()
        number = float(digits)
        if isinf(number):
            self._not_a_number(start, "this number is too large for a double", path)
            number = float("nan")
        return number, match.end()

    def _literal(self, start: int, path: ValuePath) -> tuple[object, int]:
        match = _WORD.match(self.text, start)
        word = match.group() if match else ""
        if word in _LITERALS:
            return _LITERALS[word], start + len(word)
        if word in _NOT_NUMBERS:
            self._not_a_number(start, f"{word} is not a JSON value", path)
            return float("nan"), start + len(word)
        raise self._no_value(start, word)

    def _not_a_number(self, start: int, message: str, path: ValuePath) -> None:
        text_rules.add_problem(
            self.problems, text_rules.not_a_number(self._place(start), message, path)
        )

    def _no_value(self, start: int, word: str) -> Unreadable:
        first = self.text[start : start + 1]
        hint = {
            "'": "use double quotes for strings",
            "/": "JSON has no comments",
            "#": "JSON has no comments",
            "": _IS_IT_COMPLETE,
        }.get(first, "")
        if word in _LITERAL_SLIPS:
            hint = f"write `{_LITERAL_SLIPS[word]}`"
        elif word and not hint:
            hint = "put text in double quotes; a number has no leading zero, plus sign or unit"
        message = "this is not a JSON value" if first else f"{_UNEXPECTED_END}, expected a value"
        return self._syntax(start, message, hint)

    def _no_key(self, index: int, start: int) -> Unreadable:
        slip = self.text[index : index + 1]
        if slip in ("'", "/", "#"):
            return self._no_value(index, "")
        return self._expected(index, "a member's name in double quotes", start)

    def _expected(self, index: int, expected: str, start: int) -> Unreadable:
        if index == len(self.text):
            opened = self._place(start)
            place = f"{opened.line}:{opened.column}"
            message = f"{_UNEXPECTED_END}; the `{self.text[start]}` at {place} is not closed"
            return self._syntax(index, message, _IS_IT_COMPLETE)
        hint = "a comma is missing before this" if expected.startswith("`,`") else ""
        return self._syntax(index, f"expected {expected}", hint)

    def _after_the_value(self, index: int) -> Unreadable:
        if self.text[index] in "{[":
            return Unreadable(text_rules.second_value(self._place(index)))
        return self._syntax(index, "unexpected text after the end of the value", "remove it")

    def _check_depth(self, start: int, path: ValuePath) -> None:
        if len(path) >= MAX_DEPTH:
            raise Unreadable(text_rules.too_deep(self._place(start)))

    def _skip_space(self, index: int) -> int:
        match = _SPACE.match(self.text, index)
        return match.end() if match else index

    def _at(self, index: int, character: str) -> bool:
        return self.text.startswith(character, index)

    def _place(self, offset: int) -> Position:
        return self.lines.position(offset)

    def _syntax(self, offset: int, message: str, hint: str = "") -> Unreadable:
        character = self.text[offset : offset + 1]
        end = len(self.text) if offset == self._last_string else offset
        if not character.isascii() and (right := advice(character, in_json=True)):
            message, hint = f"{message}: {named(character)}", right
        elif quote := end_of_string(self.text, self._last_string, end):
            line, column = self._place(quote.start())
            hint = f'{named(quote[0])} at {line}:{column} ends no string: write "'
        return Unreadable(text_rules.syntax(self._place(offset), message, hint))
