"""Which requests meet a fault, and the limits of calls a second."""

from collections import Counter
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.cli.options import parse_rate
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.local.server.fault_injection import (
    MAX_REMEMBERED,
    FaultInjector,
    Faults,
    InjectedFault,
)
from pinpoint_endpoints.quotas import CALLS_PER_SECOND, OTHER_CALLS_PER_SECOND

HALF = Faults(fail_rate=0.3, reset_rate=0.2, seed=3)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def drawn(
    faults: Faults, requests: list[bytes], max_remembered: int = MAX_REMEMBERED
) -> list[tuple[bytes, InjectedFault]]:
    """Return what happens to requests, in order."""
    injector = FaultInjector(faults, max_remembered=max_remembered)
    return [(request, injector.next("UpdateEndpoint", request)) for request in requests]


def taken(injector: FaultInjector, operation: str, number: int) -> int:
    """Return how many of so many calls at one moment are taken."""
    return sum(injector.next(operation, b"") is InjectedFault.NONE for _ in range(number))


@given(st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=40))
def test_the_order_of_arrival_does_not_matter(requests: list[bytes]) -> None:
    """A request meets the same fault the first time, the second time and so on."""
    met, met_in_another_order = drawn(HALF, requests), drawn(HALF, sorted(requests))
    for one in set(requests):
        faults = [fault for request, fault in met if request == one]
        assert faults == [fault for request, fault in met_in_another_order if request == one]


def test_the_seed_makes_the_difference() -> None:
    """One seed gives the same faults again, and another one others."""
    requests = [b"%d" % number for number in range(100)]
    first = drawn(Faults(fail_rate=0.5, seed=1), requests)
    assert first == drawn(Faults(fail_rate=0.5, seed=1), requests)
    assert first != drawn(Faults(fail_rate=0.5, seed=2), requests)


def test_a_repeated_request_draws_again() -> None:
    """A client that retries succeeds in the end."""
    faults = {fault for _, fault in drawn(HALF, [b"the same"] * 50)}
    assert faults == {
        InjectedFault.NONE,
        InjectedFault.FAILED,
        InjectedFault.RESET_BEFORE,
        InjectedFault.RESET_AFTER,
    }


@pytest.mark.parametrize("seed", [0, 7, -1, 2**70])
def test_ratios_come_out_right(seed: int) -> None:
    """Of 10,000 requests; half of the resets come after storing."""
    faults = Faults(fail_rate=0.02, reset_rate=0.01, seed=seed)
    counts = Counter(fault for _, fault in drawn(faults, [b"%d" % n for n in range(10_000)]))
    assert counts[InjectedFault.FAILED] == pytest.approx(200, abs=5 * 14)
    assert counts[InjectedFault.RESET_BEFORE] == pytest.approx(50, abs=5 * 7)
    assert counts[InjectedFault.RESET_AFTER] == pytest.approx(50, abs=5 * 7)
    assert counts.total() == 10_000


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (Faults(), {InjectedFault.NONE}),
        (Faults(fail_rate=1), {InjectedFault.FAILED}),
        (Faults(reset_rate=1), {InjectedFault.RESET_BEFORE, InjectedFault.RESET_AFTER}),
        (Faults(latency=1, seed=4), {InjectedFault.NONE}),
    ],
)
def test_none_and_all(faults: Faults, expected: set[InjectedFault]) -> None:
    """A ratio of 0 is no request, and one of 1 is every request."""
    assert {fault for _, fault in drawn(faults, [b"%d" % n for n in range(1_000)])} == expected


def test_memory_is_bounded() -> None:
    """Of very many different requests the first are forgotten, and treated as if they were new."""
    requests = [b"%d" % number for number in range(10)]
    first = drawn(HALF, requests)
    again = drawn(HALF, [*requests, *requests], max_remembered=10)
    assert again[10:] == first


