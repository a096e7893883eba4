"""Read applications and endpoints of a store: in pages for people, or one after the other.

Nothing is written. Pages are found by the key of their first or last row (keyset pagination), so an
endpoint that exists all the time is on exactly one page, whatever others write meanwhile.
"""

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import NoApplication
from pinpoint_endpoints.local.rows import Application, Rows, application_from_row
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.unit_of_work import object_in
from pinpoint_endpoints.service.merge import Endpoint

PAGE_SIZE = 50
"""Rows on a page."""

SCAN_SIZE = 1_000
"""Endpoints that one transaction of a scan reads: writers and the log do not wait for long."""

MAX_SUGGESTED = 1_000

COUNT = "SELECT count(*) FROM endpoints WHERE application = ?"
LAST_NUMBER = "SELECT coalesce(max(number), 0) FROM endpoints"
COUNT_OF = "SELECT count(*) FROM {table} WHERE {condition}"
# The + keeps SQLite from the index of the column: rows have to be read in order of their numbers.
SCAN = """
SELECT number, response FROM endpoints WHERE +application = ? AND number > ? ORDER BY number LIMIT ?
"""
# The inner query needs only an index, and so does not read what is not on the page.
PAGE_OF = """
SELECT {key}, number, response FROM {table} WHERE number IN (
    SELECT number FROM {table} WHERE {condition} ORDER BY {key} {direction} LIMIT ?
) ORDER BY {key} {direction}
"""

Key = int | str
"""What a list is ordered by: the place in the order of creation, or the endpoint id's key."""

Item = TypeVar("Item")


class Filter(NamedTuple):
    """Selects the endpoints that are listed; an empty string does not restrict them.

    Args:
        id_prefix: the beginning of the endpoint id, in any case.
        user_id: the user id, exactly.
        channel_type: such as `SMS`.
        endpoint_status: such as `ACTIVE`.
    """

    id_prefix: str = ""
    user_id: str = ""
    channel_type: str = ""
    endpoint_status: str = ""


class Cursor(NamedTuple):
    """The begin or the end of a page; at most one of the two is given.

    Args:
        after: the key of the last row of the page before it.
        before: the key of the first row of the page after it.
    """

    after: Key | None = None
    before: Key | None = None


class Page(NamedTuple, Generic[Item]):
    """Some rows of a list.

    Attributes:
        items: the rows, in the order of the list.
        previous: leads to the page before this one; None on the first page.
        following: leads to the page after this one; None on the last page.
        total: how many rows the list has.
        ahead: how many rows of the list come before this page.
    """

    items: list[Item]
    previous: Cursor | None
    following: Cursor | None
    total: int
    ahead: int


FIRST_PAGE = Cursor()


class _List(NamedTuple):
    table: str
    condition: str
    parameters: tuple[object, ...]
    key: str
    descending: bool

    def count(self, rows: Rows) -> int:
        query = COUNT_OF.format(table=self.table, condition=self.condition)
        return int(rows.execute(query, self.parameters).fetchone()[0])

    def part_from(self, key: Key | None, *, backwards: bool = False) -> "_List":
        """Return the part of the list that comes after a key (or before it, in reverse order)."""
        descending = self.descending != backwards
        if key is None:
            return self._replace(descending=descending)
        condition = f"{self.condition} AND {self.key} {'<' if descending else '>'} ?"
        return _List(self.table, condition, (*self.parameters, key), self.key, descending)

    def first(self, rows: Rows, size: int) -> list[tuple[Key, int, bytes]]:
        query = PAGE_OF.format(
            table=self.table,
            condition=self.condition,
            key=self.key,
            direction="DESC" if self.descending else "ASC",
        )
        return rows.execute(query, (*self.parameters, size)).fetchall()

    def page(
        self, rows: Rows, cursor: Cursor, size: int, read: Callable[[int, bytes], Item]
    ) -> Page[Item]:
        """Return a page of the list.

        Args:
            rows: an open transaction.
            cursor: which page.
            size: how many rows it has.
            read: makes an item of a row's number and response.
        """
        found = []
        if cursor.before is not None:
            found = self.part_from(cursor.before, backwards=True).first(rows, size)[::-1]
        if len(found) < size:  # what is left before the cursor belongs to the first page
            found = self.part_from(cursor.after).first(rows, size)
        total = self.count(rows)
        if not found:
            return Page([], None, None, total, 0)
        first, last = found[0][0], found[-1][0]
        ahead = self.part_from(first, backwards=True).count(rows)
        return Page(
            [read(number, response) for _, number, response in found],
            Cursor(before=first) if ahead else None,
            Cursor(after=last) if ahead + len(found) < total else None,
            total,
            ahead,
        )


def is_by_id(wanted: Filter) -> bool:
    """Tell whether endpoints are ordered by their ids instead of the newest first."""
    return bool(wanted.id_prefix)


def find_applications(
    rows: Rows, cursor: Cursor = FIRST_PAGE, *, size: int = PAGE_SIZE
) -> Page[Application]:
    """Return a page of the applications, the newest first.

    Args:
        rows: an open transaction.
        cursor: which page; its keys are the numbers of applications.
        size: how many applications a page has.
    """
    listed = _List("applications", "TRUE", (), "number", descending=True)
    return listed.page(rows, cursor, size, application_from_row)


