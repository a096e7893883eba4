"""What an update would change in an endpoint, and what of it did not take: laws and examples."""

from typing import Any

import pytest
from hypothesis import assume, given
from strategies import requests, seen, values, visible_changes

from pinpoint_endpoints.service.merge import Change, changes, merge, unapplied_members, with_status


def updated(stored: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return what the service has after an update."""
    return merge(stored, with_status(request))


@given(requests, requests)
def test_an_update_that_was_stored_changes_nothing_again(
    first: dict[str, Any], request: dict[str, Any]
) -> None:
    """After the update there is no difference, and all of it was applied."""
    stored = updated(updated({}, first), request)
    assert changes(stored, request) == []
    assert unapplied_members(stored, request) == []


@given(requests, requests)
def test_the_changes_are_what_merging_changes(
    first: dict[str, Any], request: dict[str, Any]
) -> None:
    """There are none if merging changes nothing; each has the values before and after."""
    stored = merge({}, first)
    found = changes(stored, request)
    assert seen(found) == visible_changes(stored, updated(stored, request))
    assert [change.path for change in found] == sorted({change.path for change in found})


@given(requests, requests)
def test_what_would_change_is_what_was_not_taken(
    first: dict[str, Any], request: dict[str, Any]
) -> None:
    """If a member that is sent would still change, it was not taken, and the other way round."""
    stored = updated({}, first)
    sent = values(merge({}, request))
    would_change = {change.name for change in changes(stored, request) if change.path in sent}
    emptied = {change.name for change in changes(stored, request) if change.after in ("", [])}
    assert set(unapplied_members(stored, request)) == would_change | emptied


@given(requests)
def test_of_a_new_endpoint_everything_is_new(request: dict[str, Any]) -> None:
    """Nothing was there before, it becomes ACTIVE, and nothing of it was taken so far."""
    assert seen(changes(None, request)) == visible_changes({}, updated({}, request))
    assert unapplied_members(None, request) == ["the endpoint"]


@given(requests, requests)
def test_comparing_changes_neither(first: dict[str, Any], request: dict[str, Any]) -> None:
    """The endpoint and the request are as they were."""
    assume(first)
    before = repr((first, request))
    changes(first, request)
    unapplied_members(first, request)
    assert repr((first, request)) == before


@pytest.mark.parametrize(
    ("stored", "request_", "expected"),
    [
        (
            {"Attributes": {"a": ["x"]}},
            {"Attributes": {"b": ["y"]}},
            [("Attributes.b", None, ["y"])],
        ),
        ({"Attributes": {"a": ["x"]}}, {"Attributes": {"a": []}}, [("Attributes.a", ["x"], [])]),
        ({}, {"Attributes": {"a": []}, "Location": {"City": ""}, "User": {}}, []),
        (
            {"Attributes": {"a": ["x", "y"]}},
            {"Attributes": {"a": ["y", "x"]}},
            [("Attributes.a", ["x", "y"], ["y", "x"])],
        ),
        ({"Metrics": {"a": 1}}, {"Metrics": {"a": 1.0}}, []),
        ({}, {"Metrics": {"a": 0}}, [("Metrics.a", None, 0)]),
        ({"Location": {"Latitude": 47.6}}, {"Location": {"Latitude": 47.61}}, []),
        ({"Location": {"Latitude": 47.61}}, {"Location": {"Latitude": 47.61}}, []),
        (
            {"Location": {"Latitude": 47.6}},
            {"Location": {"Latitude": 47.65}},
            [("Location.Latitude", 47.6, 47.7)],
        ),
        (
            {"Location": {"Latitude": "north", "Longitude": float("inf")}},
            {"Location": {"Latitude": 47}},
            [("Location.Latitude", None, 47.0)],
        ),
        ({"OptOut": "ALL"}, {"OptOut": "NONE"}, [("OptOut", "ALL", "NONE")]),
        (
            {"EffectiveDate": "then", "RequestId": "1"},
            {"EffectiveDate": "now", "RequestId": "2"},
            [],
        ),
        (
            {"User": {"UserId": "ann", "UserAttributes": {"Age": ["39"]}}},
            {"User": {"UserId": "bob"}},
            [("User.UserAttributes.Age", ["39"], None), ("User.UserId", "ann", "bob")],
        ),
    ],
)
def test_an_active_endpoint_changes_as_the_service_merges(
    stored: dict[str, Any], request_: dict[str, Any], expected: list[tuple[str, Any, Any]]
) -> None:
    """By name, with the value before and after."""
    stored = {"EndpointStatus": "ACTIVE", **stored}
    found = changes(stored, request_)
    assert [(change.name, change.before, change.after) for change in found] == expected


def test_an_inactive_endpoint_becomes_active() -> None:
    """Although the request does not name the status; and it has not failed to take it."""
    stored = {"EndpointStatus": "INACTIVE", "OptOut": "ALL"}
    activated = Change(("EndpointStatus",), "INACTIVE", "ACTIVE")
    assert changes(stored, {"OptOut": "ALL"}) == [activated]
    assert changes(stored, {"EndpointStatus": "INACTIVE"}) == []
    assert unapplied_members(stored, {"OptOut": "ALL"}) == []
    assert unapplied_members(stored, {"EndpointStatus": "ACTIVE"}) == ["EndpointStatus"]


def test_what_was_not_taken_is_named() -> None:
    """Each member that is not there as it was sent, an address that is a name masked."""
    stored = {"Attributes": {"a": ["x"]}, "Location": {"Latitude": 47.6}, "Metrics": {"m": 1}}
    request = {
        "Attributes": {"a": ["y"], "ada@example.com": ["x"], "none": []},
        "EffectiveDate": "2026-01-01T00:00:00Z",
        "Location": {"City": "", "Latitude": 47.61},
        "Metrics": {"m": 1.0},
        "OptOut": "ALL",
        "RequestId": "1",
    }
    assert unapplied_members(stored, request) == [
        "Attributes.a",
        "Attributes.a***@example.com",
        "OptOut",
    ]


def test_names_that_differ_stay_two() -> None:
    """A colon is part of a name; two addresses are two changes, though they are masked alike."""
    colors = {"color:red": ["x"], "color:blue": ["x"]}
    names = [change.name for change in changes({}, {"Attributes": colors})]
    assert names == ["Attributes.color:blue", "Attributes.color:red", "EndpointStatus"]
    addresses = {"ada@example.com": ["x"], "adam@example.com": ["x"]}
    assert unapplied_members({}, {"Attributes": addresses}) == ["Attributes.a***@example.com"] * 2
