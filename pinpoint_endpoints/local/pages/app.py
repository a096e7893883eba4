"""How to read the store in, an ASGI application out: the pages that a person looks at.

All of its paths read. Ids stand in queries, since a path cannot hold every id.
"""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.endpoint_id import same_endpoint_key
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.filtering import (
    MOST_COUNTED,
    MOST_SIFTED,
    Filter,
    Page,
    channel_types,
    count_up_to,
    find_endpoints,
)
from pinpoint_endpoints.local.merging import user_id_of
from pinpoint_endpoints.local.pages.about import About
from pinpoint_endpoints.local.pages.asked import Asked, BadQuery, read_query, values_of
from pinpoint_endpoints.local.pages.commands import first_endpoint_command, get_command
from pinpoint_endpoints.local.pages.counting import PATIENCE_SECONDS, AudienceCounter
from pinpoint_endpoints.local.pages.masking import json_of, row_of, sections_of
from pinpoint_endpoints.local.pages.reading import Reading
from pinpoint_endpoints.local.pages.rendering import file, page
from pinpoint_endpoints.local.rows import Application, Rows

FIRST_APPLICATION = "demo"
APPLICATIONS_A_PAGE = 50
MOST_OF_APPLICATION = 1_000_000
"""Endpoints of an application are counted no further, which takes some 70 ms."""

FILTERS = (("channel_type", "channel"), ("endpoint_status", "status"))
"""Charts, and the parameters that list the endpoints of their bars."""


def pages_app(read: Reading, about: About, *, patience: float = PATIENCE_SECONDS) -> Starlette:
    """Return the pages as an ASGI application.

    Args:
        read: runs a function in one reading transaction of the store.
        about: what the pages say about the server.
        patience: for how many seconds a request counts an audience at most.
    """
    pages = _Pages(read, about, patience)
    app = Starlette(
        routes=[
            Route("/", pages.applications),
            Route("/application", pages.application),
            Route("/audience", pages.audience),
            Route("/endpoint", pages.endpoint),
            Route("/style.css", pages.style),
            Route("/icon.svg", pages.icon),
        ],
        exception_handlers={
            BadQuery: pages.bad_query,
            CannotRun: pages.cannot_run,
            HTTPException: pages.http_error,
            Exception: pages.fault,
        },
    )
    app.router.redirect_slashes = False
    return app


