"""Bytes in, text out, or the fault that says why they are no UTF-8 text."""

import codecs

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.model import Fault
from pinpoint_endpoints.documents.positions import LineIndex, Position

_MARK = "\ufeff"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(Exception):  # noqa: N818 - carries faults, which are values
    """A text that cannot be read further.

    Attributes:
        faults: what was found before, and last the fault that ends the reading.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.faults = [fault]


def decode(raw: bytes, first_line: int = 1) -> str:
    """Return the text, without its byte order mark.

    Args:
        raw: a file, or a line of one.
        first_line: the number of its first line in the file.

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
        hint = "save the file as UTF-8; it may be Latin-1, or no text at all"
        raise Unreadable(text_rules.encoding(place, message, hint)) from None
    if text.startswith(_MARK):
        message = "a second byte order mark stands at the start"
        raise Unreadable(text_rules.encoding(Position(first_line, 1), message, "remove it"))
    if "\0" in text:
        place = LineIndex(text, first_line).position(text.index("\0"))
        message = "the file holds a NUL character, so it is no text"
        raise Unreadable(text_rules.encoding(place, message, "name a JSON or YAML file"))
    return text


def is_utf16(raw: bytes) -> bool:
    """Tell whether a text begins as UTF-16 texts do: with a mark, or with every other byte zero."""
    return raw.startswith(_UTF16_MARKS) or _looks_like_utf16(raw)


def _looks_like_utf16(raw: bytes) -> bool:
    return len(raw) >= 4 and (raw[0:4:2] == b"\0\0") != (raw[1:4:2] == b"\0\0")  # noqa: PLR2004
