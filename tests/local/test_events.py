from collections.abc import Callable
from typing import Any

import orjson
import pytest

from pinpoint_endpoints.local.routes import Answer
from pinpoint_endpoints.quotas import MAX_EVENTS_BYTES

Put = Callable[..., Any]
Get = Callable[[str], dict[str, Any]]
Send = Callable[..., Answer]
PutEvents = Callable[[dict[str, Any]], dict[str, Any]]

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
EVENT = {"EventType": "cart.left", "Timestamp": "2026-01-15T09:30:00.125Z"}
ACCEPTED = {"StatusCode": 202, "Message": "Accepted"}
EVENTS = "/v1/apps/app/events"


@pytest.fixture
def put_events(client: Any, app: str) -> PutEvents:
    """Return a function that puts events: from endpoint ids to endpoints, and to results."""

    def put(endpoints: dict[str, Any]) -> dict[str, Any]:
        items = {name: {"Endpoint": one, "Events": {"1": EVENT}} for name, one in endpoints.items()}
        answer = client.put_events(ApplicationId=app, EventsRequest={"BatchItem": items})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
        return dict(answer["EventsResponse"]["Results"])

    return put


@pytest.fixture
def fault(send: Send) -> Callable[..., str]:
    """Return a function that puts one event as JSON, and returns why it is refused, if it is."""

    def put_one(**members: Any) -> str:
        events = {"1": {**EVENT, **members}}
        answer = send("POST", EVENTS, {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": events}}})
        item = orjson.loads(answer.body)["Results"]["e"]
        assert item["EndpointItemResponse"] == ACCEPTED
        verdict = item["EventsItemResponse"]["1"]
        assert verdict["StatusCode"] == (202 if verdict["Message"] == "Accepted" else 400)
        return "" if verdict["StatusCode"] == 202 else str(verdict["Message"])

    return put_one


def test_events_make_and_change_their_endpoints(
    put_events: PutEvents, get: Get, client: Any, app: str
) -> None:
    """PutEvents answers 202 for each endpoint and event, and stores endpoints as an update does."""
    first = {**EMAIL, "Attributes": {"Plan": ["gold"]}, "Location": {"Latitude": 47.65}}
    assert put_events({"E": first}) == {
        "E": {"EndpointItemResponse": ACCEPTED, "EventsItemResponse": {"1": ACCEPTED}}
    }
    put_events({"e": {"Attributes": {"Visits": ["2"]}, "User": {"UserId": "ann"}}})
    stored = get("e")
    assert (stored["Id"], stored["EndpointStatus"], stored["OptOut"]) == ("E", "ACTIVE", "NONE")
    assert stored["Attributes"] == {"Plan": ["gold"], "Visits": ["2"]}
    assert stored["Location"] == {"Latitude": 47.7}
    found = client.get_user_endpoints(ApplicationId=app, UserId="ann")
    assert found["EndpointsResponse"]["Item"] == [stored]


def test_a_refused_endpoint_spares_the_others(put_events: PutEvents, get: Get, client: Any) -> None:
    """Each endpoint is accepted or refused alone, in the words that an update would have."""
    results = put_events(
        {
            "first": EMAIL,
            "second": {"Address": "bob@example.com"},
            "third": {**EMAIL, "ChannelType": "email"},
            "..": EMAIL,
            "fourth": {"ChannelType": "SMS", "Address": "1"},
        }
    )
    verdicts = {name: one["EndpointItemResponse"] for name, one in results.items()}
    assert {name: one["StatusCode"] for name, one in verdicts.items()} == {
        "first": 202,
        "second": 400,
        "third": 400,
        "..": 400,
        "fourth": 202,
    }
    assert verdicts["second"]["Message"] == "Missing ChannelType"
    assert verdicts["third"]["Message"].startswith("/ChannelType: ")
    assert verdicts[".."]["Message"].startswith("The endpoint id cannot be used")
    assert all(one["EventsItemResponse"] == {"1": ACCEPTED} for one in results.values())
    assert (get("first")["Id"], get("fourth")["Id"]) == ("first", "fourth")
    for refused in ("second", "third"):
        with pytest.raises(client.exceptions.NotFoundException):
            get(refused)


def test_what_a_refused_endpoint_did_is_undone(
    put: Put, put_events: PutEvents, get: Get, client: Any, app: str
) -> None:
    """An endpoint that is refused late leaves its user and the quota of names as they were."""
    put("one", **EMAIL, User={"UserId": "ann", "UserAttributes": {"Age": ["39"]}})
    names = {f"name-{number}": ["1"] for number in range(249)}
    large = {name: ["x" * 100] for name in names}
    user = {"UserId": "ann", "UserAttributes": large}
    results = put_events({"two": {"ChannelType": "SMS", "Address": "2", "User": user}})
    assert results["two"]["EndpointItemResponse"]["Message"].startswith("Endpoint size exceeds")
    assert get("one")["User"]["UserAttributes"] == {"Age": ["39"]}
    put("one", Attributes={name: ["1"] for name in names})
    found = client.get_user_endpoints(ApplicationId=app, UserId="ann")
    assert [one["Id"] for one in found["EndpointsResponse"]["Item"]] == ["one"]


def test_events_alone_leave_their_endpoint_alone(
    put: Put, put_events: PutEvents, get: Get, client: Any
) -> None:
    """An empty Endpoint, as Amplify sends it, is accepted and neither makes nor changes any."""
    put("e", **EMAIL, EndpointStatus="INACTIVE")
    before = get("e")
    results = put_events({"e": {}, "unknown": {}})
    assert all(one["EndpointItemResponse"] == ACCEPTED for one in results.values())
    assert get("e") == before
    with pytest.raises(client.exceptions.NotFoundException):
        get("unknown")


def test_an_update_by_events_has_their_request_id(client: Any, app: str, get: Get) -> None:
    """RequestId of the endpoint is that of the PutEvents that made it."""
    items = {"e": {"Endpoint": EMAIL, "Events": {}}}
    answer = client.put_events(ApplicationId=app, EventsRequest={"BatchItem": items})
    assert get("e")["RequestId"] == answer["ResponseMetadata"]["RequestId"]
    assert answer["EventsResponse"]["Results"]["e"]["EventsItemResponse"] == {}


def test_events_make_a_missing_application(send: Send) -> None:
    """As an update does, PutEvents makes the application that it is for."""
    send("POST", EVENTS, {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": {}}}})
    assert send("GET", "/v1/apps/app/endpoints/e").status == 200


@pytest.mark.parametrize("endpoints", [{}, {"e": {}}, {"e": {}, "f": {}}])
def test_events_alone_make_no_application(send: Send, endpoints: dict[str, Any]) -> None:
    """Without an endpoint to store, a missing application is not found."""
    items = {name: {"Endpoint": one, "Events": {"1": EVENT}} for name, one in endpoints.items()}
    assert send("POST", EVENTS, {"BatchItem": items}).status == 404
    assert send("GET", "/v1/apps/app").status == 404


@pytest.mark.parametrize(
    ("name", "endpoint", "message"),
    [
        ("e", {"ChannelType": "FAX"}, "/ChannelType: expected one of PUSH, "),
        ("e", {"ChannelType": "SMS", "OptOut": "NONE"}, "Missing Address"),
        ("e", {"Foo": 1}, "/Foo: not a member of PublicEndpoint: the members are "),
        ("e", {**EMAIL, "EffectiveDate": "yesterday"}, "/EffectiveDate: this text is not a date"),
        ("..", EMAIL, "The endpoint id cannot be used"),
    ],
)
def test_a_refused_endpoint_makes_no_application(
    send: Send, name: str, endpoint: dict[str, Any], message: str
) -> None:
    """If no endpoint is stored, each problem is reported, and no application is created."""
    items = {name: {"Endpoint": endpoint, "Events": {}}, "empty": {"Endpoint": {}, "Events": {}}}
    answer = send("POST", EVENTS, {"BatchItem": items})
    verdict = orjson.loads(answer.body)["Results"][name]["EndpointItemResponse"]
    assert (answer.status, verdict["StatusCode"]) == (202, 400)
    assert verdict["Message"].startswith(message)
    assert send("GET", "/v1/apps/app").status == 404
    items["right"] = {"Endpoint": EMAIL, "Events": {}}
    send("POST", EVENTS, {"BatchItem": items})
    assert send("GET", "/v1/apps/app/endpoints/right").status == 200


def test_events_for_an_application_that_moto_lacks_are_not_found(moto_client: Any) -> None:
    """Under moto the whole request answers 404."""
    with pytest.raises(moto_client.exceptions.NotFoundException, match="Application not found"):
        moto_client.put_events(ApplicationId="nowhere", EventsRequest={"BatchItem": {}})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"BatchItem": []},
        {"BatchItem": None},
        {"BatchItem": {}, "More": {}},
        {"BatchItem": {"e": None}},
        {"BatchItem": {"e": EMAIL}},
        {"BatchItem": {"e": {"Endpoint": EMAIL}}},
        {"BatchItem": {"e": {"Events": {}}}},
        {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": None}}},
        {"BatchItem": {"e": {"Endpoint": None, "Events": {}}}},
        {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": []}}},
        {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": {}, "More": 1}}},
        {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": {}}, "f": []}},
    ],
)
def test_a_wrong_frame_is_refused_whole(send: Send, body: Any) -> None:
    """What is no EventsRequest answers 400, and stores nothing of it."""
    answer = send("POST", EVENTS, body)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    assert send("GET", "/v1/apps/app").status == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "The body: expected an object, found a list"),
        ({}, 'The body: the member "BatchItem" is missing'),
        ({"BatchItem": []}, "/BatchItem: expected an object, found a list"),
        ({"BatchItem": {"b": None}}, "/BatchItem/b: expected an object, found null"),
        ({"BatchItem": {"b": {"Endpoint": {}}}}, '/BatchItem/b: the member "Events" is missing'),
        (
            {"BatchItem": {"b": {"Endpoint": [], "Events": {}}}},
            "/BatchItem/b/Endpoint: expected an object, found a list",
        ),
        (
            {"BatchItem": {"User": {"Endpoint": {}, "Events": {}, "X": 1}}},
            "/BatchItem/User/X: not a member of EventsBatch: the members are Endpoint, Events",
        ),
    ],
)
def test_a_wrong_frame_is_refused_with_its_place(send: Send, body: Any, message: str) -> None:
    """The endpoint that is to blame is named."""
    if body and isinstance(body, dict) and isinstance(body["BatchItem"], dict):
        body = {"BatchItem": {"ok": {"Endpoint": EMAIL, "Events": {}}, **body["BatchItem"]}}
    assert orjson.loads(send("POST", EVENTS, body).body)["Message"] == message


def test_100_events_are_the_limit(send: Send) -> None:
    """A request has 100 events and 100 endpoints at most, however they are spread."""

    def status(*counts: int) -> int:
        items = {
            f"e{number}": {"Endpoint": EMAIL, "Events": {str(one): EVENT for one in range(count)}}
            for number, count in enumerate(counts)
        }
        return send("POST", EVENTS, {"BatchItem": items}).status

    assert status(100) == status(60, 40) == status(*[1] * 100) == status(*[0] * 100) == 202
    assert status(101) == status(60, 41) == status(*[0] * 101) == 400


def test_events_over_4_mb_are_too_large(send: Send) -> None:
    """A body answers 413 from one byte past 4 MiB on, as one over 7 MiB does elsewhere."""
    body = orjson.dumps({"BatchItem": {"e": {"Endpoint": EMAIL, "Events": {}}}})
    assert send("POST", EVENTS, body.ljust(MAX_EVENTS_BYTES)).status == 202
    answer = send("POST", EVENTS, body.ljust(MAX_EVENTS_BYTES + 1))
    assert (answer.status, MAX_EVENTS_BYTES) == (413, 4_194_304)


def test_a_whole_event_is_accepted(fault: Callable[..., str]) -> None:
    """All members of an event, up to their limits, are right."""
    session = {
        "Id": "s",
        "StartTimestamp": "2026-01-15T09:29:39.992Z",
        "StopTimestamp": "2026-01-15T09:30:00.000Z",
        "Duration": 20008,
    }
    assert not fault(
        AppPackageName="org.example",
        AppTitle="Example",
        AppVersionCode="1",
        Attributes={"a" * 50: "v" * 200, **{str(number): "" for number in range(19)}},
        ClientSdkVersion="1.0",
        Metrics={f"m{number}": number / 2 for number in range(20)},
        SdkName="sdk",
        Session=session,
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"EventType": None}, 'The event: the member "EventType" is missing'),
        ({"Attributes": {"a": None}}, "/Attributes/a: expected a string, found null"),
        ({"Timestamp": "yesterday"}, "/Timestamp: this text is not a date and time of ISO"),
        ({"Timestamp": "2026W034T093000Z"}, "/Timestamp: this text is not a date and time of ISO"),
        ({"EventTyp": "x"}, '/EventTyp: not a member of Event: did you mean "EventType"?'),
        ({"Attributes": {"a": 1}}, "/Attributes/a: expected a string, found a number"),
        ({"Metrics": {"m": "1"}}, "/Metrics/m: expected a number, found a string"),
        ({"Metrics": {"m": True}}, "/Metrics/m: expected a number, found a boolean"),
        ({"Attributes": {"a" * 51: ""}}, "the limit is 50"),
        ({"Attributes": {"a": "v" * 201}}, "the limit is 200"),
        (
            {
                "Attributes": {str(one): "" for one in range(21)},
                "Metrics": {str(one): 1 for one in range(20)},
            },
            "more than 40 attribute and metric names",
        ),
        ({"Session": {"Id": "s"}}, '/Session: the member "StartTimestamp" is missing'),
        ({"Session": {"StartTimestamp": "2026-01-15"}}, '/Session: the member "Id" is missing'),
        ({"Session": {"Id": "s", "StartTimestamp": ""}}, "/Session/StartTimestamp: an empty text"),
        ({"AppTitle": "x" * 1_024_000}, "larger than 1024000 bytes"),
    ],
)
def test_a_wrong_event_is_refused_alone(
    fault: Callable[..., str], members: dict[str, Any], message: str
) -> None:
    """What is wrong with an event answers 400 for it, while its endpoint is stored."""
    assert message in fault(**members)


