"""The pages in a real browser, with scripts allowed and without."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from commands import program
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from web_pages import COLOURS, contrast, ground, luminance

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.server.server import serving
from pinpoint_endpoints.local.store import Store

pytestmark = pytest.mark.external

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ATTACK = "</p><script>window.broken = 1</script><img src=/x onerror='window.broken = 1'>\"'"
ATTACKING_NAME = "<img src=/x onerror='window.broken=1'>"
PAGES = (
    "/",
    "/application?app=demo",
    "/application?app=demo&channel=SMS&status=INACTIVE&show=values",
    "/application?app=demo&id=nothing-like-it",
    "/application?app=empty",
    "/audience?app=demo",
    "/audience?app=demo&where=channel_type%3DSMS%26segment%3Dx",
    "/endpoint?app=demo&id=person-001",
    "/endpoint?app=demo&id=person-001&show=values",
    "/application?app=odd&show=values",
    "/endpoint?app=odd&id=odd&show=values",
    "/endpoint?app=demo&id=attack&show=values",
)
WIDTHS = (320, 800, 1400)
LONG = f"2026-11-27T11:57:09.{4:0400}Z"
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a server with a few hundred endpoints, one of which attacks the page."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite3"
    with Store(path) as store:
        _fill(LocalPinpoint(store))
    with serving(path) as server:
        yield server.url


def _fill(pinpoint: LocalPinpoint) -> None:
    items = [
        {
            "Id": f"person-{number:03}",
            "ChannelType": ("EMAIL", "SMS", "GCM")[number % 3],
            "Address": f"person{number}@example.com",
            "EndpointStatus": "INACTIVE" if number % 7 == 0 else "ACTIVE",
            "OptOut": "ALL" if number % 9 == 0 else "NONE",
            "Attributes": {"Interests": ["Art", "Books"], "A_rather_long_name_of_one": ["x" * 90]},
            "Location": {"Country": ("DE", "JP", "US", "BR")[number % 4]},
            "Demographic": {"Platform": ("ios", "android")[number % 2]},
            "User": {"UserId": f"user-{number // 3}", "UserAttributes": {"Tier": ["gold"]}},
        }
        for number in range(300)
    ]
    for begin in range(0, len(items), 100):
        batch = {"Item": items[begin : begin + 100]}
        pinpoint.update_endpoints_batch("demo", request=batch, request_id="request")
    attack = {
        "ChannelType": "CUSTOM",
        "Address": ATTACK,
        "Attributes": {ATTACKING_NAME: [ATTACK]},
        "Demographic": {"Platform": ATTACK},
        "User": {"UserId": ATTACK, "UserAttributes": {ATTACKING_NAME: [ATTACK]}},
    }
    pinpoint.update_endpoint("demo", "attack", request=attack, request_id="request")
    pinpoint.add_application("empty", ATTACK)
    pinpoint.add_application("long-name", "x" * 1000)
    for endpoint_id, channel in (("odd", "APNS_VOIP_SANDBOX"), ("y" * 100, "CUSTOM")):
        odd = {
            "ChannelType": channel,
            "Address": "ab" * 32,
            "Attributes": {"W" * 50: ["first", "second", "third"]},
            "EffectiveDate": LONG if channel == "CUSTOM" else "2026-11-27T11:57:09.433Z",
            "User": {"UserId": "user-666"},
        }
        pinpoint.update_endpoint("odd", endpoint_id, request=odd, request_id="request")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium."""
    chromium = program("chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page without scripts."""
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()


class Watched:
    """A page, and what it did that it should not have done.

    Attributes:
        page: it.
        troubles: messages on the console, errors, dialogs, and requests that failed or left.
    """

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.troubles: list[str] = []
        self._host = urlsplit(url).netloc
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", self._met_dialog)
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _met_dialog(self, dialog: Any) -> None:
        self.troubles.append(dialog.message)
        dialog.dismiss()

    def _asked(self, target: str) -> None:
        if urlsplit(target).netloc != self._host:
            self.troubles.append(f"asked {target}")

    def _answered(self, status: int, target: str) -> None:
        if status != 200:
            self.troubles.append(f"{status} {target}")


Tabs = dict[str, Watched]


@pytest.fixture(scope="module")
def tabs(browser: Browser, url: str) -> Iterator[Tabs]:
    """Return every page, opened once, where scripts may run."""
    with browser.new_context() as context:
        opened = {target: Watched(context, url) for target in PAGES}
        for target, tab in opened.items():
            tab.page.goto(url + target)
        yield opened


def test_every_page_fits_the_window(tabs: Tabs) -> None:
    """No page is wider, be it a phone's or a desk's."""
    for target, tab in tabs.items():
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 800})
            found = tab.page.evaluate("document.documentElement.scrollWidth")
            assert found <= width, target


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_can_be_read(tabs: Tabs, scheme: Any) -> None:
    """All text has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), in light and dark."""
    backgrounds = set()
    for target, tab in tabs.items():
        tab.page.emulate_media(color_scheme=scheme)
        for text, colour, background in tab.page.evaluate(COLOURS):
            assert contrast(colour, background) >= 4.5, (target, text, colour, background)
            backgrounds.add(background)
    assert all((luminance(each) > 0.4) == (scheme == "light") for each in ground(backgrounds))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_controls_and_bars_can_be_seen(tabs: Tabs, scheme: Any) -> None:
    """Edges of fields, the focus and bars have a contrast of at least 3 to 1 (WCAG 2.2, 1.4.11)."""
    page = tabs["/application?app=demo"].page
    page.emulate_media(color_scheme=scheme)
    behind = style_of(page, "body", "background-color")
    for selector in ("input#id", "select#status"):
        assert contrast(style_of(page, selector, "border-top-color"), behind) >= 3
    page.locator("#id").focus()
    assert style_of(page, "#id", "outline-style") == "solid"
    assert contrast(style_of(page, "#id", "outline-color"), behind) >= 3
    page = tabs["/audience?app=demo"].page
    page.emulate_media(color_scheme=scheme)
    for selector in (".value rect", ".not_given rect"):
        assert contrast(style_of(page, selector, "fill"), behind) >= 3


