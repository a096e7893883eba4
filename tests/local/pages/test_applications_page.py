import subprocess
import sys
from pathlib import Path

import pytest
from web_pages import Put, Site

from pinpoint_endpoints import __version__
from pinpoint_endpoints.local.pages import about_store
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.server.server import serving
from pinpoint_endpoints.local.store import default_store_path


def test_applications_are_listed_with_their_endpoints(
    site: Site, pinpoint: LocalPinpoint, put: Put
) -> None:
    """Each has a row, the newest first: name, id, number of endpoints, date as written."""
    created = pinpoint.create_app({"Name": "Winter sale"})
    for number in range(3):
        put(f"endpoint-{number}", created["Id"])
    put("alone", "demo")
    dates = [created["CreationDate"], pinpoint.get_app("demo")["CreationDate"]]
    page = site.get("/")
    assert page.one("title").text == "Applications · Local Pinpoint"
    assert page.rows() == [
        ["demo", "demo", "1", dates[1]],
        ["Winter sale", created["Id"], "3", dates[0]],
    ]
    assert site.get(page.link("Winter sale")).one("h1").text == "Winter sale"


def test_many_applications_have_pages(site: Site, pinpoint: LocalPinpoint) -> None:
    """The links lead over every application once, and back; each page says where it is."""
    names = [f"application {number}" for number in range(120)]
    for name in names:
        pinpoint.create_app({"Name": name})
    pages = [site.get("/")]
    while pages[-1].has_link("Next page"):
        pages.append(site.get(pages[-1].link("Next page")))
    assert [row[0] for page in pages for row in page.rows()] == names[::-1]
    places = [f"{first}\N{EN DASH}{last}" for first, last in ((1, 50), (51, 100), (101, 120))]
    for page, place in zip(pages, places, strict=True):
        words = " ".join(page.one("p", **{"class": "result"}).text.split())
        assert words == f"{place} of 120 applications, newest first"
    assert not pages[0].has_link("Previous page")
    back = site.get(pages[2].link("Previous page"))
    assert back.rows() == pages[1].rows()
    pinpoint.create_app({"Name": "newest"})
    first = site.get(back.link("Previous page"))
    assert [row[0] for row in first.rows()] == names[:-51:-1]
    first = site.get(first.link("Previous page"))
    assert [row[0] for row in first.rows()] == ["newest", *names[:-50:-1]]
    assert pages[2].link("First page") == "/"


@pytest.mark.parametrize("name", ["", "  "])
def test_an_application_without_a_name_has_its_id_instead(
    site: Site, pinpoint: LocalPinpoint, name: str
) -> None:
    """Its link, path, heading and title are its id."""
    app = pinpoint.create_app({"Name": name})["Id"]
    pinpoint.update_endpoint(
        app, "one", request={"ChannelType": "SMS", "Address": "+12065550100"}, request_id="request"
    )
    page = site.get(site.get("/").link(app))
    assert page.one("h1").text == app
    assert page.one("title").text == f"Endpoints of {app} · Local Pinpoint"
    assert page.one("ol").one("span").text == app
    assert site.get(page.link("one")).link(app) == f"/application?app={app}"


def test_an_application_id_that_is_an_address_is_masked(site: Site, put: Put) -> None:
    """Unless values are shown; the links lead on all the same."""
    put("one", "ada@example.com")
    home = site.get("/")
    assert home.rows()[0][:2] == ["a***@example.com", "a***@example.com"]
    for path in ("application", "audience"):
        got = site.ask(f"/{path}?app=ada%40example.com")
        assert got.page.one("h1").text == "a***@example.com"
        assert "ada@example.com" not in got.page.text
    endpoint = site.get(site.get(home.link("a***@example.com")).link("one"))
    assert "ada@example.com" not in endpoint.text
    shown = site.get(home.link("Show values"))
    assert shown.rows()[0][:2] == ["ada@example.com"] * 2


def test_a_page_behind_the_last_application_leads_back(site: Site, pinpoint: LocalPinpoint) -> None:
    """The page behind the last application says that there are no more."""
    pinpoint.create_app({"Name": "only"})
    page = site.get("/?after=1")
    assert "no more applications" in page.one("main").text
    assert page.link("First page") == "/"


@pytest.mark.parametrize("where", ["store.sqlite3", "it's a 'quoted' $HOME folder/s", None])
def test_the_first_line_to_copy_works(tmp_path: Path, where: str | None) -> None:
    """Without an application there is a command, which a shell runs, and which makes one."""
    with serving(None if where is None else tmp_path / where) as server:
        site = Site(server.url)
        page = site.get("/")
        assert "no applications yet" in page.one("main").text
        run = subprocess.run(
            ["/bin/sh", "-ec", page.one("pre").text],
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert [row[:3] for row in site.get("/").rows()] == [["demo", "demo", "1"]]
        assert site.get("/application?app=demo").has_link("first")


def test_the_pages_say_which_store_it_is(site: Site, path: Path) -> None:
    """The footer has the store's file and the version of pe."""
    footer = site.get("/").one("footer").text
    assert str(path) in footer
    assert f"pe {__version__}" in footer
    assert "Read-only" in footer


def test_a_store_in_memory_is_called_so() -> None:
    """The footer says that what is in memory ends with the server."""
    with serving(None) as server:
        assert "in memory, until the server ends" in Site(server.url).get("/").one("footer").text


def test_the_users_own_store_needs_no_option() -> None:
    """Commands for the store that `--local` means name no file."""
    assert about_store(default_store_path(), "http://127.0.0.1:7467").options == "--local"
