"""Break lines of prose for the terminal that they are written to."""

import re
from shutil import get_terminal_size
from textwrap import wrap
from typing import TextIO

_JOINED = "\0"


def wrapped_for(stream: TextIO, line: str, indent: int | None = None) -> str:
    """Return a line of prose as it is written to a stream: a terminal would break it in a word.

    Commands in backticks stay whole, to be copied.

    Args:
        stream: where it is written.
        line: the line.
        indent: how many blanks the lines after the first one begin with; None for as many as it.
    """
    width = get_terminal_size().columns if stream.isatty() else 0
    if not width or len(line) <= width:
        return line
    if indent is None:
        indent = len(line) - len(line.lstrip(" "))
    broken = wrap(
        re.sub("`[^`]*`", lambda command: command[0].replace(" ", _JOINED), line),
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join(broken).replace(_JOINED, " ") + line[len(line.rstrip("\n")) :]
