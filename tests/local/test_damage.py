"""Damaged stores, by the file's bytes and by what a row holds, give a message and no traceback."""

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.browse import all_endpoints
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import answer
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.stats import Audience

ENDPOINT: dict[str, Any] = {
    "Attributes": {"color": ["red"]},
    "Demographic": {"Make": "apple"},
    "Location": {"Latitude": 47.6, "City": "Seattle"},
    "Metrics": {"visits": 1.5},
    "User": {"UserId": "u", "UserAttributes": {"plan": ["free"]}},
}
MEMBER = {"ChannelType": "GCM", "Address": "new", "User": {"UserId": "u"}}
REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/v1/apps", None),
    ("GET", "/v1/apps/app/endpoints/e3", None),
    ("GET", "/v1/apps/app/users/u", None),
    ("PUT", "/v1/apps/app/endpoints/e3", {**ENDPOINT, "Metrics": {"visits": 2}}),
    *[("PUT", f"/v1/apps/app/endpoints/n{number}", MEMBER) for number in range(8)],
    ("POST", "/v1/apps/app/events", {"BatchItem": {"e5": {"Endpoint": MEMBER, "Events": {}}}}),
    ("PUT", "/v1/apps/app/attributes/endpoint-custom-attributes", {"Blacklist": ["c*"]}),
    ("DELETE", "/v1/apps/app/endpoints/e6", None),
    ("DELETE", "/v1/apps/app/users/u", None),
    ("DELETE", "/v1/apps/app", None),
]
WRONG: list[Any] = [None, 1, 1.5, "x", True, [], {}, ["x"], {"a": 1}, {"a": [1]}, {"a": None}]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a store with endpoints of one user."""
    path = tmp_path_factory.mktemp("sound") / "store.db"
    with Store(path) as store:
        pinpoint = LocalPinpoint(store)
        for number in range(12):
            request = {**ENDPOINT, "ChannelType": "GCM", "Address": f"token-{number % 8}"}
            pinpoint.update_endpoint("app", f"e{number}", request=request, request_id="r")
    return path.read_bytes()


def use(path: Path) -> None:
    """Let a store answer one request after the other; each may say that the store is damaged."""
    with suppress(CannotRun), Store(path, lock_seconds=0.1) as store:
        pinpoint = LocalPinpoint(store)
        for method, target, body in REQUESTS:
            with suppress(CannotRun):
                answer(pinpoint, method, target, b"" if body is None else orjson.dumps(body))
        with suppress(CannotRun):
            store.identity()


def count(path: Path) -> None:
    """Count the endpoints of a store, as `pe stats` does."""
    with suppress(CannotRun), Store(path, lock_seconds=0.1) as store:
        audience = Audience(datetime.now(UTC))
        for endpoint in all_endpoints(store, "app"):
            audience.add(endpoint)


def damaged(data: bytes, random: Random) -> bytes:
    """Return a file with flipped bits, zeros or noise in it, or without its end."""
    changed = bytearray(data)
    place = random.randrange(len(changed))
    kind = random.choice(["flip", "cut", "noise", "zeros", "sign"])
    size = min(random.choice([1, 16, 512, 4096]), len(changed) - place)
    if kind == "flip":
        for _ in range(random.choice([1, 1, 5, 50])):
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    elif kind == "cut":
        del changed[place:]
    elif kind == "sign":
        changed[place] = random.choice(b'{}[]",:0-\x00\xff')
    else:
        changed[place : place + size] = random.randbytes(size) if kind == "noise" else bytes(size)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.soak
def test_a_damaged_file_gives_a_message(tmp_path: Path, sound: bytes, seed: int) -> None:
    """Whatever happened to the file, requests are answered or the store is named as damaged."""
    random = Random(seed)
    for number in range(10):
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged(sound, random))
        use(path)


def with_a_wrong_value(value: Any, random: Random) -> Any:
    """Return a JSON value in which one value is another one, or is missing."""
    if not isinstance(value, dict) or not value or random.random() < 0.2:
        return random.choice(WRONG)
    name = random.choice(sorted(value))
    if random.random() < 0.2:
        return {key: kept for key, kept in value.items() if key != name}
    return {**value, name: with_a_wrong_value(value[name], random)}


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ("segment_versions SET response = '{'", "/v1/apps/app/segments"),
        ("segment_versions SET response = '{\"Version\": 1}'", "/v1/apps/app/segments"),
        ("profile_domains SET response = '[]'", "/domains/d"),
        ("profile_domains SET response = '{}'", "/domains/d"),
    ],
)
def test_a_damaged_segment_or_domain_gives_a_message(
    tmp_path: Path, change: str, target: str
) -> None:
    """Invalid JSON and a missing member are both reported as damage."""
    with Store(tmp_path / "store.db") as store:
        pinpoint = LocalPinpoint(store)
        answer(pinpoint, "POST", "/v1/apps/app/segments", b'{"Name": "s"}')
        answer(pinpoint, "POST", "/domains/d", b'{"DefaultExpirationDays": 9}')
        assert answer(pinpoint, "GET", target, b"").status == 200
        with store.writing() as rows:
            rows.execute(f"UPDATE {change}")
        with pytest.raises(CannotRun, match="is damaged"):
            answer(pinpoint, "GET", target, b"")


@pytest.mark.parametrize("column", ["endpoints.response", "applications.attribute_names"])
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.soak
def test_a_row_with_another_shape_gives_a_message(
    tmp_path: Path, sound: bytes, column: str, seed: int
) -> None:
    """Rows that another program wrote are answered as they are, or named as damage."""
    random = Random(seed)
    table, name = column.split(".")
    for number in range(10):
        path = tmp_path / f"{number}.db"
        path.write_bytes(sound)
        with closing(sqlite3.connect(path)) as connection, connection:
            for row, data in connection.execute(f"SELECT number, {name} FROM {table}").fetchall():
                wrong = orjson.dumps(with_a_wrong_value(orjson.loads(data), random))
                statement = f"UPDATE {table} SET {name} = ? WHERE number = ?"
                connection.execute(statement, (wrong, row))
        count(path)
        use(path)
