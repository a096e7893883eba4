"""Requests of one client in, the answers of the local Pinpoint out, by this process or another."""

import os
import threading
from pathlib import Path

from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.piped.asking import HasEnded, PinpointProcess
from pinpoint_endpoints.local.store import Store, is_there, store_to_read
from pinpoint_endpoints.local.wire import Answer, answer, operation_name

BATCH = "UpdateEndpointsBatch"
MAKES_NOTHING = frozenset({"GET", "DELETE"})
BATCHES_HERE = 10
"""They take about as long as another process takes to start."""


class LocalDoor:
    """Answers in this process, and lets one of its own do it once batch after batch comes.

    Args:
        path: the store's file; if it is not there, the first update makes it.

    Raises:
        CannotRun: the store cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._pinpoint = LocalPinpoint(Store(self._path)) if is_there(self._path) else None
        self._lock = threading.Lock()
        self._batches = 0
        self._process: PinpointProcess | None = None

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Answer one HTTP request, as `wire.answer` does.

        Raises:
            CannotRun: the store cannot be used.
        """
        process = self._process_for_batches() if operation_name(method, target) == BATCH else None
        if process is None:
            return answer(self._pinpoint_for(method), method, target, body)
        try:
            return process.answer(method, target, body)
        except HasEnded:
            self._forget(process)
            raise

    def _forget(self, process: PinpointProcess) -> None:
        """Let the next batch start another process."""
        with self._lock:
            if self._process is process:
                self._process = None

    def _pinpoint_for(self, method: str) -> LocalPinpoint:
        """Return what answers here; what makes nothing makes no store either."""
        with self._lock:
            if self._pinpoint is None and method in MAKES_NOTHING:
                return LocalPinpoint(store_to_read(self._path))
            self._pinpoint = self._pinpoint or LocalPinpoint(Store(self._path))
            return self._pinpoint

    def _process_for_batches(self) -> PinpointProcess | None:
        with self._lock:
            self._batches += 1
            if self._process is None and self._batches > BATCHES_HERE and _processors() > 1:
                self._process = PinpointProcess(self._path)
            return self._process


def _processors() -> int:
    """Return how many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
