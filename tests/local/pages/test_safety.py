import re
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote, urlsplit

import pytest
from web_pages import ABOUT, Element, Site, serving_app

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.pages import pages_app
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.masking import printable

Result = TypeVar("Result")

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
ATTACKS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "'\"</title></textarea></style>",
    "{{ 7771 * 7773 }}{% raw %}",
    "javascript:alert(1)",
    "</pre></code>&lt;b&gt;&amp;",
    "\u202eright to left\u2066",
]
REFUSED_TAGS = frozenset({"base", "embed", "iframe", "object", "script", "style", "template"})


def elements_in(page: Element) -> list[Element]:
    """Return all elements of a page."""
    inner = [part for part in page.parts if isinstance(part, Element)]
    return inner + [each for part in inner for each in elements_in(part)]


def assert_harmless(page: Element) -> None:
    """Assert that a page has no scripts, no styles of its own, and links to this server only."""
    for element in elements_in(page):
        assert element.tag not in REFUSED_TAGS
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src", "action"):
                assert value.startswith(("/", "#"))
                assert not value.startswith("//")


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("show", ["", "&show=values"])
def test_no_member_can_break_out_of_the_page(
    site: Site, pinpoint: LocalPinpoint, attack: str, show: str
) -> None:
    """Whatever a member or a name holds, every page stays as it is, and shows it as text."""
    usable = re.sub("[${}]", "", attack)
    app = pinpoint.create_app({"Name": attack})["Id"]
    text = {"ChannelType": "CUSTOM", "Address": attack}
    request = {
        **text,
        "Attributes": {attack: [attack]},
        "Demographic": dict.fromkeys(("AppVersion", "Make", "Model", "Platform"), attack),
        "Location": {"City": attack, "Region": attack},
        "Metrics": {attack: 1.5},
        "User": {"UserId": attack, "UserAttributes": {attack: [attack]}},
    }
    for endpoint_id in (usable, "other"):
        pinpoint.update_endpoint(app, endpoint_id, request=request, request_id=attack)
    encoded = quote(attack, safe="")
    targets = (
        f"/?{show[1:]}",
        f"/application?app={app}{show}",
        f"/application?app={app}&id={encoded}&user={encoded}{show}",
        f"/audience?app={app}{show}",
        f"/endpoint?app={app}&id={quote(usable, safe='')}{show}",
    )
    for target in targets:
        got = site.ask(target)
        assert got.status == 200
        assert_harmless(got.page)
        assert str(7771 * 7773) not in got.body
    names = [name.text for name in got.page.all("dt")]
    assert names.count(printable(attack)) == 3


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/application?app=demo", "text/html; charset=utf-8"),
        ("/audience?app=demo", "text/html; charset=utf-8"),
        ("/endpoint?app=demo&id=one", "text/html; charset=utf-8"),
        ("/nothing", "text/html; charset=utf-8"),
        ("/?page=zzz", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_every_answer_has_the_headers(one_endpoint: Site, target: str, kind: str) -> None:
    """Nothing may run, frame, sniff or keep what these pages show."""
    got = one_endpoint.ask(target)
    assert got.headers["content-type"] == kind
    assert got.headers["content-security-policy"] == POLICY
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["cache-control"] == "no-store"
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize("target", ["/", "/application?app=demo", "/audience?app=demo"])
def test_head_answers_as_get_without_a_body(one_endpoint: Site, target: str) -> None:
    """HEAD has the same status and length as GET."""
    get, head = one_endpoint.ask(target), one_endpoint.ask(target, "HEAD")
    assert (head.status, head.body) == (200, "")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]
)
def test_other_methods_are_refused(one_endpoint: Site, method: str) -> None:
    """These pages only read."""
    for path in ("/", "/application", "/audience", "/endpoint", "/style.css"):
        got = one_endpoint.ask(f"{path}?app=demo&id=one", method)
        assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")
        assert got.headers["content-type"] == "application/json"
    assert one_endpoint.ask("/endpoint?app=demo&id=one").status == 200


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/?page=zzz", "accepts only after, before and show"),
        ("/?after=zzz", "after must be a whole number"),
        ("/?after=-1", "after must be a whole number"),
        ("/?after=1%20", "after must be a whole number"),
        ("/?after=%D9%A3", "after must be a whole number"),
        ("/?after=9999999999999999999", "after must be a whole number"),
        ("/?show=all", "show must be values"),
        ("/application?app=demo&after=1&before=2", "cannot be combined"),
        ("/application?app=demo&before=x", "before must be a whole number"),
        ("/application?app=demo&channel=sms", "channel must be one of PUSH, GCM"),
        ("/application?app=demo&channel=" + "x" * 10_000, "channel must be one of"),
        ("/application?app=demo&status=inactive", "status must be one of ACTIVE and INACTIVE"),
        ("/application?app=demo&app=other", "app is given twice"),
        ("/application?app=demo&name=x", "accepts only app, id, user, channel, status"),
        ("/application?app=demo&id=%00", "contains a NUL character"),
        ("/application?app=demo&id=%ff", "not decode to UTF-8"),
        ("/application?app=demo&id=%ED%A0%80", "not decode to UTF-8"),
        ("/application?app=demo&id=%zz", "two hexadecimal digits"),
        ("/application?app=demo&id=50%", "two hexadecimal digits"),
        ("/application?" + "&".join(f"a{number}=1" for number in range(99)), "too many parameters"),
        ("/endpoint?app=demo&id=one&user=x", "accepts only app, id, back and show"),
        (
            "/endpoint?app=demo&id=one&back=x%3Dy",
            "accepts only id, user, channel, status, after and",
        ),
        (
            "/endpoint?app=demo&id=one&back=app%3Dother",
            "accepts only id, user, channel, status, after",
        ),
        ("/endpoint?app=demo&id=one&back=%C3%A9", "not decode to UTF-8"),
        ("/endpoint?app=demo", "id is missing: it is the id of an endpoint"),
        ("/endpoint", "app is missing: it is the id of an application"),
        ("/application", "app is missing: it is the id of an application"),
        ("/audience?app=", "app is missing: it is the id of an application"),
        ("/audience?app=%00", "contains a NUL character"),
    ],
)
def test_a_query_that_cannot_be_is_explained(one_endpoint: Site, target: str, words: str) -> None:
    """400 says what is wrong with the query, in the look of all pages."""
    got = one_endpoint.ask(target)
    assert got.status == 400
    assert words in got.page.one("main").text
    assert_harmless(got.page)
    assert len(got.body) < 5_000


