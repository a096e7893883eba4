"""Compares addresses, however they are spelled, and finds them in other texts."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import repeat

from pinpoint_endpoints.convert.hashes import Hashes
from pinpoint_endpoints.schema.bundled import channel_types

PHONE_CHANNELS = frozenset({"SMS", "VOICE"})

_MIN_PHONE_DIGITS, _MAX_PHONE_DIGITS = 7, 15
_ENDINGS = 10**_MIN_PHONE_DIGITS
_MAX_CODE_LENGTH = 3
_MIN_TOKEN_LENGTH = 20
_LENGTH_WITH_PREFIX = 11
_SEPARATORS = r" ()./\-\u2010-\u2015\u2212"
_NOT_DIGITS = re.compile("[^0-9]+")
_NOT_A_DATE = r"(?![0-9]{4}-[0-9]{2}-[0-9]{2}(?:\D|\Z))"
_LIKE_A_NUMBER = re.compile(rf"{_NOT_A_DATE}\+?[0-9{_SEPARATORS}]{{7,}}")
_DIGITS_OF_NUMBER = re.compile(rf"[0-9](?:[{_SEPARATORS}]{{0,3}}[0-9]){{6}}")
"""What `_NUMBERS` must have, and most texts do not; it is faster to search for."""

_NUMBERS = re.compile(
    rf"(?<!\w)(?:\+\(?|\(|{_NOT_A_DATE})[0-9](?:[{_SEPARATORS}]{{0,3}}[0-9]){{6,}}(?!\w)"
)
_PLAIN_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_BETWEEN_EMAILS = re.compile(r"[\s<>()\[\]{}:;,|]+")

_EXTENSION = re.compile(r"(?<=[0-9 )])(?:[;,#xXeE].*|\.0\Z)", re.DOTALL)
"""And what a spreadsheet adds to a number."""

_TRUNK_ZERO = re.compile(r"\(\s*0+\s*\)")
"""A 0 that is only dialled inside a country, as in +44 (0)20 7946 0958."""

_FROM_NORTH_AMERICA = re.compile("011(?=[0-9]{10})")
"""Dialled before a number abroad; before fewer digits it is the code of a city."""

_TRUNK_PREFIX = re.compile(r"[18](?=[0-9]{10}\Z)|06(?=[0-9]{8,9}\Z)")
"""Dialled before a number inside North America, inside Russia and Kazakhstan, inside Hungary."""

_MOBILE_PREFIX = {"52": "1", "54": "9"}
"""A digit that may precede the ten of a mobile number, in Mexico and in Argentina."""

_COUNTRY_CODE = re.compile(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}"
)
"""ITU-T E.164, list of assigned codes."""

_HAS_CODE, _NO_CODE = "country code", "no country code"
"""Kinds of keys of phone numbers: a number that has one is the same as one that has none."""

_KINDS_TO_KEEP = ((_HAS_CODE,), (_NO_CODE,))
_KINDS_TO_FIND = ((_NO_CODE,), (_NO_CODE, _HAS_CODE))
"""Of a number that has a country code, and of one that has none."""


class OptedOut:
    """Addresses that are opted out.

    A phone number without a country code matches that number in every country: its country is
    unknown, and withholding too much is safer than messaging someone who opted out.
    """

    def __init__(self) -> None:
        self._keys = Hashes()
        self._endings = bytearray(_ENDINGS // 8)
        """A bit for each possible ending of seven digits: it rules out most numbers at once."""

    def __bool__(self) -> bool:
        return bool(self._keys)

    def add(self, channel: str, address: str) -> None:
        """Add an address of a channel type."""
        for key in keys_to_keep(channel, address):
            self._keys.add(key)
            digits = key.removeprefix("+")
            if digits.isdecimal():
                for number in _with_zeros(digits):
                    ending = int(number) % _ENDINGS
                    self._endings[ending >> 3] |= 1 << (ending & 7)

    def have(self, channel: str, address: str) -> bool:
        """Return whether an address is opted out, in any spelling."""
        digits = address.removeprefix("+")
        if digits.isdecimal():
            ending = int(digits[-_MIN_PHONE_DIGITS:])
            if not self._endings[ending >> 3] & 1 << (ending & 7):
                return False
        keys = self._keys
        return bool(keys) and any(key in keys for key in keys_to_find(channel, address))


def _with_zeros(number: str) -> Iterable[str]:
    """Yield the spellings of a number, with zeros after the country code if it is short."""
    if len(number) > _MIN_PHONE_DIGITS + _MAX_CODE_LENGTH:
        return (number,)
    return (
        f"{number[:length]}{'0' * zeros}{number[length:]}"
        for length in range(1, _MAX_CODE_LENGTH + 1)
        for zeros in range(_MIN_PHONE_DIGITS + 1)
    )


def address_key(channel: str, address: str) -> str:
    """Return a key that is equal for all spellings of an address, on all channels.

    The case of e-mail addresses does not matter, and only the digits of phone numbers do.
    """
    return _keys(channel, address)[0]


def keys_to_keep(channel: str, address: str) -> Sequence[str]:
    """Return the keys to keep of an address that is opted out; see `keys_to_find`."""
    return _keys(channel, address, _KINDS_TO_KEEP)


def keys_to_find(channel: str, address: str) -> Sequence[str]:
    """Return the keys to look for: an address is opted out if any of them was kept."""
    return _keys(channel, address, _KINDS_TO_FIND)


def channel_meant(channel: str, address: str) -> str:
    """Return a channel type in upper case; an unknown one is guessed from the address."""
    known = channel.strip().upper()
    if known in channel_types():
        return known
    if "@" in address:
        return "EMAIL"
    text = _plain(address)
    return "SMS" if _is_number("", text) or len(numbers_in(text)) > 1 else known


def emails_in(text: str) -> list[str]:
    """Return the parts of a text that look like an e-mail address: one of `Ann <ann@b.com>`."""
    words = _BETWEEN_EMAILS.split(_plain(text).replace('"', ""))
    return [word for word in words if "@" in word[1:-1]]


def numbers_in(address: str) -> list[str]:
    """Return the phone numbers of an address that has several, or the address alone."""
    found = _numbers(_plain(address))
    return found if len(found) > 1 else [address]


def _numbers(text: str) -> list[str]:
    if "/" in text and len(_NOT_DIGITS.sub("", text)) > _MAX_PHONE_DIGITS:
        text = text.replace("/", ";")  # it is between numbers, not in one
    return _NUMBERS.findall(text)


def names_opted_out(text: str, opts_out: Callable[[str, str], bool]) -> bool:
    """Return whether a text has an address that is opted out, alone or among other words.

    Args:
        text: such as the value or the name of an attribute.
        opts_out: returns whether an address of a channel type, or of any, is opted out.
    """
    addresses = _addresses_in(text)
    return bool(addresses) and any(map(opts_out, repeat(""), addresses))


def as_from_abroad(address: str) -> str:
    """Return a phone number with a plus sign in place of 00 or 011, if it begins so."""
    text = " ".join(_TRUNK_ZERO.sub(" ", _plain(address)).split())
    code, digits = _dialled(text)
    return f"+{code}{digits}" if code and "+" not in text else text


def _addresses_in(text: str) -> Sequence[str]:
    """Return what looks like an address in a text: also a token, if it is the whole text."""
    if "%" in text:
        from urllib.parse import unquote

        text = unquote(text)
    text = _plain(text)
    found: list[str] = []
    if "@" in text:
        found.append(text)
        if _PLAIN_EMAIL.fullmatch(text) is None:
            found += emails_in(text)
            found += _PLAIN_EMAIL.findall(text)  # without a URL or quotes around it
    elif len(text) >= _MIN_TOKEN_LENGTH and " " not in text:
        found.append(text)
    if _DIGITS_OF_NUMBER.search(text):
        found += _numbers(text)
    return found


def _plain(address: str) -> str:
    """Return an address without HTML's, compatibility and format characters and outer spaces."""
    text = address.strip()
    if "&" in text:
        from html import unescape

        text = unescape(text)
    if text.isascii():
        return text
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", visible).strip()


