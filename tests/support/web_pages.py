"""The pages of the local Pinpoint: served, parsed as HTML, and the contrast of their colours."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from uvicorn import Config, Server

from pinpoint_endpoints.local.pages import About, about_store, pages_app
from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.local.store import Store


@contextmanager
def serving_app(app: Any) -> Iterator[str]:
    """Serve an application in a thread of its own, and give the server's URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = Server(Config(app, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


@dataclass
class Element:
    """An element with what is in it.

    Attributes:
        tag: its name.
        attributes: by name.
        parts: the texts and the elements in it, in order.
    """

    tag: str
    attributes: dict[str, str]
    parts: "list[str | Element]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, tag: str, **attributes: str) -> "list[Element]":
        """Return the elements of a name in it that have these attributes."""
        found = []
        for part in self.parts:
            if isinstance(part, Element):
                if part.tag == tag and attributes.items() <= part.attributes.items():
                    found.append(part)
                found += part.all(tag, **attributes)
        return found

    def one(self, tag: str, **attributes: str) -> "Element":
        """Return the only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def link(self, text: str) -> str:
        """Return where the only link with this text leads."""
        (found,) = [each for each in self.all("a") if each.text == text]
        return found.attributes["href"]

    def has_link(self, text: str) -> bool:
        """Tell whether there is a link with this text."""
        return any(each.text == text for each in self.all("a"))

    def rows(self) -> list[list[str]]:
        """Return the texts of the cells of the rows in tables' bodies."""
        return [
            [each.text.strip() for each in row.parts if isinstance(each, Element)]
            for body in self.all("tbody")
            for row in body.all("tr")
        ]


def parse_html(text: str) -> Element:
    """Return the page; every element has to be closed where HTML wants it to be."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert len(parser.open) == 1, f"not closed: {parser.open[-1].tag}"
    return parser.open[0]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open[-1].parts.append(Element(tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


Result = TypeVar("Result")
Put = Callable[..., None]

ABOUT = about_store(None, "http://127.0.0.1:7467")


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


COLOURS = """
() => {
  const seen = [];
  const solid = colour => !/, 0\\)$|transparent/.test(colour);
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(
      node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()
    );
    const style = getComputedStyle(element);
    if (!own || style.visibility === "hidden" || !element.getClientRects().length) continue;
    let behind = element;
    while (behind && !solid(getComputedStyle(behind).backgroundColor))
      behind = behind.parentElement;
    seen.push([
      element.textContent.trim().slice(0, 40), style.color,
      behind ? getComputedStyle(behind).backgroundColor : "none",
    ]);
  }
  return seen;
}
"""
"""A script that returns each text of a page with its colour and what is behind it."""


def ground(backgrounds: set[str]) -> set[str]:
    """Return backgrounds without that of the button, which is the same in light and dark."""
    return {each for each in backgrounds if luminance(each) > 0.5 or luminance(each) < 0.05}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour as CSS computes it (WCAG 2.2)."""
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
