"""Keep applications and endpoints in an SQLite file, or in memory, and open transactions on it.

An acknowledged transaction survives the end of the process (WAL, synchronous FULL). Several
threads may share a store, and several processes a file: writers wait for each other.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import orjson

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.local.store_schema import APPLICATION_ID, STORE_VERSION, statements_from
from pinpoint_endpoints.local.unit_of_work import RowError

LOCK_SECONDS = 30.0
"""How long a writer waits for another process that writes."""

RETRY_SECONDS = 0.005
SETTINGS = (
    "synchronous = FULL",
    "cache_size = -65536",  # 64 MiB: the indexes of a million endpoints fit into memory
    "wal_autocheckpoint = 8192",  # pages, 32 MiB: frequent writes rarely reach the main file
)
SMALLEST_DATABASE = 512  # bytes: one page of the smallest size (SQLite file format, 1.3.2)

DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
DAMAGE_ERRORS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InternalError,
    sqlite3.OperationalError,
)
"""What SQLite raises when a part of the file is not what this program wrote."""

BUSY = "SQLITE_BUSY"
OTHER_STORE = (
    "use another file for the store, or move this one away together with its -wal and -shm files, "
    "which hold the latest writes"
)
NO_PERMISSION = "its disk is read-only, or this user may not write it", OTHER_STORE
CAUSES = {
    BUSY: (
        "another process has kept it locked for too long",
        "end the other process, and run the same command again",
    ),
    "SQLITE_CANTOPEN": (
        "it is not a file, its disk is read-only, or this user may not write it or its folder",
        OTHER_STORE,
    ),
    "SQLITE_FULL": ("the disk is full", "free some space and run the same command again"),
    "SQLITE_IOERR": (
        "the disk reports an error",
        "end every process that has it open, above all if it or the -wal beside it was deleted",
    ),
    "SQLITE_PERM": NO_PERMISSION,
    "SQLITE_READONLY": NO_PERMISSION,
}
"""Causes of SQLite's errors, and what to do about them."""

FILE_SUFFIXES = ("", "-wal", "-shm")
"""Suffixes of a store's files: SQLite keeps all three in place while a connection is open."""

FileIdentity = tuple[int, int]
"""The device and the inode of a file."""

NO_OUTER: tuple[Rows | None, int] = (None, 0)
"""No shared transaction, and so no thread that it belongs to."""


class Locked(CannotRun):
    """Another process is writing the store."""


