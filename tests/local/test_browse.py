import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from pinpoint_endpoints.errors import CannotRun, NoApplication
from pinpoint_endpoints.local.browse import SCAN_SIZE, all_endpoints, count_endpoints
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
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
    assert first == LocalPinpoint(store).get_endpoint("app", "e0000")


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


def test_nobody_waits_for_a_reader(tmp_path: Path) -> None:
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
def test_an_unknown_application_is_told_at_once(
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
        assert len(list(islice(endpoints, 2 * SCAN_SIZE))) == 2 * SCAN_SIZE
        with pytest.raises(CannotRun, match="is damaged"):
            next(endpoints)
