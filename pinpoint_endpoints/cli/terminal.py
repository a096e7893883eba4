"""Writes to standard output and standard error."""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError, reason_of
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.wrapping import wrapped_for

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def note(line: str) -> None:
    """Print a line on standard error: a remark, which is lost where it cannot be written."""
    try:
        typer.echo(wrapped_for(sys.stderr, printable(line)), err=True)
    except OSError:
        give_up(sys.stderr)


def print_error(error: PinpointEndpointsError) -> None:
    """Print what stopped a run, and what to do about it."""
    note(f"Error: {error.message}")
    if error.hint:
        note(f"       {error.hint}")


def write_bytes(document: bytes) -> None:
    """Write to standard output in UTF-8, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document)


class _PatientFile(FileIO):
    """A file that waits where a non-blocking pipe is full."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write bytes, at least one, and return how many."""
        while (written := super().write(data)) is None:
            from select import select

            select([], [self], [])
        return written


def whole_writes(stream: TextIO) -> TextIOWrapper:
    """Return a stream over the same descriptor that writes all it is given, or raises an error.

    With PYTHONUNBUFFERED, which most container images set, Python's own stream hands bytes to the
    system once, and does not look how many were taken: a full disk, a non-blocking pipe and a
    process that was stopped meanwhile take a part. A buffered writer goes on with the rest.
    """
    buffer = stream.buffer
    raw = getattr(buffer, "raw", buffer)
    if isinstance(raw, FileIO):  # a Windows console is another kind of file
        raw = _PatientFile(raw.fileno(), "w", closefd=False)
    at_once = isinstance(stream, TextIOWrapper) and (stream.line_buffering or stream.write_through)
    return TextIOWrapper(
        BufferedWriter(raw), stream.encoding, "backslashreplace", line_buffering=at_once
    )


def give_up(stream: TextIO) -> None:
    """Keep the interpreter from trying again, at exit, to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def cannot_write_output(error: OSError, hint: str = "") -> CannotRun:
    """Return the error for results that could not be written; nothing more is written."""
    give_up(sys.stdout)
    return CannotRun(f"the output cannot be written: {reason_of(error)}", hint)


def leave_at_once(code: int) -> NoReturn:
    """End the process without waiting for its threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
