"""Decide what is personal data, and make texts safe to show.

Addresses, user ids and user attribute values are masked wherever they are shown; texts from files
and servers are printed without control characters.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

_PHONE_OR_MAIL = re.compile(r"@|(?:[0-9][ ().-]?){7}")
_PHONE = re.compile(r"\+[0-9]{7,15}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}")
"""A UUID may have seven digits in a row, and is not a phone number."""

_MIN_VALUE_LENGTH = 3
MAX_HIDDEN_LENGTH = 6
"""A text of up to this length is hidden entirely: its first two characters would reveal it."""

SHOWN = 2
"""How many characters of a longer text are shown."""

_MAX_NAME_LENGTH = 80

_PERSONAL_MEMBERS = (("Address",), ("User", "UserId"), ("User", "UserAttributes"))


def is_personal(path: Sequence[str]) -> bool:
    """Tell whether the value at a path in an endpoint is personal data."""
    return any(tuple(path[: len(begin)]) == begin for begin in _PERSONAL_MEMBERS)


def masked(text: str) -> str:
    """Return at most the first two characters, enough to tell some values apart, and asterisks."""
    return f"{text[:SHOWN]}***" if len(text) > MAX_HIDDEN_LENGTH else "***"


def looks_like_address(name: str) -> bool:
    """Tell whether a member's name, or an id, may be a phone number or an e-mail address."""
    return bool(_PHONE_OR_MAIL.search(name)) and not _UUID.fullmatch(name)


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
    return " ".join(
        masked(word) if "@" in word else _PHONE.sub("***", word) for word in message.split(" ")
    )


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


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return the text in one line, with what would steer a terminal written as an escape."""
    return CONTROLS.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def json_without_controls(text: str) -> str:
    """Return equivalent JSON without characters that would steer a terminal."""
    return CONTROLS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def hinted(message: str, hint: str) -> str:
    """Return a message with what to do about it, if that is known."""
    return f"{message}: {hint}" if hint else message


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: `1 error`, `2,000 errors`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
