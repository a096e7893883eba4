"""The paths of a command line in, what `-` stands for out."""

import sys
from collections.abc import Sequence
from io import BytesIO

from pinpoint_endpoints.cli.console import say
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.documents.streams import StandardInput
from pinpoint_endpoints.errors import UsageError


def standard_input(paths: Sequence[str], filename: str | None = None) -> StandardInput:
    """Return standard input, which is read only if `-` is among the paths.

    Args:
        paths: as they were given.
        filename: what `--stdin-filename` says.

    Raises:
        UsageError: standard input has a name and is not to be read.
    """
    if filename is not None and STANDARD_INPUT not in paths:
        raise UsageError("--stdin-filename names standard input", "give - as well, or leave it out")
    if STANDARD_INPUT in paths and sys.stdin is not None and sys.stdin.isatty():
        say("reading standard input: end it with Ctrl-D")
    stream = sys.stdin.buffer if sys.stdin is not None else BytesIO()
    return StandardInput(stream, filename or "")
