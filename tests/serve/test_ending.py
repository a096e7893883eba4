"""How `pe serve` ends, and begins again."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deliveries import stored_in
from pe_serve import MAX_WAIT_SECONDS, PeServe, pe_serve
from raw_client import RawClient, ask_once, request

from pinpoint_endpoints.local.http import server as server_module
from pinpoint_endpoints.local.http.server import PinpointServer

HEALTHY = request(b"GET", b"/health")


def acknowledged(server: PeServe, enough: int, when_there_are: signal.Signals) -> set[str]:
    """Send updates, end the server when some were acknowledged; return the ids of those."""
    ids: set[str] = set()

    def send(name: str) -> None:
        while True:
            endpoint_id = f"{name}-{len(ids)}"
            with RawClient(server.port) as client:
                client.send(request(b"PUT", b"/v1/apps/demo/endpoints/" + endpoint_id.encode()))
                if not client.read_all().startswith(b"HTTP/1.1 202"):
                    return
            ids.add(endpoint_id)
            if len(ids) == enough:
                server.process.send_signal(when_there_are)

    with ThreadPoolExecutor(4) as pool:
        for task in [pool.submit(send, name) for name in "abcd"]:
            error = task.exception()
            assert error is None or isinstance(error, OSError)
    return ids


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_while_requests_are_under_way(
    tmp_path: Path, ending: signal.Signals
) -> None:
    """Exit code 0, nothing said, and all that was acknowledged is stored."""
    with pe_serve(tmp_path) as server:
        ids = acknowledged(server, 100, ending)
        assert server.ended() == 0
    assert ids <= stored_in(server.store)
    assert len(ids) >= 100


def test_clients_that_do_nothing_do_not_hold_it_up(tmp_path: Path) -> None:
    """Neither one that is silent, nor one that never ends its request."""
    with (
        pe_serve(tmp_path) as server,
        RawClient(server.port) as silent,
        RawClient(server.port) as slow,
    ):
        slow.send(request()[:-5])
        assert ask_once(server.port, HEALTHY).status == 200
        server.process.send_signal(signal.SIGINT)
        assert server.ended() == 0
        assert silent.read_all() == slow.read_all() == b""


def test_ending_twice_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time, a request under way keeps the server for a while."""
    monkeypatch.setattr(server_module, "GRACE_SECONDS", 10_000)
    server = PinpointServer(None)
    port = int(server.url.rpartition(":")[2])
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    with RawClient(port) as slow:
        slow.send(request()[:-5])
        assert ask_once(port, HEALTHY).status == 200
        server.stop()
        server.stop()
        running.join(MAX_WAIT_SECONDS)
        assert not running.is_alive()


def test_the_port_is_free_again_at_once(tmp_path: Path) -> None:
    """A server that ended, with connections of clients still open, is started again."""
    with pe_serve(tmp_path) as server, RawClient(server.port) as client:
        client.send(request(last=False))
        assert client.read_once()
        server.process.kill()
        server.process.wait()
        with pe_serve(tmp_path, "--port", server.port) as again:
            assert again.port == server.port
            assert ask_once(again.port, request(b"GET")).status == 200
