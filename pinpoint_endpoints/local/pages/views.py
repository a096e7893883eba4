"""The pages as an ASGI application.

Every path is read-only. Ids are in queries, because a path cannot hold every id.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.browse import Filter as ListFilter
from pinpoint_endpoints.local.browse import (
    Page,
    count_in,
    find_applications,
    find_endpoints,
)
from pinpoint_endpoints.local.pages.about import About
from pinpoint_endpoints.local.pages.charts import AudienceCounter, AudienceCounts, Read
from pinpoint_endpoints.local.pages.query import (
    LIST_PARAMETERS,
    BadQuery,
    Query,
    link,
    read_query,
    values_of,
)
from pinpoint_endpoints.local.pages.rendering import download, file, page
from pinpoint_endpoints.local.pages.segments import Segments, stored_segments, with_directory
from pinpoint_endpoints.local.pages.selection import (
    ABSENT,
    SEGMENT,
    Filter,
    Selection,
    read_selection,
)
from pinpoint_endpoints.local.pages.shown import (
    ShownApplication,
    csv_of_ids,
    is_masked_id,
    json_of,
    sections_of,
    shown_application,
    shown_endpoint,
)
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.updates import user_id_of
from pinpoint_endpoints.service.merge import Endpoint

FIRST_APPLICATION = "demo"
AN_APPLICATION = {"app": "an application"}
AN_ENDPOINT = {**AN_APPLICATION, "id": "an endpoint"}

LISTS = {"channel_type": "channel", "endpoint_status": "status"}
"""Charts whose filters a list of endpoints has too, and its parameters for them."""


def pages_app(read: Read, about: About, segments: Path | None = None) -> Starlette:
    """Return the pages as an ASGI application, for GET and HEAD.

    Args:
        read: runs a function in one reading transaction of the store.
        about: the server and its store.
        segments: a directory of segment definitions, which are listed.
    """
    views = _Views(read, about, segments)
    app = Starlette(
        routes=[
            Route("/", views.applications),
            Route("/application", views.application),
            Route("/audience", views.audience),
            Route("/endpoint", views.endpoint),
            Route("/ids.csv", views.ids),
            Route("/style.css", views.style),
            Route("/icon.svg", views.icon),
        ],
        exception_handlers={
            BadQuery: views.bad_query,
            CannotRun: views.cannot_run,
            HTTPException: views.not_found,
            Exception: views.bug,
        },
    )
    app.router.redirect_slashes = False
    return app


class _Views:
    """One method for each page."""

    def __init__(self, read: Read, about: About, segments: Path | None) -> None:
        self._read = read
        self._about = about
        self._directory = segments
        self._counter = AudienceCounter(read)

    async def applications(self, request: Request) -> Response:
        query = read_query(request.scope["query_string"], ("after", "before", "show"))
        cursor = query.cursor

        def find(rows: Rows) -> tuple[Page[Application], list[int]]:
            found = find_applications(rows, cursor)
            return found, [count_in(rows, application) for application in found.items]

        found, counts = await self._read(find)
        return await page(
            "applications",
            about=self._about,
            query=query,
            found=found,
            applications=[
                (_shown(application, query), count)
                for application, count in zip(found.items, counts, strict=True)
            ],
            command=self._about.first_endpoint_command(FIRST_APPLICATION),
        )

    async def application(self, request: Request) -> Response:
        query = read_query(
            request.scope["query_string"], ("app", *LIST_PARAMETERS, "show"), AN_APPLICATION
        )
        cursor = query.cursor
        application = await self._application(query)
        found = await self._read(
            lambda rows: find_endpoints(rows, application, query.filter, cursor)
        )
        return await page(
            "application",
            about=self._about,
            query=query,
            application=_shown(application, query),
            found=found,
            rows=_rows(found.items, query),
            channels=values_of("channel"),
            statuses=values_of("status"),
            command=self._first_endpoint_command(query),
        )

    async def audience(self, request: Request) -> Response:
        query = read_query(request.scope["query_string"], ("app", "where", "show"), AN_APPLICATION)
        selection = read_selection(query.where)
        application = await self._application(query)
        segments = await self._segments(application)
        audience = await self._counter.counts(application, selection, segments)
        names = {one.key: one.name for one in segments.listed}
        return await page(
            "audience",
            about=self._about,
            query=query,
            application=_shown(application, query),
            audience=audience,
            selection=selection,
            filters=[(one, _title(one, audience, names)) for one in selection.filters],
            listed=_list_of(selection, query),
            command=self._first_endpoint_command(query),
        )

    async def ids(self, request: Request) -> Response:
        query = read_query(request.scope["query_string"], ("app", "where", "show"), AN_APPLICATION)
        selection = read_selection(query.where)
        application = await self._application(query)
        segments = await self._segments(application)
        ids = await self._counter.ids(application, selection, segments)
        text = await run_in_threadpool(csv_of_ids, ids, show_values=query.shows_values)
        return download(text, "ids.csv", "text/csv; charset=utf-8")

    async def endpoint(self, request: Request) -> Response:
        query = read_query(
            request.scope["query_string"], ("app", "id", "back", "show"), AN_ENDPOINT
        )
        list_before = query.list_before
        application = await self._application(query)

        def find(rows: Rows) -> tuple[Endpoint | None, Page[Endpoint] | None]:
            endpoint = rows.endpoint(application, query.id)
            user_id = user_id_of(endpoint) if endpoint else ""
            of_user = ListFilter(user_id=user_id)
            return endpoint, find_endpoints(rows, application, of_user) if user_id else None

        endpoint, of_user = await self._read(find)
        if endpoint is None:
            raise HTTPException(404, "This application has no such endpoint.")
        own_key = same_endpoint_key(endpoint["Id"])
        others = of_user.items if of_user else []
        show_values = query.shows_values
        shown = shown_endpoint(endpoint, show_values=show_values)
        has_command = show_values or not is_masked_id(query.app, endpoint["Id"])
        return await page(
            "endpoint",
            about=self._about,
            query=query,
            list_before=list_before,
            application=_shown(application, query),
            endpoint=shown,
            sections=sections_of(shown),
            json=json_of(shown),
            others=_rows(
                [each for each in others if same_endpoint_key(each["Id"]) != own_key], query
            ),
            total_of_user=of_user.total if of_user else 0,
            user_id=user_id_of(endpoint) if show_values else "",
            command=self._about.get_command(query.app, endpoint["Id"], show_values=show_values)
            if has_command
            else "",
        )

    async def _segments(self, application: Application) -> Segments:
        stored = await self._read(lambda rows: stored_segments(rows, application))
        return await run_in_threadpool(with_directory, stored, self._directory)

    async def style(self, _: Request) -> Response:
        return file("style.css", "text/css")

    async def icon(self, _: Request) -> Response:
        return file("icon.svg", "image/svg+xml")

    async def bad_query(self, _: Request, error: Exception) -> Response:
        return await self._error_page(400, "This URL has a mistake", str(error))

    async def cannot_run(self, _: Request, error: Exception) -> Response:
        trouble = cast("CannotRun", error)
        message = f"{trouble.message}: {trouble.hint}"
        return await self._error_page(503, "The store cannot be read", message)

    async def not_found(self, _: Request, error: Exception) -> Response:
        detail = cast("HTTPException", error).detail
        message = detail if detail.endswith(".") else "There is no such page."
        return await self._error_page(404, "Not found", message)

    async def bug(self, _: Request, __: Exception) -> Response:
        return await self._error_page(
            500, "Internal error", "This is a bug in pe: please report it."
        )

    async def _error_page(self, status: int, title: str, message: str) -> Response:
        return await page(
            "trouble", status, about=self._about, query=Query(), title=title, message=message
        )

    async def _application(self, query: Query) -> Application:
        application = await self._read(lambda rows: rows.application(query.app))
        if application is None:
            raise HTTPException(404, "There is no such application.")
        return application

    def _first_endpoint_command(self, query: Query) -> str:
        if not query.shows_values and is_masked_id(query.app):
            return ""
        return self._about.first_endpoint_command(query.app)


def _shown(application: Application, query: Query) -> ShownApplication:
    return shown_application(application.response, show_values=query.shows_values)


def _title(filter_: Filter, audience: AudienceCounts, segments: Mapping[str, str]) -> str:
    """Return how a filter of the audience is called."""
    titles = {chart.name: chart.title for chart in audience.charts}
    name, value = filter_
    if name == SEGMENT:
        return f"Segment: {segments.get(value, 'it is gone')}"
    return f"{titles[value]}: not given" if name == ABSENT else f"{titles[name]}: {value}"


def _list_of(selection: Selection, query: Query) -> str:
    """Return the URL of the list of the selected endpoints; empty if there is no such list."""
    parameters = {LISTS.get(name, ""): value for name, value in selection.filters}
    is_listed = len(parameters) == len(selection.filters) and all(
        name and value in values_of(name) for name, value in parameters.items()
    )
    return link("/application", app=query.app, **parameters, show=query.show) if is_listed else ""


def _rows(endpoints: list[Endpoint], query: Query) -> list[tuple[str, Endpoint]]:
    """Return the ids of endpoints, for links, and the endpoints as they are shown."""
    return [
        (endpoint["Id"], shown_endpoint(endpoint, show_values=query.shows_values))
        for endpoint in endpoints
    ]
