import os
import signal
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import boto3
import orjson
import pytest
from deliveries import stored_in
from processes import Processes, opened

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.in_process import InProcessTransport, attach
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import answer
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.testing import mock_aws

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
WHERE = {"ApplicationId": "app", "EndpointId": "e"}
BATCH = "/v1/apps/app/endpoints"
ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from pinpoint_endpoints.local.in_process import InProcessTransport
transport = InProcessTransport(Path(sys.argv[1]))
print("ready", flush=True)
for number in count():
    item = b'{"Item":[{"Id":"e-%d","ChannelType":"EMAIL","Address":"a-%d"}]}' % (number, number)
    assert transport.answer("PUT", "/v1/apps/app/endpoints", item).status == 202
    print(number, flush=True)
"""


def batch(*ids: str) -> bytes:
    """Return an EndpointBatchRequest."""
    items = [{"Id": name, "ChannelType": "EMAIL", "Address": f"{name}@x"} for name in ids]
    return orjson.dumps({"Item": items})


class NoSocket(socket.socket):
    """A socket that cannot be had."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise AssertionError("something opened a socket")


def no_lookup(*_: Any, **__: Any) -> NoReturn:
    """Replace what looks up or connects to a host."""
    raise AssertionError("something looked up a host")


@pytest.fixture
def attached(pinpoint: LocalPinpoint, make_client: Any) -> Any:
    """Return a client that the local Pinpoint of the test answers."""
    client = make_client()
    attach(client, partial(answer, pinpoint))
    return client


