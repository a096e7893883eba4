"""Bytes in, text out, or the fault that says why they are no UTF-8 text."""

import codecs

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Fault
from pinpoint_endpoints.documents.positions import LineIndex, Position

MAX_DEPTH = 64
"""Deeper than any endpoint (five levels), and far from where a reader breaks or becomes slow."""

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START = Position(1, 1)


class Unreadable(Exception):  # noqa: N818 - carries faults, which are values
    """A text that cannot be read further.

    Attributes:
        faults: what was found before, and last the fault that ends the reading.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.faults = [fault]


def decode(raw: bytes) -> str:
    """Return the text, without its byte order mark.

    Raises:
        Unreadable: the bytes are not UTF-8.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw.startswith(_UTF16_MARKS) or _looks_like_utf16(raw):
        raise Unreadable(
            Fault(
                _START,
                codes.ENCODING,
                "the file is UTF-16, not UTF-8",
                "save it as UTF-8 (in PowerShell: `| Out-File -Encoding utf8`)",
            )
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        raise Unreadable(
            Fault(
                LineIndex(before).position(len(before)),
                codes.ENCODING,
                f"the byte 0x{raw[error.start]:02x} is not UTF-8 text",
                "save the file as UTF-8; it may be Latin-1, or no text at all",
            )
        ) from None
    if "\0" in text:
        offset = text.index("\0")
        raise Unreadable(
            Fault(
                LineIndex(text).position(offset),
                codes.ENCODING,
                "the file holds a NUL character, so it is no text",
                "name a JSON or YAML file",
            )
        )
    return text


def _looks_like_utf16(raw: bytes) -> bool:
    return len(raw) >= 4 and (raw[0:4:2] == b"\0\0") != (raw[1:4:2] == b"\0\0")  # noqa: PLR2004