def find_endpoints(
    rows: Rows,
    application: Application,
    wanted: Filter,
    cursor: Cursor = FIRST_PAGE,
    *,
    size: int = PAGE_SIZE,
) -> Page[Endpoint]:
    """Return a page of the endpoints that match a filter.

    They are ordered by their ids if the filter has the beginning of an id, otherwise the newest
    comes first.

    Args:
        rows: an open transaction.
        application: whose endpoints are listed.
        wanted: which endpoints are listed.
        cursor: which page; its keys are ids' keys or numbers, depending on the order.
        size: how many endpoints a page has.
    """
    # A + keeps SQLite from an index: it does not know that users have few endpoints, and that
    # few ids have a common beginning.
    by_user = "+" if wanted.user_id else ""
    by_either = "+" if wanted.user_id or wanted.id_prefix else ""
    prefix = same_endpoint_key(wanted.id_prefix)
    parts: dict[str, object] = {
        "application = ?": application.number,
        "user_id = ?": wanted.user_id,
        f"{by_user}endpoint_key >= ?": prefix,
        # no text has the byte FF in UTF-8: this is behind all that begin with the prefix
        f"{by_user}endpoint_key < CAST(? AS TEXT)": prefix and prefix.encode() + b"\xff",
        f"{by_either}channel_type = ?": wanted.channel_type,
        f"{by_either}endpoint_status = ?": wanted.endpoint_status,
    }
    parts = {condition: value for condition, value in parts.items() if value}
    key = f"{by_user}endpoint_key" if is_by_id(wanted) else "number"
    listed = _List(
        "endpoints",
        " AND ".join(parts),
        tuple(parts.values()),
        key,
        descending=not is_by_id(wanted),
    )
    return listed.page(rows, cursor, size, lambda _, response: object_in(response))


def count_in(rows: Rows, application: Application) -> int:
    """Return how many endpoints an application has."""
    return int(rows.execute(COUNT, (application.number,)).fetchone()[0])


def scan(
    rows: Rows, application: Application, number: int, *, size: int = SCAN_SIZE
) -> list[tuple[int, bytes]]:
    """Return the next endpoints in order of creation: their numbers, and themselves as JSON.

    Args:
        rows: an open transaction.
        application: whose endpoints are read.
        number: the number of the last endpoint that was read; 0 to begin.
        size: how many endpoints are returned at most; fewer are the last ones.
    """
    return rows.execute(SCAN, (application.number, number, size)).fetchall()


def count_endpoints(store: Store, application_id: str) -> int:
    """Return how many endpoints an application has.

    Raises:
        NoApplication: there is no such application.
        CannotRun: the store is damaged or cannot be read.
    """
    with store.reading() as rows:
        return count_in(rows, _application(store, rows, application_id))


def endpoint_counts(store: Store) -> dict[str, int]:
    """Return how many endpoints each application has, by its id, in order of creation.

    Raises:
        CannotRun: the store is damaged or cannot be read.
    """
    with store.reading() as rows:
        applications = rows.applications(0, rows.count_applications())
        return {one.response["Id"]: count_in(rows, one) for one in applications}


def all_endpoints(
    store: Store, application_id: str, *, size: int = SCAN_SIZE
) -> Iterator[Endpoint]:
    """Return an iterator over the endpoints of an application in order of creation.

    It reads them in short transactions: each endpoint is as it is stored at that moment, and those
    that are created meanwhile are left out. Memory is flat.

    Args:
        store: what is read.
        application_id: whose endpoints are read.
        size: how many endpoints one transaction reads.

    Raises:
        NoApplication: there is no such application.
        CannotRun: the store is damaged or cannot be read; also during the iteration.
    """
    with store.reading() as rows:
        application = _application(store, rows, application_id)
        last = int(rows.execute(LAST_NUMBER).fetchone()[0])
    return _scanned(store, application, last, size)


def _scanned(store: Store, application: Application, last: int, size: int) -> Iterator[Endpoint]:
    number = 0
    while number < last:
        with store.reading() as rows:
            found = scan(rows, application, number, size=size)
        for number, response in found:  # one at a time: a thousand together are slower by a third
            if number <= last:
                yield _explained(store, response)
        number = number if len(found) == size else last


def _explained(store: Store, response: bytes) -> Endpoint:
    try:
        return object_in(response)
    except ValueError:
        with store.reading():  # which says what is wrong
            return object_in(response)


def _application(store: Store, rows: Rows, application_id: str) -> Application:
    application = rows.application(application_id)
    if application is not None:
        return application
    names = [each.response["Id"] for each in rows.applications(0, MAX_SUGGESTED)]
    near = nearest(application_id, names)
    raise NoApplication(
        f"there is no application {application_id} in {store.path or 'the local Pinpoint'}",
        f'did you mean "{near}"?'
        if near
        else "an application is created when an endpoint is first sent to it",
    )
