import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.in_process import attach
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.testing import mock_aws

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
WHERE = {"ApplicationId": "app", "EndpointId": "e"}


class NoSocket(socket.socket):
    """A socket that cannot be had."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise AssertionError("something opened a socket")


def no_lookup(*_: Any, **__: Any) -> NoReturn:
    """Stand in for what looks up or connects to a host."""
    raise AssertionError("something looked up a host")


@pytest.fixture
def attached(pinpoint: LocalPinpoint, make_client: Any) -> Any:
    """Return a client that the local Pinpoint of the test answers."""
    client = make_client()
    attach(client, pinpoint)
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
        attach(client, pinpoint)
        client.create_app(CreateApplicationRequest={"Name": "here"})
        assert len(pinpoint.get_apps()["Item"]) == 1


def test_attaching_again_replaces_the_earlier_one(attached: Any, pinpoint: LocalPinpoint) -> None:
    """A client has one Pinpoint, the one attached last."""
    with Store(None) as store:
        second = LocalPinpoint(store)
        attach(attached, second)
        attached.update_endpoint(**WHERE, EndpointRequest=EMAIL)
        assert second.get_endpoint("app", "e")["Id"] == "e"
    assert pinpoint.get_apps() == {"Item": []}


def test_a_store_outlives_its_client(tmp_path: Path, make_client: Any) -> None:
    """What one client stored in a file, another one finds there later."""
    path = tmp_path / "store.db"
    with Store(path) as store:
        attach(writer := make_client(), LocalPinpoint(store))
        writer.update_endpoint(**WHERE, EndpointRequest=EMAIL)
    with Store(path) as store:
        attach(reader := make_client(), LocalPinpoint(store))
        stored = reader.get_endpoint(**WHERE)["EndpointResponse"]
        assert stored["Address"] == "ann@example.com"


def test_a_damaged_store_stops_the_call(tmp_path: Path, make_client: Any) -> None:
    """A store that is damaged under a client is CannotRun at the caller, not an answer."""
    path = tmp_path / "store.db"
    with Store(path) as store, closing(sqlite3.connect(path)) as other:
        attach(client := make_client(), LocalPinpoint(store))
        client.update_endpoint(**WHERE, EndpointRequest=EMAIL)
        with other:
            other.execute("UPDATE endpoints SET response = 'x'")
        with pytest.raises(CannotRun, match="damaged"):
            client.update_endpoint(**WHERE, EndpointRequest=EMAIL)
