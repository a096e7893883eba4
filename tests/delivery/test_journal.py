import errno
import json
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import CannotRun
from pinpoint_endpoints.delivery.journal import Claim, Entry, Journal, Target

TARGET = Target("app-1", "eu-west-1", "https://pinpoint.eu-west-1.amazonaws.com")
HEADER = (
    b'{"pe_journal":1,"application_id":"app-1","region":"eu-west-1",'
    b'"server":"https://pinpoint.eu-west-1.amazonaws.com"}\n'
)
V1, V2, V3 = "1" * 32, "2" * 32, "3" * 32
DONE, AGAIN = True, False

RECORDER = """
import sys
from itertools import count
from pinpoint_endpoints.delivery.journal import Entry, Journal, Target

with Journal(sys.argv[1], Target(*sys.argv[2:])) as journal:
    for number in count():
        digest = f"{number:032x}"
        places = range(5)
        journal.record(
            Entry(f"{number}-{place}", 0, digest, "accepted", 202, "", "r") for place in places
        )
        print(number, flush=True)
"""


def entry(
    endpoint_id: str, digest: str = V1, occurrence: int = 0, state: str = "accepted"
) -> Entry:
    """Return an entry of what the service answered."""
    return Entry(endpoint_id, occurrence, digest, state, 202, "", "request-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a journal can be."""
    return tmp_path / "journal.ndjson"


def write(path: Path, *entries: Entry) -> None:
    """Record entries in a run of their own."""
    with Journal(path, TARGET) as journal:
        journal.record(entries)


def claims(path: Path, *documents: tuple[str, str]) -> list[bool]:
    """Return which documents of a run are done."""
    with Journal(path, TARGET) as journal:
        return [journal.claim(*document).done for document in documents]


def deliver(path: Path, *documents: tuple[str, str]) -> list[bool]:
    """Run with documents, all of which are accepted; return which were sent."""
    sent = []
    with Journal(path, TARGET) as journal:
        for endpoint_id, digest in documents:
            done, occurrence = journal.claim(endpoint_id, digest)
            sent.append(not done)
            if not done:
                journal.record([entry(endpoint_id, digest, occurrence)])
    return sent


def refused(path: Path, target: Target = TARGET, *, read_only: bool = False) -> CannotRun:
    """Return why a file cannot be used, which it outlives unchanged."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CannotRun) as stopped:
        Journal(path, target, read_only=read_only)
    assert before is None or path.read_bytes() == before
    assert str(path) in stopped.value.message
    return stopped.value


def test_what_stands_in_a_journal(path: Path) -> None:
    """A header names the target, then each outcome is a line; the file is its owner's only."""
    write(
        path,
        Entry("ada", 0, V1, "accepted", 202, "", "r-1"),
        Entry("Zoë", 2, V2, "failed", 400, "BadRequestException", "r-2"),
    )
    assert path.read_bytes() == HEADER + (
        b'{"endpoint_id":"ada","digest":"%s","state":"accepted","status":202,"code":"",'
        b'"request_id":"r-1"}\n'
        b'{"endpoint_id":"Zo\xc3\xab","occurrence":2,"digest":"%s","state":"failed","status":400,'
        b'"code":"BadRequestException","request_id":"r-2"}\n'
    ) % (V1.encode(), V2.encode())
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_run_goes_on(path: Path) -> None:
    """What was accepted is done in the next run, whatever the case of its id; the rest is not."""
    write(path, entry("ada", V1), entry("bob", V2))
    assert claims(path, ("ADA", V1), ("bob", V1), ("carl", V1)) == [DONE, AGAIN, AGAIN]
    write(path, entry("carl", V1))
    assert claims(path, ("ada", V1), ("bob", V2), ("carl", V1)) == [DONE, DONE, DONE]


def test_a_file_that_was_reverted_is_sent_again(path: Path) -> None:
    """The last version that was accepted counts: who goes back to an earlier one sends it."""
    assert [deliver(path, ("ada", digest)) for digest in (V1, V2, V1, V1)] == [
        [True],
        [True],
        [True],
        [False],
    ]


def test_two_documents_of_one_id(path: Path) -> None:
    """Both are skipped once both were accepted, and the later one is kept over the earlier one."""
    both = ("ada", V1), ("Ada", V2)
    assert deliver(path, *both) == [True, True]
    assert deliver(path, *both) == [False, False]
    assert deliver(path, ("ada", V3), ("ada", V2)) == [True, True]


def test_killed_between_two_documents_of_one_id(path: Path) -> None:
    """If only the first was accepted, only the second is sent; if only the second, both are."""
    write(path, entry("ada", V1, 0), entry("bob", V2, 1))
    assert claims(path, ("ada", V1), ("ada", V2), ("bob", V1), ("bob", V2)) == [
        DONE,
        AGAIN,
        AGAIN,
        AGAIN,
    ]


def test_occurrences_are_counted_for_each_id(path: Path) -> None:
    """A claim says how many documents of this run had the same id before."""
    with Journal(path, TARGET) as journal:
        ids = ["ada", "bob", "ADA", "ada", "Bob", "carl"]
        assert [journal.claim(name, V1) for name in ids] == [
            Claim(AGAIN, number) for number in (0, 0, 1, 2, 1, 0)
        ]


def test_a_document_without_a_digest_is_never_done(path: Path) -> None:
    """What nobody can compare is sent."""
    assert [deliver(path, ("ada", "")) for _ in range(2)] == [[True], [True]]


@pytest.mark.parametrize("state", ["failed", "unverified"])
def test_what_failed_later_is_sent_again(path: Path, state: str) -> None:
    """An outcome that is not accepted takes an earlier acceptance back."""
    write(path, entry("ada"), entry("bob"), entry("ada", state=state))
    assert claims(path, ("ada", V1), ("bob", V1)) == [AGAIN, DONE]


DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(["a", "A", "b", "ç"]), st.sampled_from([V1, V2, V3])), max_size=8
)