@pytest.mark.parametrize("member", ["EventType", "Timestamp"])
def test_an_event_needs_a_type_and_a_time(send: Send, member: str) -> None:
    """An event without one of its required members is refused."""
    event = {name: value for name, value in EVENT.items() if name != member}
    items = {"e": {"Endpoint": EMAIL, "Events": {"1": event, "2": [], "3": EVENT}}}
    body = orjson.loads(send("POST", EVENTS, {"BatchItem": items}).body)
    verdicts = body["Results"]["e"]["EventsItemResponse"]
    assert verdicts["1"]["Message"] == f'The event: the member "{member}" is missing'
    assert (verdicts["2"]["StatusCode"], verdicts["3"]) == (400, ACCEPTED)


def test_a_session_lasts_from_its_start_to_its_stop(fault: Callable[..., str]) -> None:
    """A Duration that is another number of milliseconds is refused with the service's words."""
    session = {
        "Id": "s",
        "StartTimestamp": "2021-05-25T06:09:30.632Z",
        "StopTimestamp": "2021-05-25T06:09:50.641Z",
    }
    assert not fault(Session=session)
    assert not fault(Session={**session, "Duration": 20009})
    message = fault(Session={**session, "Duration": 20008})
    assert message.startswith("Session duration in milliseconds must be equal to the difference")


def test_no_value_is_in_a_message(fault: Callable[..., str]) -> None:
    """Why an event is refused does not repeat what it says of a person."""
    for members in (
        {"Attributes": {"a": ["ann@example.com"]}},
        {"ann@example.com": 1},
        {"Timestamp": "ann@example.com"},
        {"Attributes": {"a": "ann@example.com" * 20}},
    ):
        message = fault(**members)
        assert message
        assert "ann@" not in message
