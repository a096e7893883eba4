"""Call a function in several processes, and give the results in the order of the arguments.

The pools of the standard library take as long to import as it takes to check 500 documents.
"""

import gc
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Generic, Self, TypeVar

A = TypeVar("A")
R = TypeVar("R")

_CALLS_AHEAD = 3
"""For each process: calls whose results wait for those of the calls before them."""

_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")
_SIGNS_OF_DEATH = (EOFError, BrokenPipeError, pickle.UnpicklingError)


class ProcessDiedError(Exception):
    """A process has died during a call.

    Args:
        argument: of the call.
    """

    def __init__(self, argument: object) -> None:
        super().__init__("a process died")
        self.argument = argument


class _Call(Generic[R]):
    """A call; its result is None until it is over, and where no process makes it."""

    result: R | None = None

    def __init__(self, argument: object, *, is_over: bool) -> None:
        self.argument = argument
        self.is_over = is_over


class _Process(Generic[R]):
    """One of the processes, and what it is called with."""

    call: _Call[R]

    def __init__(self, number: int, arguments: BinaryIO, results: BinaryIO) -> None:
        self._number = number
        self._arguments = arguments
        self.results = results

    def begin(self, call: _Call[R]) -> None:
        self.call = call
        try:
            pickle.dump(call.argument, self._arguments, pickle.HIGHEST_PROTOCOL)
            self._arguments.flush()
        except BrokenPipeError:
            raise ProcessDiedError(call.argument) from None

    def end(self) -> None:
        try:
            self.call.result = pickle.load(self.results)  # noqa: S301 - it is a process of ours
        except _SIGNS_OF_DEATH:
            raise ProcessDiedError(self.call.argument) from None
        self.call.is_over = True

    def close(self) -> None:
        """Close the pipes: the process ends when it wants to read or write."""
        with suppress(BrokenPipeError):
            self._arguments.close()
        self.results.close()

    def wait(self) -> None:
        with suppress(ChildProcessError):
            os.waitpid(self._number, 0)


class Processes(Generic[R]):
    """Processes for a `with` block; start them before any thread.

    They are forked: so they start at once, and hash texts as this process does.

    Args:
        number: how many.
        function: what they call; its arguments and results are pickled.
    """

    def __init__(self, number: int, function: Callable[[Any], R]) -> None:
        self._number = number
        self._function = function
        self._all: list[_Process[R]] = []

    def __enter__(self) -> Self:
        for _ in range(self._number):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.close()
        for process in self._all:
            process.wait()

    def _start(self) -> None:
        argument_reader, argument_writer = os.pipe()
        result_reader, result_writer = os.pipe()
        number = os.fork()
        if number == 0:
            try:
                for process in self._all:  # else they would outlive this process
                    process.close()
                os.close(argument_writer)
                os.close(result_reader)
                with os.fdopen(argument_reader, "rb") as arguments:
                    _serve(self._function, arguments, os.fdopen(result_writer, "wb"))
            except BaseException:  # noqa: BLE001 - the other process only sees that this one ends
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(1)
        os.close(argument_reader)
        os.close(result_writer)
        pipes = os.fdopen(argument_writer, "wb"), os.fdopen(result_reader, "rb")
        self._all.append(_Process(number, *pipes))

    def results(
        self, arguments: Iterable[A], takes: Callable[[A], bool]
    ) -> Iterator[tuple[A, R | None]]:
        """Yield each argument with the result of its call, in the order of the arguments.

        Args:
            arguments: none is None; each is asked for when a process has nothing to do.
            takes: whether the function takes an argument; the result of others is None.

        Raises:
            ProcessDiedError: a process has died.
        """
        from select import POLLIN, poll

        poller = poll()
        busy: dict[int, _Process[R]] = {}
        idle = deque(self._all)
        calls: deque[tuple[A, _Call[R]]] = deque()
        remaining = iter(arguments)
        argument: A | None
        is_complete = False
        while calls or not is_complete:
            must_wait = bool(calls) and not calls[0][1].is_over
            for descriptor, _ in poller.poll(None if must_wait else 0):
                poller.unregister(descriptor)
                idle.append(busy.pop(descriptor))
                idle[-1].end()
            while idle and not is_complete and len(calls) < self._number * _CALLS_AHEAD:
                argument = next(remaining, None)
                if argument is None:
                    is_complete = True
                    break
                call: _Call[R] = _Call(argument, is_over=not takes(argument))
                calls.append((argument, call))
                if not call.is_over:
                    process = idle.popleft()
                    process.begin(call)
                    busy[process.results.fileno()] = process
                    poller.register(process.results, POLLIN)
            if calls and calls[0][1].is_over:
                argument, call = calls.popleft()
                yield argument, call.result


def _serve(function: Callable[[Any], object], arguments: BinaryIO, results: BinaryIO) -> None:
    """Call a function with each argument, in a forked process, until there are no more.

    Ctrl-C is for the process that forked it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _ENDING_SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    gc.freeze()  # what is there stays
    with suppress(*_SIGNS_OF_DEATH):
        while True:
            result = function(pickle.load(arguments))  # noqa: S301 - of the other process
            pickle.dump(result, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
