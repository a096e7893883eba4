"""An open file in, a lock on it out, which the system takes back when the process ends."""

import errno
import os
import sys

if sys.platform == "win32":
    import msvcrt

    _BEYOND_THE_END = 2**31 - 2

    def _lock(file: int) -> None:
        """Lock a byte that nobody reads or writes: a lock keeps others from both."""
        os.lseek(file, _BEYOND_THE_END, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def locked(file: int) -> bool:
    """Lock a file until it is closed; return False if somebody else has it.

    Args:
        file: a file descriptor, open for writing.

    Raises:
        OSError: there are no locks on this file system.
    """
    try:
        _lock(file)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True
