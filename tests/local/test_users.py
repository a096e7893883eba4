from collections.abc import Callable
from typing import Any

import pytest

Put = Callable[..., Any]
Get = Callable[[str], dict[str, Any]]
List = Callable[[str], list[str]]

TOKENS = ["ADM", "APNS", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM"]
OTHERS = ["APNS_SANDBOX", "CUSTOM", "EMAIL", "IN_APP", "PUSH", "SMS", "VOICE"]


@pytest.fixture
def fill(client: Any, app: str) -> Callable[..., None]:
    """Return a function that gives a user 15 endpoints `e1`... dated in falling order."""

    def batch(channel: str, **first: Any) -> None:
        items = [
            {
                "Id": f"e{number}",
                "ChannelType": channel,
                "Address": f"address-{number}",
                "EffectiveDate": f"2019-01-{30 - number}T00:00:00Z",
                "User": {"UserId": "ann", "UserAttributes": {"FirstName": ["Ann"]}},
            }
            for number in range(1, 16)
        ]
        items[0].update(first)
        client.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})

    return batch


@pytest.fixture
def endpoint_ids(client: Any, app: str) -> List:
    """Return a function that lists the ids of a user's endpoints."""

    def listed(user: str) -> list[str]:
        found = client.get_user_endpoints(ApplicationId=app, UserId=user)
        return [one["Id"] for one in found["EndpointsResponse"]["Item"]]

    return listed


def email(user: str, **attributes: list[str]) -> dict[str, Any]:
    """Return an e-mail endpoint of a user."""
    return {
        "ChannelType": "EMAIL",
        "Address": f"{user}@example.com",
        "User": {"UserId": user, "UserAttributes": attributes},
    }


def sms(user: str, **attributes: list[str]) -> dict[str, Any]:
    """Return an SMS endpoint of a user."""
    return {**email(user, **attributes), "ChannelType": "SMS", "Address": f"+1206{user}"}


def test_a_users_endpoints_are_listed(put: Put, get: Get, client: Any, app: str) -> None:
    """GetUserEndpoints answers 200 with the whole endpoints of that user and no others."""
    put("first", **email("ann"))
    put("second", **sms("ann"))
    put("third", **email("bob"))
    found = client.get_user_endpoints(ApplicationId=app, UserId="ann")
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert found["EndpointsResponse"]["Item"] == [get("first"), get("second")]


@pytest.mark.parametrize("user", ["nobody", "ANN", ""])
def test_an_unknown_user_is_not_found(put: Put, client: Any, app: str, user: str) -> None:
    """GetUserEndpoints answers 404 for a user without endpoints; user ids keep their case."""
    put("first", **email("ann"))
    put("second", ChannelType="SMS", Address="1", User={"UserId": ""})
    with pytest.raises(client.exceptions.NotFoundException, match="User not found"):
        client.get_user_endpoints(ApplicationId=app, UserId=user)


def test_user_attributes_reach_all_endpoints_of_the_user(put: Put, get: Get) -> None:
    """An attribute that one endpoint's update adds or replaces is on all of the user's."""
    put("first", **email("ann", FirstName=["Ann"], Age=["38"]))
    put("second", **sms("ann", Age=["39"], City=[]))
    expected = {"FirstName": ["Ann"], "Age": ["39"], "City": []}
    assert get("first")["User"] == {"UserId": "ann", "UserAttributes": expected}
    assert get("second")["User"] == {"UserId": "ann", "UserAttributes": expected}


def test_user_attributes_stay_with_their_user(put: Put, get: Get) -> None:
    """Another user's endpoints, and those of no user, are not touched."""
    put("first", **email("ann", FirstName=["Ann"]))
    put("second", **email("bob", FirstName=["Bob"]))
    put("third", ChannelType="SMS", Address="1", User={"UserAttributes": {"a": ["1"]}})
    put("fourth", ChannelType="SMS", Address="2", User={"UserAttributes": {"a": ["2"]}})
    assert get("first")["User"]["UserAttributes"] == {"FirstName": ["Ann"]}
    assert get("third")["User"] == {"UserAttributes": {"a": ["1"]}}


def test_an_endpoint_joins_a_user_with_its_own_attributes(put: Put, get: Get) -> None:
    """One that joins gets the user's attributes and gives its own, the user's winning."""
    put("first", **email("ann", FirstName=["Ann"]))
    put(
        "second",
        ChannelType="SMS",
        Address="1",
        User={"UserAttributes": {"FirstName": ["?"], "Age": ["39"]}},
    )
    put("second", User={"UserId": "ann"})
    expected = {"FirstName": ["Ann"], "Age": ["39"]}
    assert get("first")["User"]["UserAttributes"] == expected
    assert get("second")["User"]["UserAttributes"] == expected


