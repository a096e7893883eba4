"""Read Pinpoint's import CSV: a header with the paths of members, and an endpoint in each row.

A member that has several values, such as `Attributes.Interests`, has several columns with the same
header. An empty cell is no value.

Source: AWS, Amazon Pinpoint User Guide, "Importing segments"; RFC 4180.
"""

import csv
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

import orjson

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.model import Parsed, TextProblem
from pinpoint_endpoints.documents.positions import (
    Locator,
    Position,
    PositionMap,
    Span,
    ValuePath,
    shown_name,
)
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES
from pinpoint_endpoints.schema.bundled import bundled_schema, resolved

MAX_HEADER_BYTES = 65_536
"""Where a header is looked for in a file whose name does not say that it is CSV."""

_SHAPE = "EndpointResponse"
"""It has all members that an endpoint can have."""

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_CELL = re.compile(r'"(?:[^"]|"")*"|[^,\r\n]*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SAVE_AS_CSV = "Pinpoint's CSV has commas: save the file with them"
_AS_IN_JSON = "a header is the path of a member: Address, Location.Country, Attributes.Interests"


class _Kind(Enum):
    TEXT = "string"
    NUMBER = "number"
    VALUES = "array"


class Column(NamedTuple):
    """A column of a file.

    Attributes:
        holder: the names of the objects that hold the member.
        name: the member's name.
        kind: the kind of its value.
    """

    holder: tuple[str, ...]
    name: str
    kind: _Kind

    @property
    def has_several_values(self) -> bool:
        """Whether several columns may have this header."""
        return self.kind is _Kind.VALUES


class _RowLocator(Locator):
    """Finds the cells of a row, whose columns may be in any order.

    Args:
        text: the row.
        line: the number of its first line.
        columns: the columns of the file.
    """

    __slots__ = ("_columns", "_line", "_text")
    in_order = False

    def __init__(self, text: str, line: int, columns: Sequence[Column]) -> None:
        self._text = text
        self._line = line
        self._columns = columns

    @property
    def map(self) -> PositionMap:
        """The positions of all values."""
        return _positions(self._text, self._line, self._columns)

    def line(self, _path: ValuePath) -> int:
        """Return the number of the row's first line."""
        return self._line


class Fault(NamedTuple):
    """A part of a file that has no endpoint, and why.

    Attributes:
        problems: at least one.
        raw: the part's bytes.
        line: the number of its first line.
    """

    problems: Sequence[TextProblem]
    raw: bytes
    line: int


def column_of(header: str) -> Column | None:
    """Return what a header names; None if it is not the path of a member that a cell can have."""
    known = _columns().get(header)
    if known is not None:
        return known
    for prefix, kind in _named_members().items():
        if header.startswith(prefix):
            holder = tuple(prefix[:-1].split("."))
            return Column(holder, header.removeprefix(prefix), kind)
    return None


def header_names() -> list[str]:
    """Return the headers of members with one value each, in the order of the schema."""
    return list(_columns())


@cache
def _columns() -> dict[str, Column]:
    found: dict[str, Column] = {}
    _add_members(found, (), bundled_schema()["$defs"][_SHAPE])
    return found


def _add_members(found: dict[str, Column], holder: tuple[str, ...], schema: dict[str, Any]) -> None:
    for name, member in schema["properties"].items():
        inner = resolved(member)
        if inner["type"] in ("string", "number"):
            path = (*holder, name)
            found[".".join(path)] = Column(holder, name, _Kind(inner["type"]))
        elif "properties" in inner:
            _add_members(found, (*holder, name), inner)


@cache
def _named_members() -> dict[str, _Kind]:
    return {
        "Attributes.": _Kind.VALUES,
        "Metrics.": _Kind.NUMBER,
        "User.UserAttributes.": _Kind.VALUES,
    }


def has_header(begin: bytes, min_columns: int = 1) -> bool:
    """Tell whether a text begins with a header that has a member of an endpoint.

    Args:
        begin: the first bytes; as many as `MAX_HEADER_BYTES`, if there are so many.
        min_columns: what has fewer columns is not a table.
    """
    text = begin[:MAX_HEADER_BYTES].removeprefix(BOM_UTF8).lstrip(b"\r\n")
    first = text.split(b"\n", 1)[0].split(b"\r", 1)[0].decode("utf-8", "replace")
    if "{" in first[:1] or "[" in first[:1]:
        return False
    for separator in (",", *_OTHER_SEPARATORS):
        cells = _split(first, separator)
        if len(cells) >= min_columns and any(map(column_of, cells)):
            return True
    return False


def _split(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def rows(stream: BinaryIO) -> Iterator[Parsed | Fault]:
    """Yield the endpoints in the rows of a file, and the problems of the other rows.

    Args:
        stream: from the start of the file; it is read row by row.
    """
    lines = _Lines(stream)
    records = csv.reader(lines, strict=True)
    header = _next(records, lines)
    if header is None:
        yield Fault([text_rules.empty(Position(1, 1))], b"", 1)
        return
    if isinstance(header, Fault):
        yield header
        return
    spans = list(_cells(lines.text))
    header = [
        cell if lines.text.startswith('"', start) else cell.strip()
        for cell, (start, _) in zip(header, spans, strict=True)
    ]
    columns = [column_of(cell) for cell in header]
    problems = list(_header_problems(header, columns, lines))
    if problems:
        yield Fault(problems, lines.raw, lines.first)
        return
    known = [column for column in columns if column is not None]
    is_empty = True
    while (cells := _next(records, lines)) is not None:
        is_empty = False
        if isinstance(cells, Fault):
            yield cells
        elif len(cells) < len(known) or any(cells[len(known) :]):
            yield Fault([_ragged(cells, len(known), lines)], lines.raw, lines.first)
        else:
            yield _row(cells, known, lines)
    if is_empty:
        yield Fault([text_rules.holds_no_endpoint(Position(1, 1))], b"", 1)


def _next(records: Iterator[list[str]], lines: "_Lines") -> list[str] | Fault | None:
    """Return the cells of the next row that is not empty; None at the end."""
    while True:
        lines.begin_record()
        try:
            cells = next(records, None)
        except Unreadable as error:
            return Fault(error.problems, lines.raw, lines.first)
        except csv.Error as error:
            return Fault([_syntax(str(error), lines)], lines.raw, lines.first)
        if cells is None or any(cells):
            return cells


def _row(cells: list[str], columns: Sequence[Column], lines: "_Lines") -> Parsed:
    value: dict[str, Any] = {}
    inner = value
    inner_holder: tuple[str, ...] = ()
    text, values = _Kind.TEXT, _Kind.VALUES  # looking up members of an enum is slow
    for cell, (holder, name, kind) in zip(cells, columns, strict=False):
        if not cell:
            continue
        if holder != inner_holder:  # most neighbouring columns have the same holder
            inner, inner_holder = value, holder
            for step in holder:
                inner = inner.setdefault(step, {})
        if kind is text:
            inner[name] = cell
        elif kind is values:
            inner.setdefault(name, []).append(cell)
        else:
            inner[name] = _number(cell)
    return Parsed(value, (), _RowLocator(lines.text, lines.first, columns))


def _number(cell: str) -> object:
    """Return a number; what is none stays a text, which the schema refuses."""
    if not _NUMBER.fullmatch(cell):
        return cell
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:  # too large for a double
        return cell


def _positions(text: str, line: int, columns: Sequence[Column]) -> PositionMap:
    """Return the positions of the values in the text of a row."""
    found = PositionMap(text, line)
    found.values[()] = 0
    found.ends[()] = len(text.rstrip("\r\n"))
    numbers: Counter[ValuePath] = Counter()
    for (start, end), (holder, name, kind) in zip(_cells(text), columns, strict=False):
        if text[start:end] in ("", '""'):
            continue
        path: ValuePath = (*holder, name)
        for length in range(1, len(path)):
            found.values.setdefault(path[:length], start)
        if kind is _Kind.VALUES:
            found.values.setdefault(path, start)
            numbers[path] += 1
            path = (*path, numbers[path] - 1)
        found.values[path] = start
        found.ends[path] = end
    return found


def _cells(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each cell of a row, with its quotes."""
    at = 0
    while found := _CELL.match(text, at):
        yield found.span()
        at = found.end() + 1
        if text[at - 1 : at] != ",":
            return


def _header_problems(
    header: list[str], columns: Sequence[Column | None], lines: "_Lines"
) -> Iterator[TextProblem]:
    spans = [lines.span(*cell) for cell in _cells(lines.text)]
    if len(header) == 1 and columns[0] is None:
        for separator, name in _OTHER_SEPARATORS.items():
            if any(map(column_of, _split(header[0], separator))):
                message = f"the cells are separated by {name}, not by commas"
                yield text_rules.csv_header(spans[0], message, _SAVE_AS_CSV)
                return
    first: dict[Column, Span] = {}
    for name, column, span in zip(header, columns, spans, strict=True):
        if column is None:
            yield text_rules.csv_header(span, _unknown(name), _suggestion(name))
        elif not column.has_several_values and column in first:
            at = first[column]
            message = f"duplicate header, first at {at.line}:{at.column}"
            hint = "remove one of the two: this member has one value"
            yield text_rules.csv_header(span, message, hint)
        else:
            first.setdefault(column, span)


def _unknown(name: str) -> str:
    return f'"{shown_name(name)}" is not a member of an endpoint' if name else "a header is empty"


def _suggestion(name: str) -> str:
    names = [*header_names(), *_named_members()]
    near = same_but_for_case(name, names) or nearest(name, names)
    if not near:
        head, dot, rest = name.partition(".")
        near_head = dot and nearest(head, ("Attributes", "Metrics"))
        near = f"{near_head}.{shown_name(rest)}" if near_head else ""
    return f'did you mean "{near}"?' if near else _AS_IN_JSON


def _ragged(cells: list[str], wanted: int, lines: "_Lines") -> TextProblem:
    message = f"the row has {len(cells)} cells, the header {wanted}"
    if len(cells) > wanted:
        span = [lines.span(*cell) for cell in _cells(lines.text)][wanted]
        return text_rules.csv_row(span, message, "put a cell that contains a comma in quotes")
    hint = "write an empty cell for each missing value; is the file complete?"
    return text_rules.csv_row(Position(lines.first, 1), message, hint)


def _syntax(reason: str, lines: "_Lines") -> TextProblem:
    place = Position(lines.first, 1)
    if "new-line character" in reason:
        message = "lines end with a carriage return alone"
        return text_rules.syntax(place, message, "save the file with LF or CRLF at line ends")
    if "expected after" in reason:
        place = Position(lines.last, 1)
        message = "a quoted cell goes on after its closing quote"
        return text_rules.syntax(place, message, 'write a quote inside a quoted cell twice: ""')
    lines.stop()
    message = "the quote of a cell that begins in this row is not closed"
    hint = "close it; what follows in the file is not read"
    return text_rules.syntax(place, message, hint)


class _Lines:
    """The decoded lines of a file, for a reader of CSV; keeps those of the row that is read.

    Attributes:
        first: the number of the row's first line.
        last: the number of the line that was read last.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.first = 1
        self.last = 0
        self._stream: BinaryIO = stream
        self._raw: list[bytes] = []
        self._lines: list[str] = []
        self._size = 0

    def begin_record(self) -> None:
        """Forget the lines of the row before."""
        self.first = self.last + 1
        self._raw, self._lines, self._size = [], [], 0

    def stop(self) -> None:
        """Read no more lines."""
        self._stream = BytesIO()

    @property
    def raw(self) -> bytes:
        """The bytes of the row."""
        return b"".join(self._raw)

    @property
    def text(self) -> str:
        """The text of the row."""
        return "".join(self._lines)

    def span(self, start: int, end: int) -> Span:
        """Return the place of a part of the row."""
        return PositionMap(self.text, self.first).lines.span(start, end)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(MAX_REQUEST_BYTES + 1)
        if not raw:
            raise StopIteration
        self.last += 1
        self._raw.append(raw)
        self._size += len(raw)
        if self._size > MAX_REQUEST_BYTES:
            self.stop()
            message = "the row is larger than 7 MB, the most that one request can carry"
            hint = "close its quotes; what follows in the file is not read"
            raise Unreadable(text_rules.too_large(Position(self.first, 1), message, hint))
        is_cell = self.last > 1 and raw.startswith(BOM_UTF8)
        line = decode(b'"' + raw, self.last)[1:] if is_cell else decode(raw, self.last)
        self._lines.append(line)
        return line
