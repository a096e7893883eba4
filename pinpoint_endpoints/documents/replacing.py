"""Replace a file completely or not at all, and clean up after killed runs."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EBUSY, EPERM
from pathlib import Path
from stat import S_ISREG
from typing import IO, NamedTuple

_BEGIN = ".pe-"
_END = ".tmp"
"""A temporary file is named `.pe-XXXXXXXX.tmp`."""

MIN_LEFTOVER_SECONDS = 3600
"""A younger temporary file may belong to a run on a file system that does not know locks."""

_CHOSEN_BY_THE_SYSTEM = "security."


class FileState(NamedTuple):
    """What tells one state of a file from another."""

    device: int
    inode: int
    size: int
    modified_ns: int


def file_state(path: str | Path) -> FileState:
    """Return the present state of a file, or of the file that a link leads to.

    Raises:
        OSError: there is no such file.
    """
    status = Path(path).stat()
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@contextmanager
def replacing(path: Path, read_as: FileState | None = None) -> Iterator[IO[bytes]]:
    """Give a new file that replaces `path` when the block ends: completely or not at all.

    Only its owner may read the new file. One that replaces a file that was read keeps the owner,
    group, permissions, access control list and extended attributes; where that is not allowed, the
    file is not replaced. Writing into the file itself would keep them, but a run that is killed
    meanwhile would leave half a file.

    Args:
        path: the file; not a link.
        read_as: the state of the file before it was read, if it was. It is not replaced if it has
            changed since.

    Raises:
        OSError: the file cannot be created, written or renamed, has changed, or would lose what it
            has to keep; `path` is then unchanged.
    """
    from tempfile import NamedTemporaryFile

    new = NamedTemporaryFile(dir=path.parent, prefix=_BEGIN, suffix=_END, delete=False)  # noqa: SIM115 - renamed below
    try:
        with new:
            try_lock(new.fileno())
            yield new
            new.flush()
            os.fsync(new.fileno())
            if read_as is not None:
                _keep_metadata(path, Path(new.name))
            if os.name == "posix":  # renamed before its lock is released
                _put_in_place(Path(new.name), path, read_as)
        if os.name != "posix":  # Windows does not rename an open file
            _put_in_place(Path(new.name), path, read_as)
    except BaseException:
        Path(new.name).unlink(missing_ok=True)
        raise


def remove_leftovers(directory: Path, min_age: float = MIN_LEFTOVER_SECONDS) -> None:
    """Remove the temporary files in a directory that runs left which were killed.

    Only files of this user are removed, and none that a running process has locked.

    Args:
        directory: where `replacing` has replaced files.
        min_age: how many seconds ago a file must have been written to.
    """
    with suppress(OSError):
        for path in directory.glob(f"{_BEGIN}????????{_END}"):
            with suppress(OSError):
                _remove_leftover(path, time.time() - min_age)


def _remove_leftover(path: Path, written_before: float) -> None:
    status = path.lstat()
    is_own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    if not S_ISREG(status.st_mode) or not is_own or status.st_mtime > written_before:
        return
    with path.open("rb") as file:
        if try_lock(file.fileno()):
            path.unlink()


def try_lock(descriptor: int) -> bool:
    """Lock a file until it is closed; return False if another process has locked it."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows removes no file that is open
        return True
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system does not know locks
        pass
    return True


def _put_in_place(new: Path, path: Path, read_as: FileState | None) -> None:
    if read_as is not None and file_state(path) != read_as:
        raise OSError(EBUSY, "another program changed it in the meantime")
    new.replace(path)


def _keep_metadata(old: Path, new: Path) -> None:
    status = old.stat()
    if hasattr(os, "chown"):
        made = new.stat()
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(new, status.st_uid, status.st_gid)
            except PermissionError:
                reason = "it would change its owner or group: run as its owner"
                raise PermissionError(EPERM, reason) from None
    if hasattr(os, "listxattr"):
        _keep_attributes(old, new)
    new.chmod(status.st_mode & 0o7777)


def _keep_attributes(old: Path, new: Path) -> None:
    """Give a new file the extended attributes of an old one; Linux's access lists are such too."""
    wanted = _attributes(old)
    present = _attributes(new)
    for name, value in wanted.items():
        if present.get(name) == value:
            continue
        try:
            os.setxattr(new, name, value)
        except OSError as error:
            if not name.startswith(_CHOSEN_BY_THE_SYSTEM):
                raise OSError(error.errno, f"it would lose its attribute {name}") from None
    for name in present.keys() - wanted.keys():
        if not name.startswith(_CHOSEN_BY_THE_SYSTEM):
            os.removexattr(new, name)  # such as the directory's default access list


def _attributes(path: Path) -> dict[str, bytes]:
    """Return the extended attributes of a file; none where the file system has none."""
    found: dict[str, bytes] = {}
    with suppress(OSError):
        for name in os.listxattr(path):
            with suppress(OSError):
                found[name] = os.getxattr(path, name)
    return found
