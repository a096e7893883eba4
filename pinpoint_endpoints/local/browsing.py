"""A store in, what is in it out: page by page, for whoever looks through it. Nothing is written."""

from collections.abc import Iterator

import orjson

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import NoApplication
from pinpoint_endpoints.local.filtering import responses_after
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.store import Store

PAGE = 1_000
"""How many endpoints one transaction reads: few enough to keep nobody waiting."""

COUNT_ENDPOINTS = "SELECT count(*) FROM endpoints WHERE application = ?"
LAST_ENDPOINT = "SELECT coalesce(max(number), 0) FROM endpoints"

_SUGGESTED = 1_000


def count_endpoints(store: Store, application_id: str) -> int:
    """Return how many endpoints an application has.

    Raises:
        NoApplication: there is no such application.
        CannotRun: the store is damaged or cannot be read.
    """
    with store.reading() as rows:
        number = _application(rows, application_id).number
        return int(rows.execute(COUNT_ENDPOINTS, (number,)).fetchone()[0])


def all_endpoints(store: Store, application_id: str) -> Iterator[Endpoint]:
    """Return an iterator over the endpoints of an application in order of creation.

    It reads a page in a short transaction when it comes to it: each endpoint is as it is stored at
    that moment, and those that are made meanwhile are left out. Memory is flat.

    Args:
        store: what is read; nobody who writes to it has to wait.
        application_id: the application.

    Raises:
        NoApplication: there is no such application.
        CannotRun: the store is damaged or cannot be read; also while it is read.
    """
    with store.reading() as rows:
        application = _application(rows, application_id)
        last = int(rows.execute(LAST_ENDPOINT).fetchone()[0])
    return _pages(store, application, last)


def _pages(store: Store, application: Application, last: int) -> Iterator[Endpoint]:
    number = 0
    while number < last:
        with store.reading() as rows:
            page = responses_after(rows, application, number, PAGE)
            endpoints = [orjson.loads(response) for number, response in page if number <= last]
        yield from endpoints
        number = page[-1][0] if len(page) == PAGE else last


def _application(rows: Rows, application_id: str) -> Application:
    application = rows.application(application_id)
    if application is not None:
        return application
    names = [each.response["Id"] for each in rows.applications(0, _SUGGESTED)]
    near = nearest(application_id, names)
    made = "an application is made when an endpoint is first sent to it"
    raise NoApplication(
        f"there is no application {application_id} in the local Pinpoint",
        f'did you mean "{near}"?' if near else made,
    )
