from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pinpoint_endpoints.local.routes import Answer

Put = Callable[..., Any]
Get = Callable[[str], dict[str, Any]]
Send = Callable[..., Answer]
Remove = Callable[..., Any]

CUSTOM = "endpoint-custom-attributes"
METRIC = "endpoint-metric-attributes"
USER = "endpoint-user-attributes"
EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
SMS = {"ChannelType": "SMS", "Address": "+12065550100"}


@pytest.fixture
def remove(client: Any, app: str) -> Remove:
    """Return a function that removes attributes of one type, by names and globs."""

    def remove_some(kind: str, *patterns: str) -> Any:
        return client.remove_attributes(
            ApplicationId=app,
            AttributeType=kind,
            UpdateAttributesRequest={"Blacklist": list(patterns)},
        )

    return remove_some


def test_it_answers_with_the_names_that_it_removed(put: Put, remove: Remove, app: str) -> None:
    """RemoveAttributes answers 200 with the type and the known names that were meant."""
    put("e", **EMAIL, Attributes={"color_2": ["a"], "color_1": ["b"], "size": ["c"]})
    removed = remove(CUSTOM, "color_*", "never seen")
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert removed["AttributesResource"] == {
        "ApplicationId": app,
        "AttributeType": CUSTOM,
        "Attributes": ["color_1", "color_2"],
    }
    assert remove(CUSTOM, "color_*")["AttributesResource"]["Attributes"] == []


def test_stored_values_stay_and_new_ones_are_not_stored(put: Put, get: Get, remove: Remove) -> None:
    """Existing endpoints keep what they have; neither they nor new ones get another value."""
    put("old", **EMAIL, Attributes={"color": ["red"], "size": ["M"]})
    remove(CUSTOM, "color")
    assert get("old")["Attributes"] == {"color": ["red"], "size": ["M"]}
    put("old", Attributes={"color": ["blue"], "size": ["L"]})
    put("new", **SMS, Attributes={"color": ["blue"], "size": ["S"]})
    assert get("old")["Attributes"] == {"color": ["red"], "size": ["L"]}
    assert get("new")["Attributes"] == {"size": ["S"]}


def test_capture_stops_in_batches_and_events_too(
    get: Get, remove: Remove, client: Any, app: str
) -> None:
    """Whichever operation brings a removed attribute, it is not stored."""
    remove(CUSTOM, "color")
    endpoint = {**EMAIL, "Attributes": {"color": ["red"], "size": ["M"]}}
    client.update_endpoints_batch(
        ApplicationId=app, EndpointBatchRequest={"Item": [{"Id": "batch", **endpoint}]}
    )
    items = {"events": {"Endpoint": endpoint, "Events": {}}}
    client.put_events(ApplicationId=app, EventsRequest={"BatchItem": items})
    assert get("batch")["Attributes"] == get("events")["Attributes"] == {"size": ["M"]}


def test_types_are_apart(put: Put, get: Get, remove: Remove) -> None:
    """One name under Attributes, Metrics and UserAttributes is three attributes."""
    remove(METRIC, "level")
    user = {"UserId": "ann", "UserAttributes": {"level": ["3"]}}
    put("e", **EMAIL, Attributes={"level": ["1"]}, Metrics={"level": 2.0, "kept": 1.0}, User=user)
    stored = get("e")
    assert stored["Attributes"] == {"level": ["1"]}
    assert stored["Metrics"] == {"kept": 1.0}
    assert stored["User"] == user
    remove(USER, "*")
    put("e", User={"UserAttributes": {"level": ["4"], "more": ["5"]}})
    assert get("e")["User"] == user


def test_a_users_stored_attributes_still_reach_its_endpoints(
    put: Put, get: Get, remove: Remove
) -> None:
    """An endpoint that joins a user gets the attributes that the user has, removed or not."""
    put("one", **EMAIL, User={"UserId": "ann", "UserAttributes": {"Age": ["39"]}})
    remove(USER, "Age")
    put("two", **SMS, User={"UserId": "ann", "UserAttributes": {"Age": ["40"], "City": ["Oslo"]}})
    expected = {"Age": ["39"], "City": ["Oslo"]}
    assert get("one")["User"]["UserAttributes"] == expected
    assert get("two")["User"]["UserAttributes"] == expected


def test_applications_are_apart(put: Put, get: Get, remove: Remove, client: Any, app: str) -> None:
    """Another application of the same store still captures the attribute."""
    remove(CUSTOM, "*")
    other = client.create_app(CreateApplicationRequest={"Name": "other"})
    where = {"ApplicationId": other["ApplicationResponse"]["Id"], "EndpointId": "e"}
    client.update_endpoint(**where, EndpointRequest={**EMAIL, "Attributes": {"color": ["red"]}})
    stored = client.get_endpoint(**where)["EndpointResponse"]
    assert stored["Attributes"] == {"color": ["red"]}


def test_an_endpoint_made_again_has_lost_the_removed_ones(
    put: Put, get: Get, remove: Remove, client: Any, app: str
) -> None:
    """Only deleting the endpoint takes stored values away, and they do not come back."""
    put("e", **EMAIL, Attributes={"color": ["red"]})
    remove(CUSTOM, "color")
    client.delete_endpoint(ApplicationId=app, EndpointId="e")
    put("e", **EMAIL, Attributes={"color": ["red"]})
    assert get("e")["Attributes"] == {}


@pytest.mark.parametrize(
    "kind", ["endpoint-custom-attribute", "custom", "ENDPOINT-USER-ATTRIBUTES"]
)
def test_another_type_is_refused(client: Any, remove: Remove, kind: str) -> None:
    """A type that the service does not list answers 400."""
    with pytest.raises(
        client.exceptions.BadRequestException, match="attribute type must be one of"
    ):
        remove(kind, "a")


def test_an_unknown_application_is_not_found(client: Any) -> None:
    """RemoveAttributes makes no application: there is nothing to remove in it."""
    with pytest.raises(client.exceptions.NotFoundException, match="Application not found"):
        client.remove_attributes(
            ApplicationId="nowhere",
            AttributeType=CUSTOM,
            UpdateAttributesRequest={"Blacklist": ["a"]},
        )


def test_a_request_without_a_blacklist_removes_nothing(client: Any, app: str) -> None:
    """The service model does not require Blacklist."""
    answer = client.remove_attributes(
        ApplicationId=app, AttributeType=CUSTOM, UpdateAttributesRequest={}
    )
    assert answer["AttributesResource"]["Attributes"] == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "*",
        {"Blacklist": [None]},
        {"Blacklist": "*"},
        {"Blacklist": [1]},
        {"BlackList": []},
    ],
)
def test_a_body_of_another_shape_is_refused(send: Send, body: Any) -> None:
    """JSON that is no UpdateAttributesRequest answers 400."""
    send("PUT", "/v1/apps/app/endpoints/e", EMAIL)
    assert send("PUT", f"/v1/apps/app/attributes/{CUSTOM}", body).status == 400


def test_too_many_globs_are_refused_whole(put: Put, get: Get, remove: Remove) -> None:
    """Over the limit, counted over all requests, nothing of a request is removed."""
    put("e", **EMAIL, Attributes={"color": ["red"]})
    for begin in (0, 50):
        remove(CUSTOM, *[f"{number}*" for number in range(begin, begin + 50)])
    with pytest.raises(ClientError, match="At most 100 globs"):
        remove(CUSTOM, "color", "100*")
    put("e", Attributes={"color": ["blue"]})
    assert get("e")["Attributes"] == {"color": ["blue"]}
