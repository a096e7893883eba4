import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from strategies import HARD_IDS
from web_pages import Element, Put, Site

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.server.server import serving
from pinpoint_endpoints.local.store import Store

WHOLE = {
    "ChannelType": "SMS",
    "Address": "+12065550100",
    "Attributes": {"Interests": ["Art", "<Books>"], "Empty": [], "+12065550199": ["x"]},
    "Demographic": {"Timezone": "Europe/Berlin", "AppVersion": ""},
    "EffectiveDate": "2026-11-01T10:00:00+01:00",
    "Location": {"Country": "DE", "Latitude": 52.5},
    "Metrics": {"music_level": 4.5},
    "OptOut": "NONE",
    "User": {"UserId": "ada.lovelace", "UserAttributes": {"Tier": ["platinum", "x"]}},
}


def url(endpoint_id: str, **parameters: str) -> str:
    """Return the URL of an endpoint's page."""
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    return f"/endpoint?app=demo&id={quote(endpoint_id, safe='')}{more}"


def members_on(page: Element) -> dict[str, dict[str, list[str]]]:
    """Return the members of each section of a page, with their values."""
    return {
        section.one("h2").text: {
            entry.one("dt").text: [value.text for value in entry.all("dd")]
            for entry in section.one("dl").all("div")
        }
        for section in page.all("section")
        if section.all("dl")
    }


def test_every_member_is_shown(site: Site, pinpoint: LocalPinpoint, put: Put) -> None:
    """All members are on the page, those of an object in a section of its own."""
    put("ada", **WHOLE)
    stored = pinpoint.get_endpoint("demo", "ada")
    page = site.get(url("ADA", show="values"))
    assert page.one("h1").text == "ada"
    assert page.one("title").text == "ada in demo · Local Pinpoint"
    assert members_on(page) == {
        "Endpoint": {
            "Id": ["ada"],
            "ApplicationId": ["demo"],
            "ChannelType": ["SMS"],
            "Address": ["+12065550100"],
            "EndpointStatus": ["ACTIVE"],
            "OptOut": ["NONE"],
            "EffectiveDate": ["2026-11-01T10:00:00+01:00"],
            "CreationDate": [stored["CreationDate"]],
            "CohortId": [stored["CohortId"]],
            "RequestId": ["request-1"],
        },
        "User": {"UserId": ["ada.lovelace"]},
        "User.UserAttributes": {"Tier": ["platinum", "x"]},
        "Attributes": {
            "Interests": ["Art", "<Books>"],
            "Empty": ["no values"],
            "+12065550199": ["x"],
        },
        "Metrics": {"music_level": ["4.5"]},
        "Demographic": {"Timezone": ["Europe/Berlin"], "AppVersion": ["empty string"]},
        "Location": {"Country": ["DE"], "Latitude": ["52.5"]},
    }
    assert json.loads(page.one("details").one("pre").text) == stored


def test_personal_data_is_masked_everywhere(site: Site, pinpoint: LocalPinpoint, put: Put) -> None:
    """Unasked, the page has no address, user id, user attribute, or name that is an address."""
    put("ada", **WHOLE)
    got = site.ask(url("ada"))
    for value in ("+12065550100", "ada.lovelace", "platinum", "+12065550199"):
        assert value not in got.body
    sections = members_on(got.page)
    assert sections["Endpoint"]["Address"] == ["+1***0100"]
    assert sections["User"] == {"UserId": ["ad***"]}
    assert sections["User.UserAttributes"] == {"Tier": ["pl***", "***"]}
    assert sections["Attributes"]["+1***0199"] == ["x"]
    shown = json.loads(got.page.one("details").one("pre").text)
    assert shown["Address"] == "+1***0100"
    assert shown["User"] == {"UserId": "ad***", "UserAttributes": {"Tier": ["pl***", "***"]}}
    stored = pinpoint.get_endpoint("demo", "ada")
    for member in ("Demographic", "Location", "Metrics", "RequestId", "CreationDate"):
        assert shown[member] == stored[member]


def test_members_whose_names_are_masked_alike_stay_apart(site: Site, put: Put) -> None:
    """In the masked JSON no member is lost because its name looks like another one's."""
    put("ada", Attributes={f"+120655501{number}0100": [str(number)] for number in range(3)})
    shown = json.loads(site.get(url("ada")).one("details").one("pre").text)
    assert shown["Attributes"] == {
        "+1***0100": ["0"], "+1***0100 (2)": ["1"], "+1***0100 (3)": ["2"],
    }  # fmt: skip


def test_no_masked_name_takes_the_place_of_another(site: Site, put: Put) -> None:
    """Nor does a name that looks like a masked one lose its own."""
    names = ["+12065550100", "+1***0100 (2)", "+12065560100", "+1***0100", "+12065570100"]
    put("ada", Attributes={name: [str(number)] for number, name in enumerate(names)})
    shown = json.loads(site.get(url("ada")).one("details").one("pre").text)
    assert shown["Attributes"] == {
        "+1***0100 (3)": ["0"], "+1***0100 (2)": ["1"], "+1***0100 (4)": ["2"],
        "+1***0100": ["3"], "+1***0100 (5)": ["4"],
    }  # fmt: skip


def test_values_are_shown_when_asked_for(site: Site, put: Put) -> None:
    """The link shows what is masked, and another one masks it again."""
    put("ada", **WHOLE)
    page = site.get(url("ada"))
    shown = site.get(page.link("Show values"))
    assert "+12065550100" in shown.text
    assert "show=values" in shown.link("demo")
    assert "+12065550100" not in site.get(shown.link("Mask values")).text


