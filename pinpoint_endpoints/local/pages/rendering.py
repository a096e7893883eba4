"""Render pages, each with the headers that keep it safe."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from pinpoint_endpoints.local.generated_values import timestamp
from pinpoint_endpoints.local.pages.query import link, link_to
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.stats import full_label

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


async def page(name: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page.

    Args:
        name: the name of the template, without its suffix.
        status: the HTTP status.
        shown: the template's variables.
    """
    template = _environment().get_template(f"{name}.html")
    html = await run_in_threadpool(template.render, shown)
    return HTMLResponse(html, status, HEADERS)


def file(name: str, media_type: str) -> Response:
    """Return a file of this folder."""
    return Response((FOLDER / name).read_bytes(), headers=HEADERS, media_type=media_type)


def download(text: str, name: str, media_type: str) -> Response:
    """Return a text that the browser saves as a file."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, headers={**HEADERS, **disposition}, media_type=media_type)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"full_label": full_label, "link": link, "link_to": link_to}
    environment.filters |= {
        "breakable": _breakable,
        "breakable_moment": _breakable_moment,
        "counted": counted,
        "moment": _moment,
        "printable": printable,
        "thousands": _thousands,
    }
    return environment


def _breakable(text: str) -> Markup:
    """Allow a line break after each underscore."""
    return escape(text).replace("_", Markup("_<wbr>"))


def _breakable_moment(text: str) -> Markup:
    """Allow a line break between date and time."""
    return escape(text).replace("T", Markup("T<wbr>"), 1)


def _moment(moment: datetime) -> str:
    return timestamp(moment)[:-5].replace("T", " ") + " UTC"


def _thousands(number: int) -> str:
    return f"{number:,}"
