"""Requests in, the answers of a local Pinpoint in a process of its own out."""

import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.piped.frames import read_answer, skip_to_answers, write_request
from pinpoint_endpoints.local.together import Request
from pinpoint_endpoints.local.wire import Answer

ENDING_SECONDS = 10
"""How long the process may take to end once it has answered all."""


class HasEnded(CannotRun):
    """The process that writes the store is gone."""


class PinpointProcess:
    """A local Pinpoint in a process of its own, which ends when this object does, or its process.

    Several threads may ask at once; requests are answered one after the other.

    Args:
        path: the store's file.
    """

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this Python, and a module of this package
            # -P: no file of the working directory is taken for a module
            [sys.executable, "-P", "-m", __package__, str(path.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Ctrl-C is for the process that asks: it decides when all is answered
            process_group=0,
        )
        self._asked_by = os.getpid()
        self._asking = threading.Lock()
        self._asked = _Asked()
        answers = _piped(self._process.stdout)
        threading.Thread(target=self._asked.answer_from, args=(answers,), daemon=True).start()
        self._end = weakref.finalize(self, _end, self._process)

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Answer one HTTP request, as `wire.answer` does.

        Raises:
            CannotRun: the store cannot be used, or this process was forked.
        HasEnded: the process is gone; what it was asked may be stored all the same.
        """
        if os.getpid() != self._asked_by:
            raise CannotRun(
                "this process was forked from the one that writes the store",
                "open the store anew in this process, or reach it over HTTP",
            )
        with self._asking:  # the next answer belongs to the next request
            try:
                answered = self._asked.add()
                write_request(_piped(self._process.stdin), Request(method, target, body))
            except OSError as error:
                raise _has_ended() from error
            except BaseException:  # such as KeyboardInterrupt: half a request may be written
                self._process.kill()
                raise
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
        """Return what will hold the answer to one more request.

        Raises:
            HasEnded: no more answers will come.
        """
        future: Future[Answer] = Future()
        with self._lock:
            if self._is_over:
                raise _has_ended()
            self._futures.append(future)
        return future

    def answer_from(self, answers: IO[bytes]) -> None:
        """Hand answers out until there are no more; whoever waits then is told."""
        try:
            skip_to_answers(answers)
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
        result = read_answer(answers)
        if isinstance(result, CannotRun):
            self._futures.popleft().set_exception(result)
        elif result is not None:
            self._futures.popleft().set_result(result)
        return result is not None


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise _has_ended()
    return pipe


def _has_ended() -> HasEnded:
    return HasEnded("the process that writes the store has ended", "run the same command again")


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        _piped(process.stdin).close()
    try:
        process.wait(timeout=ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
