"""Paths in, documents out: the one reader, used by every command and by the library."""

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import BinaryIO, Protocol

from pinpoint_endpoints.documents import json_reader
from pinpoint_endpoints.documents.decoding import Unreadable, decode, is_utf16
from pinpoint_endpoints.documents.discovery import (
    STANDARD_INPUT,
    Format,
    Source,
    UnreadablePath,
    discover,
    format_of,
)
from pinpoint_endpoints.documents.json_reader import Value
from pinpoint_endpoints.documents.model import Document, Fault, Problem
from pinpoint_endpoints.documents.positions import Locator, Position, PositionMap, json_pointer
from pinpoint_endpoints.documents.shapes import endpoints_in
from pinpoint_endpoints.documents.streams import (
    CHUNK,
    OpenFile,
    Read,
    Spooled,
    is_gzip,
    nothing_more,
    stream_of,
)
from pinpoint_endpoints.errors import reason_of
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES

UNNAMED = "<stdin>"
NOTHING_SPOOLED: Mapping[str, Spooled] = {}

_SUFFIX = re.compile(r"\.(?:json|yaml|yml|(?:ndjson|jsonl)(?:\.gz)?)$", re.IGNORECASE)
_BEGINS_JSON = b'{["'
_MARK_AND_SPACE = b"\xef\xbb\xbf \t\r\n"


class Language(Protocol):
    """A module that reads texts of one language."""

    def parse(self, raw: bytes, /) -> Iterable[Value]:
        """Return the value of each document, and what is wrong with it."""

    def positions(self, raw: bytes, /) -> Iterable[PositionMap]:
        """Return the places in each document."""


Meter = Callable[[int], None]
"""Is told how many bytes were read."""


