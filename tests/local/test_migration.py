"""Stores of version 1, made with the SQL that made them, become stores of this version."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.attribute_names import CUSTOM, METRIC, USER
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.service_error import ServiceError
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.store_schema import APPLICATION_ID, STORE_VERSION, UPGRADES

OPENER = """
import sys
from pathlib import Path
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.store import Store

print("ready", flush=True)
sys.stdin.readline()
with Store(Path(sys.argv[1])) as store:
    request = {"ChannelType": "SMS", "Address": sys.argv[2], "Attributes": {sys.argv[2]: ["1"]}}
    pinpoint = LocalPinpoint(store)
    pinpoint.update_endpoint("app", sys.argv[2], request=request, request_id="r")
"""
WRITTEN_BY_SERVICE = {
    "ApplicationId": "app",
    "CohortId": "7",
    "CreationDate": "2026-01-15T09:30:00.125Z",
    "EffectiveDate": "2026-01-15T09:30:00.125Z",
    "EndpointStatus": "ACTIVE",
    "OptOut": "NONE",
    "RequestId": "r",
    "User": {},
}
ANN = {**WRITTEN_BY_SERVICE, "Id": "Ann", "Address": "ann@example.com", "ChannelType": "EMAIL"}
BOB = {
    **WRITTEN_BY_SERVICE,
    "Id": "bob",
    "Address": "+12065550100",
    "Attributes": {"color": ["red"], 'a"b.c[0]$': [], "": ["1"], "é💡": ["1"]},
    "ChannelType": "SMS",
    "Metrics": {"visits": 1.5},
    "User": {"UserId": "bob", "UserAttributes": {"Age": ["39"], "color": ["blue"]}},
}
EVE = {
    **WRITTEN_BY_SERVICE,
    "Id": "eve",
    "Attributes": {"color": ["green"], "size": []},
    "ChannelType": "EMAIL",
    "OptOut": "ALL",
}
OTHER = {**ANN, "Metrics": {"level": 1}, "User": {"UserId": "ann"}}
EMPTY_MAPS: dict[str, Any] = {"Attributes": {}, "Metrics": {}}
"""What answers show of an endpoint that has neither."""

ENDPOINTS: list[tuple[str, dict[str, Any]]] = [
    ("app", ANN),
    ("app", BOB),
    ("app", EVE),
    ("other", OTHER),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store of version 1 with three applications, one of them without endpoints."""
    return store_of_version_1(tmp_path / "store.db", ["app", "other", "empty"], ENDPOINTS)


