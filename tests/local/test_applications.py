import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import orjson
import pytest

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.requests import MAX_PAGE_SIZE
from pinpoint_endpoints.local.routes import Answer
from pinpoint_endpoints.local.service_error import ServiceError
from pinpoint_endpoints.local.store import Store

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}


def names(response: Any) -> list[str]:
    """Return the names of the applications in a page."""
    return [one["Name"] for one in response["Item"]]


def test_an_application_has_the_services_members(store: Store) -> None:
    """CreateApp returns Arn, CreationDate, Id, Name and tags; the id is 32 hexadecimal digits."""
    numbers = count(1)
    pinpoint = LocalPinpoint(
        store,
        now=lambda: datetime(2018, 5, 7, 19, 3, 29, 963000, tzinfo=UTC),
        new_id=lambda: UUID(int=next(numbers)),
    )
    application_id = "0" * 31 + "1"
    assert pinpoint.create_app({"Name": "newsletter", "tags": {"team": "a"}}) == {
        "Arn": f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{application_id}",
        "CreationDate": "2018-05-07T19:03:29.963Z",
        "Id": application_id,
        "Name": "newsletter",
        "tags": {"team": "a"},
    }


def test_an_application_is_made_listed_read_and_deleted(local_client: Any) -> None:
    """CreateApp answers 201, GetApp, GetApps and DeleteApp 200, all with the same application."""
    others = local_client.get_apps()["ApplicationsResponse"]["Item"]
    created = local_client.create_app(CreateApplicationRequest={"Name": "n", "tags": {"a": "b"}})
    application = created["ApplicationResponse"]
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert re.fullmatch("[0-9a-f]{32}", application["Id"])
    found = local_client.get_app(ApplicationId=application["Id"])
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert found["ApplicationResponse"] == application
    assert local_client.get_apps()["ApplicationsResponse"] == {"Item": [*others, application]}
    deleted = local_client.delete_app(ApplicationId=application["Id"])
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert deleted["ApplicationResponse"] == application
    assert local_client.get_apps()["ApplicationsResponse"] == {"Item": others}


@pytest.mark.parametrize("operation", ["get_app", "delete_app"])
def test_an_unknown_application_is_not_found(local_client: Any, operation: str) -> None:
    """GetApp and DeleteApp answer 404 for an id that no application has."""
    with pytest.raises(local_client.exceptions.NotFoundException, match="Application not found"):
        getattr(local_client, operation)(ApplicationId="nowhere")


def test_a_deleted_application_takes_its_endpoints_along(client: Any) -> None:
    """An application made again under another or the same id has none of the old endpoints."""
    application = client.create_app(CreateApplicationRequest={"Name": "n"})
    where = {"ApplicationId": application["ApplicationResponse"]["Id"]}
    client.update_endpoint(**where, EndpointId="e", EndpointRequest=EMAIL)
    client.delete_app(**where)
    with pytest.raises(client.exceptions.NotFoundException, match="Application not found"):
        client.get_endpoint(**where, EndpointId="e")


def test_an_application_made_again_is_empty(pinpoint: LocalPinpoint) -> None:
    """The first write after DeleteApp finds no endpoint of the deleted application."""
    pinpoint.update_endpoint("app", "e", request=EMAIL, request_id="r")
    pinpoint.delete_app("app")
    pinpoint.update_endpoint("app", "f", request=EMAIL, request_id="r")
    with pytest.raises(ServiceError, match="Endpoint not found"):
        pinpoint.get_endpoint("app", "e")


def test_applications_come_in_pages(pinpoint: LocalPinpoint) -> None:
    """GetApps gives page-size applications at a time in order of creation, and a token for more."""
    for number in range(5):
        pinpoint.create_app({"Name": str(number)})
    first = pinpoint.get_apps("2")
    second = pinpoint.get_apps("2", first["NextToken"])
    third = pinpoint.get_apps("2", second["NextToken"])
    assert [names(page) for page in (first, second, third)] == [["0", "1"], ["2", "3"], ["4"]]
    assert "NextToken" not in third


def test_a_full_last_page_has_no_token(pinpoint: LocalPinpoint) -> None:
    """A page that ends with the last application says so."""
    for number in range(2):
        pinpoint.create_app({"Name": str(number)})
    assert "NextToken" not in pinpoint.get_apps("2")


def test_a_page_has_100_applications_by_default(pinpoint: LocalPinpoint) -> None:
    """Without page-size, 100 applications come at once."""
    for number in range(101):
        pinpoint.create_app({"Name": str(number)})
    page = pinpoint.get_apps()
    assert len(page["Item"]) == 100
    assert names(pinpoint.get_apps(token=page["NextToken"])) == ["100"]


def test_pages_reach_the_client(local_client: Any) -> None:
    """boto3's PageSize and Token arrive."""
    for name in ("a", "b"):
        local_client.create_app(CreateApplicationRequest={"Name": name})
    first = local_client.get_apps(PageSize="2")["ApplicationsResponse"]
    second = local_client.get_apps(PageSize="2", Token=first["NextToken"])["ApplicationsResponse"]
    assert (names(first)[1:], names(second)) == (["a"], ["b"])


