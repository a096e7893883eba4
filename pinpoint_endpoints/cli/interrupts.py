"""Handles Ctrl-C so that a run reports what it has done before it ends."""

import signal
from collections.abc import Iterable, Iterator
from threading import current_thread, main_thread
from typing import Any, Self, TypeVar

from pinpoint_endpoints.delivery.monitor import Monitor

Value = TypeVar("Value")


class Interrupts(Monitor):
    """Counts Ctrl-C; it interrupts a run where it waits for input, and nowhere else."""

    def __init__(self) -> None:
        self._count = 0
        self._is_reading = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def stop_requests(self) -> int:
        """Return how often Ctrl-C was pressed."""
        return self._count

    def reading(self, values: Iterable[Value]) -> Iterator[Value]:
        """Yield values until there are no more, or Ctrl-C is pressed."""
        iterator = iter(values)
        while not self._count:
            try:
                self._is_reading = True
                value = next(iterator)
                self._is_reading = False
            except (StopIteration, KeyboardInterrupt):
                return
            finally:
                self._is_reading = False
            yield value

    def _hear(self, _signal: int, _frame: object) -> None:
        self._count += 1
        if self._is_reading:
            raise KeyboardInterrupt
