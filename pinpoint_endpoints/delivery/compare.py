"""Shows what an upsert of documents would change in the stored endpoints.

What an update does to other endpoints is not shown: those with the same address, and those of the
same user.
"""

import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pinpoint_endpoints.delivery.circuit_breaker import MAX_REFUSED_IN_A_ROW
from pinpoint_endpoints.delivery.executor import OrderedExecutor
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import InvalidDocument, SendOptions, to_item, without_empty
from pinpoint_endpoints.documents.endpoint_ids import check_id, same_endpoint_key
from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.errors import (
    CannotRun,
    Interrupted,
    NoApplication,
    PinpointEndpointsError,
    Refused,
    UsageError,
)
from pinpoint_endpoints.quotas import CONCURRENT_CALLS
from pinpoint_endpoints.service.endpoints import find_endpoint
from pinpoint_endpoints.service.merge import (
    Change,
    Endpoint,
    changes,
    is_comparable,
    updated,
)
from pinpoint_endpoints.service.requests import Item

if TYPE_CHECKING:
    from concurrent.futures import Future

_INVALID = "not compared: the document is invalid"
_NO_REQUEST = "not compared: a member has the wrong type"
_HINT_ON_RULES = "do not ignore the rules of the schema: `pe validate` says what is wrong"


class ComparisonState(StrEnum):
    """The possible effects of an upsert on an endpoint.

    An invalid document would not be sent; for a failed one, the service does not return what it
    has stored.
    """

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    INVALID = "invalid"
    FAILED = "failed"


class Comparison(NamedTuple):
    """The changes that an upsert of one document would make.

    Attributes:
        endpoint_id: as it would be sent, or empty.
        source: the file that the document came from.
        state: what would become of the endpoint.
        changes: by member; none unless the endpoint is new or changed.
        message: why nothing could be compared, or empty.
        hint: what to do about it, or about a missing application; or empty.
        problems: what is wrong with the document; warnings alone do not keep it from comparing.
    """

    endpoint_id: str
    source: str
    state: ComparisonState
    changes: tuple[Change, ...] = ()
    message: str = ""
    hint: str = ""
    problems: tuple[Problem, ...] = ()


def compare_all(  # noqa: PLR0913 - each is an option of pe diff
    connect: Callable[[], Any],
    application_id: str,
    documents: Iterable[Document],
    options: SendOptions,
    concurrency: int = CONCURRENT_CALLS,
    *,
    monitor: Monitor | None = None,
) -> Generator[Comparison, None, None]:
    """Compare documents with the stored endpoints, and yield what an upsert would change, in order.

    If an earlier document of the run would change the same endpoint, a document is compared with
    the endpoint as changed by that one.

    Args:
        connect: called when the first endpoint is to be read; returns a boto3 Pinpoint client.
        application_id: the application, called project in the console.
        documents: from `load`; any number.
        options: how they are validated and named.
        concurrency: how many endpoints are read at once.
        monitor: follows the run, and may end it early.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the service refuses every request.
        Interrupted: by the user. Each comes after what was compared before.
    """
    check_id(application_id, "application id", "--app")
    if options.endpoint_id is not None:
        check_id(options.endpoint_id, "endpoint id", "--id")
    monitor = monitor or Monitor()
    reader = _Reader(connect, application_id)
    executor = OrderedExecutor[Item | InvalidDocument, _Read](
        concurrency, lambda: monitor.stop_requests > 0
    )
    with PendingChanges() as pending:
        comparer = _Comparer(application_id, pending)
        try:
            for document in monitor.reading(without_empty(documents, options)):
                item = to_item(document, options)
                executor.submit(item, reader.read)
                yield from _compared(executor.finished(), comparer, monitor)
                if monitor.stop_requests:
                    break
            yield from _compared(executor.remaining(), comparer, monitor)
        finally:
            executor.close(wait=False)
    if monitor.stop_requests:
        raise Interrupted("interrupted", "the comparisons so far are reported")


def _compared(
    finished: "Iterator[tuple[Item | InvalidDocument, Future[_Read]]]",
    comparer: "_Comparer",
    monitor: Monitor,
) -> Iterator[Comparison]:
    for _, future in finished:
        is_answered = future.done() and not future.exception()
        if is_answered or not monitor.stop_requests:
            yield comparer.comparison(future.result())