@pytest.mark.parametrize(
    "value", ["x" * 10_000, "%F0%9F%98%80" * 1_000, "%0A%0D%09", "+", "%2e%2e"]
)
def test_strange_values_find_nothing(one_endpoint: Site, value: str) -> None:
    """Any text may be asked for; what is not there is not found."""
    for name in ("id", "user"):
        got = one_endpoint.ask(f"/application?app=demo&{name}={value}")
        assert got.status == 200
        assert_harmless(got.page)
    assert one_endpoint.ask(f"/application?app={value}").status == 404
    assert one_endpoint.ask(f"/endpoint?app=demo&id={value}").status == 404


def test_a_query_that_is_not_encoded_is_refused(one_endpoint: Site) -> None:
    """Bytes that are no ASCII have to be percent-encoded."""
    with socket.create_connection(
        ("127.0.0.1", urlsplit(one_endpoint.url).port or 0)
    ) as connection:
        connection.sendall(b"GET /?show=\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/application/",
        "//evil.example/",
        "/pages/templates/base.html",
        "/..%2fa.py",
        "/%00",
    ],
)
def test_there_is_nothing_else(one_endpoint: Site, path: str) -> None:
    """Other paths are 404 in the same look, and lead nowhere."""
    got = one_endpoint.ask(path)
    assert got.status == 404
    assert "location" not in got.headers
    assert got.page.one("title").text == "Not found · Local Pinpoint"
    assert got.page.link("All applications") == "/"


Read = Callable[[Callable[[Rows], Result]], Awaitable[Result]]


async def _store_is_damaged(_: Callable[[Rows], Result], /) -> Result:
    raise CannotRun("/srv/p.sqlite3 is damaged", "name another file")


async def _has_a_bug(_: Callable[[Rows], Result], /) -> Result:
    raise ZeroDivisionError("secret@example.com")


def test_a_store_that_cannot_be_read_is_explained() -> None:
    """503 says what is wrong with the store, and what to do."""
    with serving_app(pages_app(_store_is_damaged, ABOUT)) as url:
        got = Site(url).ask("/")
    assert got.status == 503
    assert "/srv/p.sqlite3 is damaged: name another file" in got.page.one("main").text
    assert got.headers["content-security-policy"] == POLICY


def test_a_fault_of_ours_tells_a_person_nothing_private() -> None:
    """500 comes in the same look, with the headers, and without the exception."""
    with serving_app(pages_app(_has_a_bug, ABOUT)) as url:
        got = Site(url).ask("/")
    assert got.status == 500
    assert "secret" not in got.body
    assert "Traceback" not in got.body
    assert got.headers["content-security-policy"] == POLICY
