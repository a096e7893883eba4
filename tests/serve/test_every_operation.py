"""The AWS CLI, boto3 and the SDK for JavaScript: each operation, and each kind of refusal."""

import re
from functools import cache
from typing import Any

import pytest
from sdks import AwsCli, Boto3, JavaScript, Sdk

from pinpoint_endpoints.service.client import pinpoint_loader

EMAIL = {"ChannelType": "EMAIL", "Address": "ada@example.com"}
SMS = {"ChannelType": "SMS", "Address": "+12065550100"}
ADA = {"UserId": "ada", "UserAttributes": {"FirstName": ["Ada"]}}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def returned(sdk: Sdk, operation: str, **parameters: Any) -> Any:
    """Return what an operation answers, having looked at what the client tells about it."""
    told = sdk(operation, **parameters)
    assert not told.error, told
    assert told.status in (modelled_status(operation), 0)
    assert UUID.fullmatch(told.request_id) or isinstance(sdk, AwsCli)
    (value,) = told.value.values()
    return value


@pytest.fixture
def app(by_boto3: Boto3) -> str:
    """Return the id of a new application."""
    made = returned(by_boto3, "CreateApp", CreateApplicationRequest={"Name": "newsletter"})
    return str(made["Id"])


@cache
def modelled_status(operation: str) -> int:
    """Return the status that botocore's service model gives to an operation's success."""
    model = pinpoint_loader().load_service_model("pinpoint", "service-2")
    return int(model["operations"][operation]["http"]["responseCode"])


def put(sdk: Sdk, app: str, endpoint_id: str, **members: Any) -> Any:
    """Update an endpoint."""
    return returned(
        sdk, "UpdateEndpoint",
        ApplicationId=app, EndpointId=endpoint_id, EndpointRequest=members,
    )  # fmt: skip


def get(sdk: Sdk, app: str, endpoint_id: str) -> Any:
    """Read an endpoint."""
    return returned(sdk, "GetEndpoint", ApplicationId=app, EndpointId=endpoint_id)


def test_applications(sdk: Sdk) -> None:
    """They are made, read, listed by pages and removed."""
    request = {"Name": "newsletter", "tags": {"team": "mail"}}
    made = returned(sdk, "CreateApp", CreateApplicationRequest=request)
    assert re.fullmatch("[0-9a-f]{32}", made["Id"])
    assert TIMESTAMP.fullmatch(made["CreationDate"])
    assert made == {
        **request,
        "Id": made["Id"],
        "CreationDate": made["CreationDate"],
        "Arn": f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{made['Id']}",
    }
    assert returned(sdk, "GetApp", ApplicationId=made["Id"]) == made
    second = returned(sdk, "CreateApp", CreateApplicationRequest={"Name": "second"})
    token: dict[str, str] = {}
    pages: list[Any] = []
    while not pages or token:
        page = returned(sdk, "GetApps", PageSize="1", **token)
        assert len(page["Item"]) == 1
        pages += page["Item"]
        token = {"Token": page["NextToken"]} if "NextToken" in page else {}
    assert pages[-2:] == [made, second]
    assert returned(sdk, "GetApps")["Item"] == pages
    for one in pages:
        assert returned(sdk, "DeleteApp", ApplicationId=one["Id"]) == one
    assert returned(sdk, "GetApps")["Item"] == []
    assert sdk("GetApp", ApplicationId=made["Id"]).error == "NotFoundException"


