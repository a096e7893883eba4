"""What a person wants to go wrong in; for each request, what shall go wrong with it, out."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf
from random import Random
from zlib import crc32

from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.quotas import CALLS_PER_SECOND, OTHER_CALLS_PER_SECOND

MOST_REMEMBERED = 100_000
"""How many different requests are told apart, so that memory is bounded."""


_EXPECTED = {
    "throttle": "calls a second as a number, such as 5, or None for no limit",
    "fail_rate": "a share as a number from 0 to 1, such as 0.1",
    "reset_rate": "a share as a number from 0 to 1, such as 0.1",
    "latency": "seconds as a number, such as 0.05",
    "seed": "a whole number, such as 1",
}


class Fault(Enum):
    """What happens to a request."""

    NONE = "none"
    THROTTLED = "429, nothing is stored"
    FAILED = "500, nothing is stored"
    RESET_BEFORE = "the connection is reset, nothing is stored"
    RESET_AFTER = "stored, then the connection is reset"


@dataclass(frozen=True, slots=True)
class Faults:
    """What shall go wrong.

    Args:
        throttle: calls a second of each operation, the others get 429; None for no limit.
        fail_rate: the share of requests that are answered with 500, from 0 to 1.
        reset_rate: the share whose connection is reset, every other time after storing; together
            with `fail_rate` at most 1.
        latency: seconds before each answer.
        seed: of the random draw.
        quotas: whether each operation has the limit that AWS's quotas give it.
    """

    throttle: float | None = None
    fail_rate: float = 0
    reset_rate: float = 0
    latency: float = 0
    seed: int = 0
    quotas: bool = False

    def __post_init__(self) -> None:
        """Refuse faults that there cannot be.

        Raises:
            UsageError: no such share, rate or time, or another type: no units are read here.
        """
        for name, expected in _EXPECTED.items():
            given = getattr(self, name)
            is_number = isinstance(given, int if name == "seed" else int | float)
            if not is_number and not (name == "throttle" and given is None):
                raise UsageError(f"{name}={given!r} is not what was expected", f"give {expected}")
        shares = (self.fail_rate, self.reset_rate)
        if not (all(share >= 0 for share in shares) and sum(shares) <= 1):  # nan is neither
            raise UsageError(
                "the shares of calls that fail and that are reset are not between none and all",
                "give numbers from 0 to 1 that are at most 1 together",
            )
        if not 0 <= self.latency < inf:
            raise UsageError("this is no latency", "give seconds, 0 or more")
        if self.throttle is not None and not 0 < self.throttle < inf:
            raise UsageError(
                "this is no limit of calls a second", "give a number above 0, or None for no limit"
            )

    @property
    def any(self) -> bool:
        """Whether anything shall go wrong at all."""
        return self != Faults(seed=self.seed)

    def __str__(self) -> str:
        """Return them in words."""
        parts = {
            f"{_calls_in_words(self.throttle or 0)} of each operation": self.throttle is not None,
            "AWS's quotas": self.quotas,
            f"{100 * self.fail_rate:.3g} % fail": self.fail_rate > 0,
            f"{100 * self.reset_rate:.3g} % are reset": self.reset_rate > 0,
            f"{1000 * self.latency:g} ms latency": self.latency > 0,
            f"seed {self.seed}": self.fail_rate + self.reset_rate > 0,
        }
        return ", ".join(words for words, wanted in parts.items() if wanted)


class FaultDrawer:
    """Draws what happens to each request.

    What is drawn depends on the seed, on what the request says and on how often it came before, and
    not on the order of arrival: the same run meets the same faults, with any number of threads.

    Args:
        faults: what shall go wrong.
        clock: seconds.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults = faults
        self._clock = clock
        self._came_before: Counter[int] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    def draw(self, operation: str, request: bytes) -> Fault:
        """Return what happens to a request.

        Args:
            operation: its name, such as `UpdateEndpoint`.
            request: all that it says.
        """
        if not self._takes(operation):
            return Fault.THROTTLED
        point = self._random_point(request)
        if point < self._faults.fail_rate:
            return Fault.FAILED
        point -= self._faults.fail_rate
        if point < self._faults.reset_rate:
            return Fault.RESET_BEFORE if point < self._faults.reset_rate / 2 else Fault.RESET_AFTER
        return Fault.NONE

    def _takes(self, operation: str) -> bool:
        limit = self._limit(operation)
        if limit is None:
            return True
        bucket = self._buckets.get(operation)
        if bucket is None:
            bucket = self._buckets[operation] = _Bucket(limit, self._clock())
        return bucket.takes(self._clock())

    def _limit(self, operation: str) -> float | None:
        limits = [] if self._faults.throttle is None else [self._faults.throttle]
        if self._faults.quotas:
            limits.append(CALLS_PER_SECOND.get(operation, OTHER_CALLS_PER_SECOND))
        return min(limits, default=None)

    def _random_point(self, request: bytes) -> float:
        if not self._faults.fail_rate and not self._faults.reset_rate:
            return 1
        key = crc32(request)
        if len(self._came_before) >= MOST_REMEMBERED:
            self._came_before.clear()
        self._came_before[key] += 1
        seed = f"{self._faults.seed} {key} {self._came_before[key]}"
        return Random(seed).random()  # noqa: S311 - no secret


def _calls_in_words(rate: float) -> str:
    """Return calls a second; calls a minute where only these are a number that a person writes."""
    a_second = f"{rate:.12g}"
    if float(a_second) == rate:
        return f"{a_second} calls a second"
    return f"{rate * 60:.12g} calls a minute"


class _Bucket:
    """Holds as many calls as may come within a second, and fills up again at that rate."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = max(rate, 1.0)
        self._left = self._most
        self._seen = now

    def takes(self, now: float) -> bool:
        self._left = min(self._most, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
