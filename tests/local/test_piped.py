import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import orjson
import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local import door as local_door
from pinpoint_endpoints.local.door import LocalDoor
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.piped import asking
from pinpoint_endpoints.local.piped.answering import MOST_TOGETHER, Waiting, answer_all, next_group
from pinpoint_endpoints.local.piped.asking import HasEnded, PinpointProcess
from pinpoint_endpoints.local.piped.frames import read_answer, write_request
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.together import Request
from pinpoint_endpoints.local.wire import Answer, answer

BATCH = "/v1/apps/app/endpoints"
ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from pinpoint_endpoints.local.piped.asking import PinpointProcess
process = PinpointProcess(Path(sys.argv[1]))
for number in count():
    item = b'{"Item":[{"Id":"e-%d","ChannelType":"EMAIL","Address":"a-%d"}]}' % (number, number)
    assert process.answer("PUT", "/v1/apps/app/endpoints", item).status == 202
    print(number, flush=True)
"""


def batch(*ids: str) -> bytes:
    """Return an EndpointBatchRequest."""
    items = [{"Id": name, "ChannelType": "EMAIL", "Address": f"{name}@x"} for name in ids]
    return orjson.dumps({"Item": items})


def framed(body: bytes) -> bytes:
    """Return a batch as the other process reads it."""
    pipe = BytesIO()
    write_request(pipe, Request("PUT", BATCH, body))
    return pipe.getvalue()


def stored_ids(path: Path) -> set[str]:
    """Return the ids of all endpoints in a store."""
    with Store(path) as store, store.reading() as rows:
        found = rows.execute("SELECT endpoint_key FROM endpoints").fetchall()
    return {key for (key,) in found}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path for a store."""
    return tmp_path / "store.db"


@pytest.fixture
def process(path: Path) -> Iterator[PinpointProcess]:
    """Return a local Pinpoint in a process of its own."""
    process = PinpointProcess(path)
    yield process
    del process


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("PUT", BATCH, batch("a", "b")),
        ("PUT", f"{BATCH}/%C3%A9", b'{"ChannelType":"EMAIL","Address":"\xc3\xa9"}'),
        ("PUT", f"{BATCH}/e", b"no JSON"),
        ("GET", f"{BATCH}/e", b""),
        ("POST", "/v1/apps/app/segments", b"{}"),
    ],
    ids=["batch", "single", "no JSON", "not found", "no operation"],
)
def test_the_other_process_answers_alike(
    process: PinpointProcess, method: str, target: str, body: bytes
) -> None:
    """Status, error type and body are those of a local Pinpoint here, but for the request id."""

    def steady(found: Any) -> tuple[Any, ...]:
        members = {**orjson.loads(found.body), "RequestID": ""}
        return found.status, found.headers.get("x-amzn-ErrorType"), members

    with Store(None) as store:
        here = answer(LocalPinpoint(store), method, target, body)
    assert steady(process.answer(method, target, body)) == steady(here)


def test_every_thread_gets_its_own_answer(process: PinpointProcess, path: Path) -> None:
    """With eight threads asking at once, each refused id goes to who sent it."""

    def ask(number: int) -> bool:
        name = f"e-{number}" if number % 3 else f"wrong-$-{number}"
        return process.answer("PUT", BATCH, batch(name)).status == 202

    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(ask, range(90)))
    assert accepted == [bool(number % 3) for number in range(90)]
    assert stored_ids(path) == {f"e-{number}" for number in range(90) if number % 3}


def test_a_store_that_cannot_be_used_is_told(path: Path) -> None:
    """What the other process cannot do is raised here, in the words that it would have there."""
    path.write_bytes(b"no database at all, but long enough to be one" * 20)
    with pytest.raises(CannotRun, match="is damaged") as caught:
        PinpointProcess(path).answer("PUT", BATCH, batch("a"))
    assert "left as it is" in caught.value.hint


def test_a_process_ends_with_who_asks(path: Path) -> None:
    """Also when the last answer was an exception, which leads to the one who asked."""
    path.write_bytes(b"no database at all, but long enough to be one" * 20)
    process = PinpointProcess(path)
    child = process._process  # noqa: SLF001 - whose end is to be seen
    with pytest.raises(CannotRun):
        process.answer("PUT", BATCH, batch("a"))
    gc.disable()
    try:
        del process
        assert child.returncode == 0
    finally:
        gc.enable()


def test_a_process_that_was_killed_is_told(process: PinpointProcess) -> None:
    """When the other process is gone, the next request says so and does not hang."""
    assert process.answer("PUT", BATCH, batch("a")).status == 202
    process._process.kill()  # noqa: SLF001 - as a person would with its number
    process._process.wait()  # noqa: SLF001 - as above
    with pytest.raises(CannotRun, match="has ended"):
        process.answer("PUT", BATCH, batch("b"))


def test_what_was_acknowledged_survives_the_one_who_asked(path: Path) -> None:
    """After kill -9 of the asking process, all that it was told of is stored; nothing is said."""
    asker = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert asker.stdout is not None
    acknowledged = [int(asker.stdout.readline()) for _ in range(30)]
    os.kill(asker.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in asker.stdout]
    _, said = asker.communicate()  # when the other process has ended too
    assert said == ""
    assert stored_ids(path) >= {f"e-{number}" for number in acknowledged}


def test_what_makes_nothing_makes_no_store(path: Path) -> None:
    """To read or delete where there is no store is 404, and leaves none; an update makes it."""
    door = LocalDoor(path)
    assert door.answer("GET", f"{BATCH}/e", b"").status == 404
    assert door.answer("DELETE", f"{BATCH}/e", b"").status == 404
    assert not path.exists()
    assert door.answer("PUT", BATCH, batch("e")).status == 202
    assert door.answer("GET", f"{BATCH}/e", b"").status == 200


