"""Handles Ctrl-C, SIGTERM and SIGHUP so that a run reports what it has done before it ends."""

import signal
from threading import current_thread, main_thread
from typing import Any, Self

from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.errors import ExitCode

_NAMES = ("SIGTERM", "SIGHUP")
_FIRST_SIGNAL_CODE = 128
"""What a shell adds to the number of a signal, for the exit code of a process that it ended."""


class EndingSignals:
    """Makes SIGTERM and SIGHUP do what Ctrl-C does, and remembers which one came first.

    A signal that is ignored, as SIGHUP is under nohup, stays ignored.
    """

    def __init__(self) -> None:
        self._received = 0
        self._handled = [
            number
            for number in (getattr(signal, name, None) for name in _NAMES)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL
        ]
        for number in self._handled:
            signal.signal(number, self._on_signal)

    def exit_code(self, code: str | int | None) -> str | int | None:
        """Return an exit code: that of the signal if one interrupted the run."""
        if code == ExitCode.INTERRUPTED and self._received:
            return _FIRST_SIGNAL_CODE + self._received
        return code

    def close(self) -> None:
        """Let signals end the process: the run is over, and nothing could report an exception."""
        for number in self._handled:
            signal.signal(number, signal.SIG_DFL)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _on_signal(self, number: int, frame: Any) -> None:
        self._received = self._received or number
        handle_ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(handle_ctrl_c):
            raise KeyboardInterrupt
        handle_ctrl_c(number, frame)


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
