"""Writes what a run leaves behind: the journal, and a file of the endpoints to send again."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Self, TypeVar

from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Item, batch_item

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.journal import Entry, Journal

_OWNER_ONLY = 0o600
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)

Step = TypeVar("Step")


class FailureFile:
    """Writes endpoints that failed to a file that can be sent again: an EndpointBatchItem a line.

    The file holds personal data, as the documents do: only its owner may read it. What an earlier
    run left there stays until this run sends its first call.

    Args:
        path: the path of the file; it is created if it does not exist.
        line_of: returns the line of an item, without its line feed.

    Raises:
        CannotRun: the file cannot be written.
    """

    def __init__(self, path: str, line_of: Callable[[Item], bytes] = batch_item) -> None:
        self.path = path
        self._line_of = line_of
        self._lock = Lock()
        self._failure: CannotRun | None = None
        try:
            self._file = os.open(path, _FLAGS, _OWNER_ONLY)
        except OSError as error:
            raise self._not_written(reason_of(error)) from None
        mode = os.fstat(self._file).st_mode
        self._is_file = stat.S_ISREG(mode)
        if stat.S_ISFIFO(mode):
            os.close(self._file)
            raise self._not_written("it is a pipe")
        if self._is_file:
            os.fchmod(self._file, _OWNER_ONLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def truncate_before(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Yield the steps of a run, and empty the file before the first of them.

        Raises:
            CannotRun: the file cannot be written.
        """
        is_truncated = False
        for step in steps:
            if not is_truncated:
                self._truncate()
                is_truncated = True
            yield step

    def write(self, items: Iterable[Item]) -> None:
        """Write some endpoints. Any thread may call it.

        Raises:
            CannotRun: the file could not be written, now or earlier.
        """
        lines = b"".join(self._line_of(item) + b"\n" for item in items)
        with self._lock:
            if self._failure is None:
                self._failure = self._append(lines)
            if self._failure is not None:
                raise self._failure

    def _append(self, lines: bytes) -> CannotRun | None:
        try:
            while lines:
                lines = lines[os.write(self._file, lines) :]
        except OSError as error:
            return self._not_written(reason_of(error))
        return None

    def _truncate(self) -> None:
        try:
            if self._is_file:
                os.ftruncate(self._file, 0)
        except OSError as error:
            raise self._not_written(reason_of(error)) from None

    def _not_written(self, reason: str) -> CannotRun:
        return CannotRun(
            f"{self.path} cannot be written: {reason}",
            "check its folder and the free disk space",
        )


_SENT_AGAIN = frozenset({State.FAILED, State.UNVERIFIED})


class DeliveryLog:
    """Writes outcomes of what was sent, as they happen.

    Args:
        journal: gets every outcome, if there is a journal.
        failures: gets the endpoints that have to be sent again, if there is such a file.
        monitor: takes note of every outcome.
    """

    def __init__(
        self,
        journal: "Journal | None",
        failures: "FailureFile | None",
        monitor: Monitor | None = None,
    ) -> None:
        self._journal = journal
        self._failures = failures
        self._monitor = monitor or Monitor()

    def write(self, items: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
        """Write what became of the items of a call. Any thread may call it.

        Raises:
            CannotRun: a file cannot be written; the journal is tried first.
        """
        self._monitor.answered(outcomes)
        if self._journal is not None:
            self._journal.record(_entries(items, outcomes))
        if self._failures is not None:
            pairs = zip(items, outcomes, strict=True)
            again = [item for item, outcome in pairs if outcome.state in _SENT_AGAIN]
            if again:
                self._failures.write(again)


def _entries(items: Sequence[Item], outcomes: Sequence[Outcome]) -> "list[Entry]":
    from pinpoint_endpoints.delivery.journal import Entry

    return [
        Entry(
            item.recorded_as or item.endpoint_id,
            item.occurrence,
            item.digest,
            str(outcome.state),
            outcome.status,
            outcome.code,
            outcome.request_id,
        )
        for item, outcome in zip(items, outcomes, strict=True)
    ]
