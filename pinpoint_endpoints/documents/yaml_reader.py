"""Parse YAML 1.2 by the schema: where it expects a string, a plain scalar is its own text.

Most files are in the plain block style that this module reads line by line; what is not certain is
left to the parser's events, which cost six times as much. The parsers that build values themselves
are no faster and lose the text of scalars (`1.20`, `02134`), or read what is not YAML.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.lookalikes import quote_in_text, yaml_syntax_in
from pinpoint_endpoints.documents.model import Action, Fix, Parsed, TextProblem
from pinpoint_endpoints.documents.positions import (
    SHORT_BYTES,
    Locator,
    PositionMap,
    Span,
    ValuePath,
)
from pinpoint_endpoints.documents.yaml_scalars import is_text, read_plain, respell
from pinpoint_endpoints.schema.yaml_types import ExpectedTypes, expected_in_file

MAX_LINES = 50_000
"""Only the other reader knows when a file contains too many values."""

MAX_KNOWN_LINES = 1_000
"""They are forgotten then: some lines are in one file only."""

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
_SIMPLE_LINE = re.compile(
    r"( {0,40})(?:(\w+): |- )(?:([\w+](?:[\w.+/@:=-]*[\w.+/@=-])?)|'([\w.+/@:= -]*)')", re.ASCII
)
"""A name or a dash, and a scalar without special characters: most lines that only one file has."""

_ITEM = re.compile(
    r"""\ *(?:"([^"\\]*)"|'([^']*)'|([\w+.](?:(?:[\w\ .+/()@=-]|:(?=[\w/]))*[\w.+/()@=-])?))\ *""",
    re.VERBOSE,
)
_PLAIN_ITEM = 3
_MEMBER_OF_THE_WHOLE = re.compile(r"^[^ \-#\r\n]", re.MULTILINE)


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
        yield Parsed(value, reader.problems, _LineLocator(raw))


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


class _LineLocator(Locator):
    """Finds values in a text that was read line by line.

    In a short text, a place is found by reading one member of the whole again. In a long one, many
    places may be asked for: then the map of all takes less time.
    """

    __slots__ = ("_map", "_raw")
    in_order = True

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._map: PositionMap | None = None

    @property
    def size(self) -> int:
        """How many bytes the text has."""
        return len(self._raw)

    @property
    def is_plain(self) -> bool:
        """Whether no value can be too large; no line has an escape or an invisible character."""
        return len(self._raw) < SHORT_BYTES

    @property
    def map(self) -> PositionMap:
        """The positions of all values."""
        if self._map is None:
            self._map = next(positions(self._raw))
        return self._map

    def locate(self, path: ValuePath, *, key: bool = False) -> Span:
        """Return the place of the value at `path`, or of its key."""
        if not path or not self.is_plain:
            return super().locate(path, key=key)
        text = decode(self._raw)
        start = f"\n{text}".find(f"\n{path[0]}:")
        if start < 0:
            return super().locate(path, key=key)
        following = _MEMBER_OF_THE_WHOLE.search(text, start + 1)
        part = text[start : following.start() if following else None]
        found = PositionMap(part, text.count("\n", 0, start) + 1)
        _LineReader(part, found).value()
        return found.locate(path, key=key)


class _NotPlainError(Exception):
    """The text may mean something else than its lines seem to say."""


@dataclass(slots=True)
class _Line:
    """A line: a member of a mapping, an item of a list, or an item with its first member.

    Attributes:
        indent: the number of spaces before it; -1 if it is blank, or marks where documents meet.
        is_item: whether it starts with a dash.
        key: the member's name; empty if the item is a scalar.
        column: where the name starts, in characters from 0.
        start: where the scalar starts, or could start.
        end: where it ends.
        value: the scalar; None if there is none.
        below: the types that are expected in the lines below, or a list in this line; None if there
            is a scalar.
        others_read: what other tools read instead of the name and of the scalar, such as `a
            boolean`; None if both are read alike.
    """

    indent: int
    is_item: bool = False
    key: str = ""
    column: int = 0
    start: int = 0
    end: int = 0
    value: object = None
    below: "ExpectedTypes | list[_Line] | None" = None
    others_read: tuple[str, str] | None = None


_BLANK = _Line(-1)
_MARK = _Line(-1)
_known: defaultdict[ExpectedTypes, dict[str, _Line]] = defaultdict(dict)
"""Lines by the types that are expected there: files of one kind share most of their lines."""


