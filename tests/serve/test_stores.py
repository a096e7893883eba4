"""Which store `pe serve` uses, and what it answers when the store is damaged or deleted."""

from pathlib import Path

from commands import RunPe
from pe_serve import pe_serve
from raw_client import ask_once, request

HEALTHY = request(b"GET", b"/health")


def test_a_store_in_memory(tmp_path: Path) -> None:
    """Nothing is left of it, and two servers have one each."""
    with (
        pe_serve(tmp_path, "--store", ":memory:") as server,
        pe_serve(tmp_path, "--store", ":memory:") as other,
    ):
        assert ask_once(server.port, request()).status == 202
        assert ask_once(server.port, request(b"GET")).status == 200
        assert ask_once(other.port, request(b"GET")).status == 404
    assert [path.name for path in tmp_path.iterdir()] == ["serve.log"]


def test_the_store_of_the_variable(tmp_path: Path, pe: RunPe) -> None:
    """The same that every other command uses."""
    store = tmp_path / "of-the-variable.sqlite3"
    with pe_serve(tmp_path, "--store", store) as server:
        assert ask_once(server.port, request()).status == 202
        ended = pe("get", "--local", "--app", "demo", "--id", "e", PE_LOCAL_STORE=str(store))
    assert ended.returncode == 0


def test_health(tmp_path: Path) -> None:
    """200 while the store can be read; 503 with the reason once it cannot."""
    with pe_serve(tmp_path) as server:
        answer = ask_once(server.port, HEALTHY)
        assert (answer.status, answer.json["status"]) == (200, "ok")
        assert answer.headers["content-type"] == "application/json"
        assert ask_once(server.port, request()).status == 202
        for path in tmp_path.glob("pinpoint.sqlite3*"):
            path.write_bytes(b"no database at all " * 10_000)
        answer = ask_once(server.port, HEALTHY)
        assert (answer.status, answer.json["status"]) == (503, "failing")
        assert str(server.store) in answer.json["message"]
        answer = ask_once(server.port, request())
        assert (answer.status, answer.error) == (500, "InternalServerErrorException")
        for _ in range(20):
            assert ask_once(server.port, request()).status == 500
        assert server.log().count("is damaged") == 1


def test_a_store_that_is_deleted_takes_no_more_updates(tmp_path: Path) -> None:
    """Updates get an error that is logged once; they work again when the file is back."""
    with pe_serve(tmp_path) as server:
        assert ask_once(server.port, request()).status == 202
        elsewhere = server.store.rename(tmp_path / "elsewhere")
        for _ in range(3):
            answer = ask_once(server.port, request())
            assert (answer.status, answer.error) == (500, "InternalServerErrorException")
        assert ask_once(server.port, HEALTHY).status == 503
        assert server.log().count("was deleted, moved or replaced") == 1
        elsewhere.rename(server.store)
        assert ask_once(server.port, request()).status == 202
