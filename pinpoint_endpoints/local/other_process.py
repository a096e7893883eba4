"""Requests in, the answers of a local Pinpoint out: in a process of its own once there are many.

Whoever sends many batches reads and checks files meanwhile, and Python does one thing at a time
in a process: with two, both of two cores work.

`python -m pinpoint_endpoints.local.other_process FILE` is that process: it reads requests from
standard input, answers them in their order on standard output, and ends with the input.
"""

import os
import signal
import struct
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import IO

import orjson

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.wire import Answer, answer, operation_name

REQUEST = struct.Struct(">3I")
"""The bytes of the method, of the target and of the body, which follow."""

ANSWER = struct.Struct(">3I")
"""The HTTP status, and the bytes of the headers and of the body, which follow; or, after the
status `FAILED`, of the message and of the hint of what stops the run."""

FAILED = 0
BATCH = "UpdateEndpointsBatch"
BATCHES_HERE = 10
"""They take about as long as another process takes to start."""

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
        self._answering = threading.Condition()
        self._asked = self._answered = 0
        self._end = weakref.finalize(self, _end, self._process)

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Answer one HTTP request, as `wire.answer` does.

        Raises:
            CannotRun: the store cannot be used, or the process ended.
        """
        try:
            with self._asking:
                turn = self._asked
                self._asked += 1
                _write(self._process.stdin, REQUEST, (method.encode(), target.encode(), body))
            with self._answering:
                self._answering.wait_for(lambda: self._answered == turn)
                try:
                    return _read_answer(_piped(self._process.stdout))
                finally:
                    self._answered += 1
                    self._answering.notify_all()
        except (OSError, EOFError) as error:
            raise CannotRun(
                "the process that writes the store has ended", "run the same command again"
            ) from error


class LocalDoor:
    """Answers in this process, and lets one of its own do it once batch after batch comes.

    Args:
        path: the store's file.

    Raises:
        CannotRun: the store cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pinpoint = LocalPinpoint(Store(path))
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
            return answer(self._pinpoint, method, target, body)
        return process.answer(method, target, body)

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
    pinpoint: LocalPinpoint | None = None
    while (request := _read_request(requests)) is not None:
        try:
            pinpoint = pinpoint or LocalPinpoint(Store(path))
            result = answer(pinpoint, *request)
        except PinpointEndpointsError as error:
            texts = (error.message.encode(), error.hint.encode())
            _write(answers, ANSWER, texts, FAILED)
        else:
            headers = orjson.dumps(dict(result.headers))
            _write(answers, ANSWER, (headers, result.body), result.status)


def _write(
    pipe: IO[bytes] | None, head: struct.Struct, parts: tuple[bytes, ...], *first: int
) -> None:
    pipe = _piped(pipe)
    pipe.write(b"".join((head.pack(*first, *map(len, parts)), *parts)))
    pipe.flush()


def _read_request(pipe: IO[bytes]) -> tuple[str, str, bytes] | None:
    head = pipe.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return None
    sizes = REQUEST.unpack(head)
    method, target, body = (pipe.read(size) for size in sizes)
    if len(body) < sizes[-1]:  # whoever asked is gone
        return None
    return method.decode(), target.decode(), body


def _read_answer(pipe: IO[bytes]) -> Answer:
    head = pipe.read(ANSWER.size)
    if len(head) < ANSWER.size:
        raise EOFError
    status, *sizes = ANSWER.unpack(head)
    first, second = (pipe.read(size) for size in sizes)
    if status == FAILED:
        raise CannotRun(first.decode(), second.decode())
    return Answer(status, orjson.loads(first), second)


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    # Ctrl-C reaches every process of the terminal; the one that asks decides when all is answered.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
