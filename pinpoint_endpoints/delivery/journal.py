"""Keeps what became of the documents of a run in a file, so that a killed run can be resumed."""

import errno
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Self
from zlib import crc32

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.service.outcome import State

VERSION = 2

_VERSION_MEMBER = "pe_journal"
_HEADER_BEGINS = f'{{"{_VERSION_MEMBER}":'.encode()
_MAX_HEADER_BYTES = 65_536
_CHECK = b',"crc":"%08x"}\n'
_CHECK_BYTES = len(_CHECK % 0)
_ANOTHER = "name another journal, or omit --journal"

_BINARY = getattr(os, "O_BINARY", 0)
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0)  # a named pipe would wait for a writer
_READ = os.O_RDONLY | _BINARY | _NOT_WAITING
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY | _NOT_WAITING
_OWNER_ONLY = 0o600


class JournalTarget(NamedTuple):
    """What a journal belongs to.

    Attributes:
        application_id: the application.
        region: the AWS region, or empty.
        server: the URL of the server, or the path of the local Pinpoint's store.
        store: the id of that store, or empty: a new one may be made at the same path.
    """

    application_id: str
    region: str
    server: str
    store: str = ""


class Entry(NamedTuple):
    """What became of one document that was sent.

    Attributes:
        endpoint_id: as it was sent.
        occurrence: how many documents of the run had the same endpoint id before.
        digest: the digest of the request.
        state: as in `Outcome`; `accepted` alone keeps a document from being sent again.
        status: the HTTP status, 0 if there was no answer.
        code: the service's error code, or empty.
        request_id: the service's id of the request, or empty.
    """

    endpoint_id: str
    occurrence: int
    digest: str
    state: str
    status: int
    code: str
    request_id: str


class ResumeState(NamedTuple):
    """What a journal knows of a document.

    Attributes:
        done: it was accepted in an earlier run, so it need not be sent.
        occurrence: how many documents of this run had the same endpoint id before.
    """

    done: bool
    occurrence: int


class AcceptedIndex:
    """Knows what was accepted in earlier runs, and which endpoints this run sends.

    A document is identified by its endpoint id and its occurrence: how many documents of a run had
    the same endpoint id before it. Kept are 64-bit hashes of ids and digests, about 200 bytes a
    document; a wrong match is less likely than one in a million runs of a million documents.
    """

    def __init__(self) -> None:
        self._digests: dict[int, int] = {}
        self._occurrences: dict[int, int] = {}
        self._sent: set[int] = set()

    def remember(self, key: str, occurrence: int, digest: str, *, accepted: bool) -> None:
        """Add the next entry of a journal; one that is not accepted takes an earlier one back."""
        place = hash((hash(key), occurrence))
        if accepted:
            self._digests[place] = hash(digest)
        else:
            self._digests.pop(place, None)

    def resume(self, key: str, digest: str) -> ResumeState:
        """Return whether the next document of the run is done. Called once a document, in order.

        It is if what was last accepted in its place has the same digest, and no earlier document
        with the same endpoint id is sent in this run: that one would replace it.

        Args:
            key: the same for all ids of the endpoint.
            digest: the digest of the request; a document without one is never done.
        """
        endpoint = hash(key)
        occurrence = self._occurrences.get(endpoint, 0)
        self._occurrences[endpoint] = occurrence + 1
        place = hash((endpoint, occurrence))
        earlier = self._digests.pop(place, None)  # asked for once: frees memory
        is_same = bool(digest) and earlier == hash(digest)
        done = is_same and endpoint not in self._sent
        if not done:
            self._sent.add(endpoint)
        return ResumeState(done, occurrence)