def style_of(page: Page, selector: str, name: str) -> str:
    """Return a computed style of the first element that a selector names."""
    found: str = page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element).getPropertyValue(name)", name
    )
    return found


def focused(page: Page) -> str:
    """Return the id, or else the text, of what has the focus."""
    found: str = page.evaluate("document.activeElement.id || document.activeElement.textContent")
    return found.strip()


def test_the_filter_can_be_used_with_the_keyboard(page: Page, url: str) -> None:
    """The skip link comes first; each field has the focus in turn; Enter filters."""
    page.goto(f"{url}/application?app=demo")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    stops = []
    while "id" not in stops:
        page.keyboard.press("Tab")
        stops.append(focused(page))
    assert stops == ["Applications", "Endpoints", "Audience", "id"]
    page.keyboard.type("PERSON-0")
    page.keyboard.press("Tab")
    assert focused(page) == "user"
    page.keyboard.press("Tab")
    assert focused(page) == "channel"
    page.keyboard.type("S")
    page.keyboard.press("Tab")
    assert focused(page) == "status"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert focused(page) == "Filter"
    page.keyboard.press("Enter")
    page.wait_for_url("**/application?app=demo&id=PERSON-0&user=&channel=SMS&status=INACTIVE")
    names = page.locator("tbody th").all_inner_texts()
    assert names == [
        f"person-{number:03}" for number in range(100) if number % 3 == 1 and number % 7 == 0
    ]
    page.get_by_role("link", name="Clear").press("Enter")
    page.wait_for_url("**/application?app=demo")


def test_tables_stay_tables(page: Page, url: str) -> None:
    """Narrow or wide, a list is a table with headers and cells for a screen reader."""
    page.goto(f"{url}/application?app=demo&id=person-001")
    table = page.get_by_role("table", name="Endpoints of this page")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert table.get_by_role("columnheader").count() == 6
        assert table.get_by_role("rowheader").all_inner_texts() == ["person-001"]
        assert table.get_by_role("cell").count() == 5
    page.goto(f"{url}/audience?app=demo")
    chart = page.get_by_role("table", name="Channel type")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert chart.get_by_role("cell").count() == 8


def test_nothing_runs_even_where_scripts_may(tabs: Tabs) -> None:
    """An endpoint that attacks a page is text; no page breaks the policy or asks another host."""
    for target, tab in tabs.items():
        assert tab.page.evaluate("typeof window.broken") == "undefined"
        assert tab.page.locator("script").count() == 0
        assert tab.troubles == [], target
    attacked = tabs["/endpoint?app=demo&id=attack&show=values"].page
    assert attacked.get_by_text(ATTACK).first.is_visible()


def test_the_policy_holds_in_the_browser(browser: Browser, url: str) -> None:
    """A script or a style that got into a page all the same would not work."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(url)
        page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.broken = 1";
              document.body.append(script);
              document.body.setAttribute("style", "opacity: 0");
            }"""
        )
        assert page.evaluate("typeof window.broken") == "undefined"
        assert style_of(page, "body", "opacity") == "1"
