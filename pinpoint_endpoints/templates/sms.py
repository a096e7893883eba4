"""Count the parts of SMS messages: AWS bills each part.

Source: AWS, End User Messaging SMS User Guide, "SMS character limits",
https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-character.html
"""

import re
from enum import StrEnum
from typing import NamedTuple

from pinpoint_endpoints.quotas import MAX_SMS_LENGTH, SMS_PART_LENGTH, SMS_SINGLE_LENGTH

_ESCAPED = r"\^{}\[\]~\\|€"
"""Characters of GSM-7's extension table: an escape is sent before each."""

_NOT_IN_GSM_7 = re.compile(
    r"[^\n\r !\"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z"
    rf"¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ{_ESCAPED}]"
)
_OF_TWO_UNITS = {
    "GSM-7": re.compile(f"[{_ESCAPED}]"),
    "UCS-2": re.compile("[\U00010000-\U0010ffff]"),
}


class Encoding(StrEnum):
    """How the characters of an SMS are sent."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


class SmsParts(NamedTuple):
    """What a text takes as an SMS.

    Attributes:
        encoding: GSM-7 if it has all of the characters.
        length: in units of the encoding; some characters take two.
        parts: how many are billed; 0 for an empty text.
    """

    encoding: Encoding
    length: int
    parts: int

    @property
    def is_too_long(self) -> bool:
        """Whether Pinpoint refuses the message: "Invalid Message Exception"."""
        return self.length > MAX_SMS_LENGTH[self.encoding]


def sms_parts(text: str) -> SmsParts:
    """Return how a text is sent as an SMS, and in how many parts."""
    encoding = Encoding.UCS_2 if _NOT_IN_GSM_7.search(text) else Encoding.GSM_7
    doubles = _OF_TWO_UNITS[encoding]
    length = len(text) + len(doubles.findall(text))
    if length <= SMS_SINGLE_LENGTH[encoding]:
        return SmsParts(encoding, length, int(length > 0))
    room = SMS_PART_LENGTH[encoding]
    if length == len(text):
        return SmsParts(encoding, length, -(-length // room))
    parts, used = 1, 0
    for character in text:
        size = 2 if doubles.match(character) else 1
        if used + size > room:  # no part ends within a character
            parts, used = parts + 1, 0
        used += size
    return SmsParts(encoding, length, parts)


def characters_outside_gsm_7(text: str) -> str:
    """Return the characters of a text that make it UCS-2, each once."""
    return "".join(dict.fromkeys(_NOT_IN_GSM_7.findall(text)))
