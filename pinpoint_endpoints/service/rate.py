"""A number of calls a second in, a refusal if no call could keep to it out."""

import math

from pinpoint_endpoints.errors import UsageError

LOWEST_RATE = 0.01


def check_rate(rate: float) -> None:
    """Refuse a number of calls a second that no call could keep to.

    Raises:
        UsageError: the rate is less than a call in 100 seconds, or no number.
    """
    if not LOWEST_RATE <= rate < math.inf:
        raise UsageError("this is no rate", f"give calls a second, {LOWEST_RATE} or more")
