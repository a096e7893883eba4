"""Read the bytes of files and of standard input, decompressing gzip."""

import io
import os
from collections.abc import Callable
from errno import EINVAL
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from tempfile import SpooledTemporaryFile

    from _typeshed import WriteableBuffer

CHUNK = 65_536

_GZIP = b"\x1f\x8b"
_MAX_BYTES_IN_MEMORY = 8_000_000

Read = Callable[[int], bytes]
"""Returns up to the given number of bytes; none at the end."""


class Meter:
    """Counts what is read, to show how far a run is."""

    count: int = 0


class Spooled:
    """A stream that can be read only once, kept so that it can be read again.

    Large streams are kept in an unnamed temporary file.

    Args:
        stream: opens the stream when it is first needed.
        name: a file name for the stream's documents and their endpoint id, or empty.
    """

    def __init__(self, stream: Callable[[], io.BufferedIOBase], name: str = "") -> None:
        self.name = name
        self._stream = stream
        self._spool: SpooledTemporaryFile[bytes] | None = None

    def reader(self) -> Read:
        """Return a function that reads the stream from its start."""
        if self._spool is None:
            from tempfile import SpooledTemporaryFile

            self._spool = SpooledTemporaryFile(_MAX_BYTES_IN_MEMORY)  # noqa: SIM115 - read again later
            stream = self._stream()
            while part := stream.read1(CHUNK):  # Ctrl-C does not interrupt one long `read`
                self._spool.write(part)
        self._spool.seek(0)
        return self._spool.read

    def close(self) -> None:
        """Delete the kept bytes."""
        if self._spool is not None:
            self._spool.close()


class OpenFile:
    """Opens a file for a `with` block and gives the function that reads it.

    Raises:
        OSError: the file cannot be opened.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, path: str) -> None:
        if "\0" in path:
            raise OSError(EINVAL, "the name contains a NUL character")
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def __enter__(self) -> Read:
        return partial(os.read, self._descriptor)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def is_gzip(begin: bytes) -> bool:
    """Tell by its first bytes whether a file is compressed with gzip."""
    return begin.startswith(_GZIP)


def stream_of(begin: bytes, read: Read) -> BinaryIO:
    """Return a decompressed stream of the bytes read so far and those that follow.

    Reading it raises OSError, EOFError or zlib.error if the gzip data is damaged.
    """
    stream = cast("BinaryIO", io.BufferedReader(_Following(begin, read), CHUNK))
    if not is_gzip(begin):
        return stream
    from gzip import GzipFile

    return cast("BinaryIO", GzipFile(fileobj=stream))


def nothing_more(_size: int) -> bytes:
    """Return no bytes, as `read` does at the end of a stream."""
    return b""


class _Following(io.RawIOBase):
    def __init__(self, begin: bytes, read: Read) -> None:
        self._begin = begin
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        room = memoryview(buffer)
        chunk = self._begin[: len(room)] or self._read(len(room))
        self._begin = self._begin[len(chunk) :]
        room[: len(chunk)] = chunk
        return len(chunk)