class _LineReader:
    """Reads the only document of a text in plain block style.

    Attributes:
        problems: what was found.

    Args:
        text: the whole text.
        positions: where the positions of values are noted; None if they are not wanted.
    """

    def __init__(self, text: str, positions: PositionMap | None = None) -> None:
        self._text = text
        self._break = "\r\n" if "\r" in text else "\n"
        self._lines = [*text.split(self._break), "..."]
        self._positions = positions
        self.problems: list[TextProblem] = []

    def value(self) -> object:
        """Return the value of the document.

        Raises:
            _NotPlainError: the text is not certain to be in plain block style.
        """
        if len(self._lines) > MAX_LINES:
            raise _NotPlainError
        value, end = self._below(-1, -1, expected_in_file(), ())
        if value is None and self._lines[end] == "---":
            value, end = self._below(end, -1, expected_in_file(), ())
        if value is None or end != len(self._lines) - 1:
            raise _NotPlainError
        return value

    def _below(
        self, at: int, column: int, expected: ExpectedTypes, path: ValuePath
    ) -> tuple[object, int]:
        """Return the value in the lines below one, and the index of the line after it.

        Args:
            at: the index of that line.
            column: where the name in that line starts; -1 for the value of the whole document.
            expected: the types that the schema expects there.
            path: where the value is in the document.
        """
        inside = expected.items or expected
        known = _known[inside]
        while True:
            at += 1
            text = self._lines[at]
            line = known.get(text) or _read(text, inside)
            if line.is_item and line.indent >= column:
                return self._sequence(at, line.indent, expected, path)
            if line.indent > column:
                return self._mapping(at, line.indent, expected, path)
            if line is not _BLANK:
                return None, at

    def _mapping(
        self, at: int, column: int, expected: ExpectedTypes, path: ValuePath
    ) -> tuple[object, int]:
        lines, known, first = self._lines, _known[expected], at
        places = self._positions
        found: dict[str, object] = {}
        while True:
            text = lines[at]
            line = known.get(text) or _read(text, expected)
            if line.indent != column or line.is_item:
                if line is _BLANK:
                    at += 1
                    continue
                if at != first:
                    break
            key = line.key
            if key in found:
                raise _NotPlainError
            if places is not None or line.others_read is not None:
                self._note(at, line, (*path, key))
            if line.below is None:
                found[key] = line.value
                at += 1
            elif isinstance(line.below, list):
                found[key] = self._list(at, line.below, (*path, key))
                at += 1
            else:
                found[key], at = self._below(at, column, line.below, (*path, key))
        if places is not None:
            self._locate_block(places, path, (first, column), at)
        return found, at

    def _sequence(
        self, at: int, indent: int, expected: ExpectedTypes, path: ValuePath
    ) -> tuple[object, int]:
        inside = expected.inside()
        lines, known, first = self._lines, _known[inside], at
        places = self._positions
        found: list[object] = []
        while True:
            text = lines[at]
            line = known.get(text) or _read(text, inside)
            if line.indent != indent or not line.is_item:
                if line is not _BLANK:
                    break
                at += 1
            elif line.key:
                value, at = self._mapping(at, line.column, inside, (*path, len(found)))
                found.append(value)
            else:
                if places is not None or line.others_read is not None:
                    self._note(at, line, (*path, len(found)))
                found.append(line.value)
                at += 1
        if places is not None:
            self._locate_block(places, path, (first, indent), at)
        return found, at

    def _list(self, at: int, items: list[_Line], path: ValuePath) -> list[object]:
        """Return the list in a line."""
        for number, item in enumerate(items):
            self._note(at, item, (*path, number))
        return [item.value for item in items]

    def _note(self, at: int, line: _Line, path: ValuePath) -> None:
        """Note where a name and a scalar are, and warn if other tools read them differently."""
        name_end = line.column + len(line.key)
        if self._positions is not None:
            offset, found = self._offsets[at], self._positions
            found.values[path], found.ends[path] = offset + line.start, offset + line.end
            if line.key:
                found.keys[path] = offset + line.column
                found.key_ends[path] = offset + name_end
        name_read, scalar_read = line.others_read or ("", "")
        if name_read:
            fix = Fix(Action.QUOTE_KEY, (path,))
            place = Span(at + 1, line.column + 1, name_end + 1)
            warning = text_rules.read_otherwise(place, name_read, path, fix)
            text_rules.add_problem(self.problems, warning)
        if scalar_read:
            place, respelt = Span(at + 1, line.start + 1, line.end + 1), respell(line.value, path)
            warning = text_rules.read_otherwise(place, scalar_read, path, respelt)
            text_rules.add_problem(self.problems, warning)

    def _locate_block(
        self, found: PositionMap, path: ValuePath, begin: tuple[int, int], below: int
    ) -> None:
        """Note where a mapping or list is: up to the next line that is not blank."""
        line, column = begin
        text = self._lines[below]
        found.values[path] = self._offsets[line] + column
        found.ends[path] = self._offsets[below] + len(text) - len(text.lstrip(" "))

    @cached_property
    def _offsets(self) -> list[int]:
        """The offsets of the lines, and of the end of the text."""
        sizes = (len(line) + len(self._break) for line in self._lines[:-2])
        return [*accumulate(sizes, initial=0), len(self._text)]


