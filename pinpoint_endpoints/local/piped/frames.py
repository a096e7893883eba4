"""Requests and answers ↔ bytes in a pipe: the lengths of the parts first, then the parts."""

import struct
from typing import IO

import orjson

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.local.together import Request
from pinpoint_endpoints.local.wire import Answer

REQUEST = struct.Struct(">3I")
"""The lengths of the method, the target and the body, as 32-bit big-endian numbers."""

ANSWER = struct.Struct(">3I")
"""The HTTP status, and the lengths of the headers and of the body; or `FAILED`, and the lengths of
the message and of the hint of what stops the run."""

FAILED = 0

BEGIN = b"\0answers of the local Pinpoint\n"
"""The line after which answers come: start-up files of Python may print something before it."""


def write_request(pipe: IO[bytes], request: Request) -> None:
    """Write a request.

    Raises:
        OSError: nobody reads it.
    """
    parts = request.method.encode(), request.target.encode(), request.body
    _write(pipe, REQUEST.pack(*map(len, parts)), *parts)


def read_request(pipe: IO[bytes]) -> Request | None:
    """Wait for a request, and return it; None when whoever asks is gone."""
    head = pipe.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return None
    sizes = REQUEST.unpack(head)
    method, target, body = (pipe.read(size) for size in sizes)
    if len(body) < sizes[-1]:
        return None
    return Request(method.decode(), target.decode(), body)


def write_answer(pipe: IO[bytes], answer: Answer | PinpointEndpointsError) -> None:
    """Write an answer, or why there is none.

    Raises:
        OSError: nobody reads it.
    """
    if isinstance(answer, Answer):
        status, parts = answer.status, (orjson.dumps(dict(answer.headers)), answer.body)
    else:
        status, parts = FAILED, (answer.message.encode(), answer.hint.encode())
    _write(pipe, ANSWER.pack(status, *map(len, parts)), *parts)


def read_answer(pipe: IO[bytes]) -> Answer | CannotRun | None:
    """Wait for an answer, and return it or why there is none; None when whoever answers is gone."""
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


def skip_to_answers(pipe: IO[bytes]) -> None:
    """Read what is printed before the answers, or all if there are none."""
    for line in pipe:
        if line.endswith(BEGIN):
            return


def _write(pipe: IO[bytes], *parts: bytes) -> None:
    pipe.write(b"".join(parts))
    pipe.flush()
