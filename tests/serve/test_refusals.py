"""What keeps `pe serve` from starting, and what does not."""

import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import RunPe, run
from pe_serve import PeServe, pe_serve
from raw_client import ask_once, request

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.server.server import (
    MAX_PORTS_TRIED,
    PinpointServer,
    Settings,
    listen,
)
from pinpoint_endpoints.local.store import Store


def test_a_taken_port_is_reported(server: PeServe, pe: RunPe) -> None:
    """With a free one that can be used instead, and with exit code 3."""
    ended = pe("serve", "--port", server.port, "--store", ":memory:")
    assert (ended.returncode, ended.stdout) == (3, "")
    error, hint = ended.stderr.splitlines()
    assert error == f"Error: cannot listen on 127.0.0.1 port {server.port}: Address already in use"
    found = re.fullmatch(r"       port ([0-9]+) is free: --port ([0-9]+)", hint)
    assert found, hint
    assert found[1] == found[2]
    assert server.port < int(found[1]) <= server.port + MAX_PORTS_TRIED
    listen(Settings(port=int(found[1]))).close()


def test_the_default_port_is_its_own() -> None:
    """Not 5000, which AirPlay takes on every Mac."""
    assert "default: 7467" in run("serve", "--help").out


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--host", "nowhere.invalid"], 3, "unknown host nowhere.invalid"),
        (["--host", "192.0.2.1", "--allow-remote"], 3, "cannot listen on 192.0.2.1 port 0"),
        (["--host", "0.0.0.0"], 2, "add --allow-remote if that is what you want"),
        (["--host", "::"], 2, "add --allow-remote if that is what you want"),
        (["--port", "65536"], 2, "65536 is not in the range"),
        (["--allow-host", "box:5000"], 2, "invalid host name box:5000"),
        (["--allow-host", "*"], 2, "invalid host name *: names are compared whole"),
        (["--allow-host", "*.box"], 2, "repeat --allow-host for each name"),
        (["--allow-host", "http://box"], 2, "invalid host name http://box"),
        (["--allow-origin", "localhost:3000"], 2, "invalid origin localhost:3000"),
        (["--allow-origin", "*"], 2, "invalid origin *"),
        (["--throttle", "fast"], 2, 'invalid rate "fast"'),
        (["--throttle", "nan"], 2, 'invalid rate "nan"'),
        (["--fail-rate", "2%"], 2, 'invalid ratio "2%"'),
        (["--fail-rate", "nan"], 2, 'invalid ratio "nan"'),
        (["--reset-rate", "nan"], 2, 'invalid ratio "nan"'),
        (["--latency", "nan"], 2, 'invalid time "nan"'),
        (["--fail-rate", "0.6", "--reset-rate", "0.6"], 2, "at most 1 together"),
        (["--latency", "5"], 2, 'invalid time "5"'),
        (["--seed", "x"], 2, "'x' is not a valid int"),
    ],
)
def test_invalid_options_are_reported(
    tmp_path: Path, options: list[str], code: int, told: str
) -> None:
    """Before anything is printed for a shell to read."""
    ended = run("serve", "--store", tmp_path / "s", "--port", "0", *options)
    assert told in ended.err
    assert (ended.code, ended.out) == (code, "")


def test_a_port_without_permission_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1024, which only root may use on many systems."""

    def bind(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(
        CannotRun, match=r"cannot listen on 127\.0\.0\.1 port 80: Permission denied"
    ):
        PinpointServer(None, Settings(port=80))


@pytest.fixture(params=["damaged", "short", "newer", "other", "folder"])
def wrong_store(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a store that cannot be used."""
    path = tmp_path / "wrong.sqlite3"
    if request.param == "folder":
        path.mkdir()
    elif request.param in ("damaged", "short"):
        path.write_bytes(b"no database at all " * (1000 if request.param == "damaged" else 1))
    else:
        if request.param == "newer":
            Store(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE others (a)")
            connection.execute("PRAGMA user_version = 99")
            connection.commit()
    return path


def test_a_store_that_cannot_be_used_is_named(wrong_store: Path) -> None:
    """And left as it is."""
    before = wrong_store.read_bytes() if wrong_store.is_file() else b""
    ended = run("serve", "--port", "0", "--store", wrong_store)
    assert (ended.code, ended.out) == (3, "")
    assert str(wrong_store) in ended.err
    assert before == (wrong_store.read_bytes() if wrong_store.is_file() else b"")


@pytest.mark.parametrize("module", ["uvicorn", "starlette", "jinja2"])
def test_without_the_extra_the_error_says_what_to_install(
    pe: RunPe, tmp_path: Path, module: str
) -> None:
    """In one line that can be copied."""
    (tmp_path / f"{module}.py").write_text(
        f"raise ModuleNotFoundError('No module named {module}', name='{module}')", "utf-8"
    )
    ended = pe("serve", "--port", "0", "--store", ":memory:", PYTHONPATH=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"needs {module}, which is not installed\n" in ended.stderr
    assert "pip install '.[serve]'" in ended.stderr


@pytest.mark.parametrize("module", ["uvloop", "httptools"])
def test_it_serves_without_its_faster_parts(tmp_path: Path, module: str) -> None:
    """They do not exist for every system."""
    (tmp_path / f"{module}.py").write_text("raise ImportError", "utf-8")
    with pe_serve(tmp_path, PYTHONPATH=str(tmp_path)) as server:
        assert ask_once(server.port, request()).status == 202


def test_strict_servers(tmp_path: Path) -> None:
    """Unknown members, and applications that were not created, are refused on request."""
    with pe_serve(tmp_path, "--strict-requests", "--known-applications-only") as server:
        missing = ask_once(server.port, request())
        assert (missing.status, missing.json["Message"]) == (404, "Application not found")
        created = ask_once(server.port, request(b"POST", b"/v1/apps", body=b'{"Name": "demo"}'))
        endpoint = f"/v1/apps/{created.json['Id']}/endpoints/e".encode()
        assert ask_once(server.port, request(b"PUT", endpoint)).status == 202
        unknown = request(b"PUT", endpoint, body=b'{"adress": "a"}')
        assert ask_once(server.port, unknown).json["Message"].startswith("/adress: not a member")
