"""The quotas of endpoints, at their edges, through every door."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError

from pinpoint_endpoints.checks.rules.document_rules import bytes_in

Put = Callable[..., Any]
Get = Callable[[str], dict[str, Any]]
Refusal = Callable[..., str]

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
SMS = {"ChannelType": "SMS", "Address": "+12065550100"}
TOO_MANY_NAMES = "Too many custom attributes"
TOO_LARGE = "Endpoint size exceeds 15360 bytes"
KB_15 = 15 * 1024


@pytest.fixture
def refusal(put: Put) -> Refusal:
    """Return a function that updates an endpoint, and returns the message of the 400."""

    def update(endpoint_id: str, **members: Any) -> str:
        with pytest.raises(ClientError) as caught:
            put(endpoint_id, **members)
        response: Any = caught.value.response
        assert response["Error"]["Code"] == "BadRequestException"
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert response["RequestID"] == response["ResponseMetadata"]["RequestId"]
        return str(response["Message"])

    return update


@pytest.fixture
def batch(client: Any, app: str) -> Callable[..., Any]:
    """Return a function that updates several endpoints at once."""

    def update(*items: dict[str, Any]) -> Any:
        return client.update_endpoints_batch(
            ApplicationId=app, EndpointBatchRequest={"Item": list(items)}
        )

    return update


def named(begin: int, end: int) -> dict[str, list[str]]:
    """Return attributes whose names are numbers."""
    return {f"name-{number}": ["1"] for number in range(begin, end)}


def of_bytes(size: int, **members: Any) -> dict[str, Any]:
    """Return a request that is so many bytes as compact JSON."""
    request = {"ChannelType": "CUSTOM", "Address": "", **members}
    request["Address"] = "x" * (size - len(orjson.dumps(request)))
    return request


def test_250_names_are_the_limit_of_one_request(put: Put, refusal: Refusal, get: Get) -> None:
    """An endpoint with 250 attributes is stored, one with 251 is not."""
    assert refusal("e", **EMAIL, Attributes=named(0, 251)) == TOO_MANY_NAMES
    put("e", **EMAIL, Attributes=named(0, 250))
    assert len(get("e")["Attributes"]) == 250


def test_names_are_counted_over_types_and_endpoints(put: Put, refusal: Refusal) -> None:
    """Attributes, metrics and user attributes of all endpoints share the 250 of an application."""
    put("one", **EMAIL, Attributes=named(0, 100), Metrics=dict.fromkeys(named(0, 50), 1.0))
    put("two", **SMS, User={"UserAttributes": named(0, 99)})
    assert refusal("two", Metrics={"new": 1.0, "newer": 1.0}) == TOO_MANY_NAMES
    put("two", Metrics={"new": 1.0})
    assert refusal("three", **SMS, Attributes={"more": []}) == TOO_MANY_NAMES


def test_known_names_can_be_used_when_there_is_no_room(put: Put, get: Get) -> None:
    """A full application takes every update that brings no new name, also a first one."""
    put("one", **EMAIL, Attributes=named(0, 250))
    put("two", **SMS, Attributes={"name-7": ["2"]})
    put("two")
    assert get("two")["Attributes"] == {"name-7": ["2"]}


def test_a_refused_update_takes_no_names(put: Put, refusal: Refusal) -> None:
    """What is refused for another reason does not use the quota up."""
    assert refusal("e", Address="x", Attributes=named(0, 250)) == "Missing ChannelType"
    put("e", **EMAIL, Attributes=named(250, 500))


def test_a_deleted_endpoint_leaves_its_names(
    put: Put, refusal: Refusal, client: Any, app: str
) -> None:
    """Names belong to the application, which does not forget them with an endpoint."""
    put("one", **EMAIL, Attributes=named(0, 250))
    client.delete_endpoint(ApplicationId=app, EndpointId="one")
    assert refusal("two", **SMS, Attributes={"new": ["1"]}) == TOO_MANY_NAMES


def test_removed_names_make_room(
    put: Put, get: Get, refusal: Refusal, client: Any, app: str
) -> None:
    """RemoveAttributes frees as many names as it removes, and not one more."""
    put("e", **EMAIL, Attributes=named(0, 250))
    removed = client.remove_attributes(
        ApplicationId=app,
        AttributeType="endpoint-custom-attributes",
        UpdateAttributesRequest={"Blacklist": ["name-24?", "name-1"]},
    )
    assert len(removed["AttributesResource"]["Attributes"]) == 11
    put("e", Attributes=named(1000, 1011))
    assert refusal("e", Attributes={"new": ["1"]}) == TOO_MANY_NAMES
    assert len(get("e")["Attributes"]) == 261


def test_what_is_captured_no_more_counts_no_more(put: Put, get: Get, client: Any, app: str) -> None:
    """A full application takes an update whose new names were removed: it stores none of them."""
    put("e", **EMAIL, Attributes=named(0, 250))
    client.remove_attributes(
        ApplicationId=app,
        AttributeType="endpoint-custom-attributes",
        UpdateAttributesRequest={"Blacklist": ["other-*"]},
    )
    put("e", Attributes={"other-1": ["1"], "name-1": ["2"]})
    assert get("e")["Attributes"] == {**named(0, 250), "name-1": ["2"]}


def test_a_batch_is_refused_for_the_names_of_one_item(
    batch: Callable[..., Any], get: Get, client: Any
) -> None:
    """Names are counted over the batch: where they are too many, no item is stored."""
    first = {"Id": "one", **EMAIL, "Attributes": named(0, 200)}
    with pytest.raises(client.exceptions.BadRequestException, match=TOO_MANY_NAMES):
        batch(first, {"Id": "two", **SMS, "Attributes": named(200, 251)})
    with pytest.raises(client.exceptions.NotFoundException):
        get("one")
    batch(first, {"Id": "two", **SMS, "Attributes": named(150, 250)})
    assert len(get("two")["Attributes"]) == 100


@pytest.mark.parametrize("text", ["x", "é", "\U0001f4a1"], ids=["ascii", "two bytes", "four bytes"])
def test_15_kb_are_the_limit(put: Put, refusal: Refusal, get: Get, text: str) -> None:
    """A request of 15,360 bytes as compact JSON in UTF-8 makes an endpoint, a longer one not."""
    attributes = {"a": [text * 100] * 20}
    assert refusal("e", **of_bytes(KB_15 + 1, Attributes=attributes)) == TOO_LARGE
    request = of_bytes(KB_15, Attributes=attributes)
    assert bytes_in(request) == KB_15
    put("e", **request)
    assert get("e")["Address"] == request["Address"]


def test_what_the_service_writes_does_not_count(put: Put, refusal: Refusal) -> None:
    """Ids, dates, the status and the opt-out are the service's, even if a request sets them."""
    more = {
        "EffectiveDate": "2026-01-15T09:30:00Z",
        "EndpointStatus": "INACTIVE",
        "OptOut": "ALL",
        "RequestId": "r" * 100,
    }
    put("e" * 200, **of_bytes(KB_15), **more)
    assert refusal("e", **of_bytes(KB_15 + 1), **more) == TOO_LARGE


