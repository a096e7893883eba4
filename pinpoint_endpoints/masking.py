"""Decide what is personal data, and make texts safe to show.

Addresses, user ids and user attribute values are masked wherever they are shown; texts from files
and servers are printed without control characters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple
from unicodedata import combining, normalize

# `re` compiles a pattern when it is first used, and keeps it: few runs need any
_PHONE_OR_MAIL = r"@|(?:\d[ ().-]?){7}"
_PHONE = r"\+(?:[ ().-]{0,2}\d){7,15}"
_LONG_PHONE = r"\+\d(?:[ ().-]{0,2}\d){5,10}[ ().-]{0,2}\d{4}"
_MAIL = r"([^@\s]+)@((?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})"
_MASKED_MAIL = r"(?:[^@\s]*[/.:=])?[^@\s*/.:=]?\*{3}@[\w.-]+"
"""As `masked` returns it, also at the end of a path or a pointer."""

_WORD = r"[<(\[{\"']*(\S+?)[>)\]}\"',;:.!?]*(?!\S)"
"""With the punctuation around it, which is shown."""

_UUID_OR_DATE = (
    r"(?i:[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:t[0-9:.]+(?:z|[-+][0-9:]+)?)?"
    r"|[0-9]{8}t[0-9]{6}z?)"
)
"""These may have seven digits in a row, and are not phone numbers."""

_ESCAPES = (
    r"(?:%[0-9A-Fa-f]{2})+",
    (
        r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
        r"|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[\"\\/bfnrt])"
    ),
    r"&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);",
)
"""Percent-encoding, the escapes of JSON and YAML, and the character references of XML."""

_JSON_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MAX_DECODINGS = 3

_MIN_VALUE_LENGTH = 3
"""Shorter values are in every message by chance, as parts of its words."""

MAX_HIDDEN_LENGTH = 6
"""A text of up to this length is hidden entirely: its first two characters would reveal it."""

SHOWN = 2
"""How many characters of a longer text are shown."""

_SHOWN_DIGITS = 4
"""How many of the last digits of a phone number are shown."""

_MAX_NAME_LENGTH = 80

_PERSONAL_MEMBERS = (("Address",), ("User", "UserId"), ("User", "UserAttributes"))


class _Span(NamedTuple):
    """A part of a text, between two offsets, and what is shown instead."""

    start: int
    end: int
    stand_in: str


class _Reading(NamedTuple):
    """A text in another spelling.

    Attributes:
        text: the other spelling.
        starts: for each of its characters the offset in the original text where it begins.
        ends: for each of its characters the offset where it ends.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original text of a part of this one."""
        return self.starts[start], self.ends[end - 1]


def is_personal(path: Sequence[str]) -> bool:
    """Return whether the value at a path in an endpoint is personal data."""
    return any(tuple(path[: len(begin)]) == begin for begin in _PERSONAL_MEMBERS)


def masked(text: str) -> str:
    """Return what may be shown of a value, with asterisks for the rest.

    Of an e-mail address that is the first character and the domain, of a phone number in E.164
    form the first digit and the last four, of another long text the first two characters.
    `without_addresses` leaves masked texts as they are.
    """
    if len(text) <= MAX_HIDDEN_LENGTH:
        return "***"
    mail = re.fullmatch(_MAIL, text)
    if mail and len(mail[2]) <= _MAX_NAME_LENGTH and not re.search(_PHONE_OR_MAIL, mail[2]):
        begin = mail[1][:1] if len(mail[1]) >= _MIN_VALUE_LENGTH else ""
        return f"{begin.replace('*', '')}***@{mail[2]}"
    if re.fullmatch(_LONG_PHONE, text):
        return f"{text[:SHOWN]}***{text[-_SHOWN_DIGITS:]}"
    return f"{text[:SHOWN]}***"


def masked_apart(values: Iterable[str]) -> dict[str, str]:
    """Return what may be shown of each value; a number tells apart those that look the same."""
    numbers: dict[str, int] = {}
    shown: dict[str, str] = {}
    for value in dict.fromkeys(values):
        text = masked(value)
        numbers[text] = number = numbers.get(text, 0) + 1
        shown[value] = text if number == 1 else f"{text} ({number})"
    return shown


def looks_like_address(name: str) -> bool:
    """Return whether a member's name, an id or a value may be a phone number or an e-mail address.

    It is found also if it is percent-encoded, escaped, or written in compatibility characters.
    """
    return not re.fullmatch(_UUID_OR_DATE, name) and any(
        re.search(_PHONE_OR_MAIL, reading.text) for reading in _readings(name)
    )


def shown_member(name: str) -> str:
    """Return the name of a member as it may be shown: masked if it looks like an address.

    Names are not personal data, unless a file uses addresses as names. Long names are cut.

    Args:
        name: in a stored endpoint, or in a valid document.
    """
    if looks_like_address(name):
        return masked(name)
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[:_MAX_NAME_LENGTH]}..."


def dotted(path: Iterable[str], *, show_values: bool = False) -> str:
    """Return a member's name with those that it is in, such as `Attributes.color`.

    Args:
        path: leads to it in a stored endpoint, or in a valid document.
        show_values: whether names are not masked.
    """
    return ".".join(path if show_values else map(shown_member, path))


def without_addresses(message: str) -> str:
    """Return a message of a server with everything in it masked that looks like an address."""
    return _replace_spans(message, _addresses(message))


def _addresses(message: str) -> Iterator[_Span]:
    for reading in _readings(message):
        for word in re.finditer(_WORD, reading.text):
            if "@" in word[1] and not re.fullmatch(_MASKED_MAIL, word[1]):
                start, end = reading.source(*word.span(1))
                spelled = message[start:end]
                yield _Span(start, end, masked(spelled if "@" in spelled else word[1]))
        for phone in re.finditer(_PHONE, reading.text):
            yield _Span(*reading.source(*phone.span()), masked(phone[0]))


def mask_values(text: str, values: Iterable[str]) -> str:
    """Return a text with each value in it masked, however the text spells it.

    Case and Unicode's compatibility forms are ignored, and escapes are decoded: those of URLs and
    forms, of JSON and of XML. Where values overlap, all of what they cover is masked. Values of one
    or two characters are masked only as whole words.

    Args:
        text: such as a message of a server.
        values: as they were sent; empty ones are left out.
    """
    return _replace_spans(text, _occurrences(text, values))


def _occurrences(text: str, values: Iterable[str]) -> Iterator[_Span]:
    stand_ins = {_caseless(value): masked(value) for value in values if value}
    if not stand_ins:
        return
    readings = [*_readings(text), *(_readings(text.replace("+", " ")) if "+" in text else ())]
    for reading in readings:
        for wanted, stand_in in stand_ins.items():
            start = reading.text.find(wanted)
            while start >= 0:
                end = start + len(wanted)
                if len(wanted) >= _MIN_VALUE_LENGTH or _is_word(reading.text, start, end):
                    begin, behind = reading.source(start, end)
                    yield _Span(begin, behind, stand_in)
                start = reading.text.find(wanted, start + 1)


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether no letter, digit or combining character is right before or after a part."""
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return not any(character.isalnum() or combining(character) for character in around)


