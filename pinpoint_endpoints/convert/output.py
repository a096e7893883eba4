"""Write the files of a conversion so that all of them get their names at its end, or none."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from stat import S_ISREG
from typing import IO, NamedTuple, Self

from pinpoint_endpoints.documents.replacing import remove_leftovers, replacing, try_lock
from pinpoint_endpoints.errors import CannotRun, UsageError, reason_of

STANDARD_OUTPUT = "-"

_STAGE = ".pe-convert.tmp"
"""Holds the files while they are written, in the directory that they are moved to in the end."""

_NEW_FILES = "files"
_MOVING = "moving"
"""A file in the stage from when its files are moved, with their names: those files are ours."""

_END_OF_NAME = b"\0"
_LOCK = "lock"
_OWNER_ONLY = 0o600


class WrittenFile(NamedTuple):
    """A file that was written, or a directory with a file for each record.

    Attributes:
        path: where it is; `-` for standard output.
        records: how many endpoints, rows or profiles it has.
        size: in bytes.
        is_directory: whether each record is a file in it.
    """

    path: str
    records: int
    size: int
    is_directory: bool = False


class OutputFile:
    """A file that is being written.

    Attributes:
        records: how many records it has so far.
        size: in bytes, so far.

    Args:
        stream: takes the bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.records = 0
        self.size = 0
        self._write = stream.write

    def write(self, data: bytes, records: int = 0) -> None:
        """Append bytes, with which a number of records is complete."""
        self._write(data)
        self.size += len(data)
        self.records += records


