import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from unittest.mock import patch

import botocore.session
import pytest
from botocore.exceptions import ClientError
from http_stub import Answer, HttpStub
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import UsageError, connect
from pinpoint_endpoints.local.in_process import attach
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.service.pace import Pace, SteadyClock
from pinpoint_endpoints.service.request import UPDATE_ENDPOINT

THROTTLED = Answer(429, b'{"Message": "slower"}', {"x-amzn-ErrorType": "TooManyRequestsException"})


class FakeClock(SteadyClock):
    """A clock that waiting sets forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def current_time(self) -> float:
        """Return what time it is here."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += max(seconds, 1e-6)


class FakeCondition:
    """Waits by setting a clock forward."""

    def __init__(self, clock: FakeClock) -> None:
        self.wait = clock.forward

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Hold nothing."""

    def notify(self) -> None:
        """Wake nobody: nobody sleeps."""


@contextmanager
def without_waiting() -> Iterator[FakeClock]:
    """Let botocore's limiter take its time from a fake clock, and its retries take none."""
    clock = FakeClock()
    waiting = SimpleNamespace(Lock=threading.Lock, Condition=lambda _: FakeCondition(clock))
    with (
        patch("botocore.retries.bucket.threading", waiting),
        patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None)),
        patch("pinpoint_endpoints.service.pace.SteadyClock", lambda: clock),
    ):
        yield clock


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """Return the clock of a test in which nobody waits."""
    with without_waiting() as made:
        yield made


@cache
def update_endpoint() -> Any:
    """Return botocore's model of the operation."""
    return botocore.session.Session().get_service_model("pinpoint").operation_model(UPDATE_ENDPOINT)


def answered(pace: Pace, status: int = 202, code: str = "") -> None:
    """Let a call of this thread be answered."""
    parsed = {"Error": {"Code": code}} if code else {}
    pace.learn(
        response=(SimpleNamespace(status_code=status), parsed),
        attempts=1,
        operation=update_endpoint(),
        caught_exception=None,
        request_dict={"context": {}},
    )


def called(pace: Pace, status: int = 202, code: str = "") -> None:
    """Make a call and let it be answered at once."""
    pace.take()
    answered(pace, status, code)


def seconds_for(clock: FakeClock, number: int, call: Callable[[], object]) -> float:
    """Return how long a number of calls take."""
    began = clock.now
    for _ in range(number):
        call()
    return clock.now - began


@pytest.mark.parametrize("ceiling", [10, 2, 1, 0.2])
def test_calls_are_evenly_spaced(clock: FakeClock, ceiling: float) -> None:
    """The first call waits for nothing, each later one as long as the ceiling says."""
    pace = Pace(ceiling, clock)
    assert seconds_for(clock, 1, pace.take) == 0
    assert seconds_for(clock, 20, pace.take) == pytest.approx(20 / ceiling, abs=0.01)


@given(
    ceiling=st.floats(0.2, 50),
    calls=st.lists(st.tuples(st.floats(0, 3), st.sampled_from([202, 429])), max_size=60),
)
def test_never_more_than_the_ceiling(ceiling: float, calls: list[tuple[float, int]]) -> None:
    """However calls come and are answered, none of them exceeds a second's worth saved up."""
    with without_waiting() as clock:
        pace = Pace(ceiling, clock)
        made = []
        for pause, status in calls:
            clock.forward(pause)
            called(pace, status)
            made.append(clock.now)
    for first, begin in enumerate(made):
        for last in range(first, len(made)):
            most = max(1, ceiling) + ceiling * (made[last] - begin)
            assert last - first + 1 <= most + 0.01


def test_a_throttled_run_slows_down(clock: FakeClock) -> None:
    """After a throttled answer, the next calls are made at 70 % of the rate."""
    pace = Pace(10, clock)
    seconds_for(clock, 40, pace.take)
    answered(pace, 429)
    assert pace.rate == pytest.approx(7, rel=0.05)
    assert seconds_for(clock, 7, pace.take) == pytest.approx(1, abs=0.1)


def test_what_was_saved_up_is_not_sent_at_once(clock: FakeClock) -> None:
    """After a throttled answer, calls that were not made earlier do not make up for it."""
    pace = Pace(10, clock)
    pace.take()
    clock.forward(60)
    pace.take()
    answered(pace, 429)
    assert pace.rate is not None
    assert seconds_for(clock, 4, pace.take) == pytest.approx(4 / pace.rate, abs=0.01)