def _replace_spans(text: str, spans: Iterable[_Span]) -> str:
    """Replace parts of a text in one pass: of two that begin together, the longer one."""
    pieces: list[str] = []
    at = 0
    for start, end, stand_in in sorted(spans, key=lambda span: (span.start, -span.end)):
        if start >= at:
            pieces += (text[at:start], stand_in)
        at = max(at, end)
    return "".join([*pieces, text[at:]])


def _readings(text: str) -> Iterator[_Reading]:
    """Yield a text without its case, as it is and with its escapes decoded, one or more times.

    Decoded texts may contain escapes again: a server may quote what a proxy has encoded.
    """
    readings = [_Reading(text, range(len(text)), range(1, len(text) + 1))]
    known = {text}
    yield _without_case(readings[0])
    for _ in range(_MAX_DECODINGS):
        decoded = (
            _decoded(reading, kind)
            for reading in readings
            for kind in _ESCAPES
            if re.search(kind, reading.text)
        )
        readings = [*{reading.text: reading for reading in decoded}.values()]
        yield from (_without_case(reading) for reading in readings if reading.text not in known)
        known.update(reading.text for reading in readings)


def _decoded(reading: _Reading, kind: str) -> _Reading:
    """Decode the escapes of one kind in a text once."""
    text, starts, ends = reading
    pieces: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for escape in re.finditer(kind, text):
        pieces.append(text[at : escape.start()])
        new_starts += starts[at : escape.start()]
        new_ends += ends[at : escape.start()]
        at = escape.start()
        for character, length in _unescaped(escape[0]):
            pieces.append(character)
            new_starts.append(starts[at])
            new_ends.append(ends[at + length - 1])
            at += length
    return _Reading(
        "".join([*pieces, text[at:]]), [*new_starts, *starts[at:]], [*new_ends, *ends[at:]]
    )


