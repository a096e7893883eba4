"""The output of `pe serve`: the line to copy, requests as they come, and no personal data."""

import json
import os
import re
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pe_serve import MAX_WAIT_SECONDS, PE, pe_serve
from raw_client import RawClient, ask_once, request

HEALTHY = request(b"GET", b"/health")
LINE = re.compile(r"[0-9:]{8}  (\S+) +(\S+) +(.*?)(?:  [0-9.]+ ms(?:  (.*))?)?")
NOT_HAD = (
    "The local Pinpoint does not implement GetCampaigns. "
    "`pe serve --explain` lists what it implements."
)
SECRETS = ["ada@example.com", "+12065550100", "ada.lovelace", "Countess"]


def started_and_ended(folder: Path, *options: object) -> str:
    """Let a server answer one request and end; return what it said to people."""
    with pe_serve(folder, *options) as server:
        assert ask_once(server.port, request()).status == 202
        server.process.terminate()
        assert server.ended() == 0
        return server.log()


def requests_in(log: str) -> list[tuple[str, ...]]:
    """Return the status, operation, thing and reason of each request that was shown."""
    found = map(LINE.fullmatch, log.splitlines())
    return [match.groups("") for match in found if match]


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


def test_requests_are_logged_as_they_come(tmp_path: Path) -> None:
    """With what they name and why they fail, after the store and the web page."""
    with pe_serve(tmp_path) as server:
        ask_once(server.port, request(b"PUT", b"/v1/apps/demo/endpoints/a%2Fb"))
        ask_once(server.port, request(b"GET", b"/v1/apps/demo/endpoints/nobody"))
        ask_once(server.port, request(b"GET", b"/v1/apps/demo/campaigns"))
        ask_once(server.port, request(b"GET", b"/v1/apps", host=b"evil.example"))
        server.process.terminate()
        server.ended()
        log = server.log()
    assert f"web page: {server.url}/\n" in log
    assert f"store: {server.store}\n" in log
    assert "answers to:" not in log
    assert "JavaScript v2, Go v1):\n  give them the URL" in log
    assert f"aws --endpoint-url {server.url}\n" in log
    assert requests_in(log)[:3] == [
        ("202", "UpdateEndpoint", "demo a/b", ""),
        ("404", "GetEndpoint", "demo nobody", "Endpoint not found"),
        ("404", "GetCampaigns", "demo", NOT_HAD),
    ]
    assert "403    refused" in log
    assert "--allow-host" in log


def test_what_is_ignored_is_logged(tmp_path: Path) -> None:
    """Members that Pinpoint does not have; an address among their names is masked."""
    body = {"ChannelType": "EMAIL", "OptOut": "ALL", "adress": "x", "ada@example.com": 1}
    with pe_serve(tmp_path) as server:
        assert ask_once(server.port, request(body=json.dumps(body).encode())).status == 202
        server.process.terminate()
        server.ended()
        log = server.log()
    (line,) = requests_in(log)
    assert line[:3] == ("202", "UpdateEndpoint", "demo e")
    assert line[3].startswith("ignored unknown members: /adress, /a***@example.com")


def test_no_personal_data_is_logged(tmp_path: Path) -> None:
    """Neither of bodies, nor user ids, nor endpoint ids that look like an address."""
    body = {
        "ChannelType": "SMS",
        "Address": SECRETS[1],
        "User": {"UserId": SECRETS[2], "UserAttributes": {"Title": [SECRETS[3]]}},
    }
    asked = [
        request(b"PUT", b"/v1/apps/demo/endpoints/ada@example.com", body=json.dumps(body).encode()),
        request(b"GET", b"/v1/apps/demo/users/ada.lovelace"),
        request(b"POST", b"/v1/apps/demo/users/ada%2Elovelace"),
        request(b"GET", b"/v1/app/demo/users/ada.lovelace"),
        request(b"GET", b"/v1/apps/demo/endpoints/%1b[31m"),
    ]
    with pe_serve(tmp_path) as server:
        for one in asked:
            ask_once(server.port, one)
        server.process.terminate()
        server.ended()
        log = server.log()
    assert len(requests_in(log)) == len(asked)
    assert not [secret for secret in SECRETS if secret in log]
    assert "\x1b" not in log


def test_of_many_requests_a_few_are_logged(tmp_path: Path) -> None:
    """The others are counted, and none is forgotten in the count."""
    asked = [request(last=False) * 20, request(b"GET", b"/v1/apps/{}".replace(b"{}", b"x")) * 1]
    with pe_serve(tmp_path) as server:
        for _ in range(10):
            with RawClient(server.port) as client:
                client.send(*asked)
                client.read_all()
        server.process.terminate()
        server.ended()
        shown = requests_in(server.log())
    counts = [re.fullmatch("([0-9,]+) more", thing) for _, _, thing, _ in shown]
    total = sum(int(count[1].replace(",", "")) if count else 1 for count in counts)
    assert total == 10 * 21
    assert len(shown) < 100


def test_quiet_says_nothing(tmp_path: Path) -> None:
    """The line to copy is printed still: it is the result."""
    assert started_and_ended(tmp_path, "-q") == ""


def test_faults_are_listed_at_the_start(tmp_path: Path) -> None:
    """With their numbers and the seed."""
    options = ("--throttle", "5/m", "--fail-rate", "0.02", "--latency", "5ms", "--seed", "7")
    with pe_serve(tmp_path, *options, "--quotas") as server:
        assert ask_once(server.port, HEALTHY).status == 200
        (told,) = re.findall("injected faults: (.*)", server.log())
    assert told == (
        "5 calls a minute of each operation, AWS's quotas, 2 % fail, 5 ms latency, seed 7"
    )


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
def full_pipe() -> Iterator[tuple[int, int]]:
    """Return the ends of a pipe, to read and to write, that takes no more bytes."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            pass
    os.set_blocking(writer, True)
    yield reader, writer
    os.close(reader)
    os.close(writer)


@contextmanager
def telling_by(stderr: int, folder: Path) -> Iterator[int]:
    """Start a server with this file as its standard error; yield its port, and see how it ends."""
    command = [str(PE), "serve", "--port", "0", "--store", str(folder / "s")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline().strip().rpartition(":")[2])
        finally:
            process.terminate()
        assert process.wait(MAX_WAIT_SECONDS) == 0


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "full"])
def test_standard_error_need_not_be_read(
    tmp_path: Path, full_pipe: tuple[int, int], is_closed: bool
) -> None:
    """A pipe to standard error that is full, or closed, holds nothing up and ends nothing."""
    closed_reader, closed = os.pipe()
    os.close(closed_reader)
    with telling_by(closed if is_closed else full_pipe[1], tmp_path) as port:
        for _ in range(3):
            assert ask_once(port, request()).status == 202
    os.close(closed)


def test_what_was_full_is_written_to_again(tmp_path: Path, full_pipe: tuple[int, int]) -> None:
    """Also one that another process made non-blocking, so that writes fail while it is full."""
    reader, writer = full_pipe
    os.set_blocking(writer, False)
    told = b""
    with telling_by(writer, tmp_path) as port:
        while select.select([reader], [], [], 0)[0]:
            os.read(reader, 65536)
        assert ask_once(port, request()).status == 202
        while b"UpdateEndpoint" not in told:
            assert select.select([reader], [], [], MAX_WAIT_SECONDS)[0], told
            told += os.read(reader, 65536)
