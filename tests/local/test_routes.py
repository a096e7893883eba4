import gzip
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import botocore.session
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinpoint_endpoints.local.routes import OPERATIONS, Answer, operation_name
from pinpoint_endpoints.quotas import MAX_BODY_BYTES

Send = Callable[..., Answer]

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
ENDPOINT = "/v1/apps/app/endpoints/e"


def error_of(answer: Answer) -> tuple[int, str, str]:
    """Return status, code and message, having checked that the error has the service's shape."""
    body = orjson.loads(answer.body)
    assert body.keys() == {"Message", "RequestID"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["x-amzn-RequestId"] == body["RequestID"]
    return answer.status, answer.headers["x-amzn-ErrorType"], body["Message"]


def test_a_success_is_json_with_a_request_id(send: Send) -> None:
    """A success has the service's headers, and no error type."""
    answer = send("PUT", ENDPOINT, EMAIL)
    request_id = answer.headers["x-amzn-RequestId"]
    assert answer.status == 202
    assert answer.headers == {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    assert orjson.loads(answer.body) == {"Message": "Accepted", "RequestID": request_id}


def test_each_request_has_its_own_id(send: Send) -> None:
    """Two requests never share a request id."""
    answers = [send("GET", "/v1/apps") for _ in range(2)]
    assert len({answer.headers["x-amzn-RequestId"] for answer in answers}) == 2


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "/v1",
        "/v2/apps",
        "x/v1/apps",
        "v1/apps",
        "//v1/apps",
        "/v1/apps/app/endpoints/a/b",
        "/v1/apps/app/users",
        "/v1/apps/app/settings/x/y",
        "/v1/{}",
        "http://host/v1/apps",
        "/v1/apps/../../etc/passwd",
    ],
)
def test_an_unknown_path_is_not_found(send: Send, target: str) -> None:
    """A path that Pinpoint does not have answers 404, whatever the method."""
    for method in ("GET", "PUT", "PATCH"):
        assert error_of(send(method, target)) == (
            404,
            "NotFoundException",
            "The local Pinpoint has no such path. `pe serve --explain` lists what it implements.",
        )


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("POST", "/v1/apps/app/campaigns", "CreateCampaign"),
        ("GET", "/v1/apps/app/segments/s/jobs/import?page-size=5", "GetSegmentImportJobs"),
        ("GET", "/v1/apps/app/settings", "GetApplicationSettings"),
        ("POST", "/v1/apps/app/messages", "SendMessages"),
        ("GET", "/v1/apps/a%2Fb/endpoints/e/inappmessages", "GetInAppMessages"),
        ("GET", "/v1/tags/arn:aws:mobiletargeting:us-east-1:0:apps%2Fapp", "ListTagsForResource"),
        ("PUT", "/v1/templates/t/email/active-version", "UpdateTemplateActiveVersion"),
        ("POST", "/v1/phone/number/validate", "PhoneNumberValidate"),
    ],
)
def test_what_the_local_pinpoint_lacks_is_named(
    send: Send, method: str, target: str, name: str
) -> None:
    """An operation of Pinpoint that is not here answers 404 with its name, whatever the body."""
    expected = (
        f"The local Pinpoint does not implement {name}. "
        "`pe serve --explain` lists what it implements."
    )
    for body in (b"", b"no JSON", b" " * (MAX_BODY_BYTES + 1)):
        assert error_of(send(method, target, body)) == (404, "NotFoundException", expected)


