"""Read and write applications and endpoints inside one transaction of the store."""

from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local.attribute_names import AttributeNames
from pinpoint_endpoints.local.unit_of_work import RowError, Undo, UnitOfWork, object_in
from pinpoint_endpoints.service.merge import Endpoint

APPLICATION = """
SELECT number, response, attribute_names FROM applications WHERE application_id = ?
"""
APPLICATIONS = """
SELECT number, response FROM applications WHERE number > ? ORDER BY number LIMIT ?
"""


class Application(NamedTuple):
    """A stored application.

    Args:
        number: its position in the order of creation; it is never used again.
        response: its `ApplicationResponse`.
    """

    number: int
    response: dict[str, Any]


class _Savepoint(AbstractContextManager["Rows"]):
    """Undoes what was changed inside it if it is left by an exception.

    Every update opens one, and `@contextmanager` would take a tenth of the update's time.

    Args:
        rows: the rows of the transaction that it is part of.
    """

    def __init__(self, rows: "Rows") -> None:
        self._rows = rows
        self._begin = rows.changes()

    def __enter__(self) -> "Rows":
        return self._rows

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._rows.undo_to(self._begin)


class Rows:
    """Applications and endpoints in one transaction. Endpoints are written when it ends.

    Args:
        connection: an SQLite connection with an open transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.execute = connection.execute
        self._undo: list[Undo] = []
        self._applications: dict[str, Application | None] = {}
        self._attribute_names: dict[int, AttributeNames] = {}
        self._units_of_work: dict[int, UnitOfWork] = {}

    def savepoint(self) -> "_Savepoint":
        """Return a context manager that undoes the changes made inside it if it fails."""
        return _Savepoint(self)

    def changes(self) -> int:
        """Return the number of changes so far, for `undo_to`."""
        return len(self._undo)

    def undo_to(self, changes: int) -> None:
        """Undo all changes after the first ones.

        Args:
            changes: how many are kept.
        """
        while len(self._undo) > changes:
            undo, *arguments = self._undo.pop()
            undo(*arguments)

    def write(self) -> None:
        """Write the endpoints that changed. It is the last thing that the transaction does."""
        for unit_of_work in self._units_of_work.values():
            unit_of_work.write()

    def forget(self) -> None:
        """Break the reference cycle between changes and the objects that they change."""
        self._undo.clear()

    def version(self) -> tuple[int, int]:
        """Return a value that differs whenever the store has changed.

        SQLite's data_version tells of other connections only, total_changes of this one.
        """
        others = int(self.execute("PRAGMA data_version").fetchone()[0])
        return others, self._connection.total_changes

    def application(self, application_id: str) -> Application | None:
        """Return the application with this id, or None."""
        if application_id not in self._applications:
            row = self.execute(APPLICATION, (application_id,)).fetchone()
            self._applications[application_id] = None
            if row is not None:
                number, response, names = row
                self._applications[application_id] = application_from_row(number, response)
                try:
                    self._attribute_names[number] = AttributeNames.from_json(names)
                except (AttributeError, TypeError) as error:
                    raise RowError from error
        return self._applications[application_id]

    def applications(self, after: int, limit: int) -> list[Application]:
        """Return up to `limit` applications in order of creation, those after number `after`."""
        rows = self.execute(APPLICATIONS, (after, limit))
        return [application_from_row(number, response) for number, response in rows]

    def count_applications(self) -> int:
        """Return how many applications there are."""
        return int(self.execute("SELECT count(*) FROM applications").fetchone()[0])

    def add_application(self, response: dict[str, Any]) -> Application:
        """Store a new application."""
        cursor = self.execute(
            "INSERT INTO applications (application_id, response) VALUES (?, ?)",
            (response["Id"], orjson.dumps(response)),
        )
        application = Application(int(cursor.lastrowid or 0), response)
        self._applications[response["Id"]] = application
        self._attribute_names[application.number] = AttributeNames()
        self._undo.append((self._forget_application, application, None))
        return application

    def remove_application(self, application: Application) -> None:
        """Remove an application with its endpoints. It cannot be undone within the transaction."""
        self._applications[application.response["Id"]] = None
        self._units_of_work.pop(application.number, None)
        self.execute("DELETE FROM endpoints WHERE application = ?", (application.number,))
        self.execute(
            "DELETE FROM segment_versions "
            "WHERE segment IN (SELECT number FROM segments WHERE application = ?)",
            (application.number,),
        )
        self.execute("DELETE FROM segments WHERE application = ?", (application.number,))
        self.execute("DELETE FROM applications WHERE number = ?", (application.number,))

    def attribute_names(self, application: Application) -> AttributeNames:
        """Return the attribute names of an application."""
        return self._attribute_names[application.number]

    def put_attribute_names(self, application: Application, names: AttributeNames) -> None:
        """Store the attribute names of an application."""
        before = self._attribute_names[application.number]
        self._undo.append((self._write_attribute_names, application, before))
        self._write_attribute_names(application, names)

    def endpoints(self, application: Application) -> UnitOfWork:
        """Return the endpoints of an application, as this transaction sees them."""
        unit_of_work = self._units_of_work.get(application.number)
        if unit_of_work is None:
            unit_of_work = UnitOfWork(self._connection, application.number, self._undo)
            self._units_of_work[application.number] = unit_of_work
        return unit_of_work

    def endpoint(self, application: Application, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint with this id in any case, or None."""
        return self.endpoints(application).endpoint(same_endpoint_key(endpoint_id))

    def _forget_application(self, application: Application, _: object) -> None:
        self.remove_application(application)

    def _write_attribute_names(self, application: Application, names: AttributeNames) -> None:
        self._attribute_names[application.number] = names
        self.execute(
            "UPDATE applications SET attribute_names = ? WHERE number = ?",
            (names.to_json(), application.number),
        )


def application_from_row(number: int, response: bytes) -> Application:
    """Return the application of a row.

    Raises:
        RowError: the row holds something else.
    """
    return Application(number, object_in(response, Id=str))