@pytest.mark.parametrize(
    "query",
    [
        "page-size=0",
        "page-size=-1",
        "page-size=x",
        "page-size=",
        "page-size=%C2%B2",
        "token=x",
        "page-size=" + "9" * 40,
        "token=" + "9" * 40,
    ],
)
def test_a_wrong_page_is_refused(send: Callable[..., Answer], query: str) -> None:
    """A page-size or token that is no whole number, or too large a one, answers 400."""
    answer = send("GET", f"/v1/apps?{query}")
    assert answer.status == 400
    name = query.partition("=")[0]
    expected = f"{name} must be a whole number from {int(name == 'page-size')} to 999999999."
    assert orjson.loads(answer.body)["Message"] == expected


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        (None, "The body: expected an object, found null"),
        ([], "The body: expected an object, found a list"),
        ({}, 'The body: the member "Name" is missing'),
        ({"Name": 1}, "/Name: expected a string, found a number"),
        ({"Name": "n", "tags": []}, "/tags: expected an object, found a list"),
        ({"Name": "n", "tags": {"a": 1}}, "/tags/a: expected a string, found a number"),
        (
            {"Name": "n", "Tags": {"a": "b"}},
            '/Tags: not a member of CreateApplicationRequest: did you mean "tags"?',
        ),
        (
            {"Name": "n", "colour": 1},
            "/colour: not a member of CreateApplicationRequest: the members are Name, tags",
        ),
    ],
)
def test_a_wrong_application_is_refused(
    send: Callable[..., Answer], request_body: Any, message: str
) -> None:
    """CreateApp without a name, with tags that are no strings, or with more answers 400."""
    answer = send("POST", "/v1/apps", request_body)
    assert (answer.status, orjson.loads(answer.body)["Message"]) == (400, message)
    assert orjson.loads(send("GET", "/v1/apps").body) == {"Item": []}


@pytest.mark.parametrize(
    ("name", "tags", "expected"),
    [
        ("n" * 1024, {f"{number:0128}": "v" * 256 for number in range(50)}, 201),
        ("n" * 1025, {}, 400),
        ("n", {str(number): "v" for number in range(51)}, 400),
        ("n", {"k" * 129: "v"}, 400),
        ("n", {"k": "v" * 257}, 400),
    ],
    ids=["largest", "name", "tags", "key", "value"],
)
def test_an_application_has_a_largest_size(
    send: Callable[..., Answer], name: str, tags: dict[str, str], expected: int
) -> None:
    """Up to 50 tags of 128 and 256 characters, and a name of 1,024: a page of them is bounded."""
    assert send("POST", "/v1/apps", {"Name": name, "tags": tags}).status == expected


def test_a_large_page_has_an_end(pinpoint: LocalPinpoint) -> None:
    """Whatever page-size is asked for, a token leads to the rest."""
    for number in range(MAX_PAGE_SIZE + 1):
        pinpoint.create_app({"Name": str(number)})
    page = pinpoint.get_apps("999999999")
    assert [one["Name"] for one in page["Item"]] == list(map(str, range(MAX_PAGE_SIZE)))
    (last,) = pinpoint.get_apps("999999999", page["NextToken"])["Item"]
    assert last["Name"] == str(MAX_PAGE_SIZE)


def test_an_application_is_made_on_the_first_write(pinpoint: LocalPinpoint) -> None:
    """UpdateEndpoint makes a missing application: its id is the given one, and so is its name."""
    pinpoint.update_endpoint("mine", "e", request=EMAIL, request_id="r")
    application = pinpoint.get_app("mine")
    assert (application["Id"], application["Name"]) == ("mine", "mine")
    assert application["Arn"].endswith("/mine")


def test_a_batch_makes_its_application_too(pinpoint: LocalPinpoint) -> None:
    """UpdateEndpointsBatch makes a missing application."""
    batch = {"Item": [{"Id": "e", **EMAIL}]}
    pinpoint.update_endpoints_batch("mine", request=batch, request_id="r")
    assert pinpoint.get_app("mine")["Name"] == "mine"


def test_a_refused_write_makes_no_application(pinpoint: LocalPinpoint) -> None:
    """A request that is refused leaves nothing at all, nor does one that reads or deletes."""
    with pytest.raises(ServiceError, match="Missing ChannelType"):
        pinpoint.update_endpoint("mine", "e", request={"Address": "x"}, request_id="r")
    with pytest.raises(ServiceError, match="Application not found"):
        pinpoint.delete_endpoint("mine", "e")
    assert pinpoint.get_apps() == {"Item": []}


@pytest.mark.parametrize("application_id", ["", ".", "..", "a$b", "a\x00"])
def test_no_application_is_made_under_an_impossible_id(
    pinpoint: LocalPinpoint, application_id: str
) -> None:
    """An application id that cannot be in a path answers 400."""
    with pytest.raises(ServiceError, match="application id cannot be used") as caught:
        pinpoint.update_endpoint(application_id, "e", request=EMAIL, request_id="r")
    assert caught.value.status == 400


@pytest.mark.parametrize("application_id", ["", "..", "%24", "a%00"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/endpoints/e"),
        ("DELETE", "/endpoints/e"),
        ("GET", "/users/u"),
        ("DELETE", "/users/u"),
        ("PUT", "/attributes/endpoint-user-attributes"),
        ("POST", "/events"),
    ],
)
def test_nothing_is_looked_for_under_an_impossible_id(
    send: Callable[..., Answer], application_id: str, method: str, path: str
) -> None:
    """Whatever is asked of such an application answers 400, as an update does."""
    body: dict[str, Any] = {"BatchItem": {}} if path == "/events" else {}
    answer = send(method, f"/v1/apps/{application_id}{path}", body)
    assert answer.status == 400
    assert "application id cannot be used" in orjson.loads(answer.body)["Message"]


def test_making_missing_applications_can_be_turned_off(store: Store) -> None:
    """Without create_missing_applications a write to a missing application answers 404."""
    pinpoint = LocalPinpoint(store, create_missing_applications=False)
    with pytest.raises(ServiceError, match="Application not found"):
        pinpoint.update_endpoint("mine", "e", request=EMAIL, request_id="r")