def test_what_the_local_pinpoint_has_is_the_services() -> None:
    """Each operation has the name, method, path and status of botocore's service model."""
    model = botocore.session.get_session().get_service_model("pinpoint")
    modelled = {
        (name, http["method"], http["requestUri"], http["responseCode"])
        for name in model.operation_names
        for http in [model.operation_model(name).http]
    }
    ours = {
        (operation.name, method, path, operation.status)
        for path, methods in OPERATIONS.items()
        for method, operation in methods.items()
    }
    assert ours <= modelled
    assert len(ours) == 19


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_operation_is_found_by_its_path(path: str) -> None:
    """Ids are found in their place, and no path hides another."""
    target = re.sub("{[^}]+}", "x%2Fy", path) + "?query"
    found = {method: operation_name(method, target) for method in OPERATIONS[path]}
    assert found == {method: operation.name for method, operation in OPERATIONS[path].items()}
    assert operation_name("PATCH", target) == ""


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("DELETE", "/v1/apps", "GET, POST"),
        ("PUT", "/v1/apps/app", "DELETE, GET"),
        ("GET", "/v1/apps/app/endpoints", "PUT"),
        ("POST", ENDPOINT, "DELETE, GET, PUT"),
        ("HEAD", ENDPOINT, "DELETE, GET, PUT"),
        ("put", ENDPOINT, "DELETE, GET, PUT"),
        ("", ENDPOINT, "DELETE, GET, PUT"),
        ("PUT", "/v1/apps/app/users/ann", "DELETE, GET"),
        ("GET", "/v1/apps/app/events", "POST"),
        ("POST", "/v1/apps/app/attributes/endpoint-user-attributes", "PUT"),
        ("PATCH", "/v1/apps/app/segments", "GET, POST"),
    ],
)
def test_a_wrong_method_is_not_allowed(send: Send, method: str, target: str, allowed: str) -> None:
    """A path of Pinpoint with a method that it does not have answers 405, and says which it has."""
    answer = send(method, target)
    status, code, message = error_of(answer)
    assert (status, code) == (405, "MethodNotAllowedException")
    assert answer.headers["Allow"] == allowed
    assert allowed in message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "The body is empty: JSON is expected."),
        (b"{", "The body is not JSON: line 1, column 2."),
        (b"{}{}", "The body is not JSON: line 1, column 3."),
        (b'{"Metrics":\n{"m": NaN}}', "The body is not JSON: line 2, column 7."),
        (b'{"Address": "ann@example.com"', "The body is not JSON: line 1, column 30."),
        (b'{"Address":\n"ann\xe9"}', "The body is not UTF-8: line 2, column 5."),
        (b"\xff\xfe{\0}\0", "The body is UTF-16: send it in UTF-8."),
        (b"{\0}\0", "The body is UTF-16: send it in UTF-8."),
        (b"\xef\xbb\xbf{}", "The body begins with a byte order mark: send it without one."),
        (gzip.compress(b"{}"), "The body is packed with gzip: send it as JSON in UTF-8."),
        (
            b'{"Address":\n"\\ud800"}',
            "The body has a text with half of a surrogate pair: line 2, column 2.",
        ),
        (
            b'{"Metrics":\n{"m": -1e400}}',
            "The body has a number that is beyond a double: line 2, column 7.",
        ),
        (b"9" * 5_000, "The body has a number that is beyond a double: line 1, column 1."),
        (b"9" * 100_001, "The body cannot be read as JSON: line 1, column 1."),
        (b"[" * 100_000, "The body is nested too deeply."),
        (b"[" * 5_000 + b"]" * 5_000, "The body is nested too deeply."),
    ],
    ids=[
        "none",
        "cut",
        "two",
        "nan",
        "personal",
        "latin-1",
        "utf-16 marked",
        "utf-16",
        "bom",
        "gzip",
        "surrogate",
        "infinite",
        "long",
        "too long",
        "deep and cut",
        "deep",
    ],
)
@pytest.mark.parametrize(
    ("method", "target"),
    [("PUT", ENDPOINT), ("PUT", "/v1/apps/app/endpoints"), ("POST", "/v1/apps")],
)
def test_a_body_that_cannot_be_read_is_refused(
    send: Send, method: str, target: str, body: bytes, expected: str
) -> None:
    """What is no JSON, or more than can be stored, answers 400 with the cause and the place."""
    answer = send(method, target, body)
    assert error_of(answer) == (400, "BadRequestException", expected)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        1,
        {"address": "x"},
        {"Id": "e"},
        {"Attributes": {"a": "x"}},
        {"Attributes": {"a": [1]}},
        {"Attributes": {"a": [None]}},
        {"Attributes": {"a": None}},
        {"Metrics": {"a": None}},
        {"User": {"UserAttributes": {"a": None}}},
        {"User": {"UserAttributes": {"a": {}}}},
        {"Item": []},
    ],
)
def test_a_body_of_another_shape_is_refused(send: Send, value: Any) -> None:
    """JSON that is no EndpointRequest answers 400 and stores nothing."""
    assert error_of(send("PUT", ENDPOINT, value))[:2] == (400, "BadRequestException")
    assert send("GET", "/v1/apps/app").status == 404


