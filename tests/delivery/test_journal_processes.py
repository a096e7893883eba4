import errno
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from journals import AGAIN, DONE, TARGET, V1, claims, entry, refused, write
from processes import Processes, opened

from pinpoint_endpoints import CannotRun
from pinpoint_endpoints.delivery.journal import Journal

RECORDER = """
import sys
from itertools import count
from pinpoint_endpoints.delivery.journal import Entry, Journal, JournalTarget

with Journal(sys.argv[1], JournalTarget(*sys.argv[2:])) as journal:
    for number in count():
        digest = f"{number:032x}"
        places = range(5)
        journal.record(
            Entry(f"{number}-{place}", 0, digest, "accepted", 202, "", "r") for place in places
        )
        print(number, flush=True)
"""


def test_threads_record_at_once(path: Path) -> None:
    """Lines of several threads never run into each other, and none is lost."""
    with Journal(path, TARGET) as journal, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: journal.record(entry(f"{n}-{m}") for m in range(20)), range(50)))
    assert all(claims(path, *((f"{n}-{m}", V1) for n in range(50) for m in range(20))))


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Return a function that starts a process that records without end, and waits for its word."""
    with Processes() as processes:
        yield lambda: processes.start(RECORDER, str(path), *TARGET, word="0")


def test_two_runs_with_one_journal(path: Path, start: Start) -> None:
    """The second run is refused while the first one lives, and goes on when it has died."""
    process = start()
    with pytest.raises(CannotRun) as stopped:
        Journal(path, TARGET)
    assert stopped.value.message == f"the journal {path} is in use by another run"
    process.kill()
    process.wait()
    assert claims(path, ("0-0", f"{0:032x}")) == [DONE]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_kill_9_while_it_records(path: Path, start: Start) -> None:
    """All that a process said to have recorded is done, however it ended."""
    process = start()
    said = [int(opened(process.stdout).readline()) for _ in range(200)]
    os.kill(process.pid, signal.SIGKILL)
    said += [int(line) for line in opened(process.stdout).read().split("\n") if line]
    assert len(said) >= 200
    ids = [(number, f"{number}-{place}") for number in said for place in range(5)]
    assert all(claims(path, *((endpoint_id, f"{number:032x}") for number, endpoint_id in ids)))


FULL_DISK = """
import resource, sys
from pinpoint_endpoints import CannotRun
from pinpoint_endpoints.delivery.journal import Entry, Journal, JournalTarget

with Journal(sys.argv[1], JournalTarget(*sys.argv[2:])) as journal:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    for number in range(20):
        try:
            journal.record([Entry(f"id-{number}", 0, "1" * 32, "accepted", 202, "", "r")])
        except CannotRun as error:
            print(error.message)
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        else:
            print("recorded")
"""


@pytest.mark.skipif(os.name != "posix", reason="the limit of a file's size is POSIX's")
def test_no_room_for_a_line(path: Path) -> None:
    """A line that is written in part ends the journal: the next run has all that was recorded."""
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), *TARGET],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.splitlines()
    recorded = said.count("recorded")
    assert 0 < recorded < 20
    assert set(said[recorded:]) == {
        f"the journal {path} cannot be written: no space left for a line"
    }
    assert not path.read_bytes().endswith(b"\n")
    done = claims(path, *((f"id-{number}", V1) for number in range(20)))
    assert done == [DONE] * recorded + [AGAIN] * (20 - recorded)


def test_the_system_refuses_a_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the system's reason, and what to do."""

    def full(file: int, lines: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Journal(path, TARGET) as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(CannotRun, match="no space left on device") as stopped:
            journal.record([entry("ada")])
    assert "run the same command again" in stopped.value.hint


@pytest.mark.skipif(os.name != "posix", reason="flock is POSIX's")
def test_locks_that_the_file_system_does_not_have(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without locks the journal cannot be used, and the error has the reason."""

    def none(file: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    assert "no locks available" in refused(path).message


def test_a_million_entries_are_few_bytes_each(path: Path) -> None:
    """Entries and claims of them take under 200 bytes each: a million of them fit in 200 MB."""
    number = 16_000  # where a dict is as full as with a million
    write(path, *(entry(f"endpoint-{place}", f"{place:032x}") for place in range(number)))
    tracemalloc.start()
    try:
        with Journal(path, TARGET) as journal:
            for place in range(number):
                journal.accepted.resume(f"endpoint-{place}", f"{place:032x}")
            used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 200 * number
