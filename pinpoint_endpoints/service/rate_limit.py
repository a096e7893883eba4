"""Holds a client's calls to a rate: AWS's quotas, or what the user asks for."""

import math
import time
from threading import Lock
from typing import Any

from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.quotas import CALLS_PER_SECOND
from pinpoint_endpoints.service.requests import UPDATE_ENDPOINT, UPDATE_ENDPOINTS_BATCH

_UPDATES = (
    UPDATE_ENDPOINT,
    UPDATE_ENDPOINTS_BATCH,
    "PutProfileObject",
    "BatchPutProfileObject",
)
MIN_RATE = 0.01
"""Calls a second: one in 100 seconds."""


class Clock:
    """Tells the time and waits; it does not jump when the machine's time is set."""

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        time.sleep(seconds)


SYSTEM_CLOCK = Clock()


class TokenBucket:
    """Lets calls pass at a fixed rate, and after a pause as many at once as a second allows.

    Args:
        rate: calls a second.
        clock: what tells the time.
    """

    def __init__(self, rate: float, clock: Clock = SYSTEM_CLOCK) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = Lock()
        self._tokens = 1.0
        self._counted_at = clock.now()

    def take(self) -> None:
        """Wait for the turn of one more call. Any thread may call it; turns are in order."""
        with self._lock:
            now = self._clock.now()
            gained = (now - self._counted_at) * self._rate
            self._tokens = min(max(1.0, self._rate), self._tokens + gained) - 1
            self._counted_at = now
            seconds = -self._tokens / self._rate
        if seconds > 0:
            self._clock.sleep(seconds)


def limit_rate(
    client: Any, *, rate: float | None, quotas: bool, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Hold a client to a rate: each operation by itself, as the service counts, with its retries.

    Args:
        client: a boto3 (botocore) client.
        rate: calls a second at most, of each operation that updates.
        quotas: whether AWS's quotas apply where no rate is given.
        clock: what tells the time.

    Raises:
        UsageError: the rate is invalid.
    """
    rates = dict(CALLS_PER_SECOND) if quotas else {}
    if rate is not None:
        check_rate(rate)
        rates |= dict.fromkeys(_UPDATES, rate)
    service = client.meta.service_model.service_id.hyphenize()
    for operation, most in rates.items():
        bucket = TokenBucket(most, clock)

        def wait(bucket: TokenBucket = bucket, **_: Any) -> None:
            bucket.take()

        # before every attempt, and before it is signed: a signature expires after some minutes
        client.meta.events.register(f"request-created.{service}.{operation}", wait)


def check_rate(rate: float) -> None:
    """Refuse a number of calls a second that no call could keep to.

    Raises:
        UsageError: the rate is less than a call in 100 seconds, infinite or not a number.
    """
    if not MIN_RATE <= rate < math.inf:
        raise UsageError("invalid rate", f"use calls a second, {MIN_RATE} or more")
