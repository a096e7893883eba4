"""How `pe serve` stops, and starts again."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deliveries import stored_in
from pe_serve import PeServe, pe_serve
from raw_client import RawClient, ask_once, request

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


@pytest.mark.soak
def test_idle_clients_do_not_delay_the_end(tmp_path: Path) -> None:
    """Neither one that sends nothing, nor one that never completes its request."""
    with (
        pe_serve(tmp_path) as server,
        RawClient(server.port) as silent,
        RawClient(server.port) as slow,
    ):
        slow.send(request()[:-5])
        assert ask_once(server.port, HEALTHY).status == 200
        server.process.send_signal(signal.SIGINT)
        assert server.ended() == 0
        assert silent.read_all() == b""
        assert b" 202 " not in slow.read_all()


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
