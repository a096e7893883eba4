import threading
from urllib.parse import quote

import pytest
from strategies import HARD_IDS
from web_pages import Element, Put, Site

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.schema.bundled import definition

LIST = "/application?app=demo"
PLACES = [
    f"{first}\N{EN DASH}{last} of 120 endpoints" for first, last in ((1, 50), (51, 100), (101, 120))
]


def ids_on(page: Element) -> list[str]:
    """Return the endpoint ids in a page's list."""
    return [link.text for body in page.all("tbody") for link in body.all("a")]


def result_on(page: Element) -> str:
    """Return what the page says about what it lists."""
    return " ".join(page.one("p", **{"class": "result"}).text.split())


def ids_of_all_pages(site: Site, target: str) -> list[str]:
    """Return the ids of a page and of those behind it."""
    page = site.get(target)
    found = ids_on(page)
    while page.has_link("Next page"):
        page = site.get(page.link("Next page"))
        found += ids_on(page)
    return found


def test_a_row_has_what_tells_an_endpoint_apart(site: Site, put: Put) -> None:
    """A row has the id, channel, status, opt-out, masked address and user, and the date."""
    put(
        "Ada-Phone",
        Address="+12065550100",
        ChannelType="SMS",
        EffectiveDate="2026-11-01T10:00:00+01:00",
        OptOut="ALL",
        User={"UserId": "ada.lovelace"},
    )
    page = site.get(LIST)
    (row,) = page.rows()
    assert row == [
        "Ada-Phone", "SMS", "ACTIVE opted out", "+1***0100", "ad***", "2026-11-01T10:00:00+01:00",
    ]  # fmt: skip
    assert page.one("title").text == "Endpoints of demo · Local Pinpoint"


def test_what_is_missing_is_a_dash(site: Site, put: Put) -> None:
    """An endpoint without an address and a user shows dashes, not masks."""
    put("bare", Address="", OptOut="ALL")
    assert site.get(LIST).rows()[0][3:5] == ["\N{EN DASH}"] * 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id=A", ["ab-2", "AB-1"]),
        ("id=ab-1", ["AB-1"]),
        ("id=_", []),
        ("id=%25", []),
        ("user=ada", ["AB-1"]),
        ("user=ADA", []),
        ("user=ad", []),
        ("channel=SMS", ["cd-1", "ab-2"]),
        ("channel=ADM", []),
        ("status=INACTIVE", ["cd-1"]),
        ("channel=SMS&status=ACTIVE", ["ab-2"]),
        ("id=ab&channel=SMS&status=ACTIVE&user=", ["ab-2"]),
        ("id=ab&user=ada&channel=EMAIL&status=ACTIVE", ["AB-1"]),
        ("id=cd&user=ada", []),
    ],
)
def test_filters_together_narrow_the_list(
    site: Site, put: Put, query: str, found: list[str]
) -> None:
    """An id's begin in any case, a whole user id, a channel and a status all have to fit."""
    put("AB-1", User={"UserId": "ada"})
    put("ab-2", ChannelType="SMS")
    put("cd-1", ChannelType="SMS", EndpointStatus="INACTIVE")
    page = site.get(f"{LIST}&{query}")
    assert sorted(ids_on(page)) == sorted(found)
    if not found:
        assert "No endpoint matches this filter" in page.one("main").text
        assert page.link("Clear") == LIST


def test_the_form_has_what_was_asked_for(site: Site, put: Put) -> None:
    """The fields show the filter, have labels, and offer the values that AWS documents."""
    user_id = 'a "user" & <more>'
    put("ab", ChannelType="SMS", User={"UserId": user_id})
    put("cd")
    page = site.get(f"{LIST}&id=AB&user={quote(user_id)}&channel=SMS&status=ACTIVE")
    assert ids_on(page) == ["ab"]
    form = page.one("form")
    assert form.attributes["method"] == "get"
    assert form.one("input", id="id").attributes["value"] == "AB"
    assert form.one("input", id="user").attributes["value"] == user_id
    chosen = [each.text for each in form.all("option") if "selected" in each.attributes]
    assert chosen == ["SMS", "ACTIVE"]
    options = [each.text for each in form.one("select", id="channel").all("option")]
    assert options == ["any", *definition("ChannelType")["enum"]]
    labels = {label.attributes["for"] for label in form.all("label")}
    fields = {each.attributes.get("id") for tag in ("input", "select") for each in form.all(tag)}
    assert labels == fields - {None}
    hidden = form.one("input", type="hidden")
    assert (hidden.attributes["name"], hidden.attributes["value"]) == ("app", "demo")


@pytest.mark.parametrize("query", ["", "&id=e&channel=EMAIL"])
def test_a_page_says_where_it_is(site: Site, put: Put, query: str) -> None:
    """Each page tells its place among all, and leads to the one before, behind and the first."""
    for number in range(120):
        put(f"endpoint-{number:03}")
    pages = [site.get(LIST + query)]
    while pages[-1].has_link("Next page"):
        pages.append(site.get(pages[-1].link("Next page")))
    for page, words in zip(pages, PLACES, strict=True):
        assert result_on(page).startswith(words)
    assert not pages[0].has_link("Previous page")
    back = site.get(pages[2].link("Previous page"))
    assert ids_on(back) == ids_on(pages[1])
    assert ids_on(site.get(back.link("Previous page"))) == ids_on(pages[0])
    assert site.get(pages[2].link("First page")).rows() == pages[0].rows()


