"""Applications and endpoints as dicts ↔ rows, inside one transaction of the store."""

from collections.abc import Iterable, Iterator
from sqlite3 import Connection
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.endpoint_id import same_endpoint_key
from pinpoint_endpoints.local.merging import user_id_of

PUT_ENDPOINT = """
INSERT INTO endpoints
    (application, endpoint_key, user_id, channel_type, address, endpoint_status, response)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (application, endpoint_key) DO UPDATE SET
    user_id = excluded.user_id,
    channel_type = excluded.channel_type,
    address = excluded.address,
    endpoint_status = excluded.endpoint_status,
    response = excluded.response
"""
ENDPOINT = "SELECT response FROM endpoints WHERE application = ? AND endpoint_key = ?"
USER_ENDPOINTS = """
SELECT response FROM endpoints WHERE application = ? AND user_id = ? ORDER BY number
"""
ACTIVE_ENDPOINTS_AT = """
SELECT response FROM endpoints
WHERE application = ? AND address = ? AND channel_type = ? AND endpoint_status = 'ACTIVE'
"""
APPLICATIONS = """
SELECT number, response FROM applications WHERE number > ? ORDER BY number LIMIT ?
"""


class Application(NamedTuple):
    """A stored application.

    Args:
        number: its place in the order of creation, never used again.
        response: its `ApplicationResponse`.
    """

    number: int
    response: dict[str, Any]


class Rows:
    """What one transaction reads and writes.

    Args:
        connection: an SQLite connection with an open transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._execute = connection.execute

    def application(self, application_id: str) -> Application | None:
        """Return the application with this id, or None."""
        row = self._execute(
            "SELECT number, response FROM applications WHERE application_id = ?",
            (application_id,),
        ).fetchone()
        return None if row is None else Application(row[0], orjson.loads(row[1]))

    def applications(self, after: int, limit: int) -> list[Application]:
        """Return up to `limit` applications in order of creation, from the one past `after`."""
        rows = self._execute(APPLICATIONS, (after, limit))
        return [Application(number, orjson.loads(response)) for number, response in rows]

    def add_application(self, response: dict[str, Any]) -> Application:
        """Store a new application."""
        cursor = self._execute(
            "INSERT INTO applications (application_id, response) VALUES (?, ?)",
            (response["Id"], orjson.dumps(response)),
        )
        return Application(int(cursor.lastrowid or 0), response)

    def remove_application(self, application: Application) -> None:
        """Remove an application with all its endpoints."""
        self._execute("DELETE FROM endpoints WHERE application = ?", (application.number,))
        self._execute("DELETE FROM applications WHERE number = ?", (application.number,))

    def endpoint(self, application: Application, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint with this id in any case, or None."""
        found = self._execute(ENDPOINT, (application.number, same_endpoint_key(endpoint_id)))
        return next(_endpoints(found), None)

    def put_endpoint(self, application: Application, endpoint: Endpoint) -> None:
        """Store an endpoint, in place of an earlier one with the same id."""
        self._execute(
            PUT_ENDPOINT,
            (
                application.number,
                same_endpoint_key(endpoint["Id"]),
                user_id_of(endpoint) or None,
                endpoint.get("ChannelType"),
                endpoint.get("Address") or None,
                endpoint.get("EndpointStatus"),
                orjson.dumps(endpoint),
            ),
        )

    def remove_endpoint(self, application: Application, endpoint_id: str) -> None:
        """Remove the endpoint with this id."""
        self._execute(
            "DELETE FROM endpoints WHERE application = ? AND endpoint_key = ?",
            (application.number, same_endpoint_key(endpoint_id)),
        )

    def user_endpoints(self, application: Application, user_id: str) -> list[Endpoint]:
        """Return the endpoints of a user in order of creation."""
        return list(_endpoints(self._execute(USER_ENDPOINTS, (application.number, user_id))))

    def active_endpoints_at(self, application: Application, endpoint: Endpoint) -> list[Endpoint]:
        """Return the ACTIVE endpoints with this one's channel type and address, itself included."""
        place = (application.number, endpoint.get("Address"), endpoint.get("ChannelType"))
        return list(_endpoints(self._execute(ACTIVE_ENDPOINTS_AT, place)))


def _endpoints(rows: Iterable[tuple[bytes]]) -> Iterator[Endpoint]:
    return (orjson.loads(response) for (response,) in rows)
