from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from endpoints import IDS
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local import filtering
from pinpoint_endpoints.local.filtering import (
    FIRST_PAGE,
    Filter,
    Page,
    Place,
    channel_types,
    count_up_to,
    find_endpoints,
    responses_after,
)
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.store import Store

CHANNELS = ("CUSTOM", "EMAIL", "IN_APP")
USERS = ("", "ada", "Ada", "bob")
ENDPOINTS = st.lists(
    st.tuples(
        IDS | st.text("abAB\U0010ffff\ud7ff\ue000", min_size=1, max_size=3),
        st.sampled_from(CHANNELS),
        st.sampled_from(("ACTIVE", "INACTIVE")),
        st.sampled_from(USERS),
    ),
    max_size=15,
    unique_by=lambda endpoint: same_endpoint_key(endpoint[0]),
)
FILTERS = st.builds(
    Filter,
    st.just("") | IDS | st.text("abAB\U0010ffff\ud7ff", max_size=2),
    st.sampled_from(USERS),
    st.sampled_from(("", *CHANNELS)),
    st.sampled_from(("", "ACTIVE", "INACTIVE")),
)


def stored(store: Store, endpoints: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    """Store endpoints that differ in what a filter looks at; return the last created first."""
    pinpoint = LocalPinpoint(store)
    pinpoint.add_application("demo", "demo")
    for number, (endpoint_id, channel, status, user) in enumerate(endpoints):
        request: dict[str, Any] = {
            "ChannelType": channel,
            "Address": f"address {number}",
            "EndpointStatus": status,
        }
        if user:
            request["User"] = {"UserId": user}
        pinpoint.update_endpoint("demo", endpoint_id, request=request, request_id="request")
    return [pinpoint.get_endpoint("demo", each[0]) for each in reversed(endpoints)]


def fits(endpoint: dict[str, Any], wanted: Filter) -> bool:
    """Tell whether an endpoint fits a filter, as its documentation says."""
    return (
        same_endpoint_key(endpoint["Id"]).startswith(same_endpoint_key(wanted.id_begin))
        and wanted.user_id in ("", endpoint.get("User", {}).get("UserId", ""))
        and wanted.channel_type in ("", endpoint["ChannelType"])
        and wanted.endpoint_status in ("", endpoint["EndpointStatus"])
    )


def application_in(rows: Rows) -> Application:
    """Return the application that `stored` makes."""
    application = rows.application("demo")
    assert application is not None
    return application


def pages(store: Store, wanted: Filter) -> Iterator[Page]:
    """Yield all pages from the first one on, each read in a transaction of its own."""
    place: Place | None = FIRST_PAGE
    while place is not None:
        with store.reading() as rows:
            page = find_endpoints(rows, application_in(rows), wanted, place)
        yield page
        place = page.following


def pages_backwards(store: Store, wanted: Filter, last: Page) -> Iterator[Page]:
    """Yield all pages from the last one on back to the first."""
    page = last
    yield page
    while page.previous is not None:
        with store.reading() as rows:
            page = find_endpoints(rows, application_in(rows), wanted, page.previous)
        yield page


def expected(endpoints: list[dict[str, Any]], wanted: Filter) -> list[dict[str, Any]]:
    """Return what fits, in the order that is documented."""
    found = [each for each in endpoints if fits(each, wanted)]
    if wanted.id_begin:
        found.sort(key=lambda each: same_endpoint_key(each["Id"]))
    return found


@given(endpoints=ENDPOINTS, wanted=FILTERS, size=st.sampled_from((1, 2, 50)))
def test_pages_have_what_fits_once_and_in_order(
    endpoints: list[tuple[str, str, str, str]], wanted: Filter, size: int
) -> None:
    """The pages together have each endpoint that fits a filter, once, in order; back as well."""
    with Store(None) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(filtering, "PAGE", size)
        patch.setattr(filtering, "MOST_SIFTED", size + 1)
        everything = stored(store, endpoints)
        forwards = list(pages(store, wanted))
        found = [each for page in forwards for each in page.endpoints]
        assert found == expected(everything, wanted)
        assert all(len(page.endpoints) <= size for page in forwards)
        backwards = list(pages_backwards(store, wanted, forwards[-1]))[::-1]
        first = backwards[0].endpoints
        rest = [each for page in backwards[1:] for each in page.endpoints]
        assert first == found[: len(first)]
        assert [each for each in rest if each not in first] == found[len(first) :]


@given(endpoints=ENDPOINTS, wanted=FILTERS)
def test_what_fits_is_counted(endpoints: list[tuple[str, str, str, str]], wanted: Filter) -> None:
    """A page has the number of all that fit, and of those ahead of it."""
    with Store(None) as store:
        fitting = expected(stored(store, endpoints), wanted)
        page = next(pages(store, wanted))
        assert (page.total, page.ahead) == (len(fitting), 0)


def test_those_ahead_are_counted(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """The second page says how many endpoints are on the first one."""
    monkeypatch.setattr(filtering, "PAGE", 2)
    stored(store, [(f"id-{number}", "EMAIL", "ACTIVE", "") for number in range(5)])
    for wanted in (Filter(), Filter("id"), Filter(channel_type="EMAIL")):
        assert [page.ahead for page in pages(store, wanted)] == [0, 2, 4]


@pytest.mark.parametrize("wanted", [Filter(), Filter("id"), Filter("id", channel_type="EMAIL")])
def test_too_few_before_a_place_are_the_first_page(
    monkeypatch: pytest.MonkeyPatch, store: Store, wanted: Filter
) -> None:
    """Going back to where less than a page is left leads to the whole first page."""
    monkeypatch.setattr(filtering, "PAGE", 3)
    endpoints = stored(store, [(f"id-{number}", "EMAIL", "ACTIVE", "") for number in range(5)])
    key = "id-2" if wanted.id_begin else 3  # two ids come before the one, and two numbers
    with store.reading() as rows:
        page = find_endpoints(rows, application_in(rows), wanted, Place(before=key))
    assert page.endpoints == expected(endpoints, wanted)[:3]
    assert page.previous is None


def test_counting_ends_at_its_limit(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """More than the limit is counted as one more than it."""
    monkeypatch.setattr(filtering, "MOST_COUNTED", 3)
    stored(store, [(f"id-{number}", CHANNELS[number % 3], "ACTIVE", "") for number in range(9)])
    with store.reading() as rows:
        application = application_in(rows)
        for wanted in (Filter(), Filter("id")):
            assert find_endpoints(rows, application, wanted).total == 4
        assert count_up_to(rows, application, 7) == 7
        assert count_up_to(rows, application, 10) == 9


def test_ids_that_do_not_fit_are_looked_at_page_by_page(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    """Where many ids begin alike and few fit, a page may be empty, and the next one goes on."""
    monkeypatch.setattr(filtering, "MOST_SIFTED", 3)
    channels = ["EMAIL"] * 7 + ["CUSTOM"]
    stored(store, [(f"id-{place}", each, "ACTIVE", "") for place, each in enumerate(channels)])
    found = list(pages(store, Filter("id-", channel_type="CUSTOM")))
    ids = [[each["Id"] for each in page.endpoints] for page in found]
    assert ids == [[], [], ["id-7"]]
    assert [page.total for page in found] == [None, None, None]


def test_endpoints_of_other_applications_are_not_found(store: Store) -> None:
    """No filter finds what another application has."""
    pinpoint = LocalPinpoint(store)
    for app in ("demo", "other"):
        request = {"ChannelType": "SMS", "Address": "+12065550100", "User": {"UserId": "ada"}}
        pinpoint.update_endpoint(app, f"in-{app}", request=request, request_id="request")
    with store.reading() as rows:
        application = application_in(rows)
        for wanted in (Filter(), Filter("in"), Filter("in", "", "SMS"), Filter(user_id="ada")):
            page = find_endpoints(rows, application, wanted)
            assert [each["Id"] for each in page.endpoints] == ["in-demo"]
            assert page.total == 1
        assert len(responses_after(rows, application, 0, 10)) == 1


def test_channel_types_are_those_that_are_there(store: Store) -> None:
    """Each channel type that an endpoint has is named once."""
    stored(
        store,
        [(f"id-{number}", CHANNELS[number % 2], "ACTIVE", "") for number in range(5)],
    )
    with store.reading() as rows:
        assert channel_types(rows, application_in(rows)) == ["CUSTOM", "EMAIL"]


@given(endpoints=ENDPOINTS, limit=st.integers(1, 4))
def test_responses_come_in_order_of_creation(
    endpoints: list[tuple[str, str, str, str]], limit: int
) -> None:
    """Reading on after the last number comes to each endpoint once, whatever it is."""
    with Store(None) as store:
        everything = stored(store, endpoints)[::-1]
        found: list[Any] = []
        number, sizes = 0, [limit]
        while sizes[-1] == limit:
            with store.reading() as rows:
                some = responses_after(rows, application_in(rows), number, limit)
            found += (orjson.loads(response) for _, response in some)
            number = some[-1][0] if some else number
            sizes.append(len(some))
        assert found == everything
        assert all(size == limit for size in sizes[:-1])


def plans_of(store: Store, look: Callable[[Rows, Application], object]) -> list[str]:
    """Return how SQLite goes about each query of a function, in its own words."""
    plans: list[str] = []
    with store.reading() as rows:
        application = application_in(rows)
        execute = rows.execute

        def explained(query: str, parameters: tuple[Any, ...] = ()) -> Any:
            plans.extend(each[-1] for each in execute(f"EXPLAIN QUERY PLAN {query}", parameters))
            return execute(query, parameters)

        rows.execute = explained  # type: ignore[assignment] # takes what the queries here give it
        look(rows, application)
    return plans


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(channel_type="EMAIL"),
        Filter(endpoint_status="ACTIVE"),
        Filter("id"),
        Filter("id", "", "EMAIL"),
        Filter("id", "ada", "EMAIL", "ACTIVE"),
    ],
)
def test_every_query_of_a_page_searches_an_index(store: Store, wanted: Filter) -> None:
    """No query looks through all endpoints of an application: a million have pages at once."""
    stored(store, [(f"id-{number}", "EMAIL", "ACTIVE", "ada") for number in range(3)])
    plans = plans_of(store, lambda rows, application: find_endpoints(rows, application, wanted))
    searches = [plan for plan in plans if "endpoints USING" in plan]
    assert searches
    for plan in searches:
        assert "COVERING INDEX endpoints_by_channel" in plan or not plan.endswith("(application=?)")
    assert not any(plan.startswith("SCAN endpoints") for plan in plans)


def test_an_application_is_read_by_an_index(store: Store) -> None:
    """Whatever others have: no query scans, sorts, or searches without a place to go on from."""
    stored(store, [(f"id-{number}", CHANNELS[number % 2], "ACTIVE", "") for number in range(4)])
    plans = plans_of(store, lambda rows, application: responses_after(rows, application, 1, 2))
    reading = [plan for plan in plans if "COVERING" not in plan and "endpoints" in plan]
    assert len(reading) == 2
    assert all(plan.startswith("SEARCH") and plan.endswith("AND rowid>?)") for plan in reading)
    assert not any("SCAN" in plan or "B-TREE" in plan for plan in plans)
