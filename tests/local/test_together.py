"""Requests of one moment: one transaction, and each request's trouble its own."""

import json
from pathlib import Path

import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer
from pinpoint_endpoints.local.store import Locked, Store
from pinpoint_endpoints.local.together import Request, answer_together

NO_STATUS = 0


def update(endpoint_id: str) -> Request:
    """Return an update of an e-mail endpoint."""
    body = {
        "ChannelType": "EMAIL",
        "Address": f"{endpoint_id}@example.com",
        "Attributes": {"a": []},
    }
    return Request("PUT", f"/v1/apps/app/endpoints/{endpoint_id}", json.dumps(body).encode())


def answers(store: Store, requests: list[Request], complaints: list[str]) -> list[int]:
    """Return the statuses of the answers, `NO_STATUS` for what the store could not do."""
    found = answer_together(store, LocalPinpoint(store), requests, complaints.append)
    return [one.status if isinstance(one, Answer) else NO_STATUS for one in found]


def stored(store: Store) -> list[str]:
    """Return the keys of all endpoints that can be read."""
    with store.reading() as rows:
        found = rows.execute("SELECT endpoint_key FROM endpoints ORDER BY endpoint_key")
        return [key for (key,) in found]


def write_into(store: Store, endpoint_id: str, response: str) -> None:
    """Put something into an endpoint's row as another program would."""
    with store.writing() as rows:
        rows.execute(
            "UPDATE endpoints SET response = ? WHERE endpoint_key = ?",
            (response.encode(), endpoint_id),
        )


@pytest.mark.parametrize("damage", ["x", "{}", "[1]", '{"Id": 1, "User": 2}'])
def test_a_damaged_endpoint_is_the_trouble_of_who_asks_for_it(damage: str) -> None:
    """Its neighbours in the group are stored; the reason names damage and no fault of ours."""
    complaints: list[str] = []
    with Store(None) as store:
        assert answers(store, [update("bad")], complaints) == [202]
        write_into(store, "bad", damage)
        group = [update("a"), update("bad"), update("b")]
        assert answers(store, group, complaints) == [202, NO_STATUS, 202]
        (found,) = answer_together(store, LocalPinpoint(store), [update("bad")], pytest.fail)
        assert isinstance(found, CannotRun)
        assert "is damaged" in found.message
        assert stored(store) == ["a", "b", "bad"]
    assert complaints == []


def test_a_fault_of_ours_is_told_and_ends_no_other_request() -> None:
    """What nobody foresaw is 500 for the one request, with the traceback to whoever listens."""
    complaints: list[str] = []
    with Store(None) as store:
        assert answers(store, [update("odd")], complaints) == [202]
        with store.reading() as rows:
            (response,) = rows.execute("SELECT response FROM endpoints").fetchone()
        write_into(store, "odd", json.dumps({**json.loads(response), "Attributes": 5}))
        assert answers(store, [update("a"), update("odd"), update("b")], complaints) == [
            202, 500, 202,
        ]  # fmt: skip
        assert stored(store) == ["a", "b", "odd"]
    assert len(complaints) == 1
    assert "Traceback" in complaints[0]


def test_a_locked_store_may_be_tried_again(tmp_path: Path) -> None:
    """Nothing of the group is stored, and the caller is told that it is for a while only."""
    with Store(tmp_path / "store") as store, Store(tmp_path / "store") as other:
        store.raise_when_locked()
        with other.writing(), pytest.raises(Locked):
            answers(store, [update("a"), update("b")], [])
        assert stored(store) == []
        assert answers(store, [update("a"), update("b")], []) == [202, 202]
