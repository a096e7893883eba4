"""A store in, the pages over it on a real HTTP server out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from asgi_server import serving_app
from html_page import Element, parse_html
from starlette.concurrency import run_in_threadpool

from pinpoint_endpoints.local.pages import About, about_store, pages_app
from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.local.store import Store

Result = TypeVar("Result")
Put = Callable[..., None]

ABOUT = about_store(None, "http://127.0.0.1:5000")


class Got(NamedTuple):
    """An answer of the server."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def page(self) -> Element:
        """The page that it is."""
        return parse_html(self.body)


class Site:
    """The pages on a server.

    Args:
        url: of the server.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, target: str, method: str = "GET") -> Got:
        """Send a request as a browser does, with the target as it is."""
        connection = HTTPConnection(urlsplit(self.url).netloc)
        try:
            connection.request(method, target, headers={"Accept": "text/html,*/*;q=0.8"})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Got(answer.status, headers, answer.read().decode())
        finally:
            connection.close()

    def get(self, target: str) -> Element:
        """Return a page that is there."""
        got = self.ask(target)
        assert got.status == 200, got.body
        return got.page


@contextmanager
def site_of(store: Store, about: About = ABOUT) -> Iterator[Site]:
    """Serve the pages of a store."""

    async def read(function: Callable[[Rows], Result]) -> Result:
        def run() -> Result:
            with store.reading() as rows:
                return function(rows)

        return await run_in_threadpool(run)

    with serving_app(pages_app(read, about)) as url:
        yield Site(url)
