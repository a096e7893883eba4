"""Read the bytes of files and of standard input, decompressing gzip."""

import io
import os
from collections.abc import Callable
from errno import EFBIG, EINVAL
from functools import partial
from stat import S_ISREG
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tempfile import SpooledTemporaryFile

    from _typeshed import WriteableBuffer

CHUNK = 65_536

MAX_KEPT_BYTES = 2_000_000_000
"""Of a stream that is read twice: more belongs into a file, and not on the disk a second time."""

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_GZIP = b"\x1f\x8b"
_MAX_BYTES_IN_MEMORY = 8_000_000

Read = Callable[[int], bytes]
"""Returns up to the given number of bytes; none at the end."""


class Meter:
    """Counts what is read, to show how far a run is."""

    count: int = 0


class Spooled:
    """A stream that can be read only once, read as it comes.

    Args:
        stream: opens the stream when it is first needed.
        name: a file name for the stream's documents and their endpoint id, or empty.
        keep: whether what was read is kept, in a temporary file if it is large, so that the stream
            can be read again.
        max_bytes: how much is kept at most: reading on raises OSError.
    """

    def __init__(
        self,
        stream: Callable[[], io.BufferedIOBase],
        name: str = "",
        *,
        keep: bool = True,
        max_bytes: int = MAX_KEPT_BYTES,
    ) -> None:
        self.name = name
        self._open = stream
        self._stream: io.BufferedIOBase | None = None
        self._kept: SpooledTemporaryFile[bytes] | None = None
        self._keep = keep
        self._max_bytes = max_bytes
        self._size = 0
        self._has_ended = False

    def reader(self) -> Read:
        """Return a function that reads the stream from its start, or the rest if it is not kept."""
        if not self._keep:
            return self._read_on
        if self._kept is None:
            from tempfile import SpooledTemporaryFile

            self._kept = SpooledTemporaryFile(_MAX_BYTES_IN_MEMORY)  # noqa: SIM115 - read again later
        kept, position = self._kept, 0

        def read(size: int) -> bytes:
            nonlocal position
            if position < self._size:
                kept.seek(position)
                chunk = kept.read(size)
            else:
                chunk = self._read_on(size)
                self._append(chunk, kept)
            position += len(chunk)
            return chunk

        return read

    def _read_on(self, size: int) -> bytes:
        """Read what follows; at a terminal, Ctrl-D ends the input once and not for good."""
        if self._stream is None:
            self._stream = self._open()
        chunk = b"" if self._has_ended else self._stream.read1(size)  # `read` delays Ctrl-C
        self._has_ended = not chunk
        return chunk

    def _append(self, chunk: bytes, kept: "SpooledTemporaryFile[bytes]") -> None:
        if self._size + len(chunk) > self._max_bytes:
            self._has_ended = True
            limit = f"{self._max_bytes / 1_000_000_000:g} GB"
            raise OSError(EFBIG, f"a pipe with more than {limit}: write it to a file first")
        kept.seek(self._size)
        kept.write(chunk)
        self._size += len(chunk)

    def close(self) -> None:
        """Delete the kept bytes."""
        if self._kept is not None:
            self._kept.close()


class OpenFile:
    """Opens a file for a `with` block and gives the function that reads it.

    Raises:
        OSError: the file cannot be opened.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, path: str) -> None:
        if "\0" in path:
            raise OSError(EINVAL, "the name contains a NUL character")
        self._descriptor = os.open(path, _FLAGS)

    def __enter__(self) -> Read:
        return partial(os.read, self._descriptor)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def read_small_file(path: str) -> bytes | None:
    """Return the bytes of a file that one read takes whole, and that is not compressed; else None.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - faster than a Path
    except ValueError:  # of a NUL character
        return None
    if not S_ISREG(status.st_mode) or status.st_size >= CHUNK:
        return None
    descriptor = os.open(path, _FLAGS)
    try:
        raw = os.read(descriptor, CHUNK)
    finally:
        os.close(descriptor)
    return None if is_gzip(raw) else raw


def is_gzip(begin: bytes) -> bool:
    """Tell by its first bytes whether a file is compressed with gzip."""
    return begin.startswith(_GZIP)


def stream_of(begin: bytes, read: Read) -> io.BufferedReader:
    """Return a decompressed stream of the bytes read so far and those that follow.

    Reading it raises OSError, EOFError or zlib.error if the gzip data is damaged.
    """
    stream: io.BufferedReader = io.BufferedReader(_Following(begin, read), CHUNK)
    if not is_gzip(begin):
        return stream
    from gzip import GzipFile

    return cast("io.BufferedReader", GzipFile(fileobj=stream))  # it has the same methods


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
