"""Hold the endpoints that a transaction uses: each is read once, and written once if it changed."""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from sqlite3 import Connection
from typing import Any, NamedTuple, Self

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.service.merge import COORDINATES, Endpoint

Place = tuple[str | None, str | None]
"""The channel type and the address of an endpoint."""

Undo = tuple[Callable[..., None], object, object]
"""A function that undoes a change, and its two arguments."""

ACTIVE = "ACTIVE"
MAX_PARAMETERS = 512
"""Of one statement: SQLite before 3.32 takes 999."""

NEW = 1 << 62
"""Where the order of creation continues for new endpoints: after all stored ones."""

FOUND = "SELECT number, endpoint_key, response FROM endpoints WHERE application = ? AND "
BY_KEY = "endpoint_key IN ({})"
BY_USER = "user_id IN ({})"
BY_ADDRESS = "address IN ({}) AND endpoint_status = 'ACTIVE'"
INSERT = """
INSERT INTO endpoints
    (application, endpoint_key, user_id, channel_type, address, endpoint_status, response)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
REPLACE = """
UPDATE endpoints
SET user_id = ?, channel_type = ?, address = ?, endpoint_status = ?, response = ? WHERE number = ?
"""
REPLACE_RESPONSE = "UPDATE endpoints SET response = ? WHERE number = ?"
REMOVE = "DELETE FROM endpoints WHERE number = ?"

_NEEDED_MEMBERS = frozenset(("EndpointStatus", "Id", "User"))
_TEXTS = ("Address", "ChannelType", "EffectiveDate", "EndpointStatus", "Id", "OptOut")
_MAPS = ("Attributes", "Demographic", "Location", "Metrics", "User")


class RowError(ValueError):
    """A row does not hold what this program writes."""


def object_in(data: bytes, **needed: type) -> dict[str, Any]:
    """Return the JSON object of a row.

    Args:
        data: the object in JSON.
        needed: the members that it has to have, with their types.

    Raises:
        RowError: it is not an object, or lacks a member.
    """
    found = orjson.loads(data)
    if not isinstance(found, dict):
        raise RowError
    if not all(isinstance(found.get(name), kind) for name, kind in needed.items()):
        raise RowError
    return found


class Entry(NamedTuple):
    """An endpoint as this transaction sees it.

    Args:
        order: its position in the order of creation; once stored, the number of its row.
        endpoint: an EndpointResponse.
        data: the endpoint as JSON.
        user_id: its user, if it has one.
        place: its channel type and address.
        status: such as `ACTIVE`.
    """

    order: int
    endpoint: Endpoint
    data: bytes
    user_id: str | None
    place: Place
    status: str | None

    @classmethod
    def of(cls, order: int, endpoint: Endpoint, data: bytes) -> Self:
        """Take the columns of a row from the endpoint itself."""
        place = (endpoint.get("ChannelType"), endpoint.get("Address") or None)
        user_id = endpoint["User"].get("UserId") or None
        return cls(order, endpoint, data, user_id, place, endpoint["EndpointStatus"])

    @property
    def columns(self) -> tuple[str | None, ...]:
        """The columns of the row whose values are taken from the endpoint."""
        return (self.user_id, *self.place, self.status)


class UnitOfWork:
    """The endpoints of one application that a transaction has read or changed.

    Args:
        connection: an SQLite connection with an open transaction.
        application: the application's number.
        undo: collects how to undo each change, in order.
    """

    def __init__(self, connection: Connection, application: int, undo: list[Undo]) -> None:
        self._connection = connection
        self._application = application
        self._undo = undo
        self._entries: dict[str, Entry | None] = {}
        self._stored: dict[str, Entry] = {}
        self._changed: dict[str, None] = {}
        self._of_users: dict[str, dict[str, None]] = {}
        self._at_places: dict[Place, dict[str, None]] = {}
        self._loaded_users: set[str] = set()
        self._loaded_addresses: set[str] = set()
        self._next_order = NEW

    def preload(self, keys: Collection[str]) -> None:
        """Read the endpoints with these keys, unless they are loaded."""
        missing = [key for key in keys if key not in self._entries]
        self._entries.update(dict.fromkeys(missing))
        self._read(BY_KEY, missing)

    def preload_users(self, user_ids: Collection[str]) -> None:
        """Read the endpoints of these users, unless they are loaded."""
        missing = [user_id for user_id in user_ids if user_id not in self._loaded_users]
        self._loaded_users.update(missing)
        self._read(BY_USER, missing)

    def preload_addresses(self, addresses: Collection[str]) -> None:
        """Read the ACTIVE endpoints at these addresses, unless they are loaded."""
        missing = [address for address in addresses if address not in self._loaded_addresses]
        self._loaded_addresses.update(missing)
        self._read(BY_ADDRESS, missing)

    def endpoint(self, key: str) -> Endpoint | None:
        """Return the endpoint with this key, or None."""
        if key not in self._entries:
            self.preload((key,))
        entry = self._entries[key]
        return None if entry is None else entry.endpoint

    def of_user(self, user_id: str) -> list[Endpoint]:
        """Return the endpoints of a user in order of creation."""
        if user_id not in self._loaded_users:
            self.preload_users((user_id,))
        entries = [self._entries[key] for key in self._of_users.get(user_id, ())]
        if len(entries) > 1:
            entries.sort(key=_order)
        return [entry.endpoint for entry in entries if entry]

    def active_at(self, place: Place) -> list[Endpoint]:
        """Return the ACTIVE endpoints with this channel type and address."""
        _, address = place
        if not address:
            return []
        if address not in self._loaded_addresses:
            self.preload_addresses((address,))
        entries = [self._entries[key] for key in self._at_places.get(place, ())]
        return [entry.endpoint for entry in entries if entry]

    def put(self, endpoint: Endpoint) -> int:
        """Create or replace an endpoint, and return its size in bytes."""
        key = same_endpoint_key(endpoint["Id"])
        if key not in self._entries:
            self.preload((key,))
        before = self._entries[key]
        if before is None:
            self._next_order += 1
        order = self._next_order if before is None else before.order
        entry = Entry.of(order, endpoint, orjson.dumps(endpoint))
        self._change(key, entry)
        return len(entry.data)

    def remove(self, key: str) -> None:
        """Remove the endpoint with this key."""
        self.preload((key,))
        self._change(key, None)

    def write(self) -> None:
        """Write the changes to the store. It is the last thing that the transaction does."""
        new: list[Sequence[object]] = []
        removed, replaced, unindexed = [], [], []
        for key in sorted(self._changed, key=lambda key: _order(self._entries[key])):
            entry, stored = self._entries[key], self._stored.get(key)
            if stored is not None and (entry is None or entry.order != stored.order):
                removed.append((stored.order,))
                stored = None
            if entry is None:
                continue
            if stored is None:
                new.append((self._application, key, *entry.columns, entry.data))
            elif entry.columns != stored.columns:
                replaced.append((*entry.columns, entry.data, stored.order))
            else:  # no column of an index has changed
                unindexed.append((entry.data, stored.order))
        for statement, rows in (
            (REMOVE, removed), (REPLACE, replaced), (REPLACE_RESPONSE, unindexed), (INSERT, new),
        ):  # fmt: skip
            if rows:
                self._connection.executemany(statement, rows)

    def _read(self, condition: str, values: Sequence[str]) -> None:
        for begin in range(0, len(values), MAX_PARAMETERS):
            some = _padded(values[begin : begin + MAX_PARAMETERS])
            query = _query(condition, len(some))
            for order, key, data in self._connection.execute(query, (self._application, *some)):
                if self._entries.get(key) is None and key not in self._changed:
                    self._stored[key] = entry = _stored_entry(order, key, data)
                    self._enter(key, entry)

    def _change(self, key: str, entry: Entry | None) -> None:
        self._undo.append((self._replace, key, self._entries[key]))
        self._changed[key] = None
        self._replace(key, entry)

    def _replace(self, key: str, entry: Entry | None) -> None:
        before = self._entries[key]
        if before is not None:
            if before.user_id:
                del self._of_users[before.user_id][key]
            if before.status == ACTIVE and before.place[1]:
                del self._at_places[before.place][key]
        self._enter(key, entry)

    def _enter(self, key: str, entry: Entry | None) -> None:
        self._entries[key] = entry
        if entry is not None:
            if entry.user_id:
                self._of_users.setdefault(entry.user_id, {})[key] = None
            if entry.status == ACTIVE and entry.place[1]:
                self._at_places.setdefault(entry.place, {})[key] = None


def _stored_entry(order: object, key: object, data: bytes) -> Entry:
    endpoint = orjson.loads(data)
    if not isinstance(order, int) or not isinstance(key, str):  # an index may be damaged alone
        raise RowError
    if not _is_endpoint(endpoint):
        raise RowError
    return Entry.of(order, endpoint, data)


def _is_endpoint(found: Any) -> bool:
    """Tell whether a row has the members and the types that operations use."""
    if not (isinstance(found, dict) and found.keys() >= _NEEDED_MEMBERS):
        return False
    for name in _TEXTS:
        if not isinstance(found.get(name, ""), str):
            return False
    for name in _MAPS:
        if not isinstance(found.get(name, {}), dict):
            return False
    user, location = found["User"], found.get("Location", {})
    if not isinstance(user.get("UserId", ""), str):
        return False
    if not isinstance(user.get("UserAttributes", {}), dict):
        return False
    numbers = [*found.get("Metrics", {}).values(), *(location.get(name, 0) for name in COORDINATES)]
    return all(isinstance(number, (int, float)) for number in numbers)


@cache
def _query(condition: str, values: int) -> str:
    return FOUND + condition.format(",".join("?" * values))


def place_of(endpoint: Endpoint) -> Place:
    """Return the channel type and the address of an endpoint."""
    return endpoint.get("ChannelType"), endpoint.get("Address") or None


def _padded(values: Sequence[str]) -> list[str]:
    """Repeat the last value up to a power of two, so that SQLite compiles few statements."""
    if len(values) == 1:
        return [*values]
    missing = (1 << (len(values) - 1).bit_length()) - len(values)
    return [*values, *[values[-1]] * missing]


def _order(entry: Entry | None) -> int:
    return entry.order if entry else 0
