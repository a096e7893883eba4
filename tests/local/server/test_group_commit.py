"""Requests that arrive together: one transaction, and errors of their own."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer
from pinpoint_endpoints.local.server.group_commit import (
    MAX_GROUP,
    Request,
    RequestExecutor,
    Result,
    WriteQueue,
    answer_group,
)
from pinpoint_endpoints.local.store import Locked, Store

NO_STATUS = 0


def update(endpoint_id: str) -> Request:
    """Return an update of an e-mail endpoint."""
    body = {
        "ChannelType": "EMAIL",
        "Address": f"{endpoint_id}@example.com",
        "Attributes": {"a": []},
    }
    return Request("PUT", f"/v1/apps/app/endpoints/{endpoint_id}", json.dumps(body).encode())


def answers(store: Store, requests: list[Request], errors: list[str]) -> list[int]:
    """Return the statuses of the answers, `NO_STATUS` where the store failed."""
    found = answer_group(store, LocalPinpoint(store), requests, errors.append)
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
def test_a_damaged_endpoint_fails_only_the_requests_that_read_it(damage: str) -> None:
    """Its neighbours in the group are stored, and the error says that the store is damaged."""
    errors: list[str] = []
    with Store(None) as store:
        assert answers(store, [update("bad")], errors) == [202]
        write_into(store, "bad", damage)
        group = [update("a"), update("bad"), update("b")]
        assert answers(store, group, errors) == [202, NO_STATUS, 202]
        (found,) = answer_group(store, LocalPinpoint(store), [update("bad")], pytest.fail)
        assert isinstance(found, CannotRun)
        assert "is damaged" in found.message
        assert stored(store) == ["a", "b", "bad"]
    assert errors == []


class WithBug(LocalPinpoint):
    """A local Pinpoint that fails with one endpoint."""

    def update_endpoint(
        self, application_id: str, endpoint_id: str, *, request: object, request_id: str
    ) -> dict[str, Any]:
        """Update an endpoint, unless its id is `odd`."""
        if endpoint_id == "odd":
            raise ZeroDivisionError
        return super().update_endpoint(
            application_id, endpoint_id, request=request, request_id=request_id
        )


def test_a_bug_ends_no_other_request() -> None:
    """The one request gets 500, and the traceback is reported."""
    errors: list[str] = []
    with Store(None) as store:
        group = [update("a"), update("odd"), update("b")]
        found = answer_group(store, WithBug(store), group, errors.append)
        statuses = [one.status if isinstance(one, Answer) else NO_STATUS for one in found]
        assert statuses == [202, 500, 202]
        assert stored(store) == ["a", "b"]
    assert len(errors) == 1
    assert "Traceback" in errors[0]


def test_a_locked_store_may_be_tried_again(tmp_path: Path) -> None:
    """Nothing of the group is stored, and `Locked` says that it may be repeated."""
    with Store(tmp_path / "store") as store, Store(tmp_path / "store") as other:
        store.raise_when_locked()
        with other.writing(), pytest.raises(Locked):
            answers(store, [update("a"), update("b")], [])
        assert stored(store) == []
        assert answers(store, [update("a"), update("b")], []) == [202, 202]


class Recorded:
    """Commits by answering each request with its target as the body, and records the groups.

    Attributes:
        groups: the targets of each group.
        errors: raised by the next groups instead, in order.
    """

    def __init__(self, *errors: Exception) -> None:
        self.groups: list[list[str]] = []
        self.errors = list(errors)

    def __call__(self, requests: Sequence[Request]) -> Sequence[Result]:
        """Commit a group."""
        self.groups.append([request.target for request in requests])
        if self.errors:
            raise self.errors.pop(0)
        return [Answer(202, {}, request.target.encode()) for request in requests]


def results(commit: Recorded, targets: Sequence[str], **settings: Any) -> list[object]:
    """Submit requests at one moment; return the bodies of their answers, or their errors."""

    async def submit() -> list[Result]:
        queue = WriteQueue(commit, **settings)
        return await asyncio.gather(*(queue.submit(Request("PUT", one, b"")) for one in targets))

    found = asyncio.run(submit())
    return [one.body.decode() if isinstance(one, Answer) else one for one in found]


@pytest.mark.parametrize("max_group", [1, 2, MAX_GROUP])
def test_requests_that_arrive_together_are_one_group(max_group: int) -> None:
    """In their order, and no more than the limit."""
    commit = Recorded()
    targets = [str(number) for number in range(max_group + 3)]
    assert results(commit, targets, max_group=max_group) == targets
    assert [one for group in commit.groups for one in group] == targets
    assert {len(group) for group in commit.groups[:-1]} == {max_group}


def test_an_error_is_the_result_of_its_group() -> None:
    """The next group is committed."""
    error = CannotRun("the disk is full")
    assert results(Recorded(error), ["a", "b", "c"], max_group=2) == [error, error, "c"]


def test_a_locked_store_is_tried_again() -> None:
    """With the same requests, until it works; clients notice nothing."""
    commit = Recorded(Locked("locked"), Locked("locked"))
    assert results(commit, ["a", "b"]) == ["a", "b"]
    assert commit.groups == [["a", "b"]] * 3


def test_a_store_that_stays_locked_is_an_error() -> None:
    """After the time that writers wait for each other."""
    (found,) = results(Recorded(Locked("locked")), ["a"], lock_seconds=0)
    assert isinstance(found, Locked)


def test_a_client_that_has_gone_keeps_no_others_from_their_answers() -> None:
    """Its request is committed like any other."""
    commit = Recorded()

    async def submit() -> Result:
        queue = WriteQueue(commit)
        gone, here = (queue.submit(Request("PUT", one, b"")) for one in ("gone", "here"))
        gone.cancel()
        return await here

    assert isinstance(asyncio.run(submit()), Answer)
    assert commit.groups == [["gone", "here"]]


class LockedForSomeReads(LocalPinpoint):
    """A local Pinpoint whose store another process locks for the first reads.

    Attributes:
        locks: how many reads meet the lock.
    """

    locks = 0

    def get_app(self, application_id: str) -> dict[str, Any]:
        """Return an application."""
        if self.locks:
            self.locks -= 1
            raise Locked("the store is locked", "try again")
        return super().get_app(application_id)


@pytest.mark.parametrize(("locks", "lock_seconds", "status"), [(3, 60, 200), (1, 0, 500)])
def test_a_read_waits_for_a_lock(locks: int, lock_seconds: float, status: int) -> None:
    """As a write does, and no longer than one: 500 is for a lock that stays."""
    errors: list[str] = []
    with Store(None) as store:
        pinpoint = LockedForSomeReads(store)
        pinpoint.add_application("app", "app")
        pinpoint.locks = locks
        executor = RequestExecutor(store, store, pinpoint, errors.append, lock_seconds=lock_seconds)
        answered = asyncio.run(executor.answer(Request("GET", "/v1/apps/app", b"")))
        executor.close()
    assert answered.status == status
    assert errors == ([] if status == 200 else ["Error: the store is locked"])
