"""What a refusal says: where, what was expected, and no value of the request."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from pinpoint_endpoints.local.routes import Answer

Put = Callable[..., Any]
Get = Callable[[str], dict[str, Any]]
Send = Callable[..., Answer]

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
ENDPOINT = "/v1/apps/app/endpoints/e"
CHANNELS = (
    "PUSH, GCM, APNS, APNS_SANDBOX, APNS_VOIP, APNS_VOIP_SANDBOX, ADM, SMS, VOICE, EMAIL, BAIDU, "
    "CUSTOM, IN_APP"
)
MEMBERS = (
    "Address, Attributes, ChannelType, Demographic, EffectiveDate, EndpointStatus, Location, "
    "Metrics, OptOut, RequestId, User"
)
WRITE_IT = 'write it as "2026-01-15T09:30:00Z"'
NO_DATE = f"this text is not a date and time of ISO 8601, as AWS writes them: {WRITE_IT}"


@pytest.mark.parametrize(
    "members",
    [
        {"ChannelType": "email", "Address": "ann@example.com"},
        {**EMAIL, "OptOut": "ann@example.com"},
        {**EMAIL, "Metrics": {"m": True}},
        {**EMAIL, "Metrics": {"m": float("nan")}},
        {**EMAIL, "Location": {"Latitude": 91.0}},
        {**EMAIL, "Attributes": {"a": ["ann@example.com" * 9]}},
        {**EMAIL, "User": {"UserAttributes": {"n" * 51: ["ann@example.com"]}}},
    ],
    ids=["channel", "opt-out", "bool", "nan", "latitude", "long value", "long name"],
)
def test_a_wrong_body_is_refused_without_its_values(
    put: Put, client: Any, members: dict[str, Any]
) -> None:
    """What boto3 lets through and the service would not take answers 400, naming no values."""
    with pytest.raises(client.exceptions.BadRequestException) as caught:
        put("e", **members)
    assert "ann@" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "The body: expected an object, found a list"),
        ({"ChannelType": "FAX"}, f"/ChannelType: expected one of {CHANNELS}, found another text"),
        (
            {"ChannelType": "email"},
            f'/ChannelType: expected one of {CHANNELS}, found another text: did you mean "EMAIL"?',
        ),
        ({"OptOut": ""}, "/OptOut: expected one of ALL, NONE, found an empty text"),
        (
            {"EndpointStatus": "gone"},
            "/EndpointStatus: expected one of ACTIVE, INACTIVE, found another text",
        ),
        (
            {"Location": {"Latitude": 91.123456}},
            "/Location/Latitude: expected degrees from -90 to 90",
        ),
        (
            {"Location": {"Longitude": -181}},
            "/Location/Longitude: expected degrees from -180 to 180",
        ),
        ({"Foo": 1}, f"/Foo: not a member of EndpointRequest: the members are {MEMBERS}"),
        ({"Id": "e"}, "/Id: not a member of EndpointRequest: it is read-only: remove it"),
        (
            {"Location": {"city": "x"}},
            '/Location/city: not a member of EndpointLocation: did you mean "City"?',
        ),
        (
            {"Demographic": {"make": "x"}},
            '/Demographic/make: not a member of EndpointDemographic: did you mean "Make"?',
        ),
        (
            {"User": {"userid": "x"}},
            '/User/userid: not a member of EndpointUser: did you mean "UserId"?',
        ),
        (
            {"User": {"UserAttributes": {"Age": "39"}}},
            "/User/UserAttributes/Age: expected a list, found a string",
        ),
        (
            {"Attributes": {"": ["a", 1]}},
            "/Attributes//1: expected a string, found a number",
        ),
        ({"EffectiveDate": "yesterday"}, f"/EffectiveDate: {NO_DATE}"),
        (
            {"EffectiveDate": "2026-02-30T00:00Z"},
            "/EffectiveDate: there is no such day: check the month and the day",
        ),
    ],
)
def test_a_refusal_says_what_was_expected(send: Send, body: Any, message: str) -> None:
    """The place as a JSON pointer, the service model's names of shapes, and all of a closed set."""
    assert orjson.loads(send("PUT", ENDPOINT, body).body)["Message"] == message


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"Id": "b", "Foo": 1}, "/Item/1/Foo: not a member of EndpointBatchItem: the members are"),
        ({"Id": "b" * 2_049, **EMAIL}, "The endpoint id has more than 2,048 characters."),
        ({"Id": "b", "OptOut": "SOME"}, "/Item/1/OptOut: expected one of ALL, NONE, found"),
        ({"Id": "b", "EffectiveDate": "yesterday"}, f"/Item/1/EffectiveDate: {NO_DATE}"),
    ],
)
def test_a_refused_batch_says_which_item(send: Send, item: Any, message: str) -> None:
    """The place begins with the item."""
    answer = send("PUT", "/v1/apps/app/endpoints", {"Item": [{"Id": "a", **EMAIL}, item]})
    assert orjson.loads(answer.body)["Message"].startswith(message)


@pytest.mark.parametrize(
    "date",
    ["2026-01-15T09:30Z", "2026-01-15T09:30:00.125+02:00", "2026-01-15T09:30", "2026-01-15", ""],
)
def test_a_date_of_which_pe_validate_warns_at_most_is_stored(put: Put, get: Get, date: str) -> None:
    """EffectiveDate may lack its seconds, its zone and its time, and may be empty."""
    put("e", **EMAIL, EffectiveDate=date)
    assert get("e")["EffectiveDate"] == date
