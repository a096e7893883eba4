"""Several writers on one store, and a server that is killed: what was acknowledged is there."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect

import pytest
from commands import RunPe
from deliveries import names, stored_in, write_lines
from pe_serve import MAX_WAIT_SECONDS, PE, pe_serve
from raw_client import RawClient, ask_once, request

pytestmark = pytest.mark.usefixtures("aws_variables")
MANY = 1_000


@contextmanager
def upserting(
    folder: Path, name: str, ids: list[str], *options: object
) -> Iterator["subprocess.Popen[str]"]:
    """Start `pe upsert` of a file with these endpoints; its output goes to a file beside it."""
    lines = write_lines(folder / f"{name}.ndjson", ids)
    command = [PE, "upsert", "--app", "demo", "-o", "json", lines, *options]
    with (
        (folder / f"{name}.json").open("w", encoding="utf-8") as output,
        (folder / f"{name}.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            list(map(str, command)),
            stdout=output,
            stderr=log,
            encoding="utf-8",
            env={**os.environ, "AWS_MAX_ATTEMPTS": "1"},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def accepted_by(folder: Path, name: str) -> set[str]:
    """Return the ids of the endpoints that `pe upsert` tells to be accepted."""
    results = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["results"]
    return {one["endpoint_id"] for one in results if one["state"] == "accepted"}


def wait_for_both(store: Path, journal: Path, writer: "subprocess.Popen[str]") -> None:
    """Wait until one writer has an answer and the other has stored something, or one gave up."""
    stored = "SELECT 1 FROM endpoints WHERE endpoint_key LIKE 'local-%' LIMIT 1"
    with closing(connect(store, timeout=MAX_WAIT_SECONDS)) as connection:
        while writer.poll() is None:
            is_answered = journal.exists() and b"accepted" in journal.read_bytes()
            if is_answered and connection.execute(stored).fetchone():
                return


@pytest.mark.soak
@pytest.mark.parametrize("batch", [True, False])
def test_a_killed_server_and_another_writer(pe: RunPe, tmp_path: Path, batch: bool) -> None:
    """`kill -9` while one `pe upsert` speaks to the server, and another writes the same file."""
    served = [f"served-{name}" for name in names(MANY * 10 if batch else MANY)]
    local = [f"local-{name}" for name in names(MANY * 5)]
    how = () if batch else ("--no-batch",)
    with pe_serve(tmp_path) as server:
        journal = tmp_path / "served.journal"
        to_server = ("--endpoint-url", server.url, "--cli-connect-timeout", "1", *how)
        with (
            upserting(tmp_path, "served", served, *to_server, "--journal", journal) as first,
            upserting(tmp_path, "local", local, "--local", "--store", server.store) as second,
        ):
            wait_for_both(server.store, journal, first)
            server.process.kill()
            first.wait(MAX_WAIT_SECONDS)
            assert second.wait(MAX_WAIT_SECONDS) == 0
    accepted = accepted_by(tmp_path, "served")
    assert accepted
    assert accepted_by(tmp_path, "local") == set(local)
    assert accepted | set(local) <= stored_in(server.store)
    with pe_serve(tmp_path) as again:
        asked = request(b"GET", b"/v1/apps/demo/endpoints/" + min(accepted).encode())
        assert ask_once(again.port, asked).status == 200
        ended = pe("get", "--local", "--store", again.store, "--app", "demo", "--id", min(accepted))
        assert ended.returncode == 0


def test_single_updates_of_many_clients_and_a_kill(tmp_path: Path) -> None:
    """Every acknowledged endpoint is there, in the state of its last 202."""
    latest: dict[str, int] = {}

    def update(name: str) -> None:
        while True:
            version = latest.get(name, 0) + 1
            body = b'{"ChannelType": "EMAIL", "Address": "%d"}' % version
            try:
                with RawClient(server.port) as client:
                    client.send(
                        request(b"PUT", f"/v1/apps/demo/endpoints/{name}".encode(), body=body)
                    )
                    if not client.read_all().startswith(b"HTTP/1.1 202"):
                        return
            except ConnectionError:
                return
            latest[name] = version
            if sum(latest.values()) == 400:
                server.process.kill()

    with pe_serve(tmp_path) as server, ThreadPoolExecutor(8) as pool:
        list(pool.map(update, names(8)))
    with pe_serve(tmp_path) as again:
        for name, version in latest.items():
            stored = ask_once(
                again.port, request(b"GET", f"/v1/apps/demo/endpoints/{name}".encode())
            )
            assert int(stored.json["Address"]) in (version, version + 1)
    assert sum(latest.values()) >= 400


def test_two_servers_of_one_store(tmp_path: Path) -> None:
    """What one acknowledges, the other one reads."""
    with pe_serve(tmp_path) as first, pe_serve(tmp_path) as second:
        for server, other in ((first, second), (second, first)) * 5:
            assert ask_once(server.port, request()).status == 202
            latest = ask_once(server.port, request(b"GET")).json
            assert ask_once(other.port, request(b"GET")).json == latest
            assert ask_once(server.port, request(b"DELETE", body=b"")).status == 202
            assert ask_once(other.port, request(b"GET")).status == 404


def test_servers_that_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """No client sees that the store is locked."""

    def update(number: int) -> int:
        server = (first, second)[number % 2]
        return ask_once(
            server.port, request(b"PUT", f"/v1/apps/demo/endpoints/{number}".encode())
        ).status

    with pe_serve(tmp_path) as first, pe_serve(tmp_path) as second, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(update, range(400)))
    assert set(statuses) == {202}
    assert stored_in(first.store) == {str(number) for number in range(400)}
