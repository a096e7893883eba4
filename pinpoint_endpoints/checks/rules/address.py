"""Rules about `Address`: the form that each channel type needs."""

import re
from collections.abc import Mapping, Sequence
from unicodedata import category

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule

_AT_ADDRESS = ("Address",)
_CLEARS = "an empty address clears the stored one: leave it out to keep it"

_PHONE_CHANNELS = ("SMS", "VOICE")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MAX_DIGITS = 15
_MIN_DIGITS = 7

_PUNCTUATION = " .()/-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SEPARATOR = r"[ .\-\u2010-\u2015\u2212]"
_ONE_NUMBER = re.compile(
    r"(?:\+[1-9][0-9]{0,2}|\(\+[1-9][0-9]{0,2}\))"  # the country code
    rf"(?:{_SEPARATOR}?\([1-9][0-9]*\))?"  # an area code in parentheses
    rf"{_SEPARATOR}?(?:[0-9]+{_SEPARATOR})*[0-9]{{2,}}"
)
"""A number in groups. A last group of one digit may be an extension or a count."""
_LAST_GROUP = re.compile(rf"({_SEPARATOR})([0-9]+)\Z")
_SHORT_GROUP = 3
_DIALLED_INSIDE = re.compile(r"\(\s*0")
_TRUNK_PREFIX = re.compile(
    r"\+(?:20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-69]|3[578]|42|5[09]|6[7-9]|8[0578]|9[679])[0-9])0"
)
"""A 0 after a country code (ITU-T E.164, list of assigned codes) is seldom part of the number."""
_KEEPS_ZERO = ("+39", "+225", "+242", "+378")
"""Italy, Côte d'Ivoire, Congo and San Marino dial the first 0 from abroad as well."""
_LENGTHS = {"+1": 11, "+7": 11}
"""The digits of every number in North America, and in Russia and Kazakhstan."""

