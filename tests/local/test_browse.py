"""The lists that the pages show, and the scan of all endpoints."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import IDS

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import CannotRun, NoApplication
from pinpoint_endpoints.local.browse import (
    FIRST_PAGE,
    SCAN_SIZE,
    Cursor,
    Filter,
    Page,
    all_endpoints,
    count_endpoints,
    find_endpoints,
    scan,
)
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.store import Store

MANY = 2 * SCAN_SIZE + 50


def put(store: Store, application_id: str, endpoint_ids: Iterable[str]) -> None:
    """Store endpoints, a hundred in a call."""
    pinpoint = LocalPinpoint(store)
    items = [{"Id": each, "ChannelType": "CUSTOM", "Address": each} for each in endpoint_ids]
    for begin in range(0, len(items), 100):
        batch = {"Item": items[begin : begin + 100]}
        pinpoint.update_endpoints_batch(application_id, request=batch, request_id="r")


def ids(store: Store, application_id: str) -> list[str]:
    """Return the ids of all endpoints of an application."""
    return [endpoint["Id"] for endpoint in all_endpoints(store, application_id)]


def named(begin: str, count: int) -> list[str]:
    """Return this many ids, such as `e0001`, whose order is not that of the alphabet."""
    return [f"{begin}{number * 7919 % 10000:04}" for number in range(count)]


def test_every_endpoint_comes_once_in_order_of_creation(store: Store) -> None:
    """Page after page, each as it is stored."""
    put(store, "app", named("e", MANY))
    assert ids(store, "app") == named("e", MANY)
    assert count_endpoints(store, "app") == MANY
    first = next(all_endpoints(store, "app"))
    with store.reading() as rows:
        application = rows.application("app")
        assert application is not None
        assert first == rows.endpoint(application, "e0000")


def test_other_applications_are_left_out(store: Store) -> None:
    """Also where theirs lie between, and fill whole pages."""
    put(store, "app", named("a", 150))
    put(store, "other", named("o", MANY))
    put(store, "app", named("b", 150))
    assert ids(store, "app") == named("a", 150) + named("b", 150)
    assert ids(store, "other") == named("o", MANY)
    assert (count_endpoints(store, "app"), count_endpoints(store, "other")) == (300, MANY)


def test_what_changes_meanwhile(store: Store) -> None:
    """New ones are left out, and those that went before their page came are gone."""
    put(store, "app", named("e", MANY))
    endpoints = all_endpoints(store, "app")
    seen = [endpoint["Id"] for endpoint in islice(endpoints, 10)]
    put(store, "app", ["new"])
    LocalPinpoint(store).delete_endpoint("app", named("e", MANY)[-1])
    seen += [endpoint["Id"] for endpoint in endpoints]
    assert seen == named("e", MANY)[:-1]
    assert ids(store, "app")[-1] == "new"


def test_an_application_may_go_meanwhile(store: Store) -> None:
    """Then there is nothing more."""
    put(store, "app", named("e", MANY))
    endpoints = all_endpoints(store, "app")
    next(endpoints)
    LocalPinpoint(store).delete_app("app")
    assert len(list(endpoints)) == SCAN_SIZE - 1


def test_a_reader_blocks_no_checkpoint(tmp_path: Path) -> None:
    """Between two endpoints no transaction is open: the log can be written back and emptied."""
    path = tmp_path / "store"
    with Store(path) as store, closing(sqlite3.connect(path, timeout=0)) as other:
        put(store, "app", named("e", MANY))
        for _ in islice(all_endpoints(store, "app"), SCAN_SIZE - 5, SCAN_SIZE + 5):
            (is_busy, _, _) = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert not is_busy


def test_large_gaps_cost_nothing(tmp_path: Path) -> None:
    """What was deleted leaves gaps between the numbers."""
    path = tmp_path / "store"
    with Store(path) as store:
        put(store, "app", ["a", "b"])
        with closing(sqlite3.connect(path)) as other:
            other.executescript(f"UPDATE endpoints SET number = {1 << 60} WHERE number = 2")
        assert ids(store, "app") == ["a", "b"]


@pytest.mark.parametrize("look", [all_endpoints, count_endpoints])
def test_an_unknown_application_is_reported_at_once(
    store: Store, look: Callable[[Store, str], object]
) -> None:
    """Before the first endpoint is asked for; the nearest one is named."""
    with pytest.raises(NoApplication) as none:
        look(store, "newsletter")
    assert none.value.hint == "an application is created when an endpoint is first sent to it"
    put(store, "Newsletters", ["a"])
    with pytest.raises(NoApplication, match="no application newsletter in") as near:
        look(store, "newsletter")
    assert near.value.hint == 'did you mean "Newsletters"?'


def test_an_empty_application_has_no_endpoints(store: Store) -> None:
    """It is there, and nothing is in it."""
    LocalPinpoint(store).add_application("app", "App")
    assert (ids(store, "app"), count_endpoints(store, "app")) == ([], 0)


def test_a_damaged_endpoint_is_a_damaged_store(tmp_path: Path) -> None:
    """Also if it is met only after many others."""
    path = tmp_path / "store"
    with Store(path) as store:
        put(store, "app", named("e", MANY))
        with closing(sqlite3.connect(path)) as other:
            other.executescript(f"UPDATE endpoints SET response = x'7b' WHERE number = {MANY}")
        endpoints = all_endpoints(store, "app")
        assert len(list(islice(endpoints, MANY - 1))) == MANY - 1
        with pytest.raises(CannotRun, match="is damaged"):
            next(endpoints)


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
    with store.reading() as rows:
        found = [rows.endpoint(application_in(rows), each[0]) for each in reversed(endpoints)]
    return [endpoint for endpoint in found if endpoint]


def fits(endpoint: dict[str, Any], wanted: Filter) -> bool:
    """Tell whether an endpoint fits a filter, as its documentation says."""
    return (
        same_endpoint_key(endpoint["Id"]).startswith(same_endpoint_key(wanted.id_prefix))
        and wanted.user_id in ("", endpoint.get("User", {}).get("UserId", ""))
        and wanted.channel_type in ("", endpoint["ChannelType"])
        and wanted.endpoint_status in ("", endpoint["EndpointStatus"])
    )


def application_in(rows: Rows) -> Application:
    """Return the application that `stored` makes."""
    application = rows.application("demo")
    assert application is not None
    return application


def pages(store: Store, wanted: Filter, size: int = 50) -> Iterator[Page[Any]]:
    """Yield all pages from the first one on, each read in a transaction of its own."""
    cursor: Cursor | None = FIRST_PAGE
    while cursor is not None:
        with store.reading() as rows:
            page = find_endpoints(rows, application_in(rows), wanted, cursor, size=size)
        yield page
        cursor = page.following


def pages_backwards(
    store: Store, wanted: Filter, last: Page[Any], size: int
) -> Iterator[Page[Any]]:
    """Yield all pages from the last one on back to the first."""
    page = last
    yield page
    while page.previous is not None:
        with store.reading() as rows:
            page = find_endpoints(rows, application_in(rows), wanted, page.previous, size=size)
        yield page


def expected(endpoints: list[dict[str, Any]], wanted: Filter) -> list[dict[str, Any]]:
    """Return what fits, in the order that is documented."""
    found = [each for each in endpoints if fits(each, wanted)]
    if wanted.id_prefix:
        found.sort(key=lambda each: same_endpoint_key(each["Id"]))
    return found


@given(endpoints=ENDPOINTS, wanted=FILTERS, size=st.sampled_from((1, 2, 50)))
def test_pages_have_what_fits_once_and_in_order(
    endpoints: list[tuple[str, str, str, str]], wanted: Filter, size: int
) -> None:
    """The pages together have each endpoint that fits a filter, once, in order; back as well."""
    with Store(None) as store:
        everything = stored(store, endpoints)
        forwards = list(pages(store, wanted, size))
        found = [each for page in forwards for each in page.items]
        assert found == expected(everything, wanted)
        assert all(len(page.items) <= size for page in forwards)
        backwards = list(pages_backwards(store, wanted, forwards[-1], size))[::-1]
        first = backwards[0].items
        rest = [each for page in backwards[1:] for each in page.items]
        assert first == found[: len(first)]
        assert [each for each in rest if each not in first] == found[len(first) :]


@given(endpoints=ENDPOINTS, wanted=FILTERS)
def test_what_fits_is_counted(endpoints: list[tuple[str, str, str, str]], wanted: Filter) -> None:
    """A page has the number of all that fit, and of those ahead of it."""
    with Store(None) as store:
        fitting = expected(stored(store, endpoints), wanted)
        page = next(pages(store, wanted))
        assert (page.total, page.ahead) == (len(fitting), 0)


def test_those_ahead_are_counted(store: Store) -> None:
    """The second page says how many endpoints are on the first one."""
    stored(store, [(f"id-{number}", "EMAIL", "ACTIVE", "") for number in range(5)])
    for wanted in (Filter(), Filter("id"), Filter(channel_type="EMAIL")):
        assert [page.ahead for page in pages(store, wanted, 2)] == [0, 2, 4]


@pytest.mark.parametrize("wanted", [Filter(), Filter("id"), Filter("id", channel_type="EMAIL")])
def test_too_few_before_a_place_are_the_first_page(store: Store, wanted: Filter) -> None:
    """Going back to where less than a page is left leads to the whole first page."""
    endpoints = stored(store, [(f"id-{number}", "EMAIL", "ACTIVE", "") for number in range(5)])
    key = "id-2" if wanted.id_prefix else 3  # two ids come before the one, and two numbers
    with store.reading() as rows:
        page = find_endpoints(rows, application_in(rows), wanted, Cursor(before=key), size=3)
    assert page.items == expected(endpoints, wanted)[:3]
    assert page.previous is None


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
            assert [each["Id"] for each in page.items] == ["in-demo"]
            assert page.total == 1
        assert len(scan(rows, application, 0)) == 1


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
                some = scan(rows, application_in(rows), number, size=limit)
            found += (orjson.loads(response) for _, response in some)
            number = some[-1][0] if some else number
            sizes.append(len(some))
        assert found == everything
        assert all(size == limit for size in sizes[:-1])
