"""A template and what it shows in, a response out: every one with the headers that keep it safe."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from pinpoint_endpoints.local.pages.asked import link, link_to_place
from pinpoint_endpoints.local.stamps import timestamp
from pinpoint_endpoints.reports.plain import counted, printable

FOLDER = Path(__file__).parent

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

SMALLEST_SHOWN = 0.001


async def page(name: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page.

    Args:
        name: of the template, without its suffix.
        status: the HTTP status.
        shown: what the template names.
    """
    template = _environment().get_template(f"{name}.html")
    html = await run_in_threadpool(template.render, shown)
    return HTMLResponse(html, status, HEADERS)


def file(name: str, media_type: str) -> Response:
    """Return a file that stands beside this module."""
    return Response((FOLDER / name).read_bytes(), headers=HEADERS, media_type=media_type)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"link": link, "link_to_place": link_to_place}
    environment.filters |= {
        "breakable": _breakable,
        "counted": counted,
        "moment": _moment,
        "percent": _percent,
        "printable": printable,
        "thousands": _thousands,
    }
    return environment


def _breakable(text: str) -> Markup:
    """Return a name that may go on in another line behind an underscore."""
    return escape(text).replace("_", Markup("_<wbr>"))


def _moment(moment: datetime) -> str:
    return timestamp(moment)[:-5].replace("T", " ") + " UTC"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= SMALLEST_SHOWN or not share else f"< {SMALLEST_SHOWN:.1%}"


def _thousands(number: int) -> str:
    return f"{number:,}"