def test_the_order_is_said_and_kept(site: Site, put: Put) -> None:
    """Without the begin of an id the last created is first, with it they come by id."""
    for endpoint_id in ("b-1", "B-3", "b-2"):
        put(endpoint_id)
    newest = site.get(LIST)
    assert (ids_on(newest), result_on(newest)) == (
        ["b-2", "B-3", "b-1"],
        "3 endpoints, newest first",
    )
    by_id = site.get(f"{LIST}&id=b")
    assert (ids_on(by_id), result_on(by_id)) == (["b-1", "b-2", "B-3"], "3 endpoints, by id")


def test_no_endpoint_is_lost_or_twice_while_others_write(
    site: Site, put: Put, pinpoint: LocalPinpoint
) -> None:
    """Each of 434 endpoints is on one page, while others are created, changed and deleted."""
    items = [
        {"Id": f"stays-{number:04}", "ChannelType": "SMS", "Address": str(number)}
        for number in range(434)
    ]
    for begin in range(0, 434, 100):
        batch = {"Item": items[begin : begin + 100]}
        pinpoint.update_endpoints_batch("demo", request=batch, request_id="request")
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            put(f"stays-{number % 434:04}", ChannelType=("GCM", "SMS")[number % 2])
            put(f"new-{number}")
            if number % 2:
                pinpoint.delete_endpoint("demo", f"new-{number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for query in ("", "&id=s"):
            found = ids_of_all_pages(site, LIST + query)
            stayed = [each for each in found if each.startswith("stays-")]
            assert sorted(stayed) == [f"stays-{number:04}" for number in range(434)]
            assert len(found) == len(set(found))
    finally:
        ended.set()
        writer.join()


def test_pages_keep_the_filter_and_what_is_shown(site: Site, put: Put) -> None:
    """The links to other pages keep all that was asked for."""
    for number in range(60):
        put(f"a%&=+ {number:02}", User={"UserId": f"user {number % 5}"})
    page = site.get(f"{LIST}&id=a%25%26%3D%2B%20&channel=EMAIL&status=ACTIVE&show=values")
    page = site.get(page.link("Next page"))
    assert ids_on(page) == [f"a%&=+ {number:02}" for number in range(50, 60)]
    assert page.one("input", id="id").attributes["value"] == "a%&=+ "
    assert page.rows()[0][3] == "a%&=+ 50@example.com"


def test_values_are_masked_until_asked_for(site: Site, put: Put) -> None:
    """A link shows addresses and users, the next links keep it, another link masks them again."""
    put("phone", ChannelType="SMS", Address="+12065550100", User={"UserId": "ada.lovelace"})
    put("other", User={"UserId": "ada.lovelace"})
    masked = site.get(LIST)
    assert "+12065550100" not in masked.text
    assert "ada.lovelace" not in masked.text
    shown = site.get(masked.link("Show values"))
    assert shown.rows()[1][3:5] == ["+12065550100", "ada.lovelace"]
    assert shown.one("input", name="show").attributes["value"] == "values"
    for name in ("phone", "Endpoints", "Audience", "Applications"):
        assert "show=values" in shown.link(name)
    assert "+12065550100" in site.get(shown.link("phone")).text
    assert site.get(shown.link("Mask values")).rows() == masked.rows()


def test_every_id_leads_to_its_endpoint(site: Site, put: Put) -> None:
    """However nasty an id of an application and of an endpoint is, links lead to it."""
    apps = ["a/b?c#d", "50% <b>", "é/日本", "-x", "&app=other"]
    for app in apps:
        for endpoint_id in HARD_IDS:
            put(endpoint_id, app)
    unlike = {same_endpoint_key(each): each for each in HARD_IDS}
    home = site.get("/")
    for app in apps:
        page = site.get(home.link(app))
        assert page.one("h1").text == app
        links = page.one("tbody").all("a")
        assert len(links) == len(unlike)
        for link in links:
            assert site.get(link.attributes["href"]).one("h1").text == link.text
        assert {each.text for each in links} == set(map(printable, unlike.values()))


def test_every_id_can_be_filtered_by(site: Site, put: Put) -> None:
    """The begin of an id finds it, however nasty it is."""
    for endpoint_id in HARD_IDS:
        put(endpoint_id)
    for endpoint_id in HARD_IDS:
        found = ids_on(site.get(f"{LIST}&id={quote(endpoint_id, safe='')}"))
        shown = same_endpoint_key(printable(endpoint_id))
        assert shown in {same_endpoint_key(each) for each in found}


def test_an_application_without_endpoints_says_how_to_send_one(
    site: Site, pinpoint: LocalPinpoint
) -> None:
    """An empty application has a command to copy, with its id, and no form."""
    app = pinpoint.create_app({"Name": "empty"})["Id"]
    page = site.get(f"/application?app={app}")
    assert "no endpoints yet" in page.one("main").text
    assert f"--app {app} " in page.one("pre").text
    assert page.all("form") == []


def test_a_page_whose_endpoints_are_gone_leads_to_the_first(site: Site, put: Put) -> None:
    """A page behind the last endpoint says so."""
    put("one")
    page = site.get(f"{LIST}&after=1")
    assert page.text.count("First page") == 1
    assert "no more endpoints" in page.one("main").text
    assert ids_on(site.get(page.link("First page"))) == ["one"]
