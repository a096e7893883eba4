"""Runs work in other processes: calls of a function in several, or a producer of values in one.

The pools of the standard library take as long to import as it takes to check 500 documents.
"""

import gc
import os
import pickle
import signal
import sys
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Generic, Self, TypeVar

from pinpoint_endpoints.errors import PinpointEndpointsError

A = TypeVar("A")
R = TypeVar("R")

_CALLS_AHEAD = 3
"""How many calls per process may be made before the result of the first one is known."""

_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")
_SIGNS_OF_DEATH = (EOFError, BrokenPipeError, pickle.UnpicklingError)


class ProcessDiedError(Exception):
    """A process has died before its work was done.

    Args:
        argument: the argument of the call that it was making, if there was one.
    """

    def __init__(self, argument: object = None) -> None:
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
            self.call.result = _load(self.results)
        except _SIGNS_OF_DEATH:
            raise ProcessDiedError(self.call.argument) from None
        self.call.is_over = True

    def close(self) -> None:
        """Close the pipes: the process ends when it wants to read or write."""
        with suppress(BrokenPipeError):
            self._arguments.close()
        self.results.close()

    def wait(self) -> None:
        _wait_for(self._number)


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
        """Start the processes, or as many as the system allows.

        Raises:
            OSError: the system allows none, or has no memory for one.
        """
        try:
            for _ in range(self._number):
                self._start()
        except OSError:
            if not self._all:
                raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.close()
        for process in self._all:
            process.wait()

    def _start(self) -> None:
        argument_reader, argument_writer = os.pipe()
        result_reader, result_writer = os.pipe()

        def serve() -> None:
            for process in self._all:  # else they would outlive this process
                process.close()
            os.close(argument_writer)
            os.close(result_reader)
            with os.fdopen(argument_reader, "rb") as arguments:
                _serve(self._function, arguments, os.fdopen(result_writer, "wb"))

        try:
            number = _forked(serve)
        except OSError:
            os.close(argument_writer)
            os.close(result_reader)
            raise
        finally:
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
    """Call a function with each argument until there are no more."""
    with suppress(*_SIGNS_OF_DEATH):
        while True:
            result = function(_load(arguments))
            pickle.dump(result, results, pickle.HIGHEST_PROTOCOL)
            results.flush()


def _load(pipe: BinaryIO) -> Any:
    return pickle.load(pipe)  # noqa: S301 - only processes that this module forks write to it


class Producer(Generic[R]):
    """A process that makes values while this one uses them, for a `with` block.

    Start it before any thread.

    Args:
        make: yields the values, none of them None. They are pickled, as is the
            PinpointEndpointsError that `make` may raise.
    """

    def __init__(self, make: Callable[[], Iterable[R]]) -> None:
        self._make = make

    def __enter__(self) -> Self:
        """Start the process.

        Raises:
            OSError: the system has no more processes, or no memory for one.
        """
        reader, writer = os.pipe()

        def produce() -> None:
            os.close(reader)
            start_new_thread(_end_without_reader, (writer,))
            with suppress(BrokenPipeError), os.fdopen(writer, "wb") as values:
                _produce(self._make, values)

        try:
            self._number = _forked(produce)
        except OSError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self._values = os.fdopen(reader, "rb")
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the process: it may be waiting for input that never comes."""
        self._values.close()
        with suppress(ProcessLookupError):  # where SIGCHLD is ignored, it is gone once it has ended
            os.kill(self._number, signal.SIGKILL)
        _wait_for(self._number)

    def __iter__(self) -> Iterator[R]:
        """Yield the values.

        Raises:
            ProcessDiedError: the process has died.
            PinpointEndpointsError: `make` raised it.
        """
        while True:
            try:
                value = _load(self._values)
            except _SIGNS_OF_DEATH:
                raise ProcessDiedError from None
            if value is None:
                return
            if isinstance(value, PinpointEndpointsError):
                raise value
            yield value


def _produce(make: Callable[[], Iterable[object]], values: BinaryIO) -> None:
    """Write values to a pipe, then the error that ended them, if any, and None."""

    def write(value: object) -> None:
        pickle.dump(value, values, pickle.HIGHEST_PROTOCOL)
        values.flush()

    try:
        for value in make():
            write(value)
    except PinpointEndpointsError as error:
        write(error)
    write(None)


def _end_without_reader(pipe: int) -> None:
    """End this process when the reading end of a pipe is closed, even while it waits for input.

    Otherwise it could take input from the next run, which may read from the same named pipe.
    """
    from select import poll

    ends = poll()
    ends.register(pipe, 0)  # errors are always reported
    if ends.poll():  # a system that reports no error here may return nothing
        os._exit(1)


def _forked(work: Callable[[], None]) -> int:
    """Fork a process that does some work, and return its process id.

    It ignores Ctrl-C, which the process that started it handles, and the signals that this one
    ignores, such as SIGHUP under nohup.
    """
    number = os.fork()
    if number == 0:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for name in _ENDING_SIGNALS:
                ending = getattr(signal, name, None)
                if ending is not None and signal.getsignal(ending) is not signal.SIG_IGN:
                    signal.signal(ending, signal.SIG_DFL)
            gc.freeze()  # a collection would copy pages that are shared with the parent
            work()
        except BaseException:  # noqa: BLE001 - os._exit() below would hide the traceback
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(1)
    return number


def _wait_for(process: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(process, 0)