def _read(text: str, expected: ExpectedTypes) -> _Line:
    """Return a line, read by the types that are expected of the members or items around it."""
    known = _known[expected]
    if len(known) >= MAX_KNOWN_LINES:
        known.clear()
    line = known[text] = _simple_line(text, expected) or _any_line(text, expected)
    return line


def _simple_line(text: str, expected: ExpectedTypes) -> _Line | None:
    parts = _SIMPLE_LINE.fullmatch(text)
    if parts is None or len(text) > MAX_LINE_LENGTH:
        return None
    indent, key = parts.end(1), parts[2] or ""
    plain, quoted = parts[3], parts[4]
    start = indent + (len(key) + len(": ") if key else len("- "))
    line = _Line(indent, not key, key, indent if key else start, start, len(text))
    return _with_value(line, plain or quoted, expected, is_plain=quoted is None)


def _any_line(text: str, expected: ExpectedTypes) -> _Line:
    if len(text) > MAX_LINE_LENGTH or not text.isprintable():
        raise _NotPlainError
    if text.startswith(("#", "---", "...")):
        return _BLANK if text.startswith("#") else _MARK
    parts = _LINE.fullmatch(text)
    if parts is None:
        raise _NotPlainError
    kind = parts.lastindex or _INDENT
    if kind == _INDENT:
        return _BLANK
    _, dash, key, double, single, plain, _ = parts.groups("")
    is_doubtful = not text.isascii() and (_looks_like_syntax(key) or _looks_like_syntax(plain))
    if is_doubtful or (not key and (not dash or kind in (_DASH, _LIST))):
        raise _NotPlainError
    start, end = parts.span(kind)
    scalar: str | None = plain or double or single.replace("''", "'")
    if kind == _KEY:
        start = end = end + 1  # after the colon
    elif kind in (_DOUBLE, _SINGLE):
        start, end = start - 1, end + 1
    if kind in (_KEY, _LIST):
        scalar = None
    indent = parts.end(_INDENT)
    line = _Line(indent, bool(dash), key, indent + len(dash), start, end)
    _with_value(line, scalar, expected, is_plain=kind == _PLAIN)
    if kind == _LIST and isinstance(line.below, ExpectedTypes):
        line.below = [*_items(text, start + 1, end - 1, line.below.inside())]
    return line


def _items(text: str, start: int, end: int, expected: ExpectedTypes) -> Iterator[_Line]:
    """Yield the items of a list in one line, between two columns."""
    if not text[start:end].strip(" "):
        return
    for piece in text[start:end].split(","):
        parts = _ITEM.fullmatch(piece)
        if parts is None or not (piece.isascii() or not _looks_like_syntax(piece)):
            raise _NotPlainError
        kind = parts.lastindex or 0
        quotes = 0 if kind == _PLAIN_ITEM else 1
        begin, finish = start + parts.start(kind) - quotes, start + parts.end(kind) + quotes
        line = _Line(0, is_item=True, start=begin, end=finish)
        yield _with_value(line, parts[kind], expected, is_plain=not quotes)
        start += len(piece) + 1


def _with_value(
    line: _Line, scalar: str | None, expected: ExpectedTypes, *, is_plain: bool
) -> _Line:
    """Return a line with the value of a scalar, or the types of what is in its place."""
    name_read = others_read = ""
    types = expected.under(line.key) if line.key else expected
    if types is expected.others and line.key:
        name_read = read_plain(line.key, "string").others_read
    if scalar is None:
        line.below = types
    elif not is_plain or is_text(scalar):
        line.value = scalar
    else:
        line.value, others_read, is_finite = read_plain(scalar, types.scalar)
        if not is_finite:
            raise _NotPlainError
    if name_read or others_read:
        line.others_read = name_read, others_read
    return line


def _looks_like_syntax(plain: str) -> bool:
    """Tell whether the other reader may warn about characters that look like YAML's own."""
    return bool(quote_in_text(plain)[0] or yaml_syntax_in(plain))
