"""Writes to standard output and standard error."""

import os
import sys
from typing import NoReturn

import typer

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import printable


def say(line: str) -> None:
    """Print a line on standard error: a remark, not a result."""
    typer.echo(printable(line), err=True)


def tell(error: PinpointEndpointsError) -> None:
    """Print what stopped a run, and what to do about it."""
    say(f"Error: {error.message}")
    if error.hint:
        say(f"       {error.hint}")


def write_bytes(document: bytes) -> None:
    """Write to standard output in UTF-8, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document)


def give_up_stdout() -> None:
    """Keep the interpreter from trying again, at exit, to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def leave_at_once(code: int) -> NoReturn:
    """End the process without waiting for its threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
