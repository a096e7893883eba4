"""Texts from files and servers in, texts that are safe on a terminal out."""

import re

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return the text in one line, with what would steer a terminal written as an escape."""
    return CONTROLS.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def hinted(message: str, hint: str) -> str:
    """Return a message with what to do about it, if that is known."""
    return f"{message}: {hint}" if hint else message


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: `1 error`, `2,000 errors`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