@pytest.mark.parametrize(("rate", "at_once"), [(5, 5), (2.5, 2), (1, 1), (0.5, 1), (300, 300)])
def test_a_limit_fills_up_again(rate: float, at_once: int) -> None:
    """A second's calls are taken at once, and then as many a second as is said."""
    clock = Clock()
    injector = FaultInjector(Faults(throttle=rate), clock)
    assert taken(injector, "UpdateEndpoint", 1_000) == at_once
    later = 0
    for _ in range(100):
        clock.now += 0.1 / rate
        later += taken(injector, "UpdateEndpoint", 1)
    assert later == pytest.approx(10, abs=1)
    clock.now += 1_000
    assert taken(injector, "UpdateEndpoint", 1_000) == at_once


def test_each_operation_has_its_own_limit() -> None:
    """Reading does not use up the calls for writing."""
    injector = FaultInjector(Faults(throttle=2), Clock())
    assert [taken(injector, name, 9) for name in ("GetEndpoint", "GetApp", "")] == [2, 2, 2]


def test_quotas_are_those_of_aws() -> None:
    """By operation; a lower limit of the user's applies too."""
    injector = FaultInjector(Faults(quotas=True), Clock())
    for operation, quota in {**CALLS_PER_SECOND, "GetApps": OTHER_CALLS_PER_SECOND}.items():
        assert taken(injector, operation, 1_000) == quota
    both = FaultInjector(Faults(quotas=True, throttle=3), Clock())
    assert taken(both, "UpdateEndpoint", 100) == 3
    assert taken(both, "UpdateEndpointsBatch", 100) == 2


def test_a_throttled_request_is_not_counted() -> None:
    """It is as if it had not come."""
    clock = Clock()
    faults = Faults(fail_rate=0.5, throttle=1, seed=5)
    injector = FaultInjector(faults, clock)
    found = []
    for _ in range(20):
        found.append(injector.next("UpdateEndpoint", b"x"))
        assert injector.next("UpdateEndpoint", b"x") is InjectedFault.THROTTLED
        clock.now += 1
    assert found == [fault for _, fault in drawn(Faults(fail_rate=0.5, seed=5), [b"x"] * 20)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"fail_rate": 0.6, "reset_rate": 0.6},
        {"fail_rate": -0.1},
        {"fail_rate": nan},
        {"fail_rate": nan, "reset_rate": 0.1},
        {"reset_rate": -0.1},
        {"reset_rate": -0.1, "fail_rate": 0.5},
        {"reset_rate": nan},
        {"reset_rate": 1.1},
        {"latency": -1},
        {"latency": nan},
        {"latency": inf},
        {"throttle": 0},
        {"throttle": nan},
        {"throttle": inf},
    ],
)
def test_invalid_faults_are_refused(wrong: dict[str, float]) -> None:
    """A ratio, rate or latency out of range raises UsageError."""
    with pytest.raises(UsageError):
        Faults(**wrong)  # type: ignore[arg-type] # all of them are numbers


def test_words() -> None:
    """Faults are described in words; a seed alone is not a fault."""
    assert not Faults(seed=3).any
    assert str(Faults(quotas=True)) == "AWS's quotas"
    assert str(Faults(fail_rate=0.02, reset_rate=0.01, latency=0.05, throttle=0.5, seed=9)) == (
        "0.5 calls a second of each operation, 2 % fail, 1 % are reset, 50 ms latency, seed 9"
    )


@pytest.mark.parametrize(
    ("typed", "description"),
    [
        ("5/s", "5 calls a second"),
        ("5", "5 calls a second"),
        ("0.01/s", "0.01 calls a second"),
        ("1234567.5/s", "1234567.5 calls a second"),
        ("5/m", "5 calls a minute"),
        ("30/m", "0.5 calls a second"),
        ("100/m", "100 calls a minute"),
        ("0.7/m", "0.7 calls a minute"),
    ],
)
def test_a_limit_is_described_by_the_number_that_was_typed(typed: str, description: str) -> None:
    """Or in the same limit by the second, where that is as short; in no endless fraction."""
    assert str(Faults(throttle=parse_rate(typed))) == f"{description} of each operation"
