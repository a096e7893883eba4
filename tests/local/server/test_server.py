"""The listening socket, and a server in a thread of its own."""

import os
import socket
import threading
from urllib.parse import urlsplit

import pytest
from raw_client import MAX_WAIT_SECONDS, RawClient, ask_once, request

from pinpoint_endpoints.local.server.server import PinpointServer, Settings, listen, serving

HEALTHY = request(b"GET", b"/health")


def port_of(server: PinpointServer) -> int:
    """Return the port of a server."""
    return urlsplit(server.url).port or 0


@pytest.mark.parametrize(("system", "is_set"), [("posix", True), ("nt", False)])
def test_two_servers_cannot_share_a_port(
    monkeypatch: pytest.MonkeyPatch, system: str, is_set: bool
) -> None:
    """SO_REUSEADDR frees the port of a server that ended, but lets Windows give it to two."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", system)
        listener = listen(Settings())
    with listener:
        assert bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)) is is_set


def test_a_block_that_serves_waits_for_no_client() -> None:
    """It ends with connections that are idle, and with a request that is not complete."""
    with serving(None) as server, RawClient(port_of(server)) as idle:
        slow = RawClient(port_of(server))
        slow.send(request()[:-5])
        idle.send(request(last=False))
        assert idle.read_once().startswith(b"HTTP/1.1 202 ")
    with slow:
        assert b" 202 " not in slow.read_all()


def test_a_block_that_serves_may_end_before_it_began() -> None:
    """Nothing hangs if no client ever connects."""
    for _ in range(3):
        with serving(None):
            pass


def test_stopping_twice_does_not_wait_for_requests_in_progress() -> None:
    """The first time, they have some time to finish."""
    server = PinpointServer(None, shutdown_seconds=10_000)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    with RawClient(port_of(server)) as slow:
        slow.send(request()[:-5])
        assert ask_once(port_of(server), HEALTHY).status == 200
        server.stop()
        server.stop()
        running.join(MAX_WAIT_SECONDS)
        assert not running.is_alive()