def _unescaped(escape: str) -> Iterator[tuple[str, int]]:
    """Yield the characters of an escape, each with the length of its part."""
    if escape.startswith("%"):
        encoded = bytes.fromhex(escape.replace("%", ""))
        for character in encoded.decode(errors="surrogateescape"):
            yield character, 3 * len(character.encode(errors="surrogateescape"))
    elif escape.startswith("&"):
        from html import unescape  # two milliseconds of a start that seldom needs it

        yield unescape(escape) or "\0", len(escape)
    elif escape[1] == "u":
        units = bytes.fromhex(escape.replace("\\u", ""))
        yield units.decode("utf-16-be", "surrogatepass"), len(escape)
    elif escape[1] == "x":
        yield bytes.fromhex(escape[2:]).decode("latin-1"), len(escape)
    else:
        yield _JSON_ESCAPES.get(escape[1], escape[1]), len(escape)


def _without_case(reading: _Reading) -> _Reading:
    """Return a text as `_caseless` does; what combines with a character belongs to it."""
    if reading.text.isascii():
        return reading._replace(text=reading.text.lower())
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(reading.text):
        piece = _caseless(reading.text[start:end])
        pieces.append(piece)
        starts += [reading.starts[start]] * len(piece)
        ends += [reading.ends[end - 1]] * len(piece)
    return _Reading("".join(pieces), starts, ends)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each character with what combines with it."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not combining(text[end]):
            yield start, end
            start = end


def _caseless(text: str) -> str:
    """Return a text without case and compatibility characters (Unicode 3.13, D146)."""
    return normalize("NFKD", normalize("NFKD", text).casefold())


def personal_values(request: Mapping[str, Any]) -> list[str]:
    """Return the address, the user id and the user attributes in an EndpointRequest.

    Texts of one or two characters are left out: they occur in every message by chance.
    """
    user = request.get("User")
    user = user if isinstance(user, Mapping) else {}
    attributes = user.get("UserAttributes")
    lists = attributes.values() if isinstance(attributes, Mapping) else ()
    values = [request.get("Address"), user.get("UserId"), *chain.from_iterable(lists)]
    return [value for value in values if isinstance(value, str) and len(value) >= _MIN_VALUE_LENGTH]


CONTROLS = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
"""A pattern of characters that would steer a terminal; `str.isprintable` is false for each."""


def printable(text: str) -> str:
    """Return the text in one line, with what would steer a terminal written as an escape."""
    if text.isprintable():
        return text
    return re.sub(CONTROLS, lambda match: match.group().encode("unicode_escape").decode(), text)


_CONTROLS_IN_STRINGS = rb"\x7f|\xc2[\x80-\x9f]|\xe2(?:\x80[\xa8-\xae]|\x81[\xa6-\xa9])"
"""`CONTROLS` in UTF-8, without those that JSON does not allow in a string."""


def json_without_controls(document: bytes) -> bytes:
    """Return equivalent JSON without characters that would steer a terminal.

    Args:
        document: JSON; or YAML whose strings with such characters are in double quotes.
    """
    if document.isascii() and b"\x7f" not in document:
        return document
    return re.sub(_CONTROLS_IN_STRINGS, lambda match: b"\\u%04x" % ord(match[0].decode()), document)


def hinted(message: str, hint: str) -> str:
    """Return a message with what to do about it, if that is known."""
    return f"{message}: {hint}" if hint else message


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: `1 error`, `2,000 errors`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
