"""A boto3 Pinpoint client in, its calls held to a rate: AWS's quotas, or what the server bears."""

import math
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

from botocore.exceptions import CapacityNotAvailableError
from botocore.retries.bucket import Clock, TokenBucket
from botocore.retries.standard import RetryEventAdapter, ThrottlingErrorDetector
from botocore.retries.throttling import CubicCalculator

from pinpoint_endpoints.quotas import CALLS_PER_SECOND
from pinpoint_endpoints.service.rate import check_rate
from pinpoint_endpoints.service.request import UPDATE_ENDPOINT, UPDATE_ENDPOINTS_BATCH

_TOO_MANY_REQUESTS = 429
_FLOOR = 0.5
"""botocore's own: fewer calls a second are made only if the ceiling is lower."""
_SLOWED = 0.7
"""botocore's own: what is left of the rate after a throttled answer."""
_RECOVERY_SECONDS = 2
_RECOVERY_CALLS = 8
"""A run is back where it was after so many seconds, or after about so many calls if it is fast."""
_FREE = 2
"""Without a ceiling, the pacing ends at this many times the rate that was throttled."""
_MEASURED_CALLS = 32
_SHORTEST_SECONDS = 0.001

_DETECTOR = ThrottlingErrorDetector(RetryEventAdapter())


class SteadyClock(Clock):
    """A clock that does not jump when the machine's time is set."""

    def current_time(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()


class Pace:
    """The calls of one operation: a ceiling, and less while the service says that it is too much.

    Built from the parts of botocore's `adaptive` retries, put together otherwise: there, the
    ceiling is unknown and found only by being throttled; each of ten calls in flight that are
    throttled slows the run down again, to 0.5 calls a second; no rate is measured in the first
    second; and the way back is slow, because it is bounded by the measured rate. Here, what was
    sent before a slow-down causes no other, and a run is back where it was in two seconds at most.

    Args:
        ceiling: calls a second at most; None for as many as the server bears.
        clock: what tells the time.
    """

    def __init__(self, ceiling: float | None, clock: Clock) -> None:
        self._ceiling = ceiling
        self._clock = clock
        self._floor = _FLOOR if ceiling is None else min(_FLOOR, ceiling)
        self._lock = threading.Lock()
        self._bucket: TokenBucket | None = None
        self._recovery: CubicCalculator | None = None
        self._recovered_at = 0.0
        self._slowed_at = -math.inf
        self._sent = deque[float](maxlen=_MEASURED_CALLS)
        self._mine = threading.local()
        if ceiling is not None:
            self._bucket = TokenBucket(ceiling, clock, self._floor)
            self._bucket.acquire(-1)  # it starts empty, and a single call need not wait

    @property
    def rate(self) -> float | None:
        """Calls a second at most at present; None for any number."""
        bucket = self._bucket
        return None if bucket is None else bucket.max_rate

    def take(self, **_: Any) -> None:
        """Wait until one more call may be made, a repeated one too."""
        bucket = self._bucket
        if bucket is not None:
            bucket.acquire()
        self._mine.sent_at = self._clock.current_time()
        self._sent.append(self._mine.sent_at)

    def learn(self, **answer: Any) -> None:
        """Slow down after a throttled answer, and come back after others.

        Args:
            answer: what botocore's event `needs-retry` tells, in the thread that took.
        """
        if answer["response"] is None:  # no connection: says nothing about the rate
            return
        throttled = _is_throttled(**answer)
        with self._lock:
            if not throttled:
                self._come_back()
            elif self._mine.sent_at > self._slowed_at:
                self._slow_down()

    def _slow_down(self) -> None:
        now = self._clock.current_time()
        rate = max(self._floor, min(self._measured(now), self.rate or math.inf))
        self._slowed_at = now
        self._recovered_at = self._ceiling or rate * _FREE
        seconds = min(_RECOVERY_SECONDS, _RECOVERY_CALLS / rate)
        scale = rate * (1 - _SLOWED) / seconds**3  # the curve's constant that makes it so long
        self._recovery = CubicCalculator(rate, now, scale, _SLOWED)
        if self._bucket is None:
            self._bucket = TokenBucket(rate * _SLOWED, self._clock, self._floor)
            return
        self._bucket.max_rate = rate * _SLOWED
        with suppress(CapacityNotAvailableError):  # what was saved up would be sent at once
            self._bucket.acquire(self._bucket.available_capacity, block=False)

    def _come_back(self) -> None:
        if self._recovery is None or self._bucket is None:
            return
        rate = self._recovery.success_received(self._clock.current_time())
        if rate < self._recovered_at:
            self._bucket.max_rate = rate
            return
        self._recovery = None
        if self._ceiling is None:
            self._bucket = None
        else:
            self._bucket.max_rate = self._ceiling

    def _measured(self, now: float) -> float:
        """Return the rate of the last calls: of few already, a small run is over in a second."""
        return len(self._sent) / max(now - self._sent[0], _SHORTEST_SECONDS)


def pace(client: Any, *, rate: float | None, quotas: bool) -> None:
    """Hold a client to a rate, an operation at a time, as the service counts.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
        rate: calls a second at most, of each operation that updates.
        quotas: whether AWS's quotas hold where no rate is given.

    Raises:
        UsageError: the rate is none.
    """
    ceilings: dict[str, float | None] = (
        dict(CALLS_PER_SECOND) if quotas else dict.fromkeys(CALLS_PER_SECOND)
    )
    if rate is not None:
        check_rate(rate)
        ceilings |= {UPDATE_ENDPOINT: rate, UPDATE_ENDPOINTS_BATCH: rate}
    for operation, ceiling in ceilings.items():
        held = Pace(ceiling, SteadyClock())
        # before it is signed: a signature is good for some minutes only
        client.meta.events.register(f"request-created.pinpoint.{operation}", held.take)
        client.meta.events.register(f"needs-retry.pinpoint.{operation}", held.learn)


def _is_throttled(**answer: Any) -> bool:
    response, _ = answer["response"]
    # botocore goes by the code first, some of its versions by nothing else
    by_status = response.status_code == _TOO_MANY_REQUESTS
    return by_status or _DETECTOR.is_throttling_error(**answer)
