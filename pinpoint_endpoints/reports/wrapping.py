"""Break lines of prose for the terminal that they are written to."""

from typing import TextIO

_MIN_WIDTH = 60
"""In columns: shorter lines are written as they are, and nothing is imported for them."""


def wrapped_for(stream: TextIO, line: str) -> str:
    """Return a line of prose as it is written to a stream: a terminal would break it in a word."""
    if len(line) < _MIN_WIDTH or not stream.isatty():
        return line
    from shutil import get_terminal_size
    from textwrap import wrap

    width = get_terminal_size().columns
    if not width or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip(" ")))
    broken = wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join(broken) + line[len(line.rstrip("\n")) :]