def test_endpoints(sdk: Sdk, app: str) -> None:
    """They are made, changed member by member, read, and removed."""
    body = put(sdk, app, "e", **EMAIL, Metrics={"age": 41.5}, Location={"Latitude": 47.61})
    assert body == {"Message": "Accepted", "RequestID": body["RequestID"]}
    latest = put(sdk, app, "E", Attributes={"Interests": ["Music", "Grüße 日本 😀"]}, User=ADA)
    endpoint = get(sdk, app, "e")
    assert TIMESTAMP.fullmatch(endpoint["EffectiveDate"])
    assert endpoint == {
        **EMAIL,
        "ApplicationId": app,
        "Attributes": {"Interests": ["Music", "Grüße 日本 😀"]},
        "CohortId": endpoint["CohortId"],
        "CreationDate": endpoint["CreationDate"],
        "EffectiveDate": endpoint["EffectiveDate"],
        "EndpointStatus": "ACTIVE",
        "Id": "e",
        "Location": {"Latitude": 47.6},
        "Metrics": {"age": 41.5},
        "OptOut": "NONE",
        "RequestId": latest["RequestID"],
        "User": ADA,
    }
    removed = returned(sdk, "DeleteEndpoint", ApplicationId=app, EndpointId="e")
    assert removed == endpoint
    assert sdk("GetEndpoint", ApplicationId=app, EndpointId="e").error == "NotFoundException"


def test_a_batch_and_a_user(sdk: Sdk, app: str) -> None:
    """A batch is stored whole, and the endpoints of a user are read and removed together."""
    items = [{"Id": "mail", "User": ADA, **EMAIL}, {"Id": "phone", "User": ADA, **SMS}]
    body = returned(
        sdk, "UpdateEndpointsBatch",
        ApplicationId=app, EndpointBatchRequest={"Item": items},
    )  # fmt: skip
    assert body["Message"] == "Accepted"
    of_ada = {"ApplicationId": app, "UserId": "ada"}
    found = returned(sdk, "GetUserEndpoints", **of_ada)["Item"]
    assert [one["Id"] for one in found] == ["mail", "phone"]
    assert found == [get(sdk, app, "mail"), get(sdk, app, "phone")]
    assert returned(sdk, "DeleteUserEndpoints", **of_ada)["Item"] == found
    assert sdk("GetUserEndpoints", **of_ada).error == "NotFoundException"


def test_attributes_are_removed(sdk: Sdk, app: str) -> None:
    """Names that a glob matches are returned, and no value is stored for them any more."""
    put(sdk, app, "e", **EMAIL, Attributes={"color": ["red"], "colour": ["blue"], "size": ["l"]})
    removed = returned(
        sdk, "RemoveAttributes",
        ApplicationId=app,
        AttributeType="endpoint-custom-attributes",
        UpdateAttributesRequest={"Blacklist": ["col*"]},
    )  # fmt: skip
    assert removed == {
        "ApplicationId": app,
        "AttributeType": "endpoint-custom-attributes",
        "Attributes": ["color", "colour"],
    }
    put(sdk, app, "f", **SMS, Attributes={"color": ["red"], "size": ["l"]})
    assert get(sdk, app, "f")["Attributes"] == {"size": ["l"]}


def test_events_bring_their_endpoints(sdk: Sdk, app: str) -> None:
    """The answer lists the endpoint and each of its events, and the endpoint is stored."""
    events = {
        "right": {"EventType": "_session.start", "Timestamp": "2026-10-01T12:00:00Z"},
        "wrong": {"EventType": "_session.start", "Timestamp": "yesterday"},
    }
    answer = returned(
        sdk, "PutEvents",
        ApplicationId=app,
        EventsRequest={"BatchItem": {"e": {"Endpoint": EMAIL, "Events": events}}},
    )  # fmt: skip
    told = answer["Results"]["e"]
    assert told["EndpointItemResponse"] == {"Message": "Accepted", "StatusCode": 202}
    assert told["EventsItemResponse"]["right"] == {"Message": "Accepted", "StatusCode": 202}
    assert told["EventsItemResponse"]["wrong"]["StatusCode"] == 400
    assert get(sdk, app, "e")["Address"] == EMAIL["Address"]


REFUSALS: list[tuple[str, dict[str, Any], int, str, str]] = [
    (
        "GetEndpoint",
        {"EndpointId": "nobody"},
        404,
        "NotFoundException",
        "Endpoint not found",
    ),
    (
        "UpdateEndpoint",
        {"EndpointId": "e", "EndpointRequest": {"Address": "ada@example.com"}},
        400,
        "BadRequestException",
        "Missing ChannelType",
    ),
    (
        "CreateCampaign",
        {"WriteCampaignRequest": {"Name": "everybody"}},
        404,
        "NotFoundException",
        "The local Pinpoint does not implement CreateCampaign.",
    ),
    (
        "UpdateEndpoint",
        {"EndpointId": "e", "EndpointRequest": {"Address": "x" * 8_000_000}},
        413,
        "PayloadTooLargeException",
        "The body is over 7340032 bytes.",
    ),
]


