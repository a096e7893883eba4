"""Amounts as a person writes them in, numbers out."""

import re

from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.service.rate_limit import check_rate

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/(s|m))?")
_SECONDS_IN = {"s": 1, "m": 60, None: 1}
_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s)")
_LONGEST_SECONDS = 3600


def rate_in(text: str) -> float:
    """Return calls a second: `5/s`, `30/m`, or a number alone.

    Raises:
        UsageError: it is no rate that a call could keep to.
    """
    found = _RATE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text} is no rate", "give calls a second or a minute: 5/s, 30/m")
    rate = float(found[1]) / _SECONDS_IN[found[2]]
    check_rate(rate)
    return rate


def seconds_in(text: str | float) -> float:
    """Return seconds: `50ms`, `1.5s`.

    Raises:
        UsageError: it is no time, or more than an hour.
    """
    if not isinstance(text, str):
        return text
    found = _TIME.fullmatch(text)
    if found is None:
        raise UsageError(f"{text} is no time", "give milliseconds or seconds: 50ms, 1.5s")
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    if seconds > _LONGEST_SECONDS:
        raise UsageError(f"{text} is more than an hour", "no client waits for so long")
    return seconds


def share(text: str | float) -> float:
    """Return a share from 0 to 1.

    Raises:
        UsageError: it is none.
    """
    try:
        part = float(text)
    except ValueError:
        part = -1.0
    if not 0 <= part <= 1:
        raise UsageError(f"{text} is no share", "give a number from 0 to 1: 0.02 is one in fifty")
    return part
