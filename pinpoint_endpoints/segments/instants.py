"""Read the dates that segment criteria compare."""

import re
from datetime import UTC, datetime
from functools import lru_cache

NANOSECONDS = 1_000_000_000
"""In a second."""

DAY = 86_400 * NANOSECONDS

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
"""ISO_INSTANT of Java's DateTimeFormatter, which the service names for these criteria."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)  # many endpoints have the same dates
def instant_of(text: str, *, lenient: bool = False) -> int | None:
    """Return the nanoseconds from 1970 to an instant; None for a text that is not one.

    Args:
        text: such as `2024-01-14T09:00:00Z`.
        lenient: whether other ISO 8601 dates are read too: a date alone is its midnight, and what
            has no offset is UTC.
    """
    match = _INSTANT.fullmatch(text)
    try:
        if match:
            date = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
            fraction = int((match[2] or "").ljust(9, "0"))
        elif lenient:
            date = datetime.fromisoformat(text.strip())
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            fraction = date.microsecond * 1000
        else:
            return None
    except ValueError:
        return None
    passed = date - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * NANOSECONDS + fraction