@pytest.mark.parametrize(
    ("operation", "parameters", "status", "error", "message"),
    REFUSALS,
    ids=["not found", "bad request", "not had", "too large"],
)
def test_refusals_are_modelled_exceptions(  # noqa: PLR0913, PLR0917 - a row of a table
    sdk: Sdk,
    app: str,
    operation: str,
    parameters: dict[str, Any],
    status: int,
    error: str,
    message: str,
) -> None:
    """Each client raises Pinpoint's own exception, with the message and the request's id."""
    told = sdk(operation, ApplicationId=app, **parameters)
    assert told.error == error
    assert told.message.startswith(message)
    assert told.status in (status, 0)
    assert UUID.fullmatch(told.request_id) or isinstance(sdk, AwsCli)


IDS = [
    "a/b",
    "a+b@example.com",
    "two words",
    "é日本😀",
    "100%",
    "a%2Fb",
    "a?b=c&d#e",
    "..a",
    "a:b;c,d",
]


@pytest.mark.external
def test_clients_agree_about_every_id(
    by_boto3: Boto3, by_aws_cli: AwsCli, by_javascript: JavaScript, app: str
) -> None:
    """What one client writes under an id, the others read, and nothing else under another one."""
    writers: list[Sdk] = [by_boto3, by_javascript]
    for number, endpoint_id in enumerate(IDS):
        put(writers[number % 2], app, endpoint_id, **EMAIL, Attributes={"number": [str(number)]})
    for number, endpoint_id in enumerate(IDS):
        endpoint = get(by_boto3, app, endpoint_id)
        assert (endpoint["Id"], endpoint["Attributes"]["number"]) == (endpoint_id, [str(number)])
        assert get(by_javascript, app, endpoint_id) == endpoint
    hardest = IDS[0] + "".join(IDS[1:])
    put(by_aws_cli, app, hardest, **EMAIL)
    assert get(by_boto3, app, hardest) == get(by_javascript, app, hardest)
    assert get(by_aws_cli, app, IDS[5]) == get(by_boto3, app, IDS[5])


@pytest.mark.external
@pytest.mark.parametrize("user_id", ["a/b", "ada@example.com", "two words", "é", "a%2Fb", "."])
def test_clients_agree_about_every_user_id(
    by_boto3: Boto3, by_javascript: JavaScript, app: str, user_id: str
) -> None:
    """User ids travel in paths as well."""
    put(by_boto3, app, "e", **EMAIL, User={"UserId": user_id})
    of_user = {"ApplicationId": app, "UserId": user_id}
    found = returned(by_boto3, "GetUserEndpoints", **of_user)
    assert [one["Id"] for one in found["Item"]] == ["e"]
    assert returned(by_javascript, "GetUserEndpoints", **of_user) == found


def test_segments(sdk: Sdk, app: str) -> None:
    """They are made, read, updated, listed with their versions and removed."""
    request = {"Name": "everyone"}
    made = returned(sdk, "CreateSegment", ApplicationId=app, WriteSegmentRequest=request)
    where = {"ApplicationId": app, "SegmentId": made["Id"]}
    renamed = returned(sdk, "UpdateSegment", **where, WriteSegmentRequest={"Name": "all"})
    assert returned(sdk, "GetSegment", **where) == renamed
    assert returned(sdk, "GetSegments", ApplicationId=app)["Item"] == [renamed]
    assert returned(sdk, "GetSegmentVersion", **where, Version="1") == made
    assert returned(sdk, "GetSegmentVersions", **where)["Item"] == [made, renamed]
    assert returned(sdk, "DeleteSegment", **where) == renamed
