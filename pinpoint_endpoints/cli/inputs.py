"""The paths of a command line in, what can be read only once, kept to be read again, out."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase, BytesIO
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import cast

from pinpoint_endpoints.cli.console import say
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.documents.streams import Spooled
from pinpoint_endpoints.errors import UsageError


@contextmanager
def spooled_inputs(
    paths: Sequence[str], filename: str | None = None
) -> Iterator[Mapping[str, Spooled]]:
    """Give standard input and the pipes among the paths: none of them is read before it is asked.

    Args:
        paths: as they were given.
        filename: what `--stdin-filename` says.

    Raises:
        UsageError: standard input has a name and is not to be read.
    """
    if filename is not None and STANDARD_INPUT not in paths:
        raise UsageError("--stdin-filename names standard input", "give - as well, or leave it out")
    inputs = {path: Spooled(partial(_opened, path), path) for path in paths if is_pipe(path)}
    if STANDARD_INPUT in paths:
        if sys.stdin is not None and sys.stdin.isatty():
            say("reading standard input: end it with Ctrl-D")
        inputs[STANDARD_INPUT] = Spooled(_standard_input, filename or "")
    try:
        yield inputs
    finally:
        for spooled in inputs.values():
            spooled.close()


def _opened(path: str) -> BufferedIOBase:
    return Path(path).open("rb")


def _standard_input() -> BufferedIOBase:
    return cast("BufferedIOBase", sys.stdin.buffer) if sys.stdin is not None else BytesIO()


def is_pipe(path: str) -> bool:
    """Tell whether a path is there, and neither a file nor a directory: a pipe, or a device."""
    try:
        mode = Path(path).stat().st_mode if path != STANDARD_INPUT else None
    except (OSError, ValueError):
        return False
    return mode is not None and not S_ISREG(mode) and not S_ISDIR(mode)
