"""Requests in, the answers of a local Pinpoint out: in a process of its own once there are many.

Whoever sends many batches reads and checks files meanwhile, and Python does one thing at a time
in a process: with two, both of two cores work.

`python -m pinpoint_endpoints.local.other_process FILE` is that process: it reads requests from
standard input, answers them in their order on standard output, and ends with the input. Requests
that wait together are stored together (group commit).
"""

import gc
import os
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

import orjson

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.store import Store, is_there, store_to_read
from pinpoint_endpoints.local.wire import Answer, answer, operation_name

REQUEST = struct.Struct(">3I")
"""The bytes of the method, of the target and of the body, which follow."""

ANSWER = struct.Struct(">3I")
"""The HTTP status, and the bytes of the headers and of the body, which follow; or, after the
status `FAILED`, of the message and of the hint of what stops the run."""

Request = tuple[str, str, bytes]
"""A method, a target and a body."""

FAILED = 0
BATCH = "UpdateEndpointsBatch"
MAKES_NOTHING = frozenset({"GET", "DELETE"})
BATCHES_HERE = 10
"""They take about as long as another process takes to start."""

MOST_TOGETHER = 8
"""Requests of one transaction: more make it no faster, and the first waits for the last."""

NEW_OBJECTS = 50_000
"""Between two looks for garbage: after Python's own 700 they are a twentieth of the work."""

PATIENCE_SECONDS = 10
"""How long the process may take to end once it has answered all."""


class PinpointProcess:
    """A local Pinpoint in a process of its own, which ends when this object does, or its process.

    Several threads may ask at once; requests are answered one after the other.

    Args:
        path: the store's file.
    """

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this Python, and this module
            # -P: no file of the working directory is taken for a module
            [sys.executable, "-P", "-m", __name__, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asking = threading.Lock()
        self._asked = _Asked()
        answers = _piped(self._process.stdout)
        threading.Thread(target=self._asked.answer_from, args=(answers,), daemon=True).start()
        self._end = weakref.finalize(self, _end, self._process)

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Answer one HTTP request, as `wire.answer` does.

        Raises:
            CannotRun: the store cannot be used, or the process ended.
        """
        parts = method.encode(), target.encode(), body
        try:
            with self._asking:  # the next answer belongs to the next request
                answered = self._asked.add()
                _write(_piped(self._process.stdin), REQUEST, parts)
        except OSError as error:
            raise _has_ended() from error
        try:
            return answered.result()
        finally:
            del answered  # its exception holds this frame: they would hold each other


class _Asked:
    """The requests that are not answered yet, in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._futures: deque[Future[Answer]] = deque()
        self._is_over = False

    def add(self) -> "Future[Answer]":
        """Return what will hold the answer to one more request."""
        future: Future[Answer] = Future()
        with self._lock:
            if self._is_over:
                raise _has_ended()
            self._futures.append(future)
        return future

    def answer_from(self, answers: IO[bytes]) -> None:
        """Hand answers out until there are no more; whoever waits then is told."""
        try:
            while self._answer_one_from(answers):
                pass
        finally:
            with self._lock:
                self._is_over = True
            for future in self._futures:
                future.set_exception(_has_ended())
            answers.close()

    def _answer_one_from(self, answers: IO[bytes]) -> bool:
        """Hand one answer out, and forget it: an exception leads to whoever waited for it."""
        result = _read_answer(answers)
        if isinstance(result, CannotRun):
            self._futures.popleft().set_exception(result)
        elif result is not None:
            self._futures.popleft().set_result(result)
        return result is not None


class LocalDoor:
    """Answers in this process, and lets one of its own do it once batch after batch comes.

    Args:
        path: the store's file; if it is not there, the first update makes it.

    Raises:
        CannotRun: the store cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pinpoint = LocalPinpoint(Store(path)) if is_there(path) else None
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
        return process.answer(method, target, body)

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
            if self._process is None and self._batches > BATCHES_HERE and os.cpu_count() != 1:
                self._process = PinpointProcess(self._path)
            return self._process


def run(path: Path, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more.

    Args:
        path: the store's file.
        requests: as `PinpointProcess` writes them.
        answers: as it reads them.
    """
    waiting: SimpleQueue[Request | None] = SimpleQueue()
    threading.Thread(target=_take, args=(requests, waiting), daemon=True).start()
    store: Store | None = None
    while group := next_group(waiting):
        try:
            store = store or Store(path)
            results = _answered(store, group)
        except PinpointEndpointsError as error:
            texts = (error.message.encode(), error.hint.encode())
            for _ in group:
                _write(answers, ANSWER, texts, FAILED)
        else:
            for result in results:
                headers = orjson.dumps(dict(result.headers))
                _write(answers, ANSWER, (headers, result.body), result.status)


def _take(requests: IO[bytes], waiting: "SimpleQueue[Request | None]") -> None:
    """Take requests while earlier ones are answered; None is after the last one."""
    while (request := _read_request(requests)) is not None:
        waiting.put(request)
    waiting.put(None)


def next_group(waiting: "SimpleQueue[Request | None]") -> list[Request]:
    """Wait for a request, and return it with those that wait behind it; nothing at the end."""
    group: list[Request] = []
    request = waiting.get()
    while request is not None:
        group.append(request)
        if len(group) == MOST_TOGETHER:
            return group
        try:
            request = waiting.get_nowait()
        except Empty:
            return group
    if group:
        waiting.put(None)  # for the next time
    return group


def _answered(store: Store, group: Sequence[Request]) -> list[Answer]:
    pinpoint = LocalPinpoint(store)
    with store.together():
        return [answer(pinpoint, *request) for request in group]


def _write(pipe: IO[bytes], head: struct.Struct, parts: tuple[bytes, ...], *first: int) -> None:
    pipe.write(b"".join((head.pack(*first, *map(len, parts)), *parts)))
    pipe.flush()


def _read_request(pipe: IO[bytes]) -> Request | None:
    head = pipe.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return None
    sizes = REQUEST.unpack(head)
    method, target, body = (pipe.read(size) for size in sizes)
    if len(body) < sizes[-1]:  # whoever asked is gone
        return None
    return method.decode(), target.decode(), body


def _read_answer(pipe: IO[bytes]) -> Answer | CannotRun | None:
    head = pipe.read(ANSWER.size)
    if len(head) < ANSWER.size:
        return None
    status, *sizes = ANSWER.unpack(head)
    first, second = (pipe.read(size) for size in sizes)
    if len(second) < sizes[-1]:
        return None
    if status == FAILED:
        return CannotRun(first.decode(), second.decode())
    return Answer(status, orjson.loads(first), second)


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise _has_ended()
    return pipe


def _has_ended() -> CannotRun:
    return CannotRun("the process that writes the store has ended", "run the same command again")


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        _piped(process.stdin).close()
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    # Ctrl-C reaches every process of the terminal; the one that asks decides when all is answered.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(NEW_OBJECTS)
    run(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
