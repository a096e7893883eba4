"""The second process that reads large inputs of `pe upsert` changes nothing in its results."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread

import pytest
from commands import RunPe, run
from deliveries import names, write_lines
from faulty_pinpoint import FaultyPinpoint, Refusal

from pinpoint_endpoints.processes import ProcessDiedError, Producer

PE = Path(sys.executable).parent / "pe"

pytestmark = [
    pytest.mark.usefixtures("aws_variables"),
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes"),
]


def lines() -> str:
    """Return lines with valid and invalid endpoints, with warnings, and without endpoints."""
    documents: list[object] = [
        {"Id": name, "ChannelType": "EMAIL", "Address": f"{name}@example.com"}
        for name in names(250)
    ]
    documents[3] = {"Id": "far", "Location": {"Latitude": 52.5219, "Longitude": 13.4132}}
    documents[7] = {"Id": "wrong", "Location": {"Latitude": "north"}}
    documents[9] = {"ApplicationId": "another", "EndpointId": "e", "EndpointRequest": {}}
    documents[120] = {"Id": "e-1", "OptOut": "ALL", "EndpointStatus": "INACTIVE"}
    documents[200] = {}
    return "".join(f"{json.dumps(one)}\n" for one in documents) + "\n{broken\n"


@pytest.mark.parametrize("output", ["table", "text", "json"])
def test_a_pipe_is_sent_and_reported_as_a_file_is(pe: RunPe, tmp_path: Path, output: str) -> None:
    """Standard output and error, exit code, journal and failures are the same for both."""
    ended = []
    for kind in ("file", "pipe"):
        folder = tmp_path / kind
        (folder / "more").mkdir(parents=True)
        (folder / "more" / "notes.txt").write_text("not an endpoint", "utf-8")
        path = folder / "all.ndjson"
        if kind == "pipe":
            os.mkfifo(path)
        Thread(target=path.write_text, args=(lines(), "utf-8")).start()
        with FaultyPinpoint() as server:
            server.refuses = {"e-30": Refusal("no such address")}.get
            outputs = ("--journal", "journal", "--failures", "failures", "-o", output)
            target = ("--app", "demo", "--endpoint-url", server.url, "--concurrency", "1")
            run = pe("upsert", *target, *outputs, "all.ndjson", "more", cwd=folder)
        journal = (folder / "journal").read_text("utf-8").replace(server.url, "")
        ended.append(
            (
                run.returncode,
                run.stdout,
                run.stderr,
                (folder / "failures").read_text("utf-8"),
                [json.loads(line).get("endpoint_id") for line in journal.splitlines()],
                set(server.stored),
            )
        )
    assert ended[0] == ended[1]
    assert ended[0][0] == 5
    assert "another" in ended[0][2]
    assert "e-250" in ended[0][-1]


def test_a_run_that_is_killed_leaves_its_journal_to_the_next(pe: RunPe, tmp_path: Path) -> None:
    """The lock on the journal is free, and the second process ends, although it waits for input."""
    path = write_lines(tmp_path / "all.ndjson", names(100))
    half = path.read_bytes().splitlines(keepends=True)[:50]
    with FaultyPinpoint() as server:
        journal = tmp_path / "journal"
        options = ("--endpoint-url", server.url, "--no-batch", "--journal", journal)
        command = ("upsert", "--app", "demo", *options)
        with Popen([PE, *command, "-"], stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as killed:
            assert killed.stdin is not None
            assert killed.stdout is not None
            killed.stdin.writelines(half)
            killed.stdin.flush()
            while not (server.stored and b"accepted" in journal.read_bytes()):
                assert killed.poll() is None
            killed.kill()
            assert killed.stdout.read() == b"", "no process has it open"
            run = pe(*command, path)
        assert server.stored.keys() == set(names(100))
    assert run.returncode == 0
    assert "accepted before" in run.stdout


def test_a_hangup_that_is_ignored_ends_neither_process() -> None:
    """Under nohup, a run continues when the terminal is closed."""
    starting = ["sh", "-c", 'trap \'\' HUP; exec "$0" "$@"', str(PE)]
    with FaultyPinpoint() as server:
        command = [*starting, "upsert", "--app=demo", f"--endpoint-url={server.url}", "--no-batch"]
        with Popen(
            [*command, "-"], stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        ) as begun:
            assert begun.stdin is not None
            begun.stdin.write(b'{"Id": "a", "OptOut": "ALL"}\n' * 50)
            begun.stdin.flush()
            while not server.stored:
                assert begun.poll() is None
            os.killpg(begun.pid, signal.SIGHUP)
            out, error = begun.communicate(b'{"Id": "z", "OptOut": "ALL"}\n')
    assert (begun.returncode, error) == (0, b"")
    assert b"51 documents: 51 accepted" in out


def test_a_process_that_is_gone_need_not_be_ended() -> None:
    """If SIGCHLD is ignored, the system removes a process as soon as it has ended."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with Producer(lambda: [os.getpid()]) as producer:
            (number,) = producer
            with suppress(ProcessLookupError):
                while True:
                    os.kill(number, 0)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_without_another_process_this_one_reads(
    failed_forks: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The system may allow no more processes, or have no memory for one."""
    monkeypatch.chdir(tmp_path)
    ended = run("upsert", "--local", "--app", "demo", "-", given='{"Id": "a", "OptOut": "ALL"}')
    assert failed_forks
    assert ended.code == 0


def test_a_process_that_dies_is_an_error() -> None:
    """The values that it made before are not lost."""
    parent = os.getpid()

    def make() -> Iterator[int]:
        yield from (1, 2)
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        yield 3

    made: list[int] = []
    with Producer(make) as producer, pytest.raises(ProcessDiedError):
        made.extend(producer)
    assert made == [1, 2]