def test_the_users_other_endpoints_are_listed(site: Site, put: Put) -> None:
    """The other endpoints of the same user are listed below, and lead to their pages."""
    user = {"User": {"UserId": "ada.lovelace"}}
    put("mail", **user)
    put("Phone", ChannelType="SMS", Address="+12065550100", **user)
    put("stranger", User={"UserId": "bob"})
    page = site.get(url("mail"))
    assert [(row[0], len(row)) for row in page.rows()] == [("Phone", 5)]
    assert "User id" not in page.one("thead").text
    assert "ada.lovelace" not in page.text
    assert site.get(page.link("Phone")).one("h1").text == "Phone"


def test_an_endpoint_without_a_user_lists_no_others(site: Site, put: Put) -> None:
    """Endpoints without a user are not each other's."""
    put("one")
    put("two")
    assert "Other endpoints" not in site.get(url("one")).text


def test_the_command_prints_the_endpoint(tmp_path: Path) -> None:
    """The command to copy prints the endpoint of this page, however nasty its id is."""
    path = tmp_path / "a b's $store.sqlite3"
    ids = ["-", "-x", " it's a/b %2F :*?\"<>|# é\\"]
    app = "-app `x` !"
    with Store(path) as store:
        pinpoint = LocalPinpoint(store)
        for endpoint_id in ids:
            request = {"ChannelType": "EMAIL", "Address": f"{endpoint_id}@example.com"}
            pinpoint.update_endpoint(app, endpoint_id, request=request, request_id="request")
        with serving(path) as server:
            site = Site(server.url)
            for endpoint_id in ids:
                target = f"/endpoint?app={quote(app)}&id={quote(endpoint_id, safe='')}"
                command = site.get(target).one("figure").one("pre").text
                assert printed_by(f"{command} -o ndjson") == pinpoint.get_endpoint(app, endpoint_id)


def printed_by(command: str) -> object:
    """Return the JSON that a shell's command prints."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    run = subprocess.run(
        ["/bin/sh", "-ec", command], env={"PATH": path}, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def test_an_endpoint_that_is_not_there(site: Site, put: Put) -> None:
    """404 tells whether the endpoint is missing or the application."""
    put("ada")
    for target, words in (
        (url("eve"), "no such endpoint"),
        ("/endpoint?app=none&id=ada", "no such application"),
        ("/application?app=none", "no such application"),
        ("/audience?app=none", "no such application"),
    ):
        got = site.ask(target)
        assert got.status == 404
        assert words in got.page.one("main").text
        assert got.page.link("All applications") == "/"


def test_an_id_that_is_an_address_is_masked(site: Site, put: Put) -> None:
    """In the list and on its page, with its links and its command still to be had."""
    uuid = "12345678-1234-4234-8234-123456789012"
    user = {"User": {"UserId": "ada.lovelace"}}
    for endpoint_id in ("ada@example.com", "+12065550100", uuid):
        put(endpoint_id, **user)
    listed = site.get("/application?app=demo")
    assert [row[0] for row in listed.rows()] == [uuid, "+1***0100", "a***@example.com"]
    page = site.get(listed.link("a***@example.com"))
    assert "ada@example.com" not in page.text
    assert page.one("h1").text == "a***@example.com"
    assert page.one("title").text == "a***@example.com in demo · Local Pinpoint"
    assert members_on(page)["Endpoint"]["Id"] == ["a***@example.com"]
    assert json.loads(page.one("details").one("pre").text)["Id"] == "a***@example.com"
    assert page.all("figure") == []
    assert [row[0] for row in page.rows()] == [uuid, "+1***0100"]
    shown = site.get(page.link("Show values and the command"))
    assert "ada@example.com" in shown.one("figure").one("pre").text
    assert shown.one("h1").text == "ada@example.com"


def test_an_empty_text_is_not_masked(site: Site, put: Put) -> None:
    """It is no personal data, and says so in the list, on the page and in the JSON."""
    put("bare", Address="", OptOut="ALL", User={"UserId": ""})
    page = site.get(url("bare"))
    assert members_on(page)["Endpoint"]["Address"] == ["empty string"]
    assert json.loads(page.one("details").one("pre").text)["Address"] == ""


def test_the_command_prints_what_the_page_shows(site: Site, put: Put) -> None:
    """With values shown, the command shows them too."""
    put("ada")
    for show, shows in (("", False), ("values", True)):
        command = site.get(url("ada", show=show)).one("figure").one("pre").text
        assert ("--show-values" in command) == shows


def test_the_path_leads_back_to_the_list(site: Site, put: Put) -> None:
    """To the page of the list, with its filter, that led to the endpoint; also over the next."""
    for number in range(60):
        put(f"a&b-{number:02}", User={"UserId": f"user-{number // 10}"})
    target = "/application?app=demo&id=a%26b&status=ACTIVE&after=a%26b-49"
    page = site.get(target)
    endpoint = site.get(page.link("a&b-55"))
    assert endpoint.link("demo") == target
    assert site.get(endpoint.link("a&b-56")).link("demo") == target
    shown = site.get(endpoint.link("Show values"))
    assert shown.link("demo") == f"{target}&show=values"


def test_ids_are_the_same_in_any_case(site: Site, put: Put) -> None:
    """Every id finds its endpoint in other cases too."""
    for endpoint_id in HARD_IDS:
        put(endpoint_id)
    for endpoint_id in HARD_IDS:
        assert site.get(url(endpoint_id.lower())).one("h1").text