_NAME = r"[^ \"(),.:;<>@\[\\\]]+"
_LABEL = r"[^ -/:-@\[-`{-~](?:[^ -,./:-@\[-`{-~]{0,61}[^ -/:-@\[-`{-~])?"
_EMAIL = re.compile(rf"{_NAME}(?:\.{_NAME})*@(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_MAX_EMAIL_LENGTH = 254
_MAX_NAME_LENGTH = 64

_APNS_CHANNELS = ("APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX")
_HEXADECIMAL = "0123456789abcdefABCDEF"
_PRINTED_AROUND = str.maketrans("", "", "<> \n")
_PRINTED_DATA = re.compile(r"\s*(?:<\s*)?((?:[0-9a-fA-F]{8} )*[0-9a-fA-F]+)(?:\s*>)?\s*")
"""NSData is printed in groups of eight digits; other groups may be several tokens."""


@rule(codes.PHONE_NUMBER, Scope.REQUEST, "Address", severity=Severity.WARNING)
def phone_number(request: Mapping[str, object]) -> Sequence[Finding]:
    """The address of an SMS or VOICE endpoint is not a phone number in E.164 form.

    E.164 is a plus sign, the country code and the number, in 7 to 15 digits. The service stores
    anything, and sending the message then fails. AWS's own samples leave out the plus sign, so this
    is a warning.

    Source: AWS, Amazon Pinpoint User Guide, "Sending SMS messages"; botocore's service model,
    `EndpointRequest.Address`; ITU-T E.164, at most 15 digits.

    Wrong:
        {"ChannelType": "SMS", "Address": "(206) 555-0100"}

    Right:
        {"ChannelType": "SMS", "Address": "+12065550100"}
    """
    if request.get("ChannelType") not in _PHONE_CHANNELS:
        return ()
    address = request.get("Address")
    if not isinstance(address, str) or _E164.fullmatch(address):
        return ()
    message = "the address is not a phone number in E.164 form"
    cleaned = "".join(filter(_is_dialled, address))
    doubt = _reason_for_doubt(address, cleaned)
    if _E164.fullmatch(cleaned) and not doubt:
        hint = "remove spaces, punctuation and invisible characters"
        return (_at_address(message, hint, cleaned),)
    return (_at_address(message, _phone_hint(address, cleaned, doubt)),)


def _is_dialled(character: str) -> bool:
    return character.isprintable() and character not in _PUNCTUATION


def _reason_for_doubt(address: str, cleaned: str) -> str:
    """Return why the digits of an address may not be one phone number, or an empty string."""
    visible = "".join(_visible(character) for character in address.strip())
    length = next((size for code, size in _LENGTHS.items() if cleaned.startswith(code)), 0)
    return _first_true(
        (_DIALLED_INSIDE.search(address), "write it as dialled from abroad, without parentheses"),
        (
            _TRUNK_PREFIX.match(cleaned) and not cleaned.startswith(_KEEPS_ZERO),
            "write it as dialled from abroad, mostly without the 0 after the country code",
        ),
        (
            not _ONE_NUMBER.fullmatch(visible) or _may_have_extension(visible),
            "write one number without an extension, digits only",
        ),
        (
            length and len(cleaned) != length + len("+"),
            f"a number of this country has {length} digits with the country code",
        ),
        (True, ""),
    )


def _visible(character: str) -> str:
    """Return a character, a space for one of another width, or nothing for a format character."""
    return {"Cf": "", "Zs": " "}.get(category(character), character)


def _may_have_extension(number: str) -> bool:
    """Tell whether a short last group is set off by a separator that no other group has."""
    last = _LAST_GROUP.search(number)
    if last is None or len(last[2]) >= _SHORT_GROUP:
        return False
    others = re.findall(_SEPARATOR, number[: last.start()])
    return last[1] not in others


def _phone_hint(address: str, cleaned: str, doubt: str) -> str:
    digits = cleaned.lstrip("+")
    return _first_true(
        (not address, _CLEARS),
        (any(map(str.isalpha, cleaned)), "a phone number has no letters"),
        (_DIALLED_INSIDE.search(address), doubt),
        (cleaned.startswith("00"), 'write "+" instead of 00'),
        (not cleaned.startswith("+"), 'begin with "+" and the country code'),
        (digits.startswith("0"), "no country code begins with 0"),
        (len(digits) > _MAX_DIGITS, f"a phone number has at most {_MAX_DIGITS} digits"),
        (len(digits) < _MIN_DIGITS, "this is too short for a number with a country code"),
        (_E164.fullmatch(cleaned), doubt),
        (True, 'write "+", the country code and the number, digits only'),
    )


@rule(codes.EMAIL_ADDRESS, Scope.REQUEST, "Address", severity=Severity.WARNING)
def email_address(request: Mapping[str, object]) -> Sequence[Finding]:
    """The address of an EMAIL endpoint does not have the form of an e-mail address.

    That form is a name of at most 64 characters, one `@`, and a domain with a dot: 254 characters
    at most, without spaces and without a display name. Letters of all scripts are allowed. Whether
    the mailbox exists is not checked: the service finds out when a message bounces.

    Source: botocore's service model, `EndpointRequest.Address`; RFC 5321, sections 4.1.2 and
    4.5.3.1; RFC 6531 for other scripts.

    Wrong:
        {"ChannelType": "EMAIL", "Address": "Ada Lovelace <ada@example.com>"}

    Right:
        {"ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    if request.get("ChannelType") != "EMAIL":
        return ()
    address = request.get("Address")
    if not isinstance(address, str) or _is_email(address):
        return ()
    message = "the address does not have the form of an e-mail address"
    stripped = address.strip()
    if _is_email(stripped):
        return (_at_address(message, "remove the spaces around it", stripped),)
    return (_at_address(message, _email_hint(stripped)),)


def _is_email(text: str) -> bool:
    return (
        len(text) <= _MAX_EMAIL_LENGTH
        and text.isprintable()
        and _EMAIL.fullmatch(text) is not None
        and text.index("@") <= _MAX_NAME_LENGTH
    )


def _email_hint(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return _first_true(
        (not address, _CLEARS),
        ("<" in address or ">" in address, "write the address alone, without a display name"),
        (address.lower().startswith("mailto:"), 'remove "mailto:"'),
        ("@" not in address, 'it has no "@"'),
        ("@" in name, 'it has more than one "@": an endpoint has one address'),
        (" " in address, "remove the space in it"),
        (not address.isprintable(), "remove the invisible characters in it"),
        (
            len(name) > _MAX_NAME_LENGTH,
            f'it has more than {_MAX_NAME_LENGTH} characters before "@"',
        ),
        (len(address) > _MAX_EMAIL_LENGTH, f"it has more than {_MAX_EMAIL_LENGTH} characters"),
        ("." not in domain, 'the domain after "@" has no dot'),
        (True, 'write it as "name@example.com"'),
    )


@rule(codes.APNS_ADDRESS, Scope.REQUEST, "Address", severity=Severity.WARNING)
def apns_token(request: Mapping[str, object]) -> Sequence[Finding]:
    """The address of an APNS endpoint is not hexadecimal of even length.

    A device token is a sequence of bytes, each written as two hexadecimal digits. Apple may change
    its length, so any even number of digits is valid. The service stores anything, and fails with
    `hexBinary needs to be even-length` or `Device token is invalid in hex form` when it sends.
    The token of AWS's own example has letters up to z, so this is a warning.

    Source: aws-sdk-ios#1926 and amplify-js#3695; Apple, UIKit,
    `application(_:didRegisterForRemoteNotificationsWithDeviceToken:)`.

    Wrong:
        {"ChannelType": "APNS", "Address": "<1a2b3c4d 5e6f7081>"}

    Right:
        {"ChannelType": "APNS", "Address": "1a2b3c4d5e6f7081"}
    """
    if request.get("ChannelType") not in _APNS_CHANNELS:
        return ()
    address = request.get("Address")
    if not isinstance(address, str) or _is_token(address):
        return ()
    message = "the address is not a device token: hexadecimal of even length"
    cleaned = address.translate(_PRINTED_AROUND)
    if _is_token(cleaned) and not _PRINTED_DATA.fullmatch(address):
        hint = "write one token, without spaces: are these several?"
        return (_at_address(message, hint),)
    if _is_token(cleaned):
        hint = "remove the spaces and angle brackets, which come from printing NSData"
        return (_at_address(message, hint, cleaned),)
    return (_at_address(message, _token_hint(address, cleaned)),)


def _is_token(text: str) -> bool:
    return bool(text) and len(text) % 2 == 0 and not text.strip(_HEXADECIMAL)


def _token_hint(address: str, cleaned: str) -> str:
    return _first_true(
        (not address, _CLEARS),
        (not cleaned.strip(_HEXADECIMAL), "its length is odd: is it complete?"),
        (address.startswith("{length"), "encode the token's bytes as hexadecimal in the app"),
        (True, "it has characters other than 0-9 and a-f: is it another service's token?"),
    )


def _first_true(*hints: tuple[object, str]) -> str:
    return next(hint for applies, hint in hints if applies)


def _at_address(message: str, hint: str, right: str = "") -> Finding:
    fix = Fix(Action.REPLACE, (_AT_ADDRESS,), right) if right else None
    return Finding(_AT_ADDRESS, message, hint, fix=fix)
