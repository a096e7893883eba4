"""Members that Pinpoint does not have: ignored with a remark, or refused by strict requests."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer, answer
from pinpoint_endpoints.local.store import Store

Send = Callable[..., Answer]

APP = "/v1/apps/app"
EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
EVENT = {"EventType": "open", "Timestamp": "2026-01-15T09:30:00Z"}
SESSION = {"Id": "s", "StartTimestamp": "2026-01-15T09:30:00Z"}
EVENTS = {"BatchItem": {"e": {"Endpoint": EMAIL, "Events": {"1": EVENT}}}}
REFUSED_EVENT = b'"StatusCode":400'
UPDATE, BATCH = f"PUT {APP}/endpoints/e", f"PUT {APP}/endpoints"
REMOVAL = f"PUT {APP}/attributes/endpoint-custom-attributes"


def events(batch: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an EventsRequest with further members of an EventsBatch and of its event."""
    return {
        "BatchItem": {"e": {"Endpoint": EMAIL, "Events": {"1": {**EVENT, **event}}, **batch}},
    }


REQUESTS: list[tuple[str, Any, str]] = [
    (UPDATE, {**EMAIL, "Id": "e", "CohortId": "7"}, "/Id, /CohortId"),
    (UPDATE, {**EMAIL, "User": {"userId": "a"}}, "/User/userId"),
    (UPDATE, {**EMAIL, "Location": {"x": 1}}, "/Location/x"),
    (UPDATE, {**EMAIL, "Demographic": {"x": {}}}, "/Demographic/x"),
    (UPDATE, {**EMAIL, "Attributes": {"x": ["1"]}, "Metrics": {"x": 1}}, ""),
    (BATCH, {"Item": [{"Id": "b", "x": 1, **EMAIL}], "Items": []}, "/Items, /Item/0/x"),
    (f"POST {APP}/events", events({"x": 1}, {}), "/BatchItem/e/x"),
    (f"POST {APP}/events", events({"Endpoint": {**EMAIL, "x": 1}}, {}), "/BatchItem/e/Endpoint/x"),
    (f"POST {APP}/events", events({}, {"x": 1}), "/BatchItem/e/Events/1/x"),
    (
        f"POST {APP}/events",
        events({}, {"Session": {**SESSION, "x": 1}}),
        "/BatchItem/e/Events/1/Session/x",
    ),
    ("POST /v1/apps", {"Name": "n", "colour": 1}, "/colour"),
    (REMOVAL, {"Blacklist": ["x"], "x": 1}, "/x"),
]


@pytest.fixture(params=[False, True], ids=["lenient", "strict"])
def is_strict(request: pytest.FixtureRequest) -> bool:
    """Return whether requests are strict: once not, once so."""
    return bool(request.param)


@pytest.fixture
def send_to(is_strict: bool) -> Iterator[Send]:
    """Return a function that sends a request to a Pinpoint that has the application `app`."""
    with Store(None) as store:
        pinpoint = LocalPinpoint(store, strict_requests=is_strict)
        pinpoint.add_application("app", "app")

        def send(method: str, target: str, body: Any = b"") -> Answer:
            raw = body if isinstance(body, bytes) else orjson.dumps(body)
            return answer(pinpoint, method, target, raw)

        yield send


@pytest.mark.parametrize(("called", "body", "unknown"), REQUESTS)
def test_unknown_members(
    send_to: Send, is_strict: bool, called: str, body: Any, unknown: str
) -> None:
    """They are named in a remark, and the rest counts; strict requests with them are refused."""
    method, target = called.split(" ")
    answered = send_to(method, target, body)
    if is_strict and unknown:
        assert REFUSED_EVENT in answered.body or answered.status == 400
        assert answered.remark == ""
    else:
        assert answered.status in (200, 201, 202)
        assert REFUSED_EVENT not in answered.body
        assert answered.remark == (f"ignored unknown members: {unknown}" if unknown else "")


@pytest.mark.parametrize("is_strict", [False], indirect=True)
def test_what_is_ignored_is_not_stored(send_to: Send) -> None:
    """Neither at the top nor below."""
    send_to("PUT", f"{APP}/endpoints/e", {**EMAIL, "x": 1, "User": {"UserId": "a", "x": 1}})
    stored = orjson.loads(send_to("GET", f"{APP}/endpoints/e").body)
    assert "x" not in stored
    assert stored["User"]["UserId"] == "a"
    assert "x" not in stored["User"]


@pytest.mark.parametrize("is_strict", [False], indirect=True)
def test_a_remark_has_an_end(send_to: Send) -> None:
    """Of many members a few are named."""
    answered = send_to("PUT", f"{APP}/endpoints/e", {**EMAIL, **dict.fromkeys("abcdefgh", 1)})
    assert answered.remark == "ignored unknown members: /a, /b, /c, /d, /e and 3 more"


@pytest.mark.parametrize("is_strict", [False], indirect=True)
@pytest.mark.parametrize("body", [[], None, 1, "x", {"Item": 1}, {"Item": [1, None]}])
def test_what_is_no_object_is_still_refused(send_to: Send, body: Any) -> None:
    """With 400, not with an error of the server."""
    assert send_to("PUT", f"{APP}/endpoints", body).status == 400


def test_amplify_sends_events_to_a_path_of_its_own(send_to: Send) -> None:
    """Up to v5, as a beacon with a signature in the query; it is PutEvents."""
    answered = send_to("POST", f"{APP}/events/legacy?X-Amz-Signature=x", EVENTS)
    assert answered.status == 202
    assert orjson.loads(answered.body)["Results"].keys() == {"e"}
    assert send_to("GET", f"{APP}/endpoints/e").status == 200
    assert send_to("GET", f"{APP}/events/legacy").status == 404
    assert send_to("POST", f"{APP}/endpoints/events/legacy", EVENTS).status == 404
    assert send_to("POST", "/v1/apps/events/legacy", EVENTS).status == 404