NULLS = {
    "ChannelType": "EMAIL",
    "Address": "ann@example.com",
    "Attributes": None,
    "Demographic": {"Locale": None, "Make": "apple"},
    "EffectiveDate": None,
    "EndpointStatus": None,
    "Location": None,
    "Metrics": None,
    "OptOut": None,
    "RequestId": None,
    "User": {"UserId": None, "UserAttributes": None},
}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "endpoints/e", NULLS),
        ("PUT", "endpoints", {"Item": [{"Id": "e", **NULLS}], "Other": None}),
        ("POST", "events", {"BatchItem": {"e": {"Endpoint": NULLS, "Events": {}, "More": None}}}),
    ],
)
def test_null_for_a_member_of_a_structure_is_absent(
    send: Send, method: str, path: str, body: Any
) -> None:
    """A structure's member that is null counts as left out, wherever the structure is."""
    accepted = send(method, f"/v1/apps/app/{path}", body)
    assert b'"Accepted"' in accepted.body, accepted.body
    stored = orjson.loads(send("GET", ENDPOINT).body)
    assert stored["Demographic"] == {"Make": "apple"}
    assert (stored["EndpointStatus"], stored["OptOut"], stored["User"]) == ("ACTIVE", "NONE", {})
    assert None not in stored.values()
    send("PUT", ENDPOINT, {"Address": None, "OptOut": "ALL"})
    assert orjson.loads(send("GET", ENDPOINT).body)["Address"] == "ann@example.com"


def test_null_for_other_members_is_absent(send: Send) -> None:
    """So it is for events, applications and names to remove; a required member is then missing."""
    event = {
        "EventType": "x",
        "Timestamp": "2026-01-15T09:30:00Z",
        "Session": None,
        "Metrics": None,
    }
    session = {"Id": "s", "StartTimestamp": "2026-01-15T09:30:00Z", "StopTimestamp": None}
    events = {"1": event, "2": {**event, "Session": session}}
    batch = {"BatchItem": {"e": {"Endpoint": {"Address": None}, "Events": events}}}
    send("PUT", ENDPOINT, NULLS)
    answer = orjson.loads(send("POST", "/v1/apps/app/events", batch).body)
    verdicts = answer["Results"]["e"]["EventsItemResponse"].values()
    assert [verdict["StatusCode"] for verdict in verdicts] == [202, 202]
    assert send("POST", "/v1/apps", {"Name": "shop", "tags": None}).status == 201
    assert send("POST", "/v1/apps", {"Name": None}).status == 400
    names = "/v1/apps/app/attributes/endpoint-custom-attributes"
    assert send("PUT", names, {"Blacklist": None}).status == 200


def test_maps_that_are_empty_and_metrics_that_are_whole(send: Send) -> None:
    """Every answer with an endpoint has both maps, and metrics are doubles."""
    send("PUT", ENDPOINT, {**NULLS, "User": {"UserId": "ann"}})
    for target in (ENDPOINT, "/v1/apps/app/users/ann"):
        body = send("GET", target).body
        assert b'"Attributes":{}' in body
        assert b'"Metrics":{}' in body
    send("PUT", ENDPOINT, {"Metrics": {"visits": 9}})
    for method, target in (
        ("GET", ENDPOINT),
        ("GET", "/v1/apps/app/users/ann"),
        ("DELETE", "/v1/apps/app/users/ann"),
    ):
        assert b'"Metrics":{"visits":9.0}' in send(method, target).body


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"Item": {}},
        {"Item": []},
        {"Item": [None]},
        {"Item": [EMAIL]},
        {"Item": [{"Id": 1, **EMAIL}]},
        {"Item": [{"Id": "e", **EMAIL}], "More": 1},
    ],
)
def test_a_batch_of_another_shape_is_refused(send: Send, value: Any) -> None:
    """JSON that is no EndpointBatchRequest answers 400 and stores nothing."""
    assert error_of(send("PUT", "/v1/apps/app/endpoints", value))[0] == 400
    assert send("GET", "/v1/apps/app").status == 404