class Journal:
    """A file of one JSON object a line: a header that names the target, then an entry an outcome.

    One run at a time can use it. Each line ends with its CRC-32, so that no damage can make an
    endpoint done. A line that a killed run left half-written is cut off, and its document is sent
    again. A file that is not a journal, or another target's, is not changed.

    Args:
        path: the file; if it does not exist, it is created, readable by its owner only.
        target: what the documents are sent to.
        read_only: neither create nor lock nor change the file.
        keeps_latest: whether entries are kept: for journals of few.

    Attributes:
        path: the file, without symbolic links.
        accepted: what it has as accepted.
        latest: the last entry of each digest, if they are kept.

    Raises:
        CannotRun: the file cannot be opened, is in use by another run, is not a journal, or is the
            journal of another target or of a newer version.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        target: JournalTarget,
        *,
        read_only: bool = False,
        keeps_latest: bool = False,
    ) -> None:
        self.path = Path(os.path.realpath(path))
        self._named = os.fspath(path)
        self._target = target
        self.accepted = AcceptedIndex()
        self.latest: dict[str, Entry] = {}
        self._keeps_latest = keeps_latest
        self._writing = Lock()
        self._failure: CannotRun | None = None
        self._file: int | None = None
        try:
            if read_only:
                self._open_to_read()
            else:
                self._open_to_append()
        except OSError as error:
            self.close()
            raise CannotRun(
                f"the journal {self._named} cannot be used: {reason_of(error)}",
                "name a file that this user may write",
            ) from None
        except CannotRun:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, so that another run can use it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def record(self, entries: Iterable[Entry]) -> None:
        """Append what became of documents that were sent. Any thread may call it.

        Raises:
            CannotRun: the file could not be written, now or earlier.
        """
        lines = b"".join(map(_line, entries))
        with self._writing:
            if self._failure is None and lines:
                self._failure = self._append(lines)
            if self._failure is not None:
                raise self._failure

    def _append(self, lines: bytes) -> CannotRun | None:
        """Write whole lines; nothing may follow a failure, since a line may be half-written."""
        if self._file is None:
            raise ValueError("this journal is not open for writing")
        try:
            is_written = os.write(self._file, lines) == len(lines)
            reason = "" if is_written else "no space left for a line"
        except OSError as error:
            reason = reason_of(error)
        if not reason:
            return None
        return CannotRun(
            f"the journal {self._named} cannot be written: {reason}",
            "free some space and run the same command again: it goes on from the journal",
        )

    def _open_to_read(self) -> None:
        try:
            self._file = os.open(self.path, _READ)
        except FileNotFoundError:
            return
        self._read(self._file)
        self.close()

    def _open_to_append(self) -> None:
        self._file = os.open(self.path, _APPEND, _OWNER_ONLY)
        if not _locked(self._file):
            raise CannotRun(
                f"the journal {self._named} is in use by another run",
                "wait until that run has ended, or name another journal",
            )
        whole = self._read(self._file)
        os.ftruncate(self._file, whole)
        if whole == 0:
            header = {_VERSION_MEMBER: VERSION, **self._target._asdict()}
            failure = self._append(_checked_line(header))
            if failure is not None:
                raise failure

    def _read(self, descriptor: int) -> int:
        """Read the whole lines, and return how many bytes they are."""
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CannotRun(f"the journal {self._named} is not a regular file", _ANOTHER)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            header = file.readline(_MAX_HEADER_BYTES)
            if not header.endswith(b"\n"):
                if not _is_half_header(header):
                    raise self._no_journal()
                return 0
            self._check_target(header)
            whole = len(header)
            for number, line in enumerate(file, 2):
                if not line.endswith(b"\n"):
                    break
                self._remember(line, number)
                whole += len(line)
        return whole

    def _remember(self, line: bytes, number: int) -> None:
        try:
            entry = _verified(line)
            self.accepted.remember(
                same_endpoint_key(entry["endpoint_id"]),
                entry.get("occurrence", 0),
                entry["digest"],
                accepted=entry["state"] == State.ACCEPTED,
            )
            if self._keeps_latest:
                members = {name: entry.get(name, 0) for name in Entry._fields}
                self.latest[entry["digest"]] = Entry(**members)
        except (ValueError, TypeError, KeyError, AttributeError):  # no JSON, or of another shape
            raise CannotRun(
                f"line {number} of the journal {self._named} is damaged",
                f"the journal was not changed; remove that line, or {_ANOTHER}",
            ) from None

    def _check_target(self, header: bytes) -> None:
        theirs = self._read_header(header)
        others = [
            f"{name} {other or 'none'} (this run: {own or 'none'})"
            for name, other, own in zip(
                ("application", "region", "server", "store"), theirs, self._target, strict=True
            )
            if other != own
        ]
        if others:
            raise CannotRun(
                f"the journal {self._named} belongs to another target: {', '.join(others)}",
                "name another journal for this target",
            )

    def _read_header(self, line: bytes) -> JournalTarget:
        try:
            header: dict[str, Any] = orjson.loads(line)
            version = header[_VERSION_MEMBER]
            is_newer = version > VERSION
        except (ValueError, TypeError, KeyError):
            raise self._no_journal() from None
        if is_newer:
            raise CannotRun(
                f"the journal {self._named} has version {version}; "
                f"this pe knows versions up to {VERSION}",
                f"upgrade pinpoint_endpoints, or {_ANOTHER}",
            )
        values = [header.get(name) for name in JournalTarget._fields]
        texts = [value for value in values if isinstance(value, str)]
        if version in range(1, VERSION):
            raise CannotRun(
                f"the journal {self._named} is from an earlier version of pe, which did not record "
                "the whole target",
                f"it was not changed; {_ANOTHER}: documents are then sent again",
            )
        if version != VERSION or texts != values:
            raise self._no_journal()
        self._verify_header(line)
        return JournalTarget(*texts)

    def _verify_header(self, line: bytes) -> None:
        try:
            _verified(line)
        except ValueError:
            raise CannotRun(
                f"line 1 of the journal {self._named} is damaged",
                f"the journal was not changed; {_ANOTHER}",
            ) from None

    def _no_journal(self) -> CannotRun:
        return CannotRun(f"{self._named} is not a journal", f"it was not changed; {_ANOTHER}")


def _is_half_header(begun: bytes) -> bool:
    """Return whether this is the start of a header, written by a run that was killed."""
    if len(begun) >= _MAX_HEADER_BYTES:
        return False
    begun = begun.rstrip(b"\0")
    return begun.startswith(_HEADER_BEGINS) or _HEADER_BEGINS.startswith(begun)


def _line(entry: Entry) -> bytes:
    members = entry._asdict()
    if not entry.occurrence:
        del members["occurrence"]
    return _checked_line(members)


def _checked_line(members: Mapping[str, object]) -> bytes:
    """Return a JSON object in a line, with the CRC-32 of what is before it as last member."""
    text = orjson.dumps(members)[:-1]
    return text + _CHECK % crc32(text)


def _verified(line: bytes) -> Any:
    """Return the object in a line.

    Raises:
        ValueError: it is not as it was written.
    """
    text = line[:-_CHECK_BYTES]
    if line[-_CHECK_BYTES:] != _CHECK % crc32(text):
        raise ValueError("wrong CRC-32")
    return orjson.loads(line)


if sys.platform == "win32":
    import msvcrt

    _BEYOND_THE_END = 2**31 - 2

    def _lock(file: int) -> None:
        """Lock a byte beyond the end: on Windows a lock prevents reading and writing."""
        os.lseek(file, _BEYOND_THE_END, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LOCK_IS_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def _locked(file: int) -> bool:
    """Lock a file until this process closes it or ends; return False if another process has it.

    Args:
        file: a file descriptor, open for writing.

    Raises:
        OSError: there are no locks on this file system.
    """
    try:
        _lock(file)
    except OSError as error:
        if error.errno in _LOCK_IS_TAKEN:
            return False
        raise
    return True
