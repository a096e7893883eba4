"""A file in; what it is made of, and each part put right, out: the whole of it, or its lines."""

import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, NamedTuple

from pinpoint_endpoints.documents.discovery import Format, Source
from pinpoint_endpoints.documents.load import is_ndjson
from pinpoint_endpoints.documents.streams import CHUNK, OpenFile, stream_of
from pinpoint_endpoints.errors import reason_of
from pinpoint_endpoints.fixes.text import Check, fixed_text
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES


class NotRead(Exception):  # noqa: N818 - says what it means where it is raised
    """A file cannot be read, or not to its end; says why."""


class Piece(NamedTuple):
    """A part of a file.

    Attributes:
        before: its bytes.
        after: the bytes put right; the same object if there is nothing to put right.
        fixes: how many problems that took.
        line: its number, if it is a line; else 0.
    """

    before: bytes
    after: bytes
    fixes: int = 0
    line: int = 0


def pieces(source: Source, check: Check) -> Iterator[Piece]:
    """Yield the parts of a file, unpacked; put together, they are the whole file.

    Raises:
        NotRead: the file cannot be read to its end.
    """
    try:
        with OpenFile(source.path) as reader:
            stream = stream_of(reader(CHUNK), reader)
            if source.format is Format.NDJSON:
                yield from _lines(source, stream, check)
            else:
                yield from _whole(source, stream, check)
    except OSError as error:
        raise NotRead(reason_of(error)) from error
    except (EOFError, zlib.error) as error:
        raise NotRead("the gzip data is damaged or incomplete") from error


def _whole(source: Source, stream: BinaryIO, check: Check) -> Iterator[Piece]:
    raw = stream.read(MAX_REQUEST_BYTES + 1)
    if source.format is not Format.YAML and is_ndjson(raw):
        yield from _lines(source, stream_of(raw, stream.read), check)
    elif len(raw) <= MAX_REQUEST_BYTES:
        yield _piece(source, raw, 0, check)


def _lines(source: Source, stream: BinaryIO, check: Check) -> Iterator[Piece]:
    line_source = source._replace(format=Format.JSON)
    for number, line in enumerate(iter(partial(stream.readline, MAX_REQUEST_BYTES + 1), b""), 1):
        if len(line) > MAX_REQUEST_BYTES:
            yield from (Piece(chunk, chunk) for chunk in _and_all_after(line, stream))
            return
        yield _piece(line_source, line, number, check)


def _and_all_after(begin: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield begin
    yield from iter(partial(stream.read, CHUNK), b"")


def _piece(source: Source, raw: bytes, line: int, check: Check) -> Piece:
    fixed = fixed_text(raw, source, check)
    return Piece(raw, fixed.raw, fixed.fixes, line) if fixed else Piece(raw, raw, line=line)