def test_a_body_over_7_mb_is_too_large(send: Send) -> None:
    """A body answers 413 from one byte past 7 MiB on, whatever it is."""
    body = orjson.dumps(EMAIL)
    assert send("PUT", ENDPOINT, body.ljust(MAX_BODY_BYTES)).status == 202
    answer = send("PUT", ENDPOINT, body.ljust(MAX_BODY_BYTES + 1))
    assert error_of(answer)[:2] == (413, "PayloadTooLargeException")
    assert MAX_BODY_BYTES == 7_340_032


@pytest.mark.parametrize("escaped", ["%", "a%", "%2", "%zz", "%FF", "%C3", "%ED%A0%80", "a\ud800"])
@pytest.mark.parametrize(
    "target", ["/v1/apps/{}", "/v1/apps/{}/endpoints/e", "/v1/apps/a/users/{}"]
)
def test_a_path_that_is_not_utf8_is_refused(send: Send, target: str, escaped: str) -> None:
    """Broken escapes, invalid UTF-8 and lone surrogates in a path answer 400."""
    assert error_of(send("GET", target.format(escaped)))[:2] == (400, "BadRequestException")


@pytest.mark.parametrize("escaped", ["%2E%2E", ".%2e", "..", ".", "%2E", "%20", "%00", "%7F", ""])
def test_steps_and_control_characters_are_no_ids(send: Send, escaped: str) -> None:
    """Encoded or not, `.`, `..`, blanks and control characters are no endpoint's id."""
    answer = send("PUT", f"/v1/apps/app/endpoints/{escaped}", EMAIL)
    assert error_of(answer)[:2] == (400, "BadRequestException")


@pytest.mark.parametrize("nested", [b"[%b]", b'{"a":%b}'], ids=["lists", "objects"])
@pytest.mark.parametrize(
    ("method", "target", "frame"),
    [
        ("PUT", ENDPOINT, b'{"Attributes":%b}'),
        ("PUT", "/v1/apps/app/endpoints", b"%b"),
        ("PUT", "/v1/apps/app/attributes/endpoint-user-attributes", b'{"Blacklist":%b}'),
        ("POST", "/v1/apps", b'{"Name":"n","tags":%b}'),
    ],
    ids=["update", "batch", "attributes", "application"],
)
def test_a_deep_body_is_refused(
    send: Send, method: str, target: str, frame: bytes, nested: bytes
) -> None:
    """However deep lists and objects are in each other, the answer is 400."""
    value = b"1"
    for depth in range(1, 1022):
        value = nested % value
        if depth % 100 > 90:
            answer = send(method, target, frame % value)
            assert error_of(answer)[:2] == (400, "BadRequestException")


def test_a_query_is_no_part_of_an_id(send: Send) -> None:
    """A query after the path is left aside; an encoded question mark is part of the id."""
    assert send("PUT", f"{ENDPOINT}?a=b", EMAIL).status == 202
    assert orjson.loads(send("GET", ENDPOINT).body)["Id"] == "e"
    assert send("GET", f"{ENDPOINT}%3Fa=b").status == 404


def test_a_plus_is_a_plus(send: Send) -> None:
    """In a path, `+` is not a space."""
    send("PUT", "/v1/apps/app/endpoints/a+b", EMAIL)
    assert orjson.loads(send("GET", "/v1/apps/app/endpoints/a%2Bb").body)["Id"] == "a+b"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]),
    segments=st.lists(
        st.sampled_from(["v1", "apps", "attributes", "endpoints", "events", "users"]) | st.text(),
        max_size=6,
    ),
    safe=st.sampled_from(["", "/", "%", "?/%"]),
    body=st.binary() | st.recursive(st.none() | st.text(), st.lists).map(orjson.dumps),
)
def test_no_request_is_a_crash(
    send: Send, method: str, segments: list[str], safe: str, body: bytes
) -> None:
    """Whatever comes, the answer is JSON with a status of the service."""
    target = "/" + "/".join(quote(part, safe=safe, errors="surrogatepass") for part in segments)
    answer = send(method, target, body)
    assert answer.status in (200, 201, 202, 400, 404, 405)
    assert isinstance(orjson.loads(answer.body), dict)