def load(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    spooled: Mapping[str, Spooled] = NOTHING_SPOOLED,
) -> Iterator[Document]:
    """Yield the documents in files and directories, one after the other.

    A file that cannot be read is a document too, with an empty shape and the problem that says why:
    one broken file never hides the others. Files with a document a line are read line by line, and
    may have any size.

    Args:
        paths: one path, or several. A directory is searched for `.json`, `.yaml`, `.yml`,
            `.ndjson` and `.jsonl`, and for `.gz` of the last two.
        spooled: by its path, what can be read only once; `-` is standard input.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    for source in discover(os.fspath(path) for path in paths):
        yield from read(source, spooled)


def read(
    source: Source | UnreadablePath,
    spooled: Mapping[str, Spooled] = NOTHING_SPOOLED,
    meter: Meter | None = None,
) -> Iterator[Document]:
    """Yield the documents of one source.

    Args:
        source: from `discover`.
        spooled: by its path, what can be read only once; `-` is standard input.
        meter: is told how much was read, as it is read.
    """
    if isinstance(source, UnreadablePath):
        yield _unreadable(source.path, _not_read(source.reason))
        return
    try:
        if source.path in spooled:
            name = spooled[source.path].name
            named = Source(name or UNNAMED, format_of(name))
            yield from _documents(named, _metered(spooled[source.path].reader(), meter))
        elif source.path == STANDARD_INPUT:
            yield _unreadable(source.path, _not_read("standard input is not read here"))
        else:
            with OpenFile(source.path) as reader:
                yield from _documents(source, _metered(reader, meter))
    except OSError as error:
        yield _unreadable(source.path, _not_read(reason_of(error)))


def _metered(reader: Read, meter: Meter | None) -> Read:
    if meter is None:
        return reader

    def read_and_tell(size: int) -> bytes:
        chunk = reader(size)
        meter(len(chunk))
        return chunk

    return read_and_tell


def _documents(source: Source, reader: Read) -> Iterator[Document]:
    raw = reader(CHUNK)
    if source.format is Format.NDJSON or is_gzip(raw):
        yield from _unpacked(source, stream_of(raw, reader))
        return
    raw = _rest(raw, reader)
    if len(raw) <= MAX_REQUEST_BYTES:
        yield from documents_in(source, raw)
    else:
        yield from _large(source, raw, reader)


def _rest(raw: bytes, reader: Read) -> bytes:
    following = reader(CHUNK)
    if not following:
        return raw
    chunks = [raw, following]
    size = len(raw) + len(following)
    while size <= MAX_REQUEST_BYTES and (chunk := reader(CHUNK)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def _unpacked(source: Source, stream: BinaryIO) -> Iterator[Document]:
    try:
        if source.format is Format.NDJSON:
            yield from _lines(source, stream)
            return
        raw = _rest(b"", stream.read)
        if len(raw) <= MAX_REQUEST_BYTES:
            yield from documents_in(source, raw)
        else:
            yield from _large(source, raw, stream.read)
    except (EOFError, zlib.error):
        yield _unreadable(source.path, _not_read("what is packed in it is damaged or cut short"))


def _large(source: Source, begin: bytes, reader: Read) -> Iterator[Document]:
    if source.format is not Format.YAML and is_a_value_a_line(begin):
        yield from _lines(source, stream_of(begin, reader))
        return
    yield _unreadable(source.path, _too_large("file", 1))


def documents_in(source: Source, raw: bytes) -> Iterator[Document]:
    """Yield the documents in the bytes of a whole file, which is not packed."""
    language = language_of(source.format, raw)
    values: list[Value] = []
    stopped: Unreadable | None = None
    try:
        for parsed in language.parse(raw):
            values.append(parsed)  # noqa: PERF402 - what came before an error counts
    except Unreadable as error:
        if language is json_reader and is_a_value_a_line(raw):
            yield from _lines(source, stream_of(raw, nothing_more))
            return
        stopped = error
    several = len(values) > 1 or (stopped is not None and bool(values))
    maps = _Maps(language, raw)
    for index, (value, faults) in enumerate(values):
        locator = Locator(partial(maps.of, index))
        yield from _endpoints(source, value, faults, locator, in_stream=several)
    if stopped is not None:
        yield _unreadable(source.path, *stopped.faults, raw=raw)


class _Maps:
    """The places in all documents of a file: found together, when one is asked for."""

    __slots__ = ("_found", "_language", "_raw")

    def __init__(self, language: Language, raw: bytes) -> None:
        self._language = language
        self._raw = raw
        self._found: list[PositionMap] = []

    def of(self, index: int) -> PositionMap:
        if not self._found:
            self._found = list(self._language.positions(self._raw))
        return self._found[index]


def _lines(source: Source, stream: BinaryIO) -> Iterator[Document]:
    empty = True
    for number, line in enumerate(iter(partial(stream.readline, MAX_REQUEST_BYTES + 1), b""), 1):
        if len(line) > MAX_REQUEST_BYTES:
            yield _unreadable(source.path, _too_large("line", number))
            return
        if not line.strip(_MARK_AND_SPACE):
            continue
        empty = False
        try:
            ((value, faults),) = json_reader.parse(line.rstrip(b"\r\n"), number)
        except Unreadable as error:
            yield _unreadable(source.path, *error.faults, raw=line, first_line=number)
            if is_utf16(line):
                return
            continue
        locator = Locator(partial(_line_positions, line, number), number)
        yield from _endpoints(source, value, faults, locator, in_stream=True)
    if empty:
        from pinpoint_endpoints.documents.text_rules import empty as empty_fault

        yield _unreadable(source.path, empty_fault(Position(1, 1)))


def _line_positions(line: bytes, number: int) -> PositionMap:
    return next(json_reader.positions(line, number))


def is_a_value_a_line(raw: bytes) -> bool:
    """Tell whether JSON has its first value in the first line, and another in one below."""
    first, _, rest = raw.lstrip(_MARK_AND_SPACE).partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        list(json_reader.parse(first))
    except Unreadable:
        return False
    return True


def _endpoints(
    source: Source, value: object, faults: list[Fault], locator: Locator, *, in_stream: bool
) -> Iterator[Document]:
    path = source.path
    problems = tuple(_problem(path, fault) for fault in faults) if faults else ()
    for endpoint in endpoints_in(value):
        in_multi_document_file = in_stream or any(isinstance(step, int) for step in endpoint.path)
        yield Document(
            path,
            endpoint.shape,
            endpoint.value,
            endpoint.endpoint_id or (None if in_multi_document_file else _id_from_name(path)),
            endpoint.request,
            endpoint.path,
            locator,
            endpoint.request_path,
            in_multi_document_file,
            problems,
        )
        problems = ()


def language_of(file_format: Format, raw: bytes) -> Language:
    """Return what parses a text and finds the positions in it."""
    if file_format is Format.BY_CONTENT:
        begin = raw.lstrip(_MARK_AND_SPACE)[:1]
        file_format = Format.JSON if begin and begin in _BEGINS_JSON else Format.YAML
    if file_format is not Format.YAML:
        return json_reader

    from pinpoint_endpoints.documents import yaml_reader

    return yaml_reader


def _id_from_name(path: str) -> str | None:
    """Return the file's name without the suffixes that say how it is read.

    Other dots belong to the name: `ada@example.com.json` holds the endpoint `ada@example.com`.
    """
    name = "" if path == UNNAMED else os.path.basename(path)
    return _SUFFIX.sub("", name) or None


def _problem(path: str, fault: Fault) -> Problem:
    line, column, *end = fault.place
    return Problem(
        path,
        line,
        column,
        fault.code,
        fault.severity,
        fault.message,
        fault.hint,
        json_pointer(fault.path),
        end[0] if end else 0,
        fault.fix,
    )


def _unreadable(path: str, *faults: Fault, raw: bytes = b"", first_line: int = 1) -> Document:
    problems = tuple(_problem(path, fault) for fault in faults)
    locator = Locator(partial(_text_alone, raw, first_line))
    return Document(path, "", None, None, {}, (), locator, problems=problems)


def _text_alone(raw: bytes, first_line: int) -> PositionMap:
    try:
        return PositionMap(decode(raw, first_line), first_line)
    except Unreadable:
        return PositionMap()


def _not_read(reason: str) -> Fault:
    from pinpoint_endpoints.documents.text_rules import unreadable

    return unreadable(reason)


def _too_large(what: str, line: int) -> Fault:
    from pinpoint_endpoints.documents.text_rules import too_large

    message = f"the {what} is larger than 7 MB, which is all that one request can carry"
    return too_large(Position(line, 1), message, "put fewer endpoints into one file, or one a line")
