"""Calls are held to AWS's quotas or to --rate."""

from contextlib import suppress
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError
from deliveries import without_waiting
from http_stub import Answer, HttpStub
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import UsageError, connect
from pinpoint_endpoints.local.in_process import attach
from pinpoint_endpoints.local.routes import Answer as WireAnswer
from pinpoint_endpoints.service.client import open_client, open_local_client
from pinpoint_endpoints.service.rate_limit import Clock, TokenBucket

THROTTLED = Answer(429, b'{"Message": "slower"}', {"x-amzn-ErrorType": "TooManyRequestsException"})


class FakeClock(Clock):
    """A clock that sleeping sets forward."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = Lock()

    def now(self) -> float:
        """Return what time it is here."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += seconds


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that never really waits."""
    return FakeClock()


@pytest.mark.parametrize("rate", [10, 2, 1, 0.2])
def test_calls_are_evenly_spaced(clock: FakeClock, rate: float) -> None:
    """The first call waits for nothing, each later one as long as the rate says."""
    bucket = TokenBucket(rate, clock)
    began = clock.now()
    bucket.take()
    assert clock.now() == began
    for _ in range(20):
        bucket.take()
    assert clock.now() - began == pytest.approx(20 / rate)


@given(rate=st.floats(0.2, 50), pauses=st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_the_rate(rate: float, pauses: list[float]) -> None:
    """In any period there are the calls that the rate allows, and a second's worth saved up."""
    clock = FakeClock()
    bucket = TokenBucket(rate, clock)
    made = []
    for pause in pauses:
        clock.sleep(pause)
        bucket.take()
        made.append(clock.now())
    for first, begin in enumerate(made):
        for last in range(first, len(made)):
            most = max(1, rate) + rate * (made[last] - begin)
            assert last - first + 1 <= most + 0.01


CALLS: dict[str, dict[str, Any]] = {
    "update_endpoint": {"EndpointId": "ada", "EndpointRequest": {}},
    "update_endpoints_batch": {"EndpointBatchRequest": {"Item": [{"Id": "ada"}]}},
    "get_endpoint": {"EndpointId": "ada"},
    "delete_endpoint": {"EndpointId": "ada"},
    "get_user_endpoints": {"UserId": "ada"},
}
ANY = None


def answer_at_once(client: Any) -> None:
    """Let every request of a client be answered before it is sent."""
    attach(client, lambda *_: WireAnswer(404, {}, b"{}"))


def calls_a_second(clock: FakeClock, client: Any, name: str) -> int | None:
    """Return how many calls of an operation a client makes in a second; None for any number."""

    def call(number: int) -> float:
        began = clock.now()
        for _ in range(number):
            with suppress(ClientError):
                getattr(client, name)(ApplicationId="app", **CALLS[name])
        return clock.now() - began

    call(25)  # what was saved up is used up
    seconds = call(10)
    return round(10 / seconds) if seconds else ANY


@pytest.mark.parametrize(
    ("target", "held_to"),
    [
        ({}, [10, 2, 10, 5, ANY]),
        ({"rate": 20}, [20, 20, 10, 5, ANY]),
        ({"endpoint_url": "https://pinpoint.example.com"}, [10, 2, 10, 5, ANY]),
        ({"endpoint_url": "http://127.0.0.1:7467"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://127.9.9.9"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://[::1]:7467"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "https://LocalHost"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://aws.localhost:1"}, [ANY, ANY, ANY, ANY, ANY]),
        ({"endpoint_url": "http://localhost:1", "rate": 3}, [3, 3, ANY, ANY, ANY]),
    ],
)
def test_what_a_client_is_held_to(
    aws_variables: None, clock: FakeClock, target: dict[str, Any], held_to: list[int | None]
) -> None:
    """AWS's quotas hold unless the server is here; a rate replaces those of the updates."""
    client = open_client(**target, clock=clock)
    answer_at_once(client)
    assert [calls_a_second(clock, client, name) for name in CALLS] == held_to


@pytest.mark.parametrize("rate", [ANY, 3])
def test_what_the_local_pinpoint_is_held_to(clock: FakeClock, rate: float | None) -> None:
    """It has no quotas; a rate holds for updates."""
    client = open_local_client(rate=rate, clock=clock)
    answer_at_once(client)
    held_to = [calls_a_second(clock, client, name) for name in CALLS]
    assert held_to == [rate, rate, ANY, ANY, ANY]


def test_a_server_from_boto3s_variable_is_known_too(
    aws_variables: None, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where boto3 itself finds the server in a variable, it is not taken for AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:7467")
    client = open_client(clock=clock)
    answer_at_once(client)
    assert calls_a_second(clock, client, "get_endpoint") is ANY


def test_a_server_receives_calls_at_the_rate(aws_variables: None, clock: FakeClock) -> None:
    """Ten calls of each update take as long as the rate says, by the server's own count."""
    with HttpStub() as server:
        client = open_client(endpoint_url=server.url, rate=4, clock=clock)
        began = clock.now()
        for _ in range(11):
            client.update_endpoint(ApplicationId="app", **CALLS["update_endpoint"])
        assert len(server.asked) == 11
    assert clock.now() - began == pytest.approx(10 / 4)


def test_botocores_retries_are_held_too(aws_variables: None, clock: FakeClock) -> None:
    """Each attempt of one call takes its turn."""
    with without_waiting(), HttpStub(THROTTLED, THROTTLED, Answer()) as server:
        client = open_client(endpoint_url=server.url, rate=0.1, clock=clock)
        began = clock.now()
        client.update_endpoint(ApplicationId="app", **CALLS["update_endpoint"])
        assert len(server.asked) == 3
    assert clock.now() - began == pytest.approx(20)


def test_a_call_is_signed_after_it_has_waited(aws_variables: None, clock: FakeClock) -> None:
    """A signature is good for minutes, so it is made when the call is sent."""
    signed_at = []
    with HttpStub() as server:
        client = open_client(endpoint_url=server.url, rate=0.01, clock=clock)
        client.meta.events.register(
            "before-sign.pinpoint", lambda **_: signed_at.append(clock.now())
        )
        for _ in range(2):
            client.update_endpoint(ApplicationId="app", **CALLS["update_endpoint"])
    assert signed_at[1] - signed_at[0] == pytest.approx(100)


@pytest.mark.parametrize("rate", [0, -1, 0.001, float("nan"), float("inf")])
def test_what_is_no_rate(aws_variables: None, rate: float) -> None:
    """A rate that no call could keep to is a usage error, for every target."""
    with pytest.raises(UsageError, match="rate"):
        connect(rate=rate)
    with pytest.raises(UsageError, match="rate"):
        connect(local=True, rate=rate)