def test_calls_in_flight_slow_down_once(clock: FakeClock) -> None:
    """Ten calls that were sent together and are all throttled are one reason to slow down."""
    pace = Pace(None, clock)
    all_sent = threading.Barrier(10)
    answering = threading.Lock()

    def call() -> float | None:
        pace.take()
        all_sent.wait()
        with answering:
            clock.forward(0.01)
            answered(pace, 429)
            return pace.rate

    with ThreadPoolExecutor(10) as threads:
        calls = [threads.submit(call) for _ in range(10)]
        rates = {made.result() for made in calls}
    assert len(rates) == 1


def test_throttled_again_slows_down_again(clock: FakeClock) -> None:
    """What is sent after a slow-down and is throttled too slows down further, but not to zero."""
    pace = Pace(100, clock)
    rates = []
    for _ in range(30):
        called(pace, 429)
        rates.append(pace.rate)
    assert rates[0] == pytest.approx(70)
    assert rates[1] == pytest.approx(49)
    assert rates[-1] == 0.5


@pytest.mark.parametrize(("ceiling", "seconds"), [(1, 2), (2, 2), (10, 0.8), (1000, 0.008)])
def test_back_at_the_ceiling_after_some_calls(
    clock: FakeClock, ceiling: float, seconds: float
) -> None:
    """A run that was throttled once is where it was after two seconds, or eight calls if fast."""
    pace = Pace(ceiling, clock)
    called(pace, 429)
    clock.forward(seconds / 2)
    answered(pace)
    assert pace.rate is not None
    assert ceiling * 0.7 < pace.rate < ceiling
    clock.forward(seconds / 2 + 1e-5)
    answered(pace)
    assert pace.rate == ceiling


def test_without_a_ceiling_the_run_is_free_again(clock: FakeClock) -> None:
    """Nothing holds a run that has no ceiling until it is throttled, nor some calls later."""
    pace = Pace(None, clock)
    for _ in range(100):
        clock.forward(0.1)
        called(pace)
    assert pace.rate is None
    answered(pace, 429)
    assert pace.rate == pytest.approx(7, rel=0.05)
    clock.forward(0.8)
    called(pace)
    assert pace.rate == pytest.approx(10, rel=0.05)
    clock.forward(1.2)
    called(pace)
    assert pace.rate is None


def test_the_slowest_rate_is_not_slowed(clock: FakeClock) -> None:
    """A call in five seconds stays that, throttled or not."""
    pace = Pace(0.2, clock)
    for _ in range(5):
        called(pace, 429)
    assert seconds_for(clock, 4, pace.take) == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize(
    ("status", "code", "slows"),
    [
        (429, "429", True),
        (429, "TooManyRequestsException", True),
        (429, "BadRequestException", True),
        (400, "ThrottlingException", True),
        (503, "SlowDown", True),
        (503, "503", False),
        (400, "BadRequestException", False),
        (202, "", False),
    ],
)
def test_what_counts_as_throttled(clock: FakeClock, status: int, code: str, *, slows: bool) -> None:
    """Status 429 and the codes that AWS throttles with slow a run down; other failures do not."""
    pace = Pace(10, clock)
    called(pace, status, code)
    assert (pace.rate != 10) is slows


def test_no_connection_says_nothing_about_the_rate(clock: FakeClock) -> None:
    """A call that was never answered neither slows a run down nor brings it back."""
    pace = Pace(10, clock)
    called(pace, 429)
    slowed = pace.rate
    clock.forward(60)
    pace.take()
    pace.learn(response=None)
    assert pace.rate == slowed


CALLS: dict[str, dict[str, Any]] = {
    "update_endpoint": {"EndpointId": "ada", "EndpointRequest": {}},
    "update_endpoints_batch": {"EndpointBatchRequest": {"Item": [{"Id": "ada"}]}},
    "get_endpoint": {"EndpointId": "ada"},
    "delete_endpoint": {"EndpointId": "ada"},
    "get_user_endpoints": {"UserId": "ada"},
}
ANY = None


