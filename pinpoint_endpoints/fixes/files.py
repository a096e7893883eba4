"""Files in, files put right in their places out: each at once or not at all."""

import os
from contextlib import suppress
from errno import EACCES, EINVAL
from pathlib import Path
from shutil import copymode
from tempfile import NamedTemporaryFile
from typing import NamedTuple, Protocol, Self

from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Source, UnreadablePath
from pinpoint_endpoints.documents.streams import CHUNK, OpenFile, is_gzip, stream_of
from pinpoint_endpoints.errors import reason_of
from pinpoint_endpoints.fixes.pieces import NotRead, pieces
from pinpoint_endpoints.fixes.text import Check


class _Writer(Protocol):
    def write(self, data: bytes, /) -> int: ...

    def close(self) -> None: ...


class FixedFile(NamedTuple):
    """What became of a file.

    Attributes:
        source: the file, as it was named or found.
        fixes: how many problems were put right; if none, the file was not written.
        failure: why it could not be written, or empty. Then it is as it was.
    """

    source: str
    fixes: int = 0
    failure: str = ""


def fix_file(source: Source | UnreadablePath, check: Check) -> FixedFile:
    """Put right what has one right answer in a file, and write it back.

    What is not broken keeps its bytes, and the file its permissions; a symbolic link stays one. The
    new file takes the old one's place when it is complete. What has a document a line is read and
    written line by line. A file that cannot be read is left to whoever reports its problems.

    Args:
        source: from `discover`.
        check: finds the problems of a document; those with a fix are put right.
    """
    if isinstance(source, UnreadablePath):
        return FixedFile(source.path)
    if source.path == STANDARD_INPUT:
        return FixedFile(source.path, failure="standard input has no file that could be written")
    fixes = 0
    try:
        with _Replacement(source.path) as new:
            for piece in pieces(source, check):
                new.add(piece.before, piece.after)
                fixes += piece.fixes
    except NotRead:
        return FixedFile(source.path)
    except OSError as error:
        return FixedFile(source.path, failure=f"cannot be written: {reason_of(error)}")
    return FixedFile(source.path, fixes)


class _Replacement:
    """What takes the place of a file; nothing is written before the first difference."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._kept = 0
        self._new: _NewFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._new is None:
            return
        try:
            if kind is None:
                self._new.take_the_place()
        finally:
            self._new.discard()

    def add(self, before: bytes, after: bytes) -> None:
        """Write what comes next, or only count it while nothing differs."""
        if self._new is None:
            if before is after:
                self._kept += len(before)
                return
            self._new = _NewFile(self._path)
            self._new.copy(self._kept)
        self._new.content.write(after)


class _NewFile:
    """A file beside another, packed as that one is.

    Attributes:
        content: takes the bytes, unpacked.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._target = Path(path).resolve()
        if not self._target.is_file():
            raise OSError(EINVAL, "it is no regular file")
        effective = os.access in os.supports_effective_ids
        if not os.access(self._target, os.W_OK, effective_ids=effective):
            # another file could take the place even of one that nobody may write
            raise PermissionError(EACCES, os.strerror(EACCES))
        self._file = NamedTemporaryFile(  # noqa: SIM115 - it is closed before it takes the place
            dir=self._target.parent, prefix=f".{self._target.name}.", delete=False
        )
        self.content: _Writer = self._file
        with OpenFile(path) as reader:
            if is_gzip(reader(CHUNK)):
                from gzip import GzipFile

                name = self._target.name.removesuffix(".gz")
                self.content = GzipFile(name, "wb", fileobj=self._file)

    def copy(self, size: int) -> None:
        """Write as many bytes as the other file begins with."""
        with OpenFile(self._path) as reader:
            stream = stream_of(reader(CHUNK), reader)
            while size and (chunk := stream.read(min(size, CHUNK))):
                self.content.write(chunk)
                size -= len(chunk)

    def take_the_place(self) -> None:
        """Become the other file, with its owner and its permissions."""
        if self.content is not self._file:
            self.content.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if hasattr(os, "chown"):
            status = self._target.stat()
            with suppress(OSError):
                os.chown(self._file.name, status.st_uid, status.st_gid)
        copymode(self._target, self._file.name)
        Path(self._file.name).replace(self._target)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)
