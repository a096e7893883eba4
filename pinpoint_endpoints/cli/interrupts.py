"""Handles Ctrl-C so that a run reports what it has done before it ends."""

import signal
from threading import current_thread, main_thread
from typing import Any, Self

from pinpoint_endpoints.delivery.monitor import Monitor


class Interrupts(Monitor):
    """Counts Ctrl-C; it interrupts a run where it waits for input, and nowhere else."""

    _before: Any = None

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._on_sigint)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _on_sigint(self, _signal: int, _frame: object) -> None:
        self.stop_requests += 1
        if self.is_reading:
            raise KeyboardInterrupt