def test_what_waits_is_taken_together() -> None:
    """A group is what waits, up to a number; then the rest, and nothing at the end."""
    waiting: Waiting = SimpleQueue()
    requests = [Request("PUT", BATCH, batch(f"e-{n}")) for n in range(MOST_TOGETHER + 2)]
    for request in (*requests, None):
        waiting.put(request)
    groups = [next_group(waiting) for _ in range(3)]
    assert groups == [requests[:MOST_TOGETHER], requests[MOST_TOGETHER:], []]


def test_requests_are_answered_in_their_order(path: Path) -> None:
    """Each for itself, also where several are stored together and one of them is refused."""
    bodies = [batch(f"e-{number}") for number in range(2 * MOST_TOGETHER)]
    bodies[3] = b"no JSON"
    answers = BytesIO()
    answer_all(path, BytesIO(b"".join(map(framed, bodies))), answers, pytest.fail)
    answers.seek(0)
    found = [read_answer(answers) for _ in bodies]
    statuses = [one.status for one in found if isinstance(one, Answer)]
    assert statuses == [202] * 3 + [400] + [202] * (2 * MOST_TOGETHER - 4)
    assert read_answer(answers) is None
    assert stored_ids(path) == {f"e-{n}" for n in range(2 * MOST_TOGETHER)} - {"e-3"}


@pytest.mark.parametrize("after", [0, 7, 40])
def test_half_a_request_is_none(path: Path, after: int) -> None:
    """Whoever is killed while it writes has not asked."""
    answers = BytesIO()
    answer_all(path, BytesIO(framed(batch("a")) + framed(batch("b"))[:after]), answers, pytest.fail)
    answers.seek(0)
    assert [isinstance(read_answer(answers), Answer) for _ in range(2)] == [True, False]
    assert stored_ids(path) == {"a"}


def test_who_is_interrupted_gets_no_answer_of_another(
    process: PinpointProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a request is written ends the process: what it read of it is not known."""
    assert process.answer("PUT", BATCH, batch("a")).status == 202

    def interrupted(pipe: IO[bytes], request: Request) -> None:
        pipe.write(framed(request.body)[:20])
        pipe.flush()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(asking, "write_request", interrupted)
        with pytest.raises(KeyboardInterrupt):
            process.answer("PUT", BATCH, batch("b"))
    with pytest.raises(CannotRun, match="has ended"):
        process.answer("PUT", BATCH, batch("c"))


def test_what_python_prints_as_it_starts_is_no_answer(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `sitecustomize` with a banner does not confuse whoever asks."""
    folder = tmp_path / "customized"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("print('Welcome,', end='')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    process = PinpointProcess(path)
    assert [process.answer("PUT", BATCH, batch(name)).status for name in "ab"] == [202, 202]


def test_a_process_that_ended_is_started_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks is told once; the next batch is stored."""
    monkeypatch.setattr(local_door, "BATCHES_HERE", 0)
    monkeypatch.setattr(local_door, "_processors", lambda: 2)
    door = LocalDoor(path)
    assert door.answer("PUT", BATCH, batch("a")).status == 202
    process = door._process  # noqa: SLF001 - which is to be killed
    assert process is not None
    process._process.kill()  # noqa: SLF001 - as a person would with its number
    process._process.wait()  # noqa: SLF001 - as above
    with pytest.raises(HasEnded):
        door.answer("PUT", BATCH, batch("b"))
    assert door.answer("PUT", BATCH, batch("c")).status == 202
    assert stored_ids(path) == {"a", "c"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that it has threads
def test_a_forked_process_does_not_ask(process: PinpointProcess) -> None:
    """Its answers would be mixed up with those of its parent."""
    assert process.answer("PUT", BATCH, batch("a")).status == 202
    child = os.fork()
    if child == 0:
        try:
            process.answer("PUT", BATCH, batch("b"))
        except CannotRun as error:
            os._exit(0 if "forked" in error.message else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process.answer("PUT", BATCH, batch("c")).status == 202


def test_ctrl_c_is_for_who_asks(path: Path) -> None:
    """The other process is not of the group that a terminal interrupts, from its first moment."""
    process = PinpointProcess(path)
    child = process._process.pid  # noqa: SLF001 - whose group is to be seen
    assert os.getpgid(child) == child
    assert process.answer("PUT", BATCH, batch("a")).status == 202


def test_a_store_stays_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is that of the folder in which it was given, for both processes."""
    monkeypatch.setattr(local_door, "BATCHES_HERE", 1)
    monkeypatch.setattr(local_door, "_processors", lambda: 2)
    monkeypatch.chdir(tmp_path)
    door = LocalDoor(Path("store"))
    (tmp_path / "elsewhere").mkdir()
    for number in range(3):
        assert door.answer("PUT", BATCH, batch(f"e-{number}")).status == 202
        monkeypatch.chdir(tmp_path / "elsewhere")
    assert stored_ids(tmp_path / "store") == {"e-0", "e-1", "e-2"}
    assert not list((tmp_path / "elsewhere").iterdir())


def test_many_batches_are_written_by_another_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From some number of batches on another process writes; what it wrote is read here at once."""
    monkeypatch.setattr(local_door, "BATCHES_HERE", 2)
    monkeypatch.setattr(local_door, "_processors", lambda: 2)
    door = LocalDoor(path)
    for number in range(5):
        assert door.answer("PUT", BATCH, batch(f"e-{number}")).status == 202
        assert (door._process is None) == (number < 2)  # noqa: SLF001 - which process is not seen
        assert door.answer("GET", f"{BATCH}/e-{number}", b"").status == 200