def test_nothing_leaves_the_process(attached: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attached client works where every socket and every look-up is refused."""
    monkeypatch.setattr(socket, "socket", NoSocket)
    monkeypatch.setattr(socket, "create_connection", no_lookup)
    monkeypatch.setattr(socket, "getaddrinfo", no_lookup)
    attached.update_endpoint(**WHERE, EndpointRequest=EMAIL)
    stored = attached.get_endpoint(**WHERE)["EndpointResponse"]
    assert stored["Address"] == "ann@example.com"


def test_other_clients_are_not_answered(attached: Any, pinpoint: LocalPinpoint) -> None:
    """Attaching is for one client: another one, under moto here, has its own Pinpoint."""
    attached.create_app(CreateApplicationRequest={"Name": "here"})
    with mock_aws():
        other = boto3.Session().client("pinpoint", region_name="us-east-1")
        assert other.get_apps()["ApplicationsResponse"] == {"Item": []}


def test_an_attached_client_is_not_answered_by_moto(
    pinpoint: LocalPinpoint, make_client: Any
) -> None:
    """Under mock_aws too, an attached client is answered by its local Pinpoint."""
    with mock_aws():
        client = make_client()
        attach(client, partial(answer, pinpoint))
        client.create_app(CreateApplicationRequest={"Name": "here"})
        assert len(pinpoint.get_apps()["Item"]) == 1


def test_attaching_again_replaces_the_earlier_one(attached: Any, pinpoint: LocalPinpoint) -> None:
    """A client has one Pinpoint, the one attached last."""
    with Store(None) as store:
        second = LocalPinpoint(store)
        attach(attached, partial(answer, second))
        attached.update_endpoint(**WHERE, EndpointRequest=EMAIL)
        assert second.get_endpoint("app", "e")["Id"] == "e"
    assert pinpoint.get_apps() == {"Item": []}


def test_a_store_outlives_its_client(tmp_path: Path, make_client: Any) -> None:
    """What one client stored in a file, another one finds there later."""
    path = tmp_path / "store.db"
    with Store(path) as store:
        attach(writer := make_client(), partial(answer, LocalPinpoint(store)))
        writer.update_endpoint(**WHERE, EndpointRequest=EMAIL)
    with Store(path) as store:
        attach(reader := make_client(), partial(answer, LocalPinpoint(store)))
        stored = reader.get_endpoint(**WHERE)["EndpointResponse"]
        assert stored["Address"] == "ann@example.com"


def test_a_damaged_store_stops_the_call(tmp_path: Path, make_client: Any) -> None:
    """A store that is damaged under a client is CannotRun at the caller, not an answer."""
    path = tmp_path / "store.db"
    with Store(path) as store, closing(sqlite3.connect(path)) as other:
        attach(client := make_client(), partial(answer, LocalPinpoint(store)))
        client.update_endpoint(**WHERE, EndpointRequest=EMAIL)
        with other:
            other.execute("UPDATE endpoints SET response = 'x'")
        with pytest.raises(CannotRun, match="damaged"):
            client.update_endpoint(**WHERE, EndpointRequest=EMAIL)


def test_threads_share_a_transport(tmp_path: Path) -> None:
    """With eight threads at once, the answer to an invalid id goes to the thread that sent it."""
    transport = InProcessTransport(tmp_path / "store.db")

    def ask(number: int) -> bool:
        name = f"e-{number}" if number % 3 else f"wrong-$-{number}"
        return transport.answer("PUT", BATCH, batch(name)).status == 202

    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(ask, range(90)))
    assert accepted == [bool(number % 3) for number in range(90)]
    assert stored_in(tmp_path / "store.db") == {f"e-{n}" for n in range(90) if n % 3}


def test_a_store_that_cannot_be_used_is_reported_on_opening(tmp_path: Path) -> None:
    """A damaged file is not touched, and the error says so."""
    path = tmp_path / "store.db"
    path.write_bytes(b"no database at all, but long enough to be one" * 20)
    with pytest.raises(CannotRun, match="is damaged") as caught:
        InProcessTransport(path)
    assert "left as it is" in caught.value.hint


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_an_acknowledged_batch_survives_kill_9(tmp_path: Path) -> None:
    """After `kill -9`, everything that was acknowledged is in the store."""
    path = tmp_path / "store.db"
    with Processes() as processes:
        writer = processes.start(ENDLESS, str(path), word="ready")
        acknowledged = [int(opened(writer.stdout).readline()) for _ in range(30)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in opened(writer.stdout)]
    assert stored_in(path) >= {f"e-{number}" for number in acknowledged}


def test_reading_and_deleting_create_no_store(tmp_path: Path) -> None:
    """Without a store both are 404 and leave no file; an update creates it."""
    path = tmp_path / "store.db"
    transport = InProcessTransport(path)
    assert transport.answer("GET", f"{BATCH}/e", b"").status == 404
    assert transport.answer("DELETE", f"{BATCH}/e", b"").status == 404
    assert not path.exists()
    assert transport.answer("PUT", BATCH, batch("e")).status == 202
    assert transport.answer("GET", f"{BATCH}/e", b"").status == 200


def test_transports_share_a_store(tmp_path: Path) -> None:
    """What one acknowledges, the other one reads, also when one of them creates the store."""
    first, second = (InProcessTransport(tmp_path / "store.db") for _ in range(2))
    for transport, other, name in ((first, second, "a"), (second, first, "b")):
        assert transport.answer("PUT", BATCH, batch(name)).status == 202
        assert other.answer("GET", f"{BATCH}/{name}", b"").status == 200


def test_a_relative_path_stays_where_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs to the working directory of the moment, whatever that is later."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    transport = InProcessTransport(Path("store"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert transport.answer("PUT", BATCH, batch("e")).status == 202
    assert stored_in(tmp_path / "store") == {"e"}
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it may have threads
def test_a_forked_process_is_refused(tmp_path: Path) -> None:
    """A connection to SQLite must not cross a fork; the parent can go on."""
    transport = InProcessTransport(tmp_path / "store.db")
    assert transport.answer("PUT", BATCH, batch("a")).status == 202
    child = os.fork()
    if child == 0:
        try:
            transport.answer("PUT", BATCH, batch("b"))
        except CannotRun as error:
            os._exit(0 if "forked" in error.message else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert transport.answer("PUT", BATCH, batch("c")).status == 202


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_application_that_is_not_found_names_the_store(tmp_path: Path, method: str) -> None:
    """Most often the store is the wrong one, or was not created yet."""
    path = tmp_path / "store.db"
    transport = InProcessTransport(path)
    for target in (f"{BATCH}/e", "/v1/apps/app/users/u", "/v1/apps/app"):
        missing = transport.answer(method, target, b"")
        assert missing.status == 404
        assert missing.headers["x-amzn-ErrorType"] == "NotFoundException"
        message = f"Application not found in the local store {path}, which does not exist yet"
        assert orjson.loads(missing.body)["Message"] == message
    assert not path.exists()
    assert transport.answer("PUT", "/v1/apps/other/endpoints/e", b"{}").status == 202
    missing = transport.answer(method, f"{BATCH}/e", b"")
    assert (
        orjson.loads(missing.body)["Message"] == f"Application not found in the local store {path}"
    )