def store_of_version_1(
    path: Path, applications: list[str], endpoints: list[tuple[str, dict[str, Any]]]
) -> Path:
    """Make a store as version 1 did."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in UPGRADES[0]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        numbers = {}
        for name in applications:
            cursor = connection.execute(
                "INSERT INTO applications (application_id, response) VALUES (?, ?)",
                (name, orjson.dumps({"Id": name, "Name": name})),
            )
            numbers[name] = cursor.lastrowid
        for application, endpoint in endpoints:
            connection.execute(
                "INSERT INTO endpoints (application, endpoint_key, user_id, channel_type, address,"
                " endpoint_status, response) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    numbers[application],
                    endpoint["Id"].lower(),
                    endpoint["User"].get("UserId"),
                    endpoint["ChannelType"],
                    endpoint.get("Address"),
                    endpoint["EndpointStatus"],
                    orjson.dumps(endpoint),
                ),
            )
    return path


def names_in(store: Store, application_id: str) -> dict[str, set[str]]:
    """Return the names of attributes that an application knows."""
    with store.reading() as rows:
        application = rows.application(application_id)
        assert application is not None
        known = rows.attribute_names(application).known
    return {kind: set(names) for kind, names in known.items()}


def test_every_endpoint_is_kept(path: Path) -> None:
    """Applications, endpoints and users are found as they were before."""
    with Store(path) as store:
        pinpoint = LocalPinpoint(store)
        assert [one["Id"] for one in pinpoint.get_apps()["Item"]] == ["app", "other", "empty"]
        for application, endpoint in ENDPOINTS:
            found = pinpoint.get_endpoint(application, endpoint["Id"])
            assert found == {**EMPTY_MAPS, **endpoint}
        assert pinpoint.get_user_endpoints("app", "bob") == {"Item": [BOB]}


def test_names_of_attributes_are_found(path: Path) -> None:
    """Each application knows the names that its endpoints have, whatever characters they have."""
    with Store(path) as store:
        assert names_in(store, "app") == {
            CUSTOM: {"color", 'a"b.c[0]$', "", "é💡", "size"},
            METRIC: {"visits"},
            USER: {"Age", "color"},
        }
        assert names_in(store, "other") == {CUSTOM: set(), METRIC: {"level"}, USER: set()}
        assert names_in(store, "empty") == {CUSTOM: set(), METRIC: set(), USER: set()}


def test_the_version_is_written(path: Path) -> None:
    """A store is brought to this version once, and can be opened again."""
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (STORE_VERSION,)
    with Store(path) as store:
        assert names_in(store, "app")[METRIC] == {"visits"}


def test_found_names_count(tmp_path: Path) -> None:
    """What endpoints had before counts towards the 250, and more than 250 do no harm."""
    attributes = {f"name-{number}": ["1"] for number in range(260)}
    full = {**ANN, "Attributes": attributes}
    path = store_of_version_1(tmp_path / "store.db", ["app"], [("app", full)])
    with Store(path) as store:
        pinpoint = LocalPinpoint(store)
        known = {"Attributes": {"name-7": ["2"]}}
        pinpoint.update_endpoint("app", "ann", request=known, request_id="r")
        with pytest.raises(ServiceError, match="Too many custom attributes"):
            pinpoint.update_endpoint(
                "app", "ann", request={"Attributes": {"new": []}}, request_id="r"
            )


def test_names_can_be_removed_afterwards(path: Path) -> None:
    """RemoveAttributes knows the names that were found."""
    with Store(path) as store:
        pinpoint = LocalPinpoint(store)
        removed = pinpoint.remove_attributes("app", CUSTOM, request={"Blacklist": ["*"]})
        assert removed["Attributes"] == sorted(["color", 'a"b.c[0]$', "", "é💡", "size"])


def test_processes_bring_a_store_up_to_date_at_once(path: Path) -> None:
    """Processes that open an old store at the same moment all can use it, and it is whole."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(path), f"process-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    with Store(path) as store:
        own = {f"process-{number}" for number in range(3)}
        assert names_in(store, "app")[CUSTOM] == {"color", 'a"b.c[0]$', "", "é💡", "size"} | own
        pinpoint = LocalPinpoint(store)
        for name in (*own, "ann", "BOB"):
            assert pinpoint.get_endpoint("app", name)["Id"].lower() == name.lower()


def test_ids_with_a_sigma_are_found_in_any_case(tmp_path: Path) -> None:
    """Version 1 gave a sigma at the end of a word a key of its own; of two such ids one is left."""
    greek = [{**ANN, "Id": each, "Address": each} for each in ("ΟΔΟΣ", "οδοσ", "Σ/ΟΔΟΣ")]
    endpoints = [("app", each) for each in greek]
    path = store_of_version_1(tmp_path / "store.db", ["app"], endpoints)
    with Store(path) as store:
        pinpoint = LocalPinpoint(store)
        assert pinpoint.get_endpoint("app", "ΟΔΟσ") == {**EMPTY_MAPS, **greek[0]}
        assert pinpoint.get_endpoint("app", "ς/οδοσ") == {**EMPTY_MAPS, **greek[2]}


def test_an_endpoint_that_is_no_json_is_damage(path: Path) -> None:
    """An old store that cannot be read is named, and stays as it is."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE endpoints SET response = x'00' WHERE number = 2")
    content = path.read_bytes()
    with pytest.raises(CannotRun, match="damaged"):
        Store(path)
    assert path.read_bytes() == content