def _email_key(text: str) -> str:
    """Return what is equal for an e-mail address and for it with a name, as a link, in Unicode."""
    found = emails_in(text)
    local, _, domain = (found[0] if len(found) == 1 else text).casefold().rpartition("@")
    domain = domain.rstrip(".")
    with suppress(UnicodeError):  # not a domain name: compared as it is
        domain = domain.encode("idna").decode()
    return f"{local}@{domain}"


def _is_number(channel: str, text: str) -> bool:
    return channel in PHONE_CHANNELS or _LIKE_A_NUMBER.fullmatch(text) is not None


def _keys(
    channel: str, address: str, kinds: tuple[Sequence[str], Sequence[str]] = ((), ())
) -> Sequence[str]:
    """Return an address's key, those of several in one text, or of a number inside its country.

    Args:
        channel: the channel type, or nothing.
        address: in any spelling.
        kinds: the kinds of keys of a number that has a country code, and of one that has none.
    """
    text = _plain(address)
    if "@" in text:
        if _PLAIN_EMAIL.fullmatch(text):
            return (text.casefold(),)
        key = _email_key(text)
        return (key, *map(_email_key, emails_in(text))) if text.count("@") > 1 else (key,)
    if not _is_number(channel, text):
        return (text,)
    if not text[1:].isdecimal() and len(numbers := numbers_in(text)) > 1:
        return (text, *(key for number in numbers for key in _keys("SMS", number, kinds)))
    code, digits = _dialled(text)
    keys = [f"{code}{digits.lstrip('0')}" or text]
    if own := kinds[0] if code else kinds[1]:
        keys += [f"{kind} {number}" for number in _inside(code, digits) for kind in own]
    return keys


def _dialled(text: str) -> tuple[str, str]:
    """Return the country code of a phone number, or nothing, and its other digits."""
    digits = text.removeprefix("+")
    if not (digits.isdecimal() and digits.isascii()):
        text = _TRUNK_ZERO.sub("", _EXTENSION.sub("", text))
        digits = _NOT_DIGITS.sub("", text)
    if "+" not in text and not digits.startswith("00"):
        abroad = _FROM_NORTH_AMERICA.match(digits)
        if abroad is None:
            return "", digits
        digits = digits[abroad.end() :]
    digits = digits.lstrip("0")
    found = _COUNTRY_CODE.match(digits)
    if found is None:
        return "", digits
    code, digits = found[0], digits[found.end() :]
    prefix = _MOBILE_PREFIX.get(code)
    has_prefix = prefix is not None and len(digits) == _LENGTH_WITH_PREFIX and digits[0] == prefix
    return code, digits[1:] if has_prefix else digits


def _inside(code: str, digits: str) -> list[str]:
    """Return the number inside its country; without a country code, all that may be meant."""
    numbers = [digits]
    if not code and (prefix := _TRUNK_PREFIX.match(digits)):
        numbers.append(digits[prefix.end() :])
    return [found for n in numbers if len(found := n.lstrip("0")) >= _MIN_PHONE_DIGITS]
