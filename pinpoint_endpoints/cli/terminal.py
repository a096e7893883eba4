"""Writes to standard output and standard error."""

import os
import sys
from typing import NoReturn

import typer

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError, reason_of
from pinpoint_endpoints.masking import printable


def note(line: str) -> None:
    """Print a line on standard error: a remark, not a result."""
    typer.echo(printable(line), err=True)


def print_error(error: PinpointEndpointsError) -> None:
    """Print what stopped a run, and what to do about it."""
    note(f"Error: {error.message}")
    if error.hint:
        note(f"       {error.hint}")


def write_bytes(document: bytes) -> None:
    """Write to standard output in UTF-8, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document)


def give_up_stdout() -> None:
    """Keep the interpreter from trying again, at exit, to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def cannot_write_output(error: OSError, hint: str = "") -> CannotRun:
    """Return the error for results that could not be written; nothing more is written."""
    give_up_stdout()
    return CannotRun(f"the output cannot be written: {reason_of(error)}", hint)


def leave_at_once(code: int) -> NoReturn:
    """End the process without waiting for its threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
