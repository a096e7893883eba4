"""What must not be shown unasked: addresses, user ids, user attributes."""

import re

_PHONE_OR_MAIL = re.compile(r"@|(?:[0-9][ ().-]?){7}")
_PHONE = re.compile(r"\+[0-9]{7,15}")
_LONGEST_NAME = 80


def masked(text: str) -> str:
    """Return a stand-in that tells two values apart at most: the first two characters."""
    return f"{text[:2]}***" if len(text) > 6 else "***"  # noqa: PLR2004 - a short text is its begin


def shown_name(name: str) -> str:
    """Return a member's name as it may be shown: masked if it looks like an address, not endless.

    Names are no personal data, but a file that maps addresses to endpoints makes them so.
    """
    if _PHONE_OR_MAIL.search(name):
        return masked(name)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def without_addresses(message: str) -> str:
    """Return a message of somebody else with what looks like an address in it masked."""
    return " ".join(
        masked(word) if "@" in word else _PHONE.sub("***", word) for word in message.split(" ")
    )
