"""Inject faults into the local Pinpoint on request: throttling, errors, resets, latency."""

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

MAX_REMEMBERED = 100_000
"""Different requests whose repetitions are counted, so that memory is bounded."""


_EXPECTED = {
    "throttle": "calls a second as a number, such as 5, or None for no limit",
    "fail_rate": "a number from 0 to 1, such as 0.1",
    "reset_rate": "a number from 0 to 1, such as 0.1",
    "latency": "seconds as a number, such as 0.05",
    "seed": "a whole number, such as 1",
}


class InjectedFault(Enum):
    """What happens to a request."""

    NONE = "none"
    THROTTLED = "429, nothing is stored"
    FAILED = "500, nothing is stored"
    RESET_BEFORE = "the connection breaks, nothing is stored"
    RESET_AFTER = "stored, then the connection breaks"


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults that a user asked for.

    Args:
        throttle: calls a second of each operation, further ones get 429; None for no limit.
        fail_rate: the ratio of requests that get 500, from 0 to 1.
        reset_rate: the ratio of requests whose connection breaks, half of them after storing;
            together with `fail_rate` at most 1.
        latency: seconds before each answer.
        seed: the seed of the random numbers.
        quotas: whether each operation is limited to AWS's quota.
    """

    throttle: float | None = None
    fail_rate: float = 0
    reset_rate: float = 0
    latency: float = 0
    seed: int = 0
    quotas: bool = False

    def __post_init__(self) -> None:
        """Refuse invalid faults.

        Raises:
            UsageError: a ratio, rate or time is out of range or of another type.
        """
        for name, expected in _EXPECTED.items():
            given = getattr(self, name)
            is_number = isinstance(given, int if name == "seed" else int | float)
            if not is_number and not (name == "throttle" and given is None):
                raise UsageError(f"invalid {name}={given!r}", f"give {expected}")
        ratios = (self.fail_rate, self.reset_rate)
        if not (all(ratio >= 0 for ratio in ratios) and sum(ratios) <= 1):  # nan is neither
            raise UsageError(
                "fail_rate and reset_rate are out of range",
                "give numbers from 0 to 1 that are at most 1 together",
            )
        if not 0 <= self.latency < inf:
            raise UsageError(f"invalid latency {self.latency}", "give seconds, 0 or more")
        if self.throttle is not None and not 0 < self.throttle < inf:
            raise UsageError(
                f"invalid throttle {self.throttle}", "give a number above 0, or None for no limit"
            )

    @property
    def any(self) -> bool:
        """Whether there are any faults."""
        return self != Faults(seed=self.seed)

    def __str__(self) -> str:
        """Describe them."""
        parts = {
            f"{_describe_rate(self.throttle or 0)} of each operation": self.throttle is not None,
            "AWS's quotas": self.quotas,
            f"{100 * self.fail_rate:.3g} % fail": self.fail_rate > 0,
            f"{100 * self.reset_rate:.3g} % are reset": self.reset_rate > 0,
            f"{1000 * self.latency:g} ms latency": self.latency > 0,
            f"seed {self.seed}": self.fail_rate + self.reset_rate > 0,
        }
        return ", ".join(words for words, wanted in parts.items() if wanted)


class FaultInjector:
    """Decides what happens to each request.

    That depends on the seed, on the content of the request and on how often it came before, and not
    on the order of arrival: runs are reproducible with any number of threads.

    Args:
        faults: what shall go wrong.
        clock: returns seconds.
        max_remembered: different requests whose repetitions are counted.
    """

    def __init__(
        self,
        faults: Faults,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_remembered: int = MAX_REMEMBERED,
    ) -> None:
        self._faults = faults
        self._clock = clock
        self._max_remembered = max_remembered
        self._repetitions: Counter[int] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    def next(self, operation: str, request: bytes) -> InjectedFault:
        """Return what happens to a request.

        Args:
            operation: its name, such as `UpdateEndpoint`.
            request: its method, target and body.
        """
        if not self._takes(operation):
            return InjectedFault.THROTTLED
        point = self._random_point(request)
        if point < self._faults.fail_rate:
            return InjectedFault.FAILED
        point -= self._faults.fail_rate
        if point < self._faults.reset_rate:
            is_before = point < self._faults.reset_rate / 2
            return InjectedFault.RESET_BEFORE if is_before else InjectedFault.RESET_AFTER
        return InjectedFault.NONE

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
        if len(self._repetitions) >= self._max_remembered:
            self._repetitions.clear()
        self._repetitions[key] += 1
        seed = f"{self._faults.seed} {key} {self._repetitions[key]}"
        return Random(seed).random()  # noqa: S311 - no secret


def _describe_rate(rate: float) -> str:
    """Return calls a second, or calls a minute where only these are a short number."""
    a_second = f"{rate:.12g}"
    if float(a_second) == rate:
        return f"{a_second} calls a second"
    return f"{rate * 60:.12g} calls a minute"


class _Bucket:
    """A token bucket that holds the calls of one second."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._size = max(rate, 1.0)
        self._left = self._size
        self._updated = now

    def takes(self, now: float) -> bool:
        self._left = min(self._size, self._left + (now - self._updated) * self._rate)
        self._updated = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
