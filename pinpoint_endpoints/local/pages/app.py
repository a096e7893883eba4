"""How to read the store in, an ASGI application out: the pages that a person looks at.

All of its paths read. Ids stand in queries, since a path cannot hold every id.
"""

from contextlib import suppress
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
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
from pinpoint_endpoints.local.pages.applications import find_applications
from pinpoint_endpoints.local.pages.commands import first_endpoint_command, get_command
from pinpoint_endpoints.local.pages.counting import PATIENCE_SECONDS, AudienceCounter
from pinpoint_endpoints.local.pages.masking import (
    ShownApplication,
    application_of,
    hides_an_address,
    json_of,
    row_of,
    sections_of,
)
from pinpoint_endpoints.local.pages.page_request import (
    LIST_PARAMETERS,
    BadQuery,
    PageRequest,
    known_application,
    read_query,
    values_of,
)
from pinpoint_endpoints.local.pages.reading import Reading
from pinpoint_endpoints.local.pages.rendering import file, page
from pinpoint_endpoints.local.rows import Application, Rows

FIRST_APPLICATION = "demo"
AN_APPLICATION = {"app": "an application"}
AN_ENDPOINT = {**AN_APPLICATION, "id": "an endpoint"}
MOST_OF_APPLICATION = 1_000_000
"""Endpoints of an application are counted no further, which takes some 70 ms."""

FILTERS = (("channel_type", "channel"), ("endpoint_status", "status"))
"""Charts, and the parameters that list the endpoints of their bars."""


def pages_app(read: Reading, about: About, *, patience: float = PATIENCE_SECONDS) -> Starlette:
    """Return the pages as an ASGI application, for requests that read.

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
            HTTPException: pages.not_found,
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
        asked = read_query(request.scope["query_string"], ("after", "before", "show"))
        place = asked.place
        found = await self._read(lambda rows: find_applications(rows, place))
        counts = [await self._count(application) for application in found.applications]
        return await page(
            "applications",
            about=self._about,
            asked=asked,
            found=found,
            applications=[
                (_shown(each, asked), count)
                for each, count in zip(found.applications, counts, strict=True)
            ],
            most_counted=MOST_OF_APPLICATION,
            command=first_endpoint_command(self._about, FIRST_APPLICATION),
        )

    async def application(self, request: Request) -> Response:
        asked = read_query(
            request.scope["query_string"],
            ("app", *LIST_PARAMETERS, "show"),
            AN_APPLICATION,
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
            application=_shown(application, asked),
            found=found,
            rows=[row_of(each, show_values=asked.shows_values) for each in found.endpoints],
            channels=list(dict.fromkeys([*channels, *filter(None, [asked.channel])])),
            statuses=values_of("status"),
            most_counted=MOST_COUNTED,
            most_sifted=MOST_SIFTED,
            stripped=asked._replace(id=asked.id.strip(), user=asked.user.strip()),
            command=self._first_endpoint_command(asked),
        )

    async def audience(self, request: Request) -> Response:
        asked = read_query(request.scope["query_string"], ("app", "show"), AN_APPLICATION)
        application = await self._application(asked)
        return await page(
            "audience",
            about=self._about,
            asked=asked,
            application=_shown(application, asked),
            look=await self._counter.look(application),
            filters={name: (parameter, values_of(parameter)) for name, parameter in FILTERS},
            command=self._first_endpoint_command(asked),
        )

    async def endpoint(self, request: Request) -> Response:
        asked = read_query(
            request.scope["query_string"], ("app", "id", "back", "show"), AN_ENDPOINT
        )
        list_before = asked.list_before
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
            list_before=list_before,
            application=_shown(application, asked),
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
            command=""
            if not show_values and hides_an_address(asked.app, endpoint["Id"])
            else get_command(self._about, asked.app, endpoint["Id"], show_values=show_values),
        )

    async def style(self, _: Request) -> Response:
        return file("style.css", "text/css")

    async def icon(self, _: Request) -> Response:
        return file("icon.svg", "image/svg+xml")

    async def bad_query(self, request: Request, error: Exception) -> Response:
        return await self._trouble(
            400, "This URL has a mistake", str(error), await self._known(request)
        )

    async def cannot_run(self, _: Request, error: Exception) -> Response:
        trouble = cast("CannotRun", error)
        return await self._trouble(
            503, "The store cannot be read", f"{trouble.message}: {trouble.hint}"
        )

    async def not_found(self, request: Request, error: Exception) -> Response:
        detail = cast("HTTPException", error).detail
        message = detail if detail.endswith(".") else "There is no such page."
        return await self._trouble(404, "Not found", message, await self._known(request))

    async def fault(self, _: Request, __: Exception) -> Response:
        return await self._trouble(500, "A fault of pe", "This is a bug: please report it.")

    async def _trouble(
        self, status: int, title: str, message: str, application: Application | None = None
    ) -> Response:
        asked = PageRequest()
        return await page(
            "trouble",
            status,
            about=self._about,
            asked=asked,
            application=None if application is None else _shown(application, asked),
            title=title,
            message=message,
        )

    async def _known(self, request: Request) -> Application | None:
        """Return the application that a query names, if there is one."""
        application_id = known_application(request.scope["query_string"])
        if not application_id:
            return None
        with suppress(CannotRun):
            return await self._read(lambda rows: rows.application(application_id))
        return None

    async def _application(self, asked: PageRequest) -> Application:
        application = await self._read(lambda rows: rows.application(asked.app))
        if application is None:
            raise HTTPException(404, "There is no such application.")
        return application

    async def _count(self, application: Application) -> int:
        return await self._read(
            lambda rows: count_up_to(rows, application, MOST_OF_APPLICATION + 1)
        )

    def _first_endpoint_command(self, asked: PageRequest) -> str:
        if not asked.shows_values and hides_an_address(asked.app):
            return ""
        return first_endpoint_command(self._about, asked.app)


def _shown(application: Application, asked: PageRequest) -> ShownApplication:
    return application_of(application.response, show_values=asked.shows_values)
