"""Decode the bytes of a file as UTF-8, or report why they are not UTF-8 text."""

import codecs

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.model import TextProblem
from pinpoint_endpoints.documents.positions import LineIndex, Position

_MARK = "\ufeff"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(Exception):  # noqa: N818 - carries problems, which are values
    """The rest of a text cannot be parsed.

    Attributes:
        problems: the problems found so far; the last one is why parsing stopped.
    """

    def __init__(self, problem: TextProblem) -> None:
        super().__init__(problem.message)
        self.problems = [problem]


def decode(raw: bytes, first_line: int = 1) -> str:
    """Return bytes as text, without a byte order mark.

    Args:
        raw: the bytes of a file or of one of its lines.
        first_line: the number of the first line in the file.

    Raises:
        Unreadable: the bytes are not UTF-8.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if is_utf16(raw):
        message = "the file is UTF-16, not UTF-8"
        hint = "save it as UTF-8 (in PowerShell: `| Out-File -Encoding utf8`)"
        raise Unreadable(text_rules.encoding(Position(first_line, 1), message, hint))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        place = LineIndex(before, first_line).position(len(before))
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8 text"
        hint = "save the file as UTF-8; it may be Latin-1, or not a text file"
        raise Unreadable(text_rules.encoding(place, message, hint)) from None
    if text.startswith(_MARK):
        message = "the file starts with a second byte order mark"
        raise Unreadable(text_rules.encoding(Position(first_line, 1), message, "remove it"))
    if "\0" in text:
        place = LineIndex(text, first_line).position(text.index("\0"))
        message = "the file contains a NUL character, so it is not a text file"
        raise Unreadable(text_rules.encoding(place, message, "use a JSON or YAML file"))
    return text


def is_utf16(raw: bytes) -> bool:
    """Tell whether bytes look like UTF-16: they start with its mark, or every other byte is 0."""
    return raw.startswith(_UTF16_MARKS) or _looks_like_utf16(raw)


def _looks_like_utf16(raw: bytes) -> bool:
    return len(raw) >= 4 and (raw[0:4:2] == b"\0\0") != (raw[1:4:2] == b"\0\0")  # noqa: PLR2004 - two units