@given(documents=DOCUMENTS, kills=st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=4))
def test_killed_runs_end_where_one_run_does(
    documents: list[tuple[str, str]], kills: list[tuple[int, bool]]
) -> None:
    """However often a run is killed, the last one leaves each id with the last of its documents.

    A kill comes before a call, or between the service's answer and the journal's line.
    """
    stored: dict[str, str] = {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        for calls, is_recorded in [*kills, (len(documents), True)]:
            run(path, documents, stored, calls, is_recorded=is_recorded)
        assert stored == {endpoint_id.lower(): digest for endpoint_id, digest in documents}
        assert deliver(path, *documents) == [False] * len(documents)


def run(
    path: Path,
    documents: list[tuple[str, str]],
    stored: dict[str, str],
    calls: int,
    *,
    is_recorded: bool,
) -> None:
    """Send documents until a number of calls is made; the last one may not be recorded."""
    with Journal(path, TARGET) as journal:
        for endpoint_id, digest in documents:
            done, occurrence = journal.claim(endpoint_id, digest)
            if done:
                continue
            if calls == 0:
                return
            calls -= 1
            stored[endpoint_id.lower()] = digest
            if calls or is_recorded:
                journal.record([entry(endpoint_id, digest, occurrence)])


@given(
    entries=st.lists(
        st.builds(
            entry,
            st.sampled_from(["ada", "Ünsal"]),
            st.sampled_from([V1, V2]),
            st.integers(0, 2),
            st.sampled_from(["accepted", "failed"]),
        ),
        max_size=6,
    ),
    cut=st.integers(0, 2000),
    zeros=st.integers(0, 3),
)
def test_a_journal_cut_at_any_byte(entries: list[Entry], cut: int, zeros: int) -> None:
    """Whatever a crash leaves is understood: what is done was accepted in a line that is whole."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        write(path, *entries)
        left = path.read_bytes()[:cut]
        path.write_bytes(left + b"\0" * zeros)
        whole = entries[: max(0, left.count(b"\n") - 1)]
        accepted = {(made.endpoint_id, made.occurrence): made for made in whole}
        with Journal(path, TARGET) as journal:
            for endpoint_id in ("ada", "Ünsal"):
                done = True
                for occurrence in range(3):
                    last = accepted.get((endpoint_id, occurrence))
                    done = (
                        done and last is not None and (last.digest, last.state) == (V1, "accepted")
                    )
                    assert journal.claim(endpoint_id, V1) == (done, occurrence)
            journal.record([entry("bob")])
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert [line["endpoint_id"] for line in lines[1:]] == [
            *(made.endpoint_id for made in whole),
            "bob",
        ]


@pytest.mark.parametrize(
    "begun", [b"", b"{", b'{"pe_journal":1,"application_id":"another', HEADER[:-1], b"\0\0\0"]
)
def test_a_header_that_was_never_finished(path: Path, begun: bytes) -> None:
    """An empty file, and one whose run was killed in its first line, is a new journal."""
    path.write_bytes(begun)
    write(path)
    assert path.read_bytes() == HEADER


@pytest.mark.parametrize(
    "content",
    [
        b'{"ChannelType": "EMAIL"}',
        b'{"ChannelType": "EMAIL"}\n',
        b"{\n}\n",
        b"[1]\n",
        b"1\n",
        b"ChannelType: EMAIL\n",
        b"\x1f\x8b\x08\n",
        b'{"pe_journal": 1}\n',
        b'{"pe_journal": "1", "application_id": "", "region": "", "server": ""}\n',
        b'{"pe_journal": 0, "application_id": "", "region": "", "server": ""}\n',
        b"\0" * 70_000,
        b"x" * 70_000,
    ],
)
def test_a_file_that_is_no_journal(path: Path, content: bytes) -> None:
    """Whoever names another file as journal keeps it as it is."""
    path.write_bytes(content)
    assert "is not a journal" in refused(path).message


@pytest.mark.parametrize(
    "line",
    [
        b'{"endpoint_id":"ada","dig\n',
        b"\n",
        b"\0\0\0\n",
        b"[]\n",
        b'{"endpoint_id":1,"digest":"11","state":"accepted"}\n',
        b'{"endpoint_id":"a","digest":[],"state":"accepted"}\n',
        b'{"digest":"11","state":"accepted"}\n',
    ],
)
def test_a_damaged_line(path: Path, line: bytes) -> None:
    """A line that is whole and makes no sense is named, and nothing is cut off for it."""
    write(path, entry("ada"))
    path.write_bytes(path.read_bytes() + line + b'{"endpoint_id":"b')
    assert refused(path).message == f"line 3 of the journal {path} is damaged"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"application_id": "app-2"}, "application app-1 (this run: app-2)"),
        ({"region": ""}, "region eu-west-1 (this run: none)"),
        (
            {"server": "http://127.0.0.1:5000"},
            f"server {TARGET.server} (this run: http://127.0.0.1:5000)",
        ),
        (
            {"application_id": "app-2", "region": "us-east-1"},
            "application app-1 (this run: app-2), region eu-west-1 (this run: us-east-1)",
        ),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_the_journal_of_another_target(
    path: Path, other: dict[str, str], words: str, *, read_only: bool
) -> None:
    """What differs is named with both values, and what to do."""
    write(path, entry("ada"))
    stopped = refused(path, TARGET._replace(**other), read_only=read_only)
    assert stopped.message == f"the journal {path} belongs to another target: {words}"
    assert "another journal" in stopped.hint


def test_a_journal_of_a_newer_version(path: Path) -> None:
    """A version that is not known yet is named, whatever else its header says."""
    path.write_bytes(b'{"pe_journal":2}\n')
    stopped = refused(path)
    assert "has version 2" in stopped.message
    assert "upgrade" in stopped.hint


def test_a_directory_is_no_journal(tmp_path: Path) -> None:
    """A directory cannot be used, to write as to read."""
    assert "is a directory" in refused(tmp_path).message
    assert "is no regular file" in refused(tmp_path, read_only=True).message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The system's reason is told."""
    assert "no such file or directory" in refused(tmp_path / "nowhere" / "journal").message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("read_only", [True, False])
def test_a_named_pipe_is_no_journal(path: Path, *, read_only: bool) -> None:
    """Nobody waits for somebody at the other end."""
    os.mkfifo(path)
    assert "is no regular file" in refused(path, read_only=read_only).message


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_no_permission(path: Path, request: pytest.FixtureRequest) -> None:
    """A file of somebody else is refused with the system's reason."""
    write(path, entry("ada"))
    path.chmod(0o400)
    request.getfixturevalue("_nobody")
    with pytest.raises(CannotRun, match="permission denied"):
        Journal(path, TARGET)


def test_a_dry_run_changes_nothing(path: Path) -> None:
    """Opened to be read, a journal is not made, not locked, not repaired and not written."""
    with Journal(path, TARGET, read_only=True) as journal:
        assert journal.claim("ada", V1) == (AGAIN, 0)
    assert not path.exists()
    write(path, entry("ada"))
    before = path.read_bytes() + b'{"endpoint_id":"bob"'
    path.write_bytes(before)
    with (
        Journal(path, TARGET, read_only=True) as journal,
        Journal(path, TARGET, read_only=True) as another,
    ):
        assert journal.claim("ada", V1) == another.claim("ada", V1) == (DONE, 0)
        with pytest.raises(ValueError, match="not open for writing"):
            journal.record([entry("carl")])
    assert path.read_bytes() == before


def test_the_path_is_the_real_one(tmp_path: Path, path: Path) -> None:
    """Through a symbolic link it is the same journal."""
    write(path, entry("ada"))
    link = tmp_path / "link"
    link.symlink_to(path)
    with Journal(link, TARGET) as journal:
        assert journal.path == path.resolve()
        assert journal.claim("ada", V1).done


def test_threads_record_at_once(path: Path) -> None:
    """Lines of several threads never run into each other, and none is lost."""
    with Journal(path, TARGET) as journal, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: journal.record(entry(f"{n}-{m}") for m in range(20)), range(50)))
    assert all(claims(path, *((f"{n}-{m}", V1) for n in range(50) for m in range(20))))


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Return a function that starts a process that records without end, and waits for its word."""
    running: list[subprocess.Popen[str]] = []

    def start_one() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(path), *TARGET],
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        running.append(process)
        assert opened(process.stdout).readline() == "0\n"
        return process

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


def opened(pipe: IO[str] | None) -> IO[str]:
    """Return a process's pipe, which it has."""
    assert pipe is not None
    return pipe


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
from pinpoint_endpoints.delivery.journal import Entry, Journal, Target

