"""Documents in, what an upsert would change in the stored endpoints out: in order, several at once.

What an update does to other endpoints is not looked at: those at the same address, and those of the
same user.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from enum import StrEnum
from threading import Lock
from typing import Any, NamedTuple

from pinpoint_endpoints.comparing.predictions import Predictions
from pinpoint_endpoints.comparing.several import ask_several
from pinpoint_endpoints.delivery.health import MOST_REFUSED
from pinpoint_endpoints.delivery.judging import Unfit, judged
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import Wishes
from pinpoint_endpoints.documents.endpoint_ids import check_id
from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.errors import NoApplication, PinpointEndpointsError, Refused, UsageError
from pinpoint_endpoints.service.differences import (
    Change,
    changes,
    is_comparable,
    updated,
)
from pinpoint_endpoints.service.reading import find_endpoint
from pinpoint_endpoints.service.request import Item

CONCURRENCY = 10
"""AWS: Amazon Pinpoint quotas, GetEndpoint: 10 a second, and 10 under way."""


_INVALID = "not compared: the document is invalid"
_NO_REQUEST = "not compared: a member has another type than the schema wants"
_HINT_ON_RULES = "do not ignore the rules of the schema: `pe validate` says what is wrong"


class State(StrEnum):
    """What an upsert would do to an endpoint.

    An invalid document would not be sent, and of a failed one the service does not say what it has.
    """

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    INVALID = "invalid"
    FAILED = "failed"


class Comparison(NamedTuple):
    """What an upsert of one document would change.

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
    state: State
    changes: tuple[Change, ...] = ()
    message: str = ""
    hint: str = ""
    problems: tuple[Problem, ...] = ()


def compare_all(  # noqa: PLR0913 - what a person can choose of a comparison
    connect: Callable[[], Any],
    application_id: str,
    documents: Iterable[Document],
    wishes: Wishes,
    concurrency: int = CONCURRENCY,
    *,
    monitor: Monitor | None = None,
) -> Generator[Comparison, None, None]:
    """Compare documents with the stored endpoints, and yield what an upsert would change, in order.

    A document whose endpoint an earlier one of the run would change is compared with what that one
    would make of it.

    Args:
        connect: called when the first endpoint is to be read; returns a boto3 Pinpoint client.
        application_id: the application, called project in the console.
        documents: from `load`; any number.
        wishes: how they are judged and named.
        concurrency: how many endpoints are read at once.
        monitor: follows the run, and may end it early.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the service refuses whatever is asked.
        Interrupted: by a person. Each comes after what was compared before.
    """
    check_id(application_id, "application id", "--app")
    if wishes.endpoint_id is not None:
        check_id(wishes.endpoint_id, "endpoint id", "--id")
    monitor = monitor or Monitor()
    reader = _Reader(connect, application_id)
    read = monitor.reading(documents)
    items = (judged(document, wishes.policy, wishes.endpoint_id) for document in read)
    with Predictions() as predictions:
        comparer = _Comparer(application_id, predictions)
        yield from ask_several(reader.read, items, concurrency, comparer.comparison, monitor)


class _Read(NamedTuple):
    """A document with its endpoint, if there is one; or with why the service does not say."""

    item: Item | Unfit
    stored: Mapping[str, Any] | None = None
    error: PinpointEndpointsError | None = None


class _Reader:
    """Reads endpoints in any thread, over one client that is opened for the first of them."""

    def __init__(self, connect: Callable[[], Any], application_id: str) -> None:
        self._connect = connect
        self._application_id = application_id
        self._lock = Lock()
        self._client: Any = None

    def read(self, item: Item | Unfit) -> _Read:
        if isinstance(item, Unfit):
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

    def __init__(self, application_id: str, predictions: Predictions) -> None:
        self._application_id = application_id
        self._predictions = predictions
        self._failed_in_a_row = 0

    def comparison(self, read: _Read) -> Comparison:
        """Return what an upsert would change.

        Raises:
            Refused: the service refused so many before that it makes no sense to go on.
        """
        compared = self._compared(read)
        if compared.state is not State.FAILED:
            self._failed_in_a_row = 0
        elif self._failed_in_a_row == MOST_REFUSED:
            message = f"stopped: {MOST_REFUSED} endpoints in a row could not be read"
            raise Refused(f"{message}, the next one: {compared.message}", compared.hint)
        else:
            self._failed_in_a_row += 1
        return compared

    def _compared(self, read: _Read) -> Comparison:
        item, stored, error = read
        request = item.document.request
        same = Comparison(
            item.endpoint_id or "", item.document.source, State.SAME, problems=item.problems
        )
        if isinstance(item, Unfit):
            return same._replace(state=State.INVALID, message=_INVALID)
        if not is_comparable(request):
            return same._replace(state=State.FAILED, message=_NO_REQUEST, hint=_HINT_ON_RULES)
        if error is not None and not isinstance(error, NoApplication):
            return same._replace(state=State.FAILED, message=error.message, hint=error.hint)
        known = self._predictions.get(item.endpoint_id) or stored
        found = tuple(changes(known, request))
        if not found:
            return same
        self._predictions.put(item.endpoint_id, updated(known, request))
        if known is not None:
            return same._replace(state=State.CHANGED, changes=found)
        hint = "" if error is None else self._hint_on_application()
        return same._replace(state=State.NEW, changes=found, hint=hint)

    def _hint_on_application(self) -> str:
        return (
            f"there is no application {self._application_id}: every endpoint is new. The local "
            "Pinpoint makes it with the first one; anywhere else, check --app and the region"
        )
