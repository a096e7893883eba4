"""Fix files in place, whole or line by line; everything else keeps its bytes."""

import os
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from errno import EACCES, EINVAL
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Format, Source, UnreadablePath
from pinpoint_endpoints.documents.load import is_ndjson
from pinpoint_endpoints.documents.replacing import FileState, file_state, replacing
from pinpoint_endpoints.documents.streams import CHUNK, OpenFile, is_gzip, stream_of
from pinpoint_endpoints.errors import reason_of
from pinpoint_endpoints.fixes.rounds import Check, fixed_text
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES


class ReadError(Exception):
    """A file cannot be read to its end; the message says why."""


class Piece(NamedTuple):
    """A part of a file: all of it or one line.

    Attributes:
        before: its bytes.
        after: its bytes as fixed; the same object if nothing was fixed.
        fixes: the number of problems fixed.
        line: the line number, or 0 for a whole file.
        unfinished: whether there is more to fix after that.
    """

    before: bytes
    after: bytes
    fixes: int = 0
    line: int = 0
    unfinished: bool = False


def pieces(source: Source, check: Check) -> Iterator[Piece]:
    """Yield the parts of a file, decompressed, which together are the whole file.

    Raises:
        ReadError: the file cannot be read to its end.
    """
    if source.format is Format.CSV:  # it is read, and not repaired
        return
    try:
        with OpenFile(source.path) as reader:
            stream = stream_of(reader(CHUNK), reader)
            if source.format is Format.NDJSON:
                yield from _lines(source, stream, check)
            else:
                yield from _whole_file(source, stream, check)
    except OSError as error:
        raise ReadError(reason_of(error)) from error
    except (EOFError, zlib.error) as error:
        raise ReadError("the gzip data is damaged or incomplete") from error


def _whole_file(source: Source, stream: BinaryIO, check: Check) -> Iterator[Piece]:
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
    if fixed is None:
        return Piece(raw, raw, line=line)
    return Piece(raw, fixed.raw, fixed.fixes, line, fixed.unfinished)


class FixedFile(NamedTuple):
    """The result of fixing a file.

    Attributes:
        source: the file's path, as it was given or found.
        fixes: the number of problems fixed; if 0, the file was not written.
        failure: why the file could not be written, or empty. The file is then unchanged.
        unfinished: whether there is more to fix in it.
    """

    source: str
    fixes: int = 0
    failure: str = ""
    unfinished: bool = False


def fix_file(
    source: Source | UnreadablePath, check: Check, within: Collection[Path] | None = None
) -> FixedFile:
    """Apply the automatic fixes in a file, and write it back.

    Everything else keeps its bytes, and the file its owner, permissions and attributes; a symbolic
    link stays one. The new file replaces the old one when it is complete, unless the old one was
    changed after it was read. Files with one document per line are read and written line by line.
    A file that cannot be read is left unchanged.

    Args:
        source: from `discover`.
        check: finds the problems of a document; those with a fix are fixed.
        within: resolved paths; no file is written that is neither one of them nor below one. None
            allows all.
    """
    if isinstance(source, UnreadablePath):
        return FixedFile(source.path)
    if source.path == STANDARD_INPUT:
        return FixedFile(source.path, failure="standard input cannot be written back")
    try:
        fixes, unfinished = _write_pieces(source, check, within)
    except ReadError:
        return FixedFile(source.path)
    except OSError as error:
        return FixedFile(source.path, failure=f"cannot be written: {reason_of(error)}")
    return FixedFile(source.path, fixes, unfinished=unfinished)


def _write_pieces(
    source: Source, check: Check, within: Collection[Path] | None
) -> tuple[int, bool]:
    """Replace a file by its pieces as fixed. Nothing is written if no piece differs.

    Returns:
        how many problems were fixed, and whether there is more to fix.
    """
    try:
        read_as = file_state(source.path)
    except (OSError, ValueError) as error:
        raise ReadError from error
    unchanged = 0
    pieces_of_file = pieces(source, check)
    for piece in pieces_of_file:
        if piece.after is not piece.before:
            target = Path(source.path).resolve()
            if within is not None and not _is_within(target, within):
                raise OSError(EINVAL, "it is a link to a file elsewhere: name that file")
            with _replacement(target, read_as) as content:
                _copy(source.path, unchanged, content)
                return _write_rest(piece, pieces_of_file, content)
        unchanged += len(piece.before)
    return 0, False


def _is_within(target: Path, directories: Collection[Path]) -> bool:
    return any(path in directories for path in (target, *target.parents))


def _write_rest(first: Piece, others: Iterator[Piece], content: BinaryIO) -> tuple[int, bool]:
    fixes = 0
    unfinished = False
    for piece in chain((first,), others):
        content.write(piece.after)
        fixes += piece.fixes
        unfinished |= piece.unfinished
    return fixes, unfinished


@contextmanager
def _replacement(target: Path, read_as: FileState) -> Iterator[BinaryIO]:
    """Give a stream that replaces a file's uncompressed bytes when the block ends.

    The new file is compressed like the old one.
    """
    if not target.is_file():
        raise OSError(EINVAL, "not a regular file")
    effective = os.access in os.supports_effective_ids
    if not os.access(target, os.W_OK, effective_ids=effective):
        # a rename would replace even a file without write permission
        raise PermissionError(EACCES, os.strerror(EACCES))
    with OpenFile(str(target)) as reader:
        compressed = is_gzip(reader(CHUNK))
    with replacing(target, read_as) as file:
        if compressed:
            from gzip import GzipFile

            with GzipFile(target.name.removesuffix(".gz"), "wb", fileobj=file) as packed:
                yield cast("BinaryIO", packed)
        else:
            yield cast("BinaryIO", file)


def _copy(path: str, size: int, content: BinaryIO) -> None:
    """Copy the first `size` uncompressed bytes of a file."""
    with OpenFile(path) as reader:
        stream = stream_of(reader(CHUNK), reader)
        while size and (chunk := stream.read(min(size, CHUNK))):
            content.write(chunk)
            size -= len(chunk)