def test_the_whole_endpoint_counts(put: Put, get: Get, refusal: Refusal) -> None:
    """A small update is refused when the endpoint would outgrow 15 KB by it."""
    put("e", **of_bytes(KB_15 - 100))
    assert refusal("e", Attributes={"note": ["x" * 100]}) == TOO_LARGE
    assert get("e")["Attributes"] == {}
    put("e", Address="short", Attributes={"note": ["x" * 100]})


def test_a_users_attributes_count(put: Put, refusal: Refusal) -> None:
    """What an endpoint gets from its user is part of its size."""
    attributes = {"a": ["x" * 100] * 50}
    put("one", **EMAIL, User={"UserId": "ann", "UserAttributes": attributes})
    assert refusal("two", **of_bytes(KB_15 - 5000), User={"UserId": "ann"}) == TOO_LARGE
    put("two", **of_bytes(KB_15 - 5000))


def test_a_user_with_large_endpoints_can_grow(put: Put, get: Get) -> None:
    """An update is measured by its own endpoint, not by those that get the user's attributes."""
    put("one", **of_bytes(KB_15, User={"UserId": "ann"}))
    put("two", **SMS, User={"UserId": "ann", "UserAttributes": {"Age": ["39"]}})
    assert get("one")["User"]["UserAttributes"] == {"Age": ["39"]}


def test_a_batch_is_refused_for_the_size_of_one_item(
    batch: Callable[..., Any], get: Get, client: Any
) -> None:
    """One item over 15 KB is enough: no item is stored."""
    with pytest.raises(client.exceptions.BadRequestException, match=TOO_LARGE):
        batch({"Id": "one", **EMAIL}, {"Id": "two", **of_bytes(KB_15 + 1)})
    with pytest.raises(client.exceptions.NotFoundException):
        get("one")
    batch({"Id": "one", **EMAIL}, {"Id": "two", **of_bytes(KB_15)})


def test_a_batch_is_refused_for_the_16th_endpoint_of_a_user(
    batch: Callable[..., Any], client: Any, app: str
) -> None:
    """A batch that brings a user 16 endpoints is refused whole; 15 are stored."""
    items = [
        {"Id": f"e{number}", **EMAIL, "Address": str(number), "User": {"UserId": "ann"}}
        for number in range(16)
    ]
    with pytest.raises(client.exceptions.BadRequestException, match="per user count 15"):
        batch(*items)
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_user_endpoints(ApplicationId=app, UserId="ann")
    batch(*items[:15])
    found = client.get_user_endpoints(ApplicationId=app, UserId="ann")
    assert len(found["EndpointsResponse"]["Item"]) == 15


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"a": ["1"] * 51}, "51 values, and the limit for an attribute is 50"),
        ({"a": ["x" * 101]}, "101 characters, and the limit is 100"),
        ({"a" * 51: ["1"]}, "name has 51 characters, and the limit is 50"),
        ({"": ["1"]}, "an attribute has an empty name"),
    ],
)
def test_attributes_past_their_limits_are_refused(
    refusal: Refusal, attributes: dict[str, list[str]], words: str
) -> None:
    """One value, one character more than AWS allows answers 400, for the user's attributes too."""
    assert words in refusal("e", **EMAIL, Attributes=attributes)
    assert words in refusal("e", **EMAIL, User={"UserAttributes": attributes})


def test_attributes_up_to_their_limits_are_stored(put: Put, get: Get) -> None:
    """50 values of 100 characters under a name of 50 are stored; characters are not bytes."""
    attributes = {"é" * 50: ["x" * 100] * 50, "b": ["\U0001f4a1" * 100]}
    put("e", **EMAIL, Attributes=attributes)
    assert get("e")["Attributes"] == attributes
