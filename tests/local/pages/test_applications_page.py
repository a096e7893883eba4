import subprocess
import sys
from pathlib import Path

import pytest
from served_pages import Put, Site

from pinpoint_endpoints import __version__
from pinpoint_endpoints.local.http.server import serving
from pinpoint_endpoints.local.location import default_store_path
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.pages import about_store


def test_applications_are_listed_with_their_endpoints(
    site: Site, pinpoint: LocalPinpoint, put: Put
) -> None:
    """Each application has a row: its name, id, number of endpoints, and date as written."""
    created = pinpoint.create_app({"Name": "Winter sale"})
    for number in range(3):
        put(f"endpoint-{number}", created["Id"])
    put("alone", "demo")
    dates = [created["CreationDate"], pinpoint.get_app("demo")["CreationDate"]]
    page = site.get("/")
    assert page.one("title").text == "Applications · Local Pinpoint"
    assert page.rows() == [
        ["Winter sale", created["Id"], "3", dates[0]],
        ["demo", "demo", "1", dates[1]],
    ]
    assert site.get(page.link("Winter sale")).one("h1").text == "Winter sale"


def test_many_applications_have_pages(site: Site, pinpoint: LocalPinpoint) -> None:
    """Following the links to the next page leads to every application once."""
    names = [f"application {number}" for number in range(120)]
    for name in names:
        pinpoint.create_app({"Name": name})
    found, page = [], site.get("/")
    found += [row[0] for row in page.rows()]
    while page.has_link("Next page"):
        page = site.get(page.link("Next page"))
        found += [row[0] for row in page.rows()]
    assert found == names
    assert page.link("First page") == "/"


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
        assert "no application yet" in page.one("main").text
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
    assert about_store(default_store_path(), "http://127.0.0.1:5000").options == "--local"
