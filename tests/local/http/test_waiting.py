"""Which connections are closed so that the others have room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.local.http import waiting as waiting_module
from pinpoint_endpoints.local.http.waiting import MOST_HELD_BYTES, REQUEST_SECONDS, Waiting


class Client:
    """A connection; it is told later that it is lost, as in an event loop.

    Attributes:
        held: as the server counts it.
        is_open: whether the server has not hung up.
    """

    def __init__(self) -> None:
        self.held = 0
        self.is_open = True

    def hang_up(self) -> None:
        """Close it."""
        assert self.is_open, "closed twice"
        self.is_open = False


def opened(waiting: Waiting, number: int) -> list[Client]:
    """Open connections, one a second."""
    clients = [Client() for _ in range(number)]
    for now, client in enumerate(clients):
        waiting.opened(client, now)
    return clients


def test_the_longest_idle_makes_room() -> None:
    """Each of many that come at one moment has one go, before any of those is told to be lost."""
    clients = opened(Waiting(3), 10)
    assert [client.is_open for client in clients] == [False] * 7 + [True] * 3


def test_whoever_waits_for_us_is_not_idle() -> None:
    """Neither limit closes its connection; if all wait for us, the new one goes."""
    waiting = Waiting(3)
    first, second, third = opened(waiting, 3)
    waiting.end(first)
    (fourth,) = opened(waiting, 1)
    assert [client.is_open for client in (first, second, third, fourth)] == [1, 0, 1, 1]
    for client in (third, fourth):
        waiting.end(client)
    (fifth,) = opened(waiting, 1)
    assert not fifth.is_open
    waiting.begin(first, 100)
    (sixth,) = opened(waiting, 1)
    assert (first.is_open, sixth.is_open) == (False, True)


def test_slow_ones_are_closed() -> None:
    """Counted from when they were last waited for, and not a moment earlier."""
    waiting = Waiting(10)
    clients = opened(waiting, 4)
    waiting.end(clients[0])
    waiting.begin(clients[1], 100)
    waiting.hang_up_on_slow(2 + REQUEST_SECONDS)
    assert [client.is_open for client in clients] == [True, True, False, True]
    waiting.hang_up_on_slow(100 + REQUEST_SECONDS)
    assert [client.is_open for client in clients] == [True, False, False, False]
    waiting.hang_up_on_slow(10_000)


def test_a_closed_connection_is_waited_for_no_more() -> None:
    """Whatever is told of it afterwards."""
    waiting = Waiting(10)
    (client,) = opened(waiting, 1)
    waiting.closed(client)
    waiting.begin(client, 5)
    waiting.closed(client)
    waiting.hang_up_on_slow(10_000)
    assert client.is_open


def test_the_longest_upload_makes_room() -> None:
    """One that holds nothing does not; without another one, the upload itself goes."""
    waiting = Waiting(10)
    idle, first, second = opened(waiting, 3)
    waiting.hold(first, MOST_HELD_BYTES // 2)
    waiting.hold(second, MOST_HELD_BYTES // 2)
    assert first.is_open
    waiting.hold(second, 1)
    assert [client.is_open for client in (idle, first, second)] == [1, 0, 1]
    waiting.hold(second, MOST_HELD_BYTES)
    assert not second.is_open


def test_an_answered_body_is_held_no_more() -> None:
    """Many bodies one after the other are no more than one."""
    waiting = Waiting(10)
    (client,) = opened(waiting, 1)
    for _ in range(5):
        waiting.hold(client, MOST_HELD_BYTES)
        waiting.release(client)
    assert client.is_open


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("bebhrc")), max_size=60))
def test_laws(steps: list[tuple[int, str]]) -> None:
    """Whatever happens in whatever order, limits hold and nothing is closed twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting_module, "MOST_HELD_BYTES", 100)
        waiting = Waiting(3)
        clients = opened(waiting, 5)
        for now, (number, step) in enumerate(steps, start=10):
            client = clients[number]
            if step == "b":
                waiting.begin(client, now)
            elif step == "e":
                waiting.end(client)
            elif step == "h" and client.is_open:
                waiting.hold(client, 40)
            elif step == "r":
                waiting.release(client)
            elif step == "c":
                waiting.closed(client)
            assert sum(one.is_open for one in clients) <= 3
            assert sum(one.held for one in clients if one.is_open) <= 100
        waiting.hang_up_on_slow(10_000)