def calls_a_second(clock: FakeClock, client: Any, name: str) -> int | None:
    """Return how many calls of an operation a client makes in a second."""

    def call() -> None:
        with suppress(ClientError):
            getattr(client, name)(ApplicationId="app", **CALLS[name])

    seconds_for(clock, 25, call)  # what was saved up is used up
    seconds = seconds_for(clock, 10, call)
    return round(10 / seconds) if seconds else ANY


@pytest.mark.parametrize(
    ("target", "held_to"),
    [
        ({}, [10, 2, 10, 5, ANY]),
        ({"rate": 20}, [20, 20, 10, 5, ANY]),
        ({"endpoint_url": "https://pinpoint.example.com"}, [10, 2, 10, 5, ANY]),
        ({"endpoint_url": "http://127.0.0.1:5000"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://127.9.9.9"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://[::1]:5000"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "https://LocalHost"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://aws.localhost:1"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://localhost:1", "rate": 3}, [3, 3, ANY, ANY, ANY]),
        ({"local": True}, [ANY, ANY, ANY, ANY, ANY]),
        ({"local": True, "rate": 3}, [3, 3, ANY, ANY, ANY]),
    ],
)
def test_what_a_client_is_held_to(
    aws_variables: None,
    clock: FakeClock,
    tmp_path: Path,
    target: dict[str, Any],
    held_to: list[int | None],
) -> None:
    """AWS's quotas hold unless the server is here; a rate stands for those of the updates."""
    client = connect(**target)
    with Store(tmp_path / "store") as store:
        attach(client, LocalPinpoint(store))
        assert [calls_a_second(clock, client, name) for name in CALLS] == held_to


def test_a_server_from_boto3s_variable_is_known_too(
    aws_variables: None, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where boto3 itself finds the server in a variable, it is not taken for AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:5000")
    client = connect()
    with Store(tmp_path / "store") as store:
        attach(client, LocalPinpoint(store))
        assert calls_a_second(clock, client, "get_endpoint") is ANY


def test_botocores_retries_are_paced(aws_variables: None, clock: FakeClock) -> None:
    """Each attempt of one call takes its turn, and a throttled one slows down the next."""
    with HttpStub(THROTTLED, THROTTLED, Answer()) as server:
        client = connect(endpoint_url=server.url, rate=0.1)
        began = clock.now
        client.update_endpoint(ApplicationId="app", **CALLS["update_endpoint"])
        assert len(server.asked) == 3
        assert clock.now - began == pytest.approx(20, abs=0.1)


def test_a_throttled_client_slows_down(aws_variables: None, clock: FakeClock) -> None:
    """A server without quotas that throttles is asked less often until it no longer does."""
    with HttpStub(THROTTLED, Answer()) as server:
        client = connect(endpoint_url=server.url)
        update, get = (
            partial(getattr(client, name), ApplicationId="app", **CALLS[name])
            for name in ("update_endpoint", "get_endpoint")
        )
        update()
        assert seconds_for(clock, 3, update) > 0
        assert seconds_for(clock, 3, get) == 0
        clock.forward(10)
        update()
        assert seconds_for(clock, 3, update) == 0


def test_a_call_is_signed_after_it_has_waited(aws_variables: None, clock: FakeClock) -> None:
    """A signature is good for minutes, so it is made when the call goes off."""
    signed_at = []
    with HttpStub() as server:
        client = connect(endpoint_url=server.url, rate=0.01)
        client.meta.events.register("before-sign.pinpoint", lambda **_: signed_at.append(clock.now))
        for _ in range(2):
            client.update_endpoint(ApplicationId="app", **CALLS["update_endpoint"])
    assert signed_at[1] - signed_at[0] == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("rate", [0, -1, 0.001, float("nan"), float("inf")])
def test_what_is_no_rate(aws_variables: None, rate: float) -> None:
    """A rate that no call could keep to is a usage error, for every target."""
    with pytest.raises(UsageError, match="rate"):
        connect(rate=rate)
    with pytest.raises(UsageError, match="rate"):
        connect(local=True, rate=rate)


def test_time_does_not_go_back() -> None:
    """The clock counts on when somebody sets the machine's time."""
    clock = SteadyClock()
    with patch("time.time", lambda: 0):
        assert 0 < clock.current_time() <= clock.current_time()
