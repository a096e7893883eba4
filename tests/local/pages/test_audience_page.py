import json
from pathlib import Path

from web_pages import Element, Put, Site, site_of

from pinpoint_endpoints.local.browse import SCAN_SIZE
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.server.server import Settings, serving
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


def figures_on(page: Element) -> dict[str, str]:
    """Return the key figures by their names."""
    names, numbers = page.all("dt"), page.all("dd")
    return {name.text: number.text for name, number in zip(names, numbers, strict=True)}


def test_a_bar_is_a_filter_that_can_be_combined_and_removed(site: Site, put: Put) -> None:
    """Each bar restricts the charts to what it counts, also the one of what is not given."""
    put("mail", Location={"Country": "DE"}, Attributes={"Plan": ["pro"]})
    put("other", Metrics={"visits": 0})
    put("phone", ChannelType="SMS", EndpointStatus="INACTIVE", OptOut="ALL")
    mails = site.get(site.get(AUDIENCE).link("EMAIL"))
    assert "2 of 3 endpoints" in mails.one("p", **{"class": "result"}).text
    assert charts_on(mails)["Channel type"] == [["EMAIL", "2", "100.0%"]]
    both = site.get(mails.link("DE"))
    assert [row[:2] for row in charts_on(both)["Country"]] == [["DE", "1"]]
    assert [row[:2] for row in charts_on(both)["Attribute coverage"]] == [["Plan", "1"]]
    only_country = site.get(
        both.link("Channel type: EMAIL: remove this filter \N{MULTIPLICATION SIGN}")
    )
    assert "Country: DE" in only_country.text
    assert "Channel type: EMAIL" not in only_country.text
    assert "3 endpoints" in site.get(both.link("Clear")).one("p", **{"class": "result"}).text
    for label, endpoints in (("SMS", ["phone"]), ("ACTIVE", ["mail", "other"])):
        filtered = site.get(site.get(AUDIENCE).link(label))
        listed = site.get(filtered.link("List the endpoints"))
        assert sorted(row[0] for row in listed.rows()) == endpoints
    for label, endpoints in (
        ("in the last 24 hours", ["mail", "other", "phone"]),
        ("visits", ["other"]),
        ("Plan", ["mail"]),
        ("ALL", ["phone"]),
    ):
        filtered = site.get(site.get(AUDIENCE).link(label))
        assert site.ask(filtered.link("Download ids (CSV)")).body.split() == ["Id", *endpoints]
    none = site.ask("/ids.csv?app=demo&where=no%3Dcountry%26no%3Dmetrics").body
    assert none.split() == ["Id", "phone"]
    nothing = site.get(f"{AUDIENCE}&where=country%3DFR")
    assert "No endpoint passes all filters." in nothing.text


def test_key_figures_count_endpoints_and_users(site: Site, put: Put) -> None:
    """A user counts once, and only what a message would be sent to is reachable."""
    put("mail", User={"UserId": "ada"})
    put("phone", ChannelType="SMS", User={"UserId": "ada"}, OptOut="ALL")
    put("old", EffectiveDate="2020-01-01T00:00:00Z", EndpointStatus="INACTIVE")
    page = site.get(AUDIENCE)
    assert figures_on(page) == {
        "Endpoints": "3",
        "Users": "1",
        "Reachable": "1",
        "Opted out": "1",
        "Active in 30 days": "2",
    }
    assert "3 new endpoints in 30 days, 3 on one day at most" in page.text


def test_segments_of_the_store_and_of_a_directory_are_listed(
    path: Path, pinpoint: LocalPinpoint, put: Put, tmp_path: Path
) -> None:
    """They have counts, are filters, and can build on each other; a wrong one says so."""
    put("mail", Attributes={"Plan": ["pro"]})
    put("phone", ChannelType="SMS", Attributes={"Plan": ["pro"]}, OptOut="ALL")
    put("other", ChannelType="SMS")
    sms = {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS"]}}}
    stored = pinpoint.segments.create("demo", request={"Name": "By phone", "Dimensions": sms})
    plan = {"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["pro"]}}}
    group = {"SourceSegments": [{"Id": stored["Id"]}], "Dimensions": [plan]}
    directory = tmp_path / "segments"
    directory.mkdir()
    files = {
        "pro.json": {"Name": "Pro by phone", "SegmentGroups": {"Groups": [group]}},
        "bad.json": {"Name": "bad", "SegmentGroups": {"Groups": [{"Type": "XOR"}]}},
        "lost.json": {
            "Name": "lost",
            "SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "gone"}]}]},
        },
    }
    for name, value in files.items():
        (directory / name).write_text(json.dumps(value), encoding="utf-8")
    with serving(path, Settings(segments=directory)) as server:
        site = Site(server.url)
        page = site.get(AUDIENCE)
        rows = {row[0]: row[1:] for row in page.all("section")[-1].rows()}
        assert rows == {
            "By phone": ["in the store", "2", "1", "CSV of By phone"],
            "Pro by phone": ["pro.json", "1", "0", "CSV of Pro by phone"],
            "bad.json": ["bad.json", "it has errors: `pe validate` shows them"],
            "lost": ["lost.json", "0", "0", "3 cannot be decided"],
        }
        filtered = site.get(page.link("By phone"))
        assert charts_on(filtered)["Channel type"] == [["SMS", "2", "100.0%"]]
        assert "Segment: By phone" in filtered.text
        ids = site.ask(page.link("CSV of Pro by phone"))
        assert (ids.headers["content-type"], ids.body) == ("text/csv; charset=utf-8", "Id\nphone\n")
        assert ids.headers["content-disposition"] == 'attachment; filename="ids.csv"'
        for name in files:
            (directory / name).unlink()
        last = site.get(AUDIENCE).all("section")[-1].rows()[-1]
        assert last == ["segments", str(directory), "no segments found"]


def test_ids_that_look_like_addresses_are_masked_in_a_download(site: Site, put: Put) -> None:
    """They are shown where the page shows values."""
    put("ada@example.com")
    target = site.get(AUDIENCE).link("Download ids (CSV)")
    assert site.ask(target).body == "Id\na***@example.com\n"
    assert site.ask(f"{target}&show=values").body == "Id\nada@example.com\n"


def test_a_selection_that_no_link_has_is_refused(site: Site, put: Put) -> None:
    """An unknown chart, no value, and too many filters are a mistake in the URL."""
    put("mail")
    many = "%26".join(f"country%3D{number}" for number in range(21))
    for where in ("address%3Dx", "country", "country%3D", "no%3Dsegment", many):
        for path in ("/audience", "/ids.csv"):
            assert site.ask(f"{path}?app=demo&where={where}").status == 400, where
    assert "it is gone" in site.get(f"{AUDIENCE}&where=segment%3Dx").text


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