class _Read(NamedTuple):
    """A document with its stored endpoint, if any, or with the reason why it is unknown."""

    item: Item | InvalidDocument
    stored: Mapping[str, Any] | None = None
    error: PinpointEndpointsError | None = None


class _Reader:
    """Reads endpoints in any thread, over one client that is opened for the first of them."""

    def __init__(self, connect: Callable[[], Any], application_id: str) -> None:
        self._connect = connect
        self._application_id = application_id
        self._lock = Lock()
        self._client: Any = None

    def read(self, item: Item | InvalidDocument) -> _Read:
        if isinstance(item, InvalidDocument):
            return _Read(item)
        client = self._opened()
        try:
            return _Read(item, find_endpoint(client, self._application_id, item.endpoint_id))
        except (Refused, UsageError) as error:
            return _Read(item, error=error)

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


class _Comparer:
    """Compares one document after the other."""

    def __init__(self, application_id: str, pending: "PendingChanges") -> None:
        self._application_id = application_id
        self._pending = pending
        self._failed_in_a_row = 0

    def comparison(self, read: _Read) -> Comparison:
        """Return what an upsert would change.

        Raises:
            Refused: the service refused too many requests in a row.
        """
        compared = self._compared(read)
        if compared.state is not ComparisonState.FAILED:
            self._failed_in_a_row = 0
        elif self._failed_in_a_row == MAX_REFUSED_IN_A_ROW:
            message = f"stopped: {MAX_REFUSED_IN_A_ROW} endpoints in a row could not be read"
            raise Refused(f"{message}, the next one: {compared.message}", compared.hint)
        else:
            self._failed_in_a_row += 1
        return compared

    def _compared(self, read: _Read) -> Comparison:
        item, stored, error = read
        endpoint_id, problems = item.endpoint_id or "", item.problems
        if isinstance(item, InvalidDocument):
            source = item.document.source
            return Comparison(
                endpoint_id, source, ComparisonState.INVALID, message=_INVALID, problems=problems
            )
        request = item.request
        same = Comparison(endpoint_id, item.source, ComparisonState.SAME, problems=problems)
        if not is_comparable(request):
            return same._replace(
                state=ComparisonState.FAILED, message=_NO_REQUEST, hint=_HINT_ON_RULES
            )
        if error is not None and not isinstance(error, NoApplication):
            return same._replace(
                state=ComparisonState.FAILED, message=error.message, hint=error.hint
            )
        known = self._pending.get(item.endpoint_id) or stored
        found = tuple(changes(known, request))
        if not found:
            return same
        self._pending.put(item.endpoint_id, updated(known, request))
        if known is not None:
            return same._replace(state=ComparisonState.CHANGED, changes=found)
        hint = "" if error is None else self._hint_on_application()
        return same._replace(state=ComparisonState.NEW, changes=found, hint=hint)

    def _hint_on_application(self) -> str:
        return (
            f"application {self._application_id} does not exist, so every endpoint is new. "
            "The local Pinpoint creates it with the first endpoint; elsewhere, check --app and the "
            "region"
        )


_TEMPORARY = ""
"""SQLite's name for a temporary database, which is deleted when it is closed."""


class PendingChanges:
    """Keeps the endpoints as the documents so far would change them, for those that follow.

    Memory stays flat: all but a few megabytes are in a temporary file.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(_TEMPORARY, isolation_level=None)
        self._execute("PRAGMA journal_mode = OFF")
        self._execute("CREATE TABLE pending (key TEXT PRIMARY KEY, endpoint TEXT) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint as it would be; None if no document so far would change it."""
        query = "SELECT endpoint FROM pending WHERE key = ?"
        row = self._execute(query, same_endpoint_key(endpoint_id)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, endpoint_id: str, endpoint: Endpoint) -> None:
        """Keep an endpoint as it would be.

        Raises:
            CannotRun: there is no space left.
        """
        statement = "INSERT OR REPLACE INTO pending VALUES (?, ?)"
        self._execute(statement, same_endpoint_key(endpoint_id), json.dumps(endpoint))

    def _execute(self, statement: str, *values: object) -> Any:
        try:
            return self._database.execute(statement, values)
        except sqlite3.OperationalError as error:
            raise CannotRun(
                f"no space for temporary files: {error}", "free some space, or set TMPDIR"
            ) from None