with Journal(sys.argv[1], Target(*sys.argv[2:])) as journal:
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
        f"the journal {path} cannot be written: there is no room left for a line"
    }
    assert not path.read_bytes().endswith(b"\n")
    done = claims(path, *((f"id-{number}", V1) for number in range(20)))
    assert done == [DONE] * recorded + [AGAIN] * (20 - recorded)


def test_the_system_refuses_a_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is told, and what to do."""

    def full(file: int, lines: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Journal(path, TARGET) as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(CannotRun, match="no space left on device") as stopped:
            journal.record([entry("ada")])
    assert "run the same command again" in stopped.value.hint


def test_locks_that_the_file_system_does_not_have(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be locked, the journal cannot be used, and the reason is told."""

    def none(file: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("pinpoint_endpoints.delivery.file_lock._lock", none)
    assert "no locks available" in refused(path).message


def test_a_million_entries_are_few_bytes_each(path: Path) -> None:
    """Entries and claims of them take about 110 bytes each: a dict's place and two integers."""
    number = 16_000  # where a dict is as full as with a million
    write(path, *(entry(f"endpoint-{place}", f"{place:032x}") for place in range(number)))
    tracemalloc.start()
    try:
        with Journal(path, TARGET) as journal:
            for place in range(number):
                journal.claim(f"endpoint-{place}", f"{place:032x}")
            used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 110 * number
