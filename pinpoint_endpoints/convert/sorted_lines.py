"""Sorts more lines than fit into memory, in temporary files, and groups those with the same key."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from heapq import merge
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO, Self

from pinpoint_endpoints.errors import CannotRun, reason_of

MAX_BYTES_IN_MEMORY = 24 * 1024 * 1024
_LINE_OVERHEAD = 60
"""Bytes that Python needs for a line besides its own: an object, and a place in a list."""

SEPARATOR = b"\t"
"""JSON never contains it, so lines with the same key are sorted next to each other."""


class SortedLines:
    """Collects lines in any order, and yields them in the order of their bytes.

    Args:
        max_bytes: how much is kept in memory at most; what is more goes to temporary files, which
            only this process can open.
    """

    def __init__(self, max_bytes: int = MAX_BYTES_IN_MEMORY) -> None:
        self._max_bytes = max_bytes
        self._files = ExitStack()
        self._runs: list[IO[bytes]] = []
        self._lines: list[bytes] = []
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines = []
        with suppress(OSError):  # what a full disk did not take is not needed any more
            self._files.close()

    def add(self, line: bytes) -> None:
        """Add a line, which ends with a line feed and has no other one.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        self._lines.append(line)
        self._bytes += len(line) + _LINE_OVERHEAD
        if self._bytes > self._max_bytes:
            self._write_run()

    def __iter__(self) -> Iterator[bytes]:
        """Return the lines in order; nothing can be added afterwards.

        Several iterators must not be used at the same time.
        """
        self._lines.sort()
        for run in self._runs:
            run.seek(0)
        return iter(self._lines) if not self._runs else merge(*self._runs, self._lines)

    def _write_run(self) -> None:
        self._lines.sort()
        try:
            run = TemporaryFile(prefix="pe-")  # noqa: SIM115 - the stack closes it
            self._files.callback(run.close)
            run.writelines(self._lines)
            run.flush()
        except OSError as error:
            raise CannotRun(
                f"a temporary file cannot be written: {reason_of(error)}",
                "free some space, or name another folder with TMPDIR",
            ) from None
        self._runs.append(run)
        self._lines, self._bytes = [], 0


def keyed_line(*cells: bytes) -> bytes:
    """Return a line from a key and its values, all in JSON."""
    return SEPARATOR.join(cells) + b"\n"


def by_key(lines: Iterable[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield each key of sorted lines once, with the rest of each of its lines."""
    for key, group in groupby(lines, lambda line: line[: line.index(SEPARATOR)]):
        yield key, [line[len(key) + 1 :] for line in group]