def test_an_endpoint_that_changes_user_brings_nothing_along(put: Put, get: Get) -> None:
    """The former user keeps the attributes, the new one does not get them."""
    put("first", **email("ann", FirstName=["Ann"]))
    put("moving", **sms("ann", Age=["39"]))
    put("third", **email("bob", City=["Oslo"]))
    put("moving", User={"UserId": "bob"})
    assert get("moving")["User"] == {"UserId": "bob", "UserAttributes": {"City": ["Oslo"]}}
    assert get("first")["User"]["UserAttributes"] == {"FirstName": ["Ann"], "Age": ["39"]}
    assert get("third")["User"]["UserAttributes"] == {"City": ["Oslo"]}


@pytest.mark.parametrize("channel", OTHERS)
def test_a_16th_endpoint_is_refused(
    put: Put, get: Get, client: Any, fill: Callable[..., None], channel: str
) -> None:
    """Channels that make no room answer 400 in the service's words and change nothing."""
    fill("GCM")
    with pytest.raises(client.exceptions.BadRequestException) as caught:
        put("e16", ChannelType=channel, Address="new", User={"UserId": "ann"})
    assert caught.value.response["Message"] == "Exceeded maximum endpoint per user count 15"
    assert get("e15")["EndpointStatus"] == "ACTIVE"
    with pytest.raises(client.exceptions.NotFoundException):
        get("e16")


@pytest.mark.parametrize("channel", TOKENS)
def test_a_16th_push_token_puts_out_the_oldest(
    put: Put, get: Get, endpoint_ids: List, fill: Callable[..., None], channel: str
) -> None:
    """The push token with the oldest EffectiveDate becomes INACTIVE and loses its user."""
    fill("GCM")
    user = {"UserId": "ann", "UserAttributes": {"Age": ["39"]}}
    put("e16", ChannelType=channel, Address="new", User=user)
    assert (get("e15")["EndpointStatus"], get("e15")["User"]) == ("INACTIVE", {})
    assert get("e16")["User"]["UserAttributes"] == {"FirstName": ["Ann"], "Age": ["39"]}
    remaining = [f"e{number}" for number in (*range(1, 15), 16)]
    assert endpoint_ids("ann") == remaining


def test_the_oldest_is_the_earliest_moment(put: Put, get: Get, fill: Callable[..., None]) -> None:
    """EffectiveDates are compared as moments, whatever zone they are written in."""
    fill("GCM", EffectiveDate="2019-01-15T02:00:00+14:00")
    put("e16", ChannelType="GCM", Address="new", User={"UserId": "ann"})
    assert get("e1")["EndpointStatus"] == "INACTIVE"
    assert get("e15")["EndpointStatus"] == "ACTIVE"


def test_a_push_token_puts_out_push_tokens_only(
    put: Put, get: Get, fill: Callable[..., None]
) -> None:
    """An older e-mail endpoint stays; the only push token goes, although it is the newest."""
    fill("EMAIL", ChannelType="APNS")
    put("e16", ChannelType="GCM", Address="new", User={"UserId": "ann"})
    assert (get("e1")["EndpointStatus"], get("e1")["User"]) == ("INACTIVE", {})
    assert get("e15")["EndpointStatus"] == "ACTIVE"


def test_a_push_token_among_others_only_is_refused(
    put: Put, client: Any, fill: Callable[..., None]
) -> None:
    """Where no push token could go, a 16th one answers 400."""
    fill("EMAIL")
    with pytest.raises(client.exceptions.BadRequestException, match="per user count 15"):
        put("e16", ChannelType="GCM", Address="new", User={"UserId": "ann"})


def test_a_full_user_can_still_be_updated(
    put: Put, get: Get, endpoint_ids: List, fill: Callable[..., None]
) -> None:
    """The limit is for endpoints that join: the 15 themselves change as before."""
    fill("EMAIL")
    put("E15", User={"UserId": "ann", "UserAttributes": {"Age": ["39"]}})
    assert get("e1")["User"]["UserAttributes"] == {"FirstName": ["Ann"], "Age": ["39"]}
    assert len(endpoint_ids("ann")) == 15


def test_an_existing_endpoint_can_be_the_16th(
    put: Put, client: Any, fill: Callable[..., None]
) -> None:
    """An endpoint that joins a full user by an update counts by its stored channel."""
    fill("GCM")
    put("late", ChannelType="EMAIL", Address="ann@example.com")
    with pytest.raises(client.exceptions.BadRequestException, match="per user count 15"):
        put("late", User={"UserId": "ann"})


def test_a_users_endpoints_are_deleted_together(put: Put, get: Get, client: Any, app: str) -> None:
    """DeleteUserEndpoints answers 202 with what was stored, and leaves other users' endpoints."""
    put("first", **email("ann"))
    put("second", **sms("ann"))
    put("third", **email("bob"))
    stored = [get("first"), get("second")]
    deleted = client.delete_user_endpoints(ApplicationId=app, UserId="ann")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert deleted["EndpointsResponse"]["Item"] == stored
    assert get("third")["Id"] == "third"
    with pytest.raises(client.exceptions.NotFoundException):
        get("first")
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_user_endpoints(ApplicationId=app, UserId="ann")
