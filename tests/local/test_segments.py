"""Segments of the local Pinpoint: stored definitions, their versions, and refusals."""

from typing import Any

import pytest

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.service_error import ServiceError

APP = {"ApplicationId": "app"}
EMAIL = {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["EMAIL"]}}}


@pytest.fixture
def app(client: Any) -> dict[str, str]:
    """Return the application of a client: in this process, or under moto."""
    created = client.create_app(CreateApplicationRequest={"Name": "n"})
    return {"ApplicationId": created["ApplicationResponse"]["Id"]}


def created(client: Any, app: dict[str, str], name: str, **members: Any) -> dict[str, Any]:
    """Create a segment, and return it."""
    answer = client.create_segment(**app, WriteSegmentRequest={"Name": name, **members})
    segment: dict[str, Any] = answer["SegmentResponse"]
    return segment


def test_a_segment_is_created_updated_listed_and_deleted(client: Any, app: dict[str, str]) -> None:
    """CreateSegment answers 201, the others 200; an update keeps what it leaves out."""
    answer = client.create_segment(
        **app, WriteSegmentRequest={"Name": "a", "Dimensions": EMAIL, "tags": {"team": "x"}}
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    segment = answer["SegmentResponse"]
    where = {**app, "SegmentId": segment["Id"]}
    assert segment == {
        "ApplicationId": app["ApplicationId"],
        "Arn": f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{app['ApplicationId']}"
        f"/segments/{segment['Id']}",
        "CreationDate": segment["CreationDate"],
        "Dimensions": EMAIL,
        "Id": segment["Id"],
        "LastModifiedDate": segment["CreationDate"],
        "Name": "a",
        "SegmentType": "DIMENSIONAL",
        "Version": 1,
        "tags": {"team": "x"},
    }
    renamed = client.update_segment(**where, WriteSegmentRequest={"Name": "b"})["SegmentResponse"]
    assert (renamed["Name"], renamed["Version"], renamed["tags"]) == ("b", 2, {"team": "x"})
    assert renamed["Dimensions"] == EMAIL
    groups = {"Groups": [{"Type": "ALL"}], "Include": "ALL"}
    client.update_segment(**where, WriteSegmentRequest={"SegmentGroups": groups})
    found = client.get_segment(**where)["SegmentResponse"]
    assert (found["Version"], found["SegmentGroups"]) == (3, groups)
    assert "Dimensions" not in found
    versions = client.get_segment_versions(**where)["SegmentsResponse"]["Item"]
    assert [version["Version"] for version in versions] == [1, 2, 3]
    first = client.get_segment_version(**where, Version="1")["SegmentResponse"]
    assert first == segment
    assert client.delete_segment(**where)["SegmentResponse"] == found
    for operation, extra in (
        ("get_segment", {}),
        ("delete_segment", {}),
        ("get_segment_versions", {}),
        ("get_segment_version", {"Version": "1"}),
        ("update_segment", {"WriteSegmentRequest": {}}),
    ):
        with pytest.raises(client.exceptions.NotFoundException, match="Segment not found"):
            getattr(client, operation)(**where, **extra)


def test_segments_and_versions_come_in_pages(client: Any, app: dict[str, str]) -> None:
    """A page has a token for the next one, and the last page has none."""
    ids = [created(client, app, name)["Id"] for name in "abc"]
    client.update_segment(**app, SegmentId=ids[0], WriteSegmentRequest={"Name": "A"})
    page = client.get_segments(**app, PageSize="2")["SegmentsResponse"]
    assert [segment["Name"] for segment in page["Item"]] == ["A", "b"]
    last = client.get_segments(**app, PageSize="2", Token=page["NextToken"])["SegmentsResponse"]
    assert [segment["Id"] for segment in last["Item"]] == ids[2:]
    assert "NextToken" not in last
    versions = client.get_segment_versions(**app, SegmentId=ids[0], PageSize="1")
    token = versions["SegmentsResponse"]["NextToken"]
    following = client.get_segment_versions(**app, SegmentId=ids[0], Token=token)
    assert [one["Version"] for one in following["SegmentsResponse"]["Item"]] == [2]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ([], "The body: expected an object, found a list"),
        ({"Dimensions": EMAIL, "SegmentGroups": {}}, "both Dimensions and SegmentGroups"),
        ({"SegmentGroups": {"Groups": [{"Type": "XOR"}]}}, "is not a value of Type"),
        ({"SegmentGroups": {"Groups": [{"Dimensions": EMAIL}]}}, "Dimensions is a list here"),
        ({"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "x"}]}]}}, "no segment x"),
        ({"Name": "x" * 1025}, "at most 1024 characters"),
        ({"tags": {"a": "x" * 257}}, "The key of a tag"),
        ({"Nmae": "x"}, "/Nmae: "),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    pinpoint: LocalPinpoint, request_: Any, message: str
) -> None:
    """It is a BadRequestException, and creates no application."""
    with pytest.raises(ServiceError, match=message) as refused:
        pinpoint.segments.create("app", request=request_)
    assert (refused.value.status, refused.value.code) == (400, "BadRequestException")
    assert pinpoint.get_apps()["Item"] == []


def test_a_segment_cannot_build_on_itself(pinpoint: LocalPinpoint) -> None:
    """Neither directly nor through another one."""
    base = pinpoint.segments.create("app", request={"Name": "base"})["Id"]
    groups = {"Groups": [{"SourceSegments": [{"Id": base}]}]}
    upper = pinpoint.segments.create("app", request={"SegmentGroups": groups})["Id"]
    for segment_id in (base, upper):
        request = {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": segment_id}]}]}}
        with pytest.raises(ServiceError, match="build on itself"):
            pinpoint.segments.update("app", base, request=request)


def test_a_deleted_application_takes_its_segments_along(pinpoint: LocalPinpoint) -> None:
    """An application made again under its id has none."""
    pinpoint.segments.create("app", request={"Name": "a"})
    pinpoint.delete_app("app")
    pinpoint.add_application("app", "again")
    assert pinpoint.segments.get_all("app") == {"Item": []}
