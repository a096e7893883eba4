from web_pages import Element, Put, Site, site_of

from pinpoint_endpoints.local.browse import SCAN_SIZE
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.store import Store

AUDIENCE = "/audience?app=demo"


def charts_on(page: Element) -> dict[str, list[list[str]]]:
    """Return the rows of each chart by its title: label, count and share."""
    return {
        section.one("h2").text: [row[:3] for row in section.rows()]
        for section in page.all("section")
    }


def test_charts_show_labels_counts_and_shares_as_text(site: Site, put: Put) -> None:
    """Each chart is a table that can be read: label, number of endpoints, share."""
    for number in range(8):
        put(
            f"endpoint-{number}",
            ChannelType="SMS" if number < 6 else "EMAIL",
            Location={"Country": "DE"} if number < 1 else {},
            OptOut="ALL" if number < 2 else "NONE",
            Demographic={"Platform": "<ios>"},
        )
    page = site.get(AUDIENCE)
    charts = charts_on(page)
    assert charts["Channel type"] == [["SMS", "6", "75.0%"], ["EMAIL", "2", "25.0%"]]
    assert charts["Country"] == [["DE", "1", "12.5%"], ["(not given)", "7", "87.5%"]]
    assert charts["Platform"] == [["<ios>", "8", "100.0%"]]
    assert ["ALL", "2", "25.0%"] in charts["Opt-out"]
    assert ["in the last 24 hours", "8", "100.0%"] in charts["Last updated"]
    assert "8 endpoints, counted at 20" in page.one("p", **{"class": "result"}).text
    assert page.one("title").text == "Audience of demo · Local Pinpoint"


def test_a_count_that_is_no_sum_says_so(site: Site, put: Put) -> None:
    """The others' count is of each at most where bars overlap, and no name is taken for them."""
    for number in range(2):
        names = [f"name-{place:02}" for place in range(14)] + ["(others)", "not given"]
        put(f"endpoint-{number}", Attributes={name: ["x"] for name in names})
        put(f"country-{number}")
    charts = charts_on(site.get(AUDIENCE))
    assert charts["Attribute coverage"][0] == ['"(others)"', "2", "50.0%"]
    assert charts["Attribute coverage"][-2:] == [
        ["(6 others, each at most)", "2", "50.0%"],
        ["(not given)", "2", "50.0%"],
    ]


def test_values_can_be_shown_and_masked(site: Site, put: Put) -> None:
    """The page says whether the pages that it leads to show values, and switches it."""
    put("mail")
    for target in (AUDIENCE, "/"):
        page = site.get(target)
        shown = site.get(page.link("Show values"))
        assert "Personal values are shown." in shown.text
        assert shown.link("Mask values") == target


def test_bars_are_as_long_as_their_shares(site: Site, put: Put) -> None:
    """The width of a bar is its share."""
    for number in range(3):
        put(f"endpoint-{number}", ChannelType="SMS" if number else "EMAIL")
    channels = site.get(AUDIENCE).all("section")[0]
    assert [bar.attributes["width"] for bar in channels.all("rect")] == ["66.67%", "33.33%"]


def test_a_tiny_share_is_not_shown_as_none(site: Site, pinpoint: LocalPinpoint) -> None:
    """A tiny share is not shown as 0 %, and nearly all not as 100 %, as in `pe stats`."""
    items = [
        {"Id": f"id-{number}", "ChannelType": "EMAIL" if number else "SMS", "Address": f"{number}"}
        for number in range(2100)
    ]
    for begin in range(0, len(items), 100):
        batch = {"Item": items[begin : begin + 100]}
        pinpoint.update_endpoints_batch("demo", request=batch, request_id="request")
    channels = charts_on(site.get(AUDIENCE))["Channel type"]
    assert channels == [["EMAIL", "2,099", ">99.9%"], ["SMS", "1", "<0.1%"]]


def test_a_channels_bar_leads_to_its_endpoints(site: Site, put: Put) -> None:
    """Channels and statuses lead to the endpoints that they count."""
    put("mail")
    put("phone", ChannelType="SMS", EndpointStatus="INACTIVE")
    page = site.get(AUDIENCE)
    assert [row[0] for row in site.get(page.link("SMS")).rows()] == ["phone"]
    assert [row[0] for row in site.get(page.link("ACTIVE")).rows()] == ["mail"]


def test_no_personal_value_is_in_a_chart(site: Site, put: Put) -> None:
    """Charts have names of user attributes, never their values, addresses or users."""
    put("mail", User={"UserId": "ada.lovelace", "UserAttributes": {"Tier": ["platinum"]}})
    got = site.ask(f"{AUDIENCE}&show=values")
    assert "Tier" in got.body
    for value in ("ada.lovelace", "platinum", "mail@example.com"):
        assert value not in got.body


def test_an_application_without_endpoints_has_no_charts(
    site: Site, pinpoint: LocalPinpoint
) -> None:
    """Where there is nothing to count, the page says how to send an endpoint."""
    app = pinpoint.create_app({"Name": "empty"})["Id"]
    page = site.get(f"/audience?app={app}")
    assert page.all("section") == []
    assert f"--app {app} " in page.one("pre").text


def test_charts_are_counted_again_when_the_store_has_changed(
    site: Site, pinpoint: LocalPinpoint, put: Put
) -> None:
    """They are remembered until an endpoint is added, changed or deleted."""

    def look() -> tuple[str, list[list[str]]]:
        page = site.get(AUDIENCE)
        return page.one("p", **{"class": "result"}).text, charts_on(page)["Channel type"]

    put("one")
    put("two")
    assert look() == look()
    assert look()[1] == [["EMAIL", "2", "100.0%"]]
    put("two", ChannelType="SMS")
    assert look()[1] == [["EMAIL", "1", "50.0%"], ["SMS", "1", "50.0%"]]
    pinpoint.delete_endpoint("demo", "one")
    assert look()[1] == [["SMS", "1", "100.0%"]]


def test_a_store_in_memory_is_counted_again_when_it_has_changed() -> None:
    """Where the pages read by the connection that writes, changes are noticed too."""
    with Store(None) as store, site_of(store) as site:
        pinpoint = LocalPinpoint(store)
        for number in (1, 2):
            request = {"ChannelType": "SMS", "Address": str(number)}
            pinpoint.update_endpoint("demo", f"id-{number}", request=request, request_id="request")
            assert charts_on(site.get(AUDIENCE))["Channel type"] == [["SMS", str(number), "100.0%"]]


def test_more_endpoints_than_one_reading_are_counted_once(
    site: Site, pinpoint: LocalPinpoint
) -> None:
    """All are counted, those of other applications are not."""
    for app in ("other", "demo"):
        for begin in range(0, SCAN_SIZE + 100, 100):
            items = [
                {"Id": str(number), "ChannelType": "SMS", "Address": str(number)}
                for number in range(begin, begin + 100)
            ]
            pinpoint.update_endpoints_batch(app, request={"Item": items}, request_id="request")
    (row,) = charts_on(site.get(AUDIENCE))["Channel type"]
    assert row == ["SMS", f"{SCAN_SIZE + 100:,}", "100.0%"]
