import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from processes import Processes, opened

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.store import Store

BEGINNING = """
import sys
from pathlib import Path
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.store import Store

def put(pinpoint, endpoint_id, attribute):
    request = {"ChannelType": "EMAIL", "Address": endpoint_id, "Attributes": {attribute: ["1"]}}
    pinpoint.update_endpoint("app", endpoint_id, request=request, request_id="r")

print("ready", flush=True)
sys.stdin.readline()
"""
WRITER = """
pinpoint = LocalPinpoint(Store(Path(sys.argv[1])))
for number in range(25):
    put(pinpoint, f"{sys.argv[2]}-{number}", "own")
    put(pinpoint, "shared", f"{sys.argv[2]}-{number}")
"""
OPENER = """
for number in range(20):
    Store(Path(sys.argv[1]).with_name(f"{number}.db")).close()
"""
VISITOR = """
for number in range(40):
    with Store(Path(sys.argv[1])) as store:
        for attribute in range(number % 3):
            put(LocalPinpoint(store), f"{sys.argv[2]}-{number}", str(attribute))
"""
ENDLESS = """
from itertools import count
pinpoint = LocalPinpoint(Store(Path(sys.argv[1])))
for number in count():
    items = [
        {"Id": f"{number}-{place}", "ChannelType": "EMAIL", "Address": f"{number}-{place}"}
        for place in range(10)
    ]
    pinpoint.update_endpoints_batch("app", request={"Item": items}, request_id="r")
    print(number, flush=True)
"""

Start = Callable[..., Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a process with a script, ready to be told to go."""
    with Processes() as processes:
        store = str(tmp_path / "store.db")
        yield lambda script, *arguments: processes.start(
            BEGINNING + script, store, *arguments, word="ready"
        )


def go(process: Popen[str]) -> None:
    """Let a process that is ready go on."""
    opened(process.stdin).write("go\n")
    opened(process.stdin).flush()


def test_processes_make_one_store_at_once(start: Start) -> None:
    """Processes that open the same new file at the same moment all get a store."""
    processes = [start(OPENER) for _ in range(6)]
    for process in processes:
        go(process)
    assert [process.wait() for process in processes] == [0] * 6


def test_processes_write_one_store_at_once(start: Start, tmp_path: Path) -> None:
    """Four processes that make a store and write it together lose nothing of each other."""
    processes = [start(WRITER, name) for name in "abcd"]
    for process in processes:
        go(process)
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    with Store(tmp_path / "store.db") as store:
        pinpoint = LocalPinpoint(store)
        names = {f"{name}-{number}" for name in "abcd" for number in range(25)}
        assert {pinpoint.get_endpoint("app", name)["Id"] for name in names} == names
        assert pinpoint.get_endpoint("app", "shared")["Attributes"].keys() == names
        assert len(pinpoint.get_apps()["Item"]) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_processes_come_and_go_at_once(start: Start, tmp_path: Path) -> None:
    """The last process deletes the -wal and -shm files on closing; no other misses them."""
    visitors = [start(VISITOR, str(name)) for name in range(4)]
    for visitor in visitors:
        go(visitor)
    assert [visitor.wait() for visitor in visitors] == [0] * 4
    with Store(tmp_path / "store.db") as store, store.reading() as rows:
        stored = rows.execute("SELECT count(*) FROM endpoints").fetchone()
    assert stored == (4 * sum(number % 3 > 0 for number in range(40)),)


def test_an_acknowledged_update_survives_kill_9(start: Start, tmp_path: Path) -> None:
    """After kill -9, every batch that was acknowledged is there, and no batch is there in part."""
    process = start(ENDLESS)
    go(process)
    acknowledged = [int(opened(process.stdout).readline()) for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    acknowledged += [int(line) for line in opened(process.stdout)]
    with Store(tmp_path / "store.db") as store, store.reading() as rows:
        application = rows.application("app")
        assert application is not None
        for number in acknowledged:
            assert all(rows.endpoint(application, f"{number}-{place}") for place in range(10))
        unacknowledged = acknowledged[-1] + 1
        found = [rows.endpoint(application, f"{unacknowledged}-{place}") for place in range(10)]
        assert all(found) or not any(found)