class Output:
    """Writes a conversion to standard output; subclasses write files, and remove uncommitted ones.

    Attributes:
        files: what was written, in order.
    """

    _is_for_one_file = True

    def __init__(self) -> None:
        self.files: list[WrittenFile] = []
        self._open: OutputFile | None = None

    @property
    def records(self) -> int:
        """How many records were written so far."""
        being_written = self._open.records if self._open else 0
        return being_written + sum(file.records for file in self.files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not committed."""

    @contextmanager
    def open(self, name: str) -> Iterator[OutputFile]:
        """Give a new file for a `with` block.

        Args:
            name: its name in a directory; ignored where there is only one file.

        Raises:
            CannotRun: the file cannot be written.
            UsageError: a second file is needed, and the output is not a directory.
        """
        if self.files and self._is_for_one_file:
            message = "the output is larger than one file may be"
            raise UsageError(message, "write its parts into a directory: -d DIR")
        path = self._path(name)
        try:
            with self._stream(name) as stream:
                file = self._open = OutputFile(stream)
                yield file
        except OSError as error:
            raise self._cannot_be_written(path, error) from None
        self._open = None
        self.files.append(WrittenFile(path, file.records, file.size))

    def commit(self) -> None:
        """Give the files their names.

        Raises:
            CannotRun: a file cannot be written.
        """

    def _path(self, _name: str) -> str:
        return STANDARD_OUTPUT

    @contextmanager
    def _stream(self, _name: str) -> Iterator[IO[bytes]]:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()

    def _cannot_be_written(self, path: str, error: OSError) -> Exception:
        if path == STANDARD_OUTPUT:
            return error  # the program handles what happens there
        is_misnamed = isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError)
        what_to_do = (
            "name a file in a directory that exists"
            if is_misnamed
            else "check the free space and the permissions"
        )
        message = f"{path} cannot be written: {reason_of(error)}"
        return CannotRun(message, f"nothing was written: {what_to_do}")


class SingleFile(Output):
    """One file, which is replaced completely or not at all; a device or a pipe is written into.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._name = path
        self._until_commit = ExitStack()

    def __exit__(self, *_: object) -> None:
        with suppress(_DiscardedError, OSError), self._until_commit:  # a full disk stays full
            raise _DiscardedError  # without effect after `commit`, which has left the blocks

    def commit(self) -> None:
        """Give the file its name."""
        try:
            self._until_commit.close()
        except OSError as error:
            raise self._cannot_be_written(self._name, error) from None

    def _path(self, _name: str) -> str:
        return self._name

    @contextmanager
    def _stream(self, _name: str) -> Iterator[IO[bytes]]:
        path = Path(os.path.realpath(self._name))
        if path.exists() and not S_ISREG(path.stat().st_mode):
            with path.open("wb") as stream:
                yield stream
        else:
            remove_leftovers(path.parent)
            yield self._until_commit.enter_context(replacing(path))


class _DiscardedError(Exception):
    """The file is discarded, because the conversion has failed."""


class Directory(Output):
    """The files of a directory, which is empty before; hidden files in it do not matter.

    The files are written into a hidden directory in it, and moved when all of them are complete. A
    run that is killed leaves that one behind; the next run removes it, also if it was killed while
    files were moved.

    Args:
        path: the directory; created if it does not exist.

    Raises:
        CannotRun: the directory is not empty, cannot be written, or another run writes it.
    """

    _is_for_one_file = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._directory = path
        self._stage = path / _STAGE
        self._new = self._stage / _NEW_FILES
        self._saved = 0
        self._saved_bytes = 0
        self._is_created = not path.exists()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._refuse_others_files()
            self._stage.mkdir(exist_ok=True)
            self._lock = (self._stage / _LOCK).open("wb")
            if not try_lock(self._lock.fileno()):
                self._lock.close()
                message = f"another run of pe convert writes into {path}"
                raise CannotRun(message, "wait for its end, or name another directory")
            for name in self._moved_before():
                (path / name).unlink(missing_ok=True)
            (self._stage / _MOVING).unlink(missing_ok=True)
            rmtree(self._new, ignore_errors=True)
            self._new.mkdir()
        except FileExistsError:
            raise CannotRun(f"{path} is not a directory", "name another directory") from None
        except OSError as error:
            raise self._cannot_be_written(str(path), error) from None

    def _refuse_others_files(self) -> None:
        ours = self._moved_before()
        with os.scandir(self._directory) as entries:
            names = (entry.name for entry in entries if entry.name[0] != ".")
            found = min((name for name in names if name not in ours), default=None)
        if found is not None:
            message = f"{self._directory} is not empty: it has {found}"
            raise CannotRun(message, "name a directory that is empty, or a new one")

    def _moved_before(self) -> frozenset[str]:
        """Return the names of files that a run may have moved before it was killed."""
        try:
            names = (self._stage / _MOVING).read_bytes().split(_END_OF_NAME)
        except FileNotFoundError:
            return frozenset()
        return frozenset(os.fsdecode(name) for name in names[:-1])

    def __exit__(self, *_: object) -> None:
        self._lock.close()
        if (self._stage / _MOVING).exists():  # the next run must know whose files these are
            rmtree(self._new, ignore_errors=True)
        else:
            rmtree(self._stage, ignore_errors=True)
        if self._is_created:
            with suppress(OSError):  # it has files now
                self._directory.rmdir()

    @property
    def records(self) -> int:
        """How many records were written so far."""
        return super().records + (0 if self.files else self._saved)

    def save(self, name: str, data: bytes) -> None:
        """Write a file with one record; all of these are reported as one directory.

        Raises:
            CannotRun: the file cannot be written.
        """
        try:
            descriptor = os.open(
                self._new / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY
            )
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(data)
        except OSError as error:
            raise self._cannot_be_written(self._path(name), error) from None
        self._saved += 1
        self._saved_bytes += len(data)

    def commit(self) -> None:
        """Move the files into the directory."""
        try:
            listed = self._stage / f"{_MOVING}.new"
            with listed.open("wb") as moving, os.scandir(self._new) as entries:
                moving.writelines(os.fsencode(entry.name) + _END_OF_NAME for entry in entries)
            listed.replace(self._stage / _MOVING)
            with os.scandir(self._new) as entries:
                for entry in entries:
                    os.replace(entry.path, self._directory / entry.name)  # noqa: PTH105 - is fast
            (self._stage / _MOVING).unlink()
        except OSError as error:
            raise self._cannot_be_written(str(self._directory), error) from None
        if self._saved:
            path = str(self._directory)
            file = WrittenFile(path, self._saved, self._saved_bytes, is_directory=True)
            self.files.append(file)

    def _path(self, name: str) -> str:
        return str(self._directory / name)

    @contextmanager
    def _stream(self, name: str) -> Iterator[IO[bytes]]:
        descriptor = os.open(self._new / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor
            yield stream
            stream.flush()
            os.fsync(descriptor)