class Store:
    """The applications and endpoints of the local Pinpoint in one SQLite file.

    A new file is readable for its owner only, and so is its folder if it is created.

    Args:
        path: the file, or None for a store in memory that ends with this object.
        lock_seconds: how long a writer waits for another process that writes.

    Raises:
        CannotRun: the file cannot be created or opened, is damaged, is not a store, or is of a
            newer version. It is left unchanged.
    """

    def __init__(self, path: Path | None, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self.path = None if path is None else path.absolute()
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._outer = NO_OUTER
        self._lock_seconds = lock_seconds
        if self.path is not None:
            _make_private_file(self.path)
        with self._explained():
            self._connection = _connect(self.path, lock_seconds)
        self._files: dict[str, FileIdentity | None] = {}
        self._close = weakref.finalize(self, self._connection.close)
        try:
            with self._explained():
                self._prepare()
            self._files = self._files_now()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def raise_when_locked(self) -> None:
        """Raise `Locked` from now on instead of waiting for another process that writes.

        A server answers other requests in the meantime, and tries again.

        Raises:
            sqlite3.Error: the store is closed.
        """
        self._connection.execute("PRAGMA busy_timeout = 0")

    def close(self) -> None:
        """Close the file. The store cannot be used afterwards."""
        self._close()

    def check_writable(self) -> None:
        """Check that the file can be written, before the first request arrives.

        Raises:
            CannotRun: the file cannot be written.
        """
        with suppress(Locked), self.writing():
            pass

    def identity(self) -> str:
        """Return the random id that the file got when it was made, and no other file has.

        Raises:
            CannotRun: the file is damaged or cannot be read.
        """
        with self.reading():
            row = self._connection.execute("SELECT id FROM identity").fetchone()
        if row is None:
            raise self._damage()
        return str(row[0])

    def writing(self) -> AbstractContextManager[Rows]:
        """Open a transaction that writes: it is stored completely on leaving, or not at all.

        Raises:
            CannotRun: the file is damaged, locked for too long, or cannot be written.
        """
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def shared_transaction(self) -> Iterator[None]:
        """Combine the transactions that this thread opens inside into one, stored at the end.

        Each of them still happens completely or not at all.

        Raises:
            CannotRun: none of them is stored.
        """
        with self._outermost("BEGIN IMMEDIATE") as rows:
            self._outer = rows, threading.get_ident()
            try:
                yield
            finally:
                self._outer = NO_OUTER

    def reading(self) -> AbstractContextManager[Rows]:
        """Open a transaction that sees a consistent snapshot of the store.

        Raises:
            CannotRun: the file is damaged or cannot be read.
        """
        return self._transaction("BEGIN")

    def _transaction(self, begin: str) -> AbstractContextManager[Rows]:
        outer, thread = self._outer
        if outer is not None and thread == threading.get_ident():
            return outer.savepoint()
        return self._outermost(begin)

    @contextmanager
    def _outermost(self, begin: str) -> Iterator[Rows]:
        self._refuse_a_forked_process()
        with self._lock, self._explained():
            self._connection.execute(begin)
            rows = Rows(self._connection)
            try:
                self._refuse_another_file()
                yield rows
                rows.write()
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise
            finally:
                rows.forget()

    def _refuse_a_forked_process(self) -> None:
        """Refuse a connection opened before fork() (SQLite: How To Corrupt, 2.6)."""
        if os.getpid() != self._process:
            raise CannotRun(
                f"the store {self.path or 'in memory'} was opened before this process was forked",
                "open it again in this process, or reach it over HTTP",
            )

    def _files_now(self) -> dict[str, FileIdentity | None]:
        if self.path is None:
            return {}
        return {ending: _file_at(f"{self.path}{ending}") for ending in FILE_SUFFIXES}

    def _refuse_another_file(self) -> None:
        """Notice that a file was replaced or deleted: writes to an unlinked file are lost."""
        now = self._files_now() if self._files else {}
        for ending, known in self._files.items():
            if known != now[ending]:
                raise CannotRun(
                    f"{self.path}{ending} was deleted, moved or replaced while it is in use",
                    "bring the file back, or end every process that has the store open and start "
                    "again, without an earlier journal",
                )

    def _prepare(self) -> None:
        """Upgrade the file to this version, after checking that it is a store."""
        with self.reading():
            version = self._version()
        if version < STORE_VERSION:
            with self.writing():
                for statement in statements_from(self._version()):
                    self._connection.execute(statement)
        _switch_to_wal(self._connection, self._lock_seconds)
        for setting in SETTINGS:
            self._connection.execute(f"PRAGMA {setting}")
        self._number("PRAGMA user_version")  # after a read in WAL mode, the files stay in place

    def _version(self) -> int:
        """Return the store's version, 0 for a new one. It is called inside a transaction."""
        # SQLite takes a very short file for an empty database, and would overwrite it.
        if self.path is not None and 0 < self.path.stat().st_size < SMALLEST_DATABASE:
            raise self._damage()
        version = self._number("PRAGMA user_version")
        is_ours = self._number("PRAGMA application_id") == APPLICATION_ID
        is_empty = self._number("SELECT count(*) FROM sqlite_master") == 0
        if not is_ours and not (is_empty and version == 0):
            raise CannotRun(
                f"{self.path} is a database of another program, not a store of the local Pinpoint",
                OTHER_STORE,
            )
        if version < 0:
            raise self._damage()
        if version > STORE_VERSION:
            raise CannotRun(
                f"the store {self.path} has version {version}; "
                f"this pe knows versions up to {STORE_VERSION}",
                f"upgrade pinpoint_endpoints, or {OTHER_STORE}",
            )
        return version

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            self._explain(error)
        except (orjson.JSONDecodeError, RowError, UnicodeDecodeError) as error:
            raise self._damage() from error

    def _explain(self, error: sqlite3.DatabaseError) -> NoReturn:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(DAMAGED) or "malformed JSON" in str(error):
            raise self._damage() from error
        for cause, (words, hint) in CAUSES.items():
            if name.startswith(cause):
                kind = Locked if cause == BUSY else CannotRun
                raise kind(f"the store {self.path} cannot be used: {words}", hint) from error
        if isinstance(error, DAMAGE_ERRORS):  # such as: no such table, a row twice in an index
            raise self._damage() from error
        raise error

    def _damage(self) -> CannotRun:
        return CannotRun(
            f"{self.path} is damaged, or is not a store of the local Pinpoint",
            f"it was left as it is; {OTHER_STORE}",
        )


def _switch_to_wal(connection: sqlite3.Connection, lock_seconds: float) -> None:
    """Switch to WAL, waiting for other processes that are creating the same file.

    SQLite does not wait with this statement, but fails with SQLITE_BUSY at once.
    """
    deadline = time.monotonic() + lock_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "BUSY" not in error.sqlite_errorname or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Opens only a new file: closing an existing one would release SQLite's locks on it.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        is_no_folder = isinstance(error, FileExistsError)
        reason = f"{path.parent} is not a folder" if is_no_folder else error.strerror
        raise CannotRun(
            f"the store {path} cannot be created: {reason}",
            "name a file that this user may write with --store or PE_LOCAL_STORE",
        ) from error


def exists(path: Path) -> bool:
    """Tell whether a file is at a store's path; one that cannot be examined counts as present."""
    try:
        path.stat()
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    return True


def open_for_reading(path: Path) -> Store:
    """Open a store to read it. A missing store is taken as empty, and is not created.

    Raises:
        CannotRun: as `Store`.
    """
    return Store(path if exists(path) else None)


def _file_at(path: str) -> FileIdentity | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - called three times in each transaction: a Path costs more
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connect(path: Path | None, lock_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(
        ":memory:" if path is None else path,
        timeout=lock_seconds,
        isolation_level=None,
        check_same_thread=False,
    )


def default_store_path() -> Path:
    """Return the store's default file, in the user's data directory of this operating system.

    Raises:
        CannotRun: the user has no home directory, as in many containers.
    """
    from platformdirs import user_data_path

    try:
        directory = user_data_path("pinpoint-endpoints", appauthor=False)
    except RuntimeError:
        raise _no_home() from None
    if not directory.is_absolute():  # early versions of platformdirs
        raise _no_home()
    return directory / "pinpoint.sqlite3"


def named_store_path(named: str) -> Path:
    """Return the file that a variable names; `~` is the home directory.

    Raises:
        CannotRun: it begins with `~`, and the user has no home directory.
    """
    try:
        path = Path(named).expanduser()
    except RuntimeError:
        raise _no_home() from None
    if named.startswith("~") and (not path.is_absolute() or os.environ.get("HOME") == ""):
        raise _no_home()
    return path


def _no_home() -> CannotRun:
    return CannotRun(
        "there is no home directory for the local Pinpoint's store",
        "name a file with --store or PE_LOCAL_STORE, or set XDG_DATA_HOME to an absolute path",
    )
