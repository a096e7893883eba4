"""Endpoints as the documents of a run would leave them in, the same out: kept on disk."""

import json
import sqlite3
from typing import Any, Self

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import CannotRun

_TEMPORARY = ""
"""SQLite's name for a database that has a file of its own, and none once it is closed."""


class Predictions:
    """What the documents so far would make of their endpoints, for those that follow.

    Memory is flat: all but a few megabytes are in a temporary file that nobody else can open.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(_TEMPORARY, isolation_level=None)
        self._execute("PRAGMA journal_mode = OFF")
        self._execute("CREATE TABLE predicted (key TEXT PRIMARY KEY, endpoint TEXT) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint as it would be; None if no document would change it."""
        query = "SELECT endpoint FROM predicted WHERE key = ?"
        row = self._execute(query, same_endpoint_key(endpoint_id)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, endpoint_id: str, endpoint: Endpoint) -> None:
        """Keep an endpoint as it would be.

        Raises:
            CannotRun: there is no room for it.
        """
        statement = "INSERT OR REPLACE INTO predicted VALUES (?, ?)"
        self._execute(statement, same_endpoint_key(endpoint_id), json.dumps(endpoint))

    def _execute(self, statement: str, *values: object) -> Any:
        try:
            return self._database.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise CannotRun(
                f"no room for temporary files: {error}", "make room, or set TMPDIR"
            ) from None
