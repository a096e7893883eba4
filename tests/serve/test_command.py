"""`pe serve` itself: what it prints, how it ends, and what keeps it from beginning."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from making import RunPe
from pe_serve import PE, PeServe, pe_serve
from raw_client import RawClient, ask_once, request
from stored import stored_in

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.http import server as server_module
from pinpoint_endpoints.local.http.listening import Settings
from pinpoint_endpoints.local.http.server import PinpointServer, serving
from pinpoint_endpoints.local.store import Store

HEALTHY = request(b"GET", b"/health")
LINE = re.compile(r"[0-9:]{8}  (\S+) +(\S+) +(.*?)(?:  [0-9.]+ ms)?")
SECRETS = ["ada@example.com", "+12065550100", "ada.lovelace", "Countess"]


def started_and_ended(folder: Path, *options: object) -> str:
    """Let a server answer one request and end; return what it said to people."""
    with pe_serve(folder, *options) as server:
        assert ask_once(server.port, request()).status == 202
        server.process.terminate()
        assert server.ended() == 0
        return server.log()


def requests_in(log: str) -> list[tuple[str, ...]]:
    """Return the status, the operation and the thing of each request that was shown."""
    found = map(LINE.fullmatch, log.splitlines())
    return [match.groups() for match in found if match]


def test_the_line_to_copy_is_a_line_of_a_shell(tmp_path: Path) -> None:
    """`eval` takes it, and the one with region and credentials beside it."""
    with pe_serve(tmp_path) as server:
        assert ask_once(server.port, HEALTHY).status == 200
        (other,) = re.findall(r"(?m)^  (export .*)$", server.log())
        shell = f"eval '{server.first_line.strip()}'; eval '{other}'; env"
        ended = subprocess.run(
            ["sh", "-c", shell], capture_output=True, encoding="utf-8", check=True
        )
    assert f"AWS_ENDPOINT_URL_PINPOINT={server.url}\n" in ended.stdout
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert re.search(f"(?m)^{name}=.", ended.stdout)


def test_requests_are_shown_as_they_come(tmp_path: Path) -> None:
    """With what they are about; the store and the page for people are told before."""
    with pe_serve(tmp_path) as server:
        ask_once(server.port, request(b"PUT", b"/v1/apps/demo/endpoints/a%2Fb"))
        ask_once(server.port, request(b"GET", b"/v1/apps/demo/endpoints/nobody"))
        ask_once(server.port, request(b"GET", b"/v1/apps/demo/segments"))
        ask_once(server.port, request(b"GET", b"/v1/apps", host=b"evil.example"))
        server.process.terminate()
        server.ended()
        log = server.log()
    assert f"the page for people is {server.url}/\n" in log
    assert f"the store is {server.store}\n" in log
    assert requests_in(log)[:3] == [
        ("202", "UpdateEndpoint", "demo a/b"),
        ("404", "GetEndpoint", "demo nobody"),
        ("404", "GetSegments", "demo"),
    ]
    assert "403    refused" in log
    assert "--allow-host" in log


def test_no_personal_data_is_shown(tmp_path: Path) -> None:
    """Neither of bodies, nor user ids, nor endpoint ids that look like an address."""
    body = {
        "ChannelType": "SMS",
        "Address": SECRETS[1],
        "User": {"UserId": SECRETS[2], "UserAttributes": {"Title": [SECRETS[3]]}},
    }
    asked = [
        request(b"PUT", b"/v1/apps/demo/endpoints/ada@example.com", body=json.dumps(body).encode()),
        request(b"GET", b"/v1/apps/demo/endpoints/%2B12065550100"),
        request(b"GET", b"/v1/apps/demo/users/ada.lovelace"),
        request(b"GET", b"/v1/apps/demo/users/ada%2Elovelace"),
        request(b"POST", b"/v1/apps/demo/users/ada.lovelace"),
        request(b"GET", b"/v1/apps/ada@example.com"),
        request(b"GET", b"/v1/app/demo/users/ada.lovelace"),
        request(b"GET", b"/v1/users/ada.lovelace"),
        request(b"GET", b"/v1/apps/demo/endpoints/e?user=ada.lovelace"),
        request(b"GET", b"/v1/apps/demo/endpoints/%1b[31m"),
        request(body=b'{"Address": ["ada@example.com"]}'),
    ]
    for one in asked:  # one server each: of many requests at once only some are shown
        with pe_serve(tmp_path) as server:
            ask_once(server.port, one)
            server.process.terminate()
            server.ended()
            log = server.log()
        assert requests_in(log)
        assert not [secret for secret in SECRETS if secret in log]
        assert "\x1b" not in log


def test_of_many_requests_a_few_are_shown(tmp_path: Path) -> None:
    """The others are counted, and none is forgotten in the count."""
    asked = [request(last=False) * 20, request(b"GET", b"/v1/apps/{}".replace(b"{}", b"x")) * 1]
    with pe_serve(tmp_path) as server:
        for _ in range(50):
            with RawClient(server.port) as client:
                client.send(*asked)
                client.read_all()
        server.process.terminate()
        server.ended()
        shown = requests_in(server.log())
    counts = [re.fullmatch("([0-9,]+) more", thing) for _, _, thing in shown]
    total = sum(int(count[1].replace(",", "")) if count else 1 for count in counts)
    assert total == 50 * 21
    assert len(shown) < 200


def test_quiet_says_nothing(tmp_path: Path) -> None:
    """The line to copy is printed still: it is the result."""
    assert started_and_ended(tmp_path, "-q") == ""


def test_faults_are_told_at_the_start(tmp_path: Path) -> None:
    """So that nobody wonders about them later."""
    options = ("--throttle", "5/s", "--fail-rate", "0.02", "--latency", "5ms", "--seed", "7")
    with pe_serve(tmp_path, *options, "--quotas") as server:
        assert ask_once(server.port, HEALTHY).status == 200
        (told,) = re.findall("faults on request: (.*)", server.log())
    assert told == (
        "5 calls a second of each operation, AWS's quotas, 0.02 fail, 0.005 s latency, seed 7"
    )


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
    with serving(None) as server, RawClient(int(server.url.rpartition(":")[2])) as slow:
        slow.send(request()[:-5])
        assert ask_once(int(server.url.rpartition(":")[2]), HEALTHY).status == 200
        server.stop()
        server.stop()


def test_a_taken_port_is_told(server: PeServe, pe: RunPe) -> None:
    """With what to do about it, and with exit code 3."""
    ended = pe("serve", "--port", server.port, "--store", ":memory:")
    assert ended.returncode == 3
    assert ended.stderr == (
        f"Error: 127.0.0.1 port {server.port} cannot be listened on: Address already in use\n"
        "       give another one with --port; 0 takes a free one\n"
    )
    assert ended.stdout == ""


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


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--host", "nowhere.invalid"], 3, "nowhere.invalid is no host"),
        (["--host", "192.0.2.1", "--allow-remote"], 3, "192.0.2.1 port 0 cannot be listened on"),
        (["--host", "0.0.0.0"], 2, "add --allow-remote if that is what you want"),
        (["--host", "::"], 2, "add --allow-remote if that is what you want"),
        (["--port", "65536"], 2, "65536 is not in the range"),
        (["--allow-host", "box:5000"], 2, "box:5000 is no name of a server"),
        (["--allow-host", "http://box"], 2, "http://box is no name of a server"),
        (["--allow-origin", "localhost:3000"], 2, "localhost:3000 is no origin of a web page"),
        (["--allow-origin", "*"], 2, "* is no origin of a web page"),
        (["--throttle", "fast"], 2, "fast is no rate"),
        (["--fail-rate", "2%"], 2, "2% is no share"),
        (["--fail-rate", "0.6", "--reset-rate", "0.6"], 2, "at most 1 together"),
        (["--latency", "5"], 2, "5 is no time"),
        (["--seed", "x"], 2, "'x' is not a valid int"),
    ],
)
def test_what_cannot_be_is_told(
    pe: RunPe, tmp_path: Path, options: list[str], code: int, told: str
) -> None:
    """Before anything is printed for a shell to read."""
    ended = pe("serve", "--store", tmp_path / "s", "--port", "0", *options)
    assert told in ended.stderr
    assert (ended.returncode, ended.stdout) == (code, "")
    assert "Traceback" not in ended.stderr


def test_a_port_of_the_system_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1024, which only root may use on many systems."""

    def bind(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(CannotRun, match="port 80 cannot be listened on: Permission denied"):
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


def test_a_store_that_cannot_be_used_is_named(pe: RunPe, wrong_store: Path) -> None:
    """And left as it is."""
    before = wrong_store.read_bytes() if wrong_store.is_file() else b""
    ended = pe("serve", "--port", "0", "--store", wrong_store)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert str(wrong_store) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert before == (wrong_store.read_bytes() if wrong_store.is_file() else b"")


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


@pytest.mark.parametrize("module", ["uvicorn", "httptools", "starlette", "jinja2"])
def test_without_the_extra_it_is_told_what_to_install(
    pe: RunPe, tmp_path: Path, module: str
) -> None:
    """In one line that can be copied."""
    (tmp_path / f"{module}.py").write_text(
        f"raise ModuleNotFoundError('No module named {module}', name='{module}')", "utf-8"
    )
    ended = pe("serve", "--port", "0", "--store", ":memory:", PYTHONPATH=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"needs {module}, which is not installed\n" in ended.stderr
    assert "pip install 'pinpoint_endpoints[serve]'\n" in ended.stderr


def test_without_uvloop_it_serves_as_well(tmp_path: Path) -> None:
    """It is faster with it, and there is none for every system."""
    (tmp_path / "uvloop.py").write_text("raise ImportError", "utf-8")
    with pe_serve(tmp_path, PYTHONPATH=str(tmp_path)) as server:
        assert ask_once(server.port, request()).status == 202
        with RawClient(server.port) as client:
            client.send(request(last=False))
            client.close_its_half()
            assert [one.status for one in client.answers()] == [202]


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
    """What would be lost is not acknowledged, and told once; with the file back, it goes on."""
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


def test_a_closed_pipe_is_no_reason_to_end(tmp_path: Path) -> None:
    """`pe serve | head -1` prints the line, and the server goes on."""
    with pe_serve(tmp_path) as server:
        assert server.process.stdout is not None
        server.process.stdout.close()
        for _ in range(3):
            assert ask_once(server.port, request()).status == 202
        server.process.terminate()
        assert server.ended() == 0


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """Return the end of a pipe that takes no more bytes."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            pass
    os.set_blocking(writer, True)
    yield writer
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "full"])
def test_nobody_has_to_read_what_it_says(tmp_path: Path, full_pipe: int, is_closed: bool) -> None:
    """A pipe to standard error that is full, or closed, holds nothing up and ends nothing."""
    closed_reader, closed = os.pipe()
    os.close(closed_reader)
    command = [str(PE), "serve", "--port", "0", "--store", str(tmp_path / "s")]
    stderr = closed if is_closed else full_pipe
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().strip().rpartition(":")[2])
        for _ in range(3):
            assert ask_once(port, request()).status == 202
        process.terminate()
        assert process.wait() == 0
    os.close(closed)
