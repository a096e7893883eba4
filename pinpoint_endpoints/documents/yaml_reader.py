"""Parse YAML 1.2 by the schema: where it expects a string, a plain scalar is its own text.

Most files are in the plain block style that this module reads line by line; what is not certain is
left to the parser's events, which cost six times as much. The parsers that build values themselves
are no faster and lose the text of scalars (`1.20`, `02134`), or read what is not YAML.
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.lookalikes import quote_in_text, yaml_syntax_in
from pinpoint_endpoints.documents.model import Action, Fix, Parsed, TextProblem
from pinpoint_endpoints.documents.positions import (
    MapLocator,
    PositionMap,
    PositionMaps,
    Span,
    ValuePath,
)
from pinpoint_endpoints.documents.yaml_scalars import ScalarReading, read_plain, respell
from pinpoint_endpoints.schema.yaml_types import UNKNOWN, ExpectedTypes, expected_in_file

MAX_LINES = 50_000
"""Only the other reader knows when a file contains too many values."""

MAX_LINE_LENGTH = 1_000
"""Lines are kept; and YAML allows names of 1,024 characters."""

_LINE = re.compile(
    r"""(\ {0,40})(-\ +)?                             # the indentation, and the dash of an item
    (?:(\w(?:[\w\ ./()+-]*[\w./()+-])?):(?=\ |\Z))?   # a name
    (?:\ *+(?:"([^"\\]*)"|'((?:[^']|'')*+)'           # a quoted scalar, or a plain one:
    |((?:[^\ ?:,\[\]{}\#&*!|>'"%@`-]|-[\w.])          # it starts with none of these indicators,
    (?:[^\ :\#]++|:(?!\ |\Z)|(?<!\ )\#|\ ++(?!\#|\Z))*+)  # and holds neither `: ` nor ` #`
    |(\[[^][{}\#]*\])))?                              # a list in one line
    (?:\ ++\#.*|\ *+)""",
    re.VERBOSE,
)
_INDENT, _DASH, _KEY, _DOUBLE, _SINGLE, _PLAIN, _LIST = range(1, 8)
_SIMPLE_LINE = re.compile(r"( {0,40})(?:(\w+): |- )([\w+](?:[\w.+/@:=-]*[\w.+/@=-])?)", re.ASCII)
"""A name or a dash, and a plain scalar without spaces: most lines that only one file has."""

_ITEM = re.compile(
    r"""\ *(?:"([^"\\]*)"|'([^']*)'|([\w+.](?:(?:[\w\ .+/()@=-]|:(?=[\w/]))*[\w.+/()@=-])?))\ *""",
    re.VERBOSE,
)
_PLAIN_ITEM = 3


def parse(raw: bytes) -> Iterator[Parsed | Unreadable]:
    """Yield the value of each document of a YAML text with its problems.

    In place of a document that cannot be parsed, yield the error; the documents after the next
    `---` follow.

    Raises:
        Unreadable: the rest of the text cannot be parsed.
    """
    text = decode(raw)
    reader = _LineReader(text)
    try:
        value = reader.value()
    except _NotPlainError:
        from pinpoint_endpoints.documents import yaml_events

        yield from yaml_events.parse(text)
    else:
        yield Parsed(value, reader.problems, MapLocator(PositionMaps(partial(positions, raw))))


def positions(raw: bytes) -> Iterator[PositionMap]:
    """Yield the positions in each document that `parse` yields; none in one that is broken."""
    text = decode(raw)
    found = PositionMap(text)
    try:
        _LineReader(text, found).value()
    except _NotPlainError:
        from pinpoint_endpoints.documents import yaml_events

        yield from yaml_events.positions(text)
    else:
        yield found


class _NotPlainError(Exception):
    """The text may mean something else than its lines seem to say."""


class _Line(NamedTuple):
    """A line: a member of a mapping, an item of a list, or an item with its first member.

    Attributes:
        indent: the number of spaces before it; -1 before the first line and after the last.
        is_item: whether it starts with a dash.
        key: the member's name; empty if the item is a scalar.
        column: where the name starts, in characters from 0.
        text: the scalar; None if there is none in this line.
        is_plain: whether the scalar is not quoted.
        start: where the scalar starts, or could start.
        end: where it ends.
        items: the scalars of a list in this line; None if there is none.
    """

    indent: int
    is_item: bool = False
    key: str = ""
    column: int = 0
    text: str | None = None
    is_plain: bool = False
    start: int = 0
    end: int = 0
    items: "tuple[_Line, ...] | None" = None


_BEGIN = _Line(-1)
_END = _Line(-1)


class _LineReader:
    """Reads the only document of a text in plain block style.

    Attributes:
        problems: what was found.

    Args:
        text: the whole text.
        positions: filled with the positions of values, if they are wanted.
    """

    def __init__(self, text: str, positions: PositionMap | None = None) -> None:
        self._text = text
        self._break = "\r\n" if "\r" in text else "\n"
        self._texts = text.split(self._break)
        self._positions = positions
        self.problems: list[TextProblem] = []

    def value(self) -> object:
        """Return the value of the document.

        Raises:
            _NotPlainError: the text is not certain to be in plain block style.
        """
        if len(self._texts) > MAX_LINES:
            raise _NotPlainError
        self._lines = [line for line in map(_parsed, self._texts) if line is not None]
        self._lines.append(_END)
        begin = 1 if self._lines[0] is _BEGIN else 0
        if self._lines[begin].indent:
            raise _NotPlainError
        value, end = self._block(begin, expected_in_file(), ())
        if self._lines[end] is not _END:
            raise _NotPlainError
        return value

    def _block(self, at: int, expected: ExpectedTypes, path: ValuePath) -> tuple[object, int]:
        """Return the list or mapping that starts in a line, and the index of the line below it.

        Args:
            at: the index of its first line.
            expected: the types that the schema expects there.
            path: where it is in the document.
        """
        line = self._lines[at]
        if line.is_item:
            return self._sequence(at, line.indent, expected, path)
        return self._mapping(at, line.indent, expected, path)

    def _mapping(
        self, at: int, column: int, expected: ExpectedTypes, path: ValuePath
    ) -> tuple[object, int]:
        lines, members, others, first = self._lines, expected.members, expected.others, at
        found: dict[str, object] = {}
        while True:
            indent, is_item, key, _, text, is_plain, _, _, _ = line = lines[at]
            if (indent != column or is_item) and at != first:
                break
            if key in found:
                raise _NotPlainError
            types = members.get(key) or others or UNKNOWN
            if types is others:
                self._check_name(at, line, path)
            if self._positions is not None:
                self._locate(at, line, (*path, key), self._positions)
            if text is None:
                found[key], at = self._below(at, column, types, (*path, key))
                continue
            if is_plain:
                reading = read_plain(text, types.scalar)
                found[key], others_read, is_finite = reading
                if others_read or not is_finite:
                    self._doubt(at, line, reading, (*path, key))
            else:
                found[key] = text
            at += 1
        self._locate_block(path, first, column, at)
        return found, at

    def _sequence(
        self, at: int, indent: int, expected: ExpectedTypes, path: ValuePath
    ) -> tuple[object, int]:
        lines, first, types = self._lines, at, expected.inside()
        found: list[object] = []
        while (line := lines[at]).indent == indent and line.is_item:
            inner = (*path, len(found))
            if line.key:
                value, at = self._mapping(at, line.column, types, inner)
            else:
                value, at = self._item(at, line, types, inner), at + 1
            found.append(value)
        self._locate_block(path, first, indent, at)
        return found, at

    def _item(self, at: int, item: _Line, expected: ExpectedTypes, path: ValuePath) -> object:
        """Return an item of a list that is a scalar."""
        if self._positions is not None:
            self._locate(at, item, path, self._positions)
        if not item.is_plain:
            return item.text
        reading = read_plain(item.text, expected.scalar)
        if reading.others_read or not reading.finite:
            self._doubt(at, item, reading, path)
        return reading.value

    def _below(
        self, at: int, column: int, expected: ExpectedTypes, path: ValuePath
    ) -> tuple[object, int]:
        """Return the value of a member that is no scalar in its line, and the index of the next."""
        items, following = self._lines[at].items, self._lines[at + 1]
        if items is not None:
            inside = expected.inside()
            numbered = enumerate(items)
            return [self._item(at, item, inside, (*path, n)) for n, item in numbered], at + 1
        if following.indent > column or (following.is_item and following.indent == column):
            return self._block(at + 1, expected, path)
        return None, at + 1

    def _check_name(self, at: int, line: _Line, path: ValuePath) -> None:
        """Warn about a free name that other tools read differently."""
        kind = read_plain(line.key, "string").others_read
        if kind:
            member = (*path, line.key)
            place = self._place(at, line.column, line.column + len(line.key))
            fix = Fix(Action.QUOTE_KEY, (member,))
            text_rules.add_problem(
                self.problems, text_rules.read_otherwise(place, kind, member, fix)
            )

    def _doubt(self, at: int, line: _Line, reading: ScalarReading, path: ValuePath) -> None:
        """Warn about a plain scalar that other tools read differently, unless it is no number."""
        if not reading.finite:
            raise _NotPlainError
        place, fix = self._place(at, line.start, line.end), respell(reading.value, path)
        text_rules.add_problem(
            self.problems, text_rules.read_otherwise(place, reading.others_read, path, fix)
        )

    def _place(self, at: int, start: int, end: int) -> Span:
        return Span(self._numbers[at], start + 1, end + 1)

    def _locate(self, at: int, line: _Line, path: ValuePath, found: PositionMap) -> None:
        """Note where the name and the scalar in a line are."""
        start = self._starts[at]
        found.values[path], found.ends[path] = start + line.start, start + line.end
        if line.key:
            found.keys[path] = start + line.column
            found.key_ends[path] = start + line.column + len(line.key)

    def _locate_block(self, path: ValuePath, first: int, column: int, below: int) -> None:
        """Note where a mapping or list is: up to the next line that is not blank."""
        if self._positions is not None:
            self._positions.values[path] = self._starts[first] + column
            end = self._starts[below] + max(self._lines[below].indent, 0)
            self._positions.ends[path] = end

    @cached_property
    def _numbers(self) -> list[int]:
        """The numbers of the lines, counted from 1, and that of the line after the last."""
        numbered = enumerate(map(_parsed, self._texts), 1)
        return [number for number, line in numbered if line is not None]

    @cached_property
    def _starts(self) -> list[int]:
        """The offsets of the lines, and of the end of the text."""
        sizes = (len(line) + len(self._break) for line in self._texts)
        starts = [*accumulate(sizes, initial=0)]
        return [*(starts[number - 1] for number in self._numbers), len(self._text)]


@lru_cache(maxsize=2048)
def _parsed(text: str) -> _Line | None:
    """Return the parts of a line; None if it is blank or a comment.

    Files of one kind share most of their lines: those are parsed once.
    """
    if len(text) > MAX_LINE_LENGTH or not text.isprintable():
        raise _NotPlainError
    simple = _SIMPLE_LINE.fullmatch(text)
    if simple is not None:
        _, key, scalar = simple.groups("")
        indent = simple.end(1)
        column = indent if key else indent + len("- ")
        return _Line(indent, not key, key, column, scalar, True, simple.start(3), len(text))
    parts = _LINE.fullmatch(text)
    if parts is None:
        if text == "---":
            return _BEGIN
        if text.startswith("#"):
            return None
        raise _NotPlainError
    return _line_of(text, parts) if parts.lastindex != _INDENT else None


def _line_of(text: str, parts: re.Match[str]) -> _Line:
    kind = parts.lastindex or _INDENT
    _, dash, key, double, single, plain, _ = parts.groups("")
    if not key and (not dash or kind in (_DASH, _LIST)):
        raise _NotPlainError
    if not text.isascii() and (_looks_like_syntax(key) or _looks_like_syntax(plain)):
        raise _NotPlainError
    start, end = parts.span(kind)
    scalar, items = plain or None, None
    if kind == _KEY:
        start = end = end + 1  # behind the colon
    elif kind == _LIST:
        items = tuple(_items(text, start + 1, end - 1))
    elif kind != _PLAIN:
        scalar = double or single.replace("''", "'")
        start, end = start - 1, end + 1
    indent = parts.end(_INDENT)
    column = indent + len(dash)
    return _Line(indent, bool(dash), key, column, scalar, bool(plain), start, end, items)


def _items(text: str, start: int, end: int) -> Iterator[_Line]:
    """Yield the items of a list in one line, between two columns."""
    if not text[start:end].strip(" "):
        return
    for piece in text[start:end].split(","):
        parts = _ITEM.fullmatch(piece)
        if parts is None or not (piece.isascii() or not _looks_like_syntax(piece)):
            raise _NotPlainError
        kind = parts.lastindex or 0
        is_plain = kind == _PLAIN_ITEM
        quotes = 0 if is_plain else 1
        begin, finish = start + parts.start(kind) - quotes, start + parts.end(kind) + quotes
        yield _Line(0, True, "", 0, parts[kind], is_plain, begin, finish)
        start += len(piece) + 1


def _looks_like_syntax(plain: str) -> bool:
    """Tell whether the other reader may warn about characters that look like YAML's own."""
    return bool(quote_in_text(plain)[0] or yaml_syntax_in(plain))