class _Pages:
    """A method for each page.

    Args:
        read: reads the store.
        about: the server.
        patience: how many seconds a request counts at most.
    """

    def __init__(self, read: Reading, about: About, patience: float) -> None:
        self._read = read
        self._about = about
        self._counter = AudienceCounter(read, patience=patience)

    async def applications(self, request: Request) -> Response:
        asked = read_query(request.scope["query_string"], ("after", "show"))
        after = cast("int | None", asked.place.after) or 0

        def look(rows: Rows) -> list[Application]:
            return rows.applications(after, APPLICATIONS_A_PAGE + 1)

        found = await self._read(look)
        shown = found[:APPLICATIONS_A_PAGE]
        counts = [await self._count(application) for application in shown]
        return await page(
            "applications",
            about=self._about,
            asked=asked,
            applications=list(zip((each.response for each in shown), counts, strict=True)),
            following=shown[-1].number if len(found) > len(shown) else None,
            most_counted=MOST_OF_APPLICATION,
            command=first_endpoint_command(self._about, FIRST_APPLICATION),
        )

    async def application(self, request: Request) -> Response:
        asked = read_query(
            request.scope["query_string"],
            ("app", "id", "user", "channel", "status", "after", "before", "show"),
        )
        place = asked.place
        application = await self._application(asked)

        def look(rows: Rows) -> tuple[Page, list[str]]:
            return (
                find_endpoints(rows, application, asked.filter, place),
                channel_types(rows, application),
            )

        found, channels = await self._read(look)
        return await page(
            "application",
            about=self._about,
            asked=asked,
            application=application.response,
            found=found,
            rows=[row_of(each, show_values=asked.shows_values) for each in found.endpoints],
            channels=list(dict.fromkeys([*channels, *filter(None, [asked.channel])])),
            statuses=values_of("status"),
            most_counted=MOST_COUNTED,
            most_sifted=MOST_SIFTED,
            command=first_endpoint_command(self._about, asked.app),
        )

    async def audience(self, request: Request) -> Response:
        asked = read_query(request.scope["query_string"], ("app", "show"))
        application = await self._application(asked)
        return await page(
            "audience",
            about=self._about,
            asked=asked,
            application=application.response,
            counted=await self._counter.look(application),
            filters={name: (parameter, values_of(parameter)) for name, parameter in FILTERS},
            command=first_endpoint_command(self._about, asked.app),
        )

    async def endpoint(self, request: Request) -> Response:
        asked = read_query(request.scope["query_string"], ("app", "id", "show"))
        application = await self._application(asked)

        def look(rows: Rows) -> tuple[Endpoint | None, Page | None]:
            endpoint = rows.endpoint(application, asked.id)
            user_id = user_id_of(endpoint) if endpoint else ""
            others = Filter(user_id=user_id)
            return endpoint, find_endpoints(rows, application, others) if user_id else None

        endpoint, of_user = await self._read(look)
        if endpoint is None:
            raise HTTPException(404, "This application has no such endpoint.")
        own_key = same_endpoint_key(endpoint["Id"])
        show_values = asked.shows_values
        return await page(
            "endpoint",
            about=self._about,
            asked=asked,
            application=application.response,
            row=row_of(endpoint, show_values=show_values),
            sections=sections_of(endpoint, show_values=show_values),
            json=json_of(endpoint, show_values=show_values),
            others=[
                row_of(each, show_values=show_values)
                for each in (of_user.endpoints if of_user else ())
                if same_endpoint_key(each["Id"]) != own_key
            ],
            total_of_user=of_user.total if of_user else 0,
            user_id=user_id_of(endpoint) if show_values else "",
            command=get_command(self._about, asked.app, endpoint["Id"]),
        )

    async def style(self, _: Request) -> Response:
        return file("style.css", "text/css")

    async def icon(self, _: Request) -> Response:
        return file("icon.svg", "image/svg+xml")

    async def bad_query(self, _: Request, error: Exception) -> Response:
        return await self._trouble(400, "This URL has a mistake", str(error))

    async def cannot_run(self, _: Request, error: Exception) -> Response:
        trouble = cast("CannotRun", error)
        return await self._trouble(
            503, "The store cannot be read", f"{trouble.message}: {trouble.hint}"
        )

    async def http_error(self, _: Request, error: Exception) -> Response:
        trouble = cast("HTTPException", error)
        title, message = {
            404: ("Not found", "There is no such page."),
            405: ("These pages only read", "They answer GET and HEAD."),
        }.get(trouble.status_code, ("This cannot be answered", ""))
        own = trouble.detail if trouble.detail.endswith(".") else message
        response = await self._trouble(trouble.status_code, title, own)
        response.headers.update(trouble.headers or {})
        return response

    async def fault(self, _: Request, __: Exception) -> Response:
        return await self._trouble(500, "A fault of pe", "This is a bug: please report it.")

    async def _trouble(self, status: int, title: str, message: str) -> Response:
        return await page(
            "trouble", status, about=self._about, asked=Asked(), title=title, message=message
        )

    async def _application(self, asked: Asked) -> Application:
        application = await self._read(lambda rows: rows.application(asked.app))
        if application is None:
            raise HTTPException(404, "There is no such application.")
        return application

    async def _count(self, application: Application) -> int:
        return await self._read(
            lambda rows: count_up_to(rows, application, MOST_OF_APPLICATION + 1)
        )
