"""Which endpoints a segment has: published definitions, and what each criterion means."""

from typing import Any

import pytest
from segment_audience import (
    ALL_EMAIL_USERS,
    DEFINITIONS,
    ENDPOINTS,
    NOW,
    active,
    among,
    attribute,
    grouped,
)

from pinpoint_endpoints.documents.positions import json_pointer
from pinpoint_endpoints.documents.segment_shapes import segments_in
from pinpoint_endpoints.segments.bases import SegmentLibrary
from pinpoint_endpoints.segments.definition import (
    Definition,
    definition_in,
)
from pinpoint_endpoints.segments.evaluate import Answer, Node, Settings

SETTINGS = Settings(NOW)


def only(value: object) -> Definition:
    """Return the one segment in the value of a file."""
    (found,) = segments_in(value)
    return definition_in(found.value, found.path)


def compiled(value: object, settings: Settings = SETTINGS) -> Node:
    """Return a compiled segment, which may refer to one base segment."""
    return SegmentLibrary(settings, [only(ALL_EMAIL_USERS)]).compile(only(value))


def answers(value: object, settings: Settings = SETTINGS) -> dict[str, Answer]:
    """Return what a segment answers for each endpoint."""
    decide = compiled(value, settings).decide
    return {endpoint_id: decide(endpoint) for endpoint_id, endpoint in ENDPOINTS.items()}


def members(value: object, settings: Settings = SETTINGS) -> str:
    """Return the ids of the endpoints in a segment."""
    found = answers(value, settings)
    assert None not in found.values()
    return " ".join(endpoint_id for endpoint_id, answer in found.items() if answer)


def of(endpoint: dict[str, Any], dimensions: dict[str, Any], **settings: Any) -> Answer:
    """Return whether dimensions match an endpoint."""
    return compiled(dimensions, SETTINGS._replace(**settings)).decide(endpoint)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_published_definition_has_the_members_worked_out_by_hand(name: str) -> None:
    """The definitions of the facts have the members that are worked out there."""
    definition, expected = DEFINITIONS[name]
    assert members(definition) == expected


@pytest.mark.parametrize(
    "value",
    [
        ALL_EMAIL_USERS,
        {"SegmentResponse": ALL_EMAIL_USERS},
        {"SegmentsResponse": {"Item": [ALL_EMAIL_USERS]}},
        {
            "ApplicationId": "app",
            "WriteSegmentRequest": {"Dimensions": ALL_EMAIL_USERS["Dimensions"]},
        },
        ALL_EMAIL_USERS["Dimensions"],
        {"Name": {"Ref": "Name"}, "Dimensions": ALL_EMAIL_USERS["Dimensions"]},
    ],
)
def test_every_form_of_a_definition_is_read(value: object) -> None:
    """What the AWS CLI and the SDKs read and write is one segment in each form."""
    assert members(value) == "e3 e5"


def test_criteria_keep_their_places() -> None:
    """A criterion knows where it is in its file."""
    definition = only({"SegmentsResponse": {"Item": [{**DEFINITIONS["S3"][0], "Id": "s"}]}})
    pointers = [
        json_pointer(criterion.path)
        for group in definition.groups
        for dimensions in group.dimensions
        for criterion in dimensions.criteria
    ]
    groups = "/SegmentsResponse/Item/0/SegmentGroups/Groups"
    assert pointers == [
        f"{groups}/0/Dimensions/0/Attributes/PNV_PhoneNumberValidated",
        f"{groups}/1/Dimensions/0/Demographic/Channel",
    ]


def test_what_cannot_be_decided_goes_up_by_kleenes_logic() -> None:
    """Unknown and false is false, unknown or true is true, and not unknown is unknown."""
    unknown = {"Demographic": {"DeviceType": among("phone")}}
    email = {"Demographic": {"Channel": among("EMAIL")}}
    for relation, for_email, for_others in (("ALL", None, False), ("ANY", True, None)):
        found = answers(grouped({"Type": relation, "Dimensions": [unknown, email]}))
        assert (found["e3"], found["e1"]) == (for_email, for_others)
    assert set(answers(grouped({"Type": "NONE", "Dimensions": [unknown]})).values()) == {None}
    missing = grouped({"SourceSegments": [{"Id": "gone"}], "Dimensions": [email]})
    assert (answers(missing)["e3"], answers(missing)["e1"]) == (None, False)


def test_recency_without_any_date_cannot_be_decided() -> None:
    """Files without EffectiveDate have no inactive endpoints, and no active ones."""
    recency = {"Behavior": active("DAY_7", "INACTIVE")}
    assert set(answers(recency, SETTINGS._replace(has_dates=False)).values()) == {None}
    assert members(recency, SETTINGS._replace(recency="ignore")) == members({})
    by_contact = SETTINGS._replace(recency="LastContactDate")
    assert members({"Behavior": active("DAY_30")}, by_contact) == ""
    assert members({"Behavior": active("DAY_30", "INACTIVE")}, by_contact) == members({})


def test_without_dimensions_a_group_has_its_whole_base() -> None:
    """Nothing to match leaves every endpoint in."""
    assert members(grouped({"SourceSegments": [{"Id": "s4a"}]})) == "e3 e5"
    none = grouped({"SourceSegments": [{"Id": "s4a"}], "SourceType": "NONE"})
    assert members(none) == "e1 e2 e4 e6 e7"
    assert members(grouped({"Type": "NONE"})) == members(grouped(Include="ANY")) == members({})


@pytest.mark.parametrize(
    ("values", "dimension", "expected"),
    [
        (["us"], attribute("INCLUSIVE", "US"), False),
        ([""], attribute("INCLUSIVE", ""), True),
        (["a", "b"], attribute("EXCLUSIVE", "b"), False),
        (["New York City"], attribute("CONTAINS", "ew"), True),
        (["New York City"], attribute("CONTAINS", "EW"), False),
        ([], attribute("CONTAINS", ""), False),
        (["x"], {"Values": ["x"]}, True),
        ("x", attribute("INCLUSIVE", "x"), False),
        ([{"x": 1}, 2], attribute("INCLUSIVE", "x"), False),
    ],
)
def test_attributes_match_exactly(
    values: object, dimension: dict[str, Any], expected: bool
) -> None:
    """Any value may match, in its case; what is not a list of texts has no values."""
    assert of({"Attributes": {"a": values}}, {"Attributes": {"a": dimension}}) is expected


@pytest.mark.parametrize(
    ("operator", "limits", "value", "expected"),
    [
        ("BEFORE", ["2024-01-14T00:00:00Z"], "2024-01-14T00:00:00Z", False),
        ("BEFORE", ["2024-01-14T00:00:00.000000002Z"], "2024-01-14T00:00:00.000000001Z", True),
        ("BEFORE", ["2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"], "2023-06-01T00:00:00Z", True),
        ("AFTER", ["2024-01-14T00:00:00Z"], "2024-01-14T00:00:00.1Z", True),
        ("BETWEEN", ["2024-01-14T00:00:00Z", "2024-01-15T00:00:00Z"], "2024-01-15T00:00:00Z", True),
        ("ON", ["1969-12-31T23:00:00Z"], "1969-12-31T01:00:00Z", True),
        ("ON", ["2024-01-14T00:00:00Z"], "2024-01-14T23:00:00-05:00", False),
    ],
)
def test_dates_are_compared_as_instants(
    operator: str, limits: list[str], value: str, expected: bool
) -> None:
    """To the nanosecond, both bounds included in BETWEEN, UTC days for ON, no offsets."""
    dimension = {"Attributes": {"a": attribute(operator, *limits)}}
    assert of({"Attributes": {"a": [value]}}, dimension) is expected


def test_other_dates_are_read_if_asked() -> None:
    """A date alone is its midnight in UTC, and offsets count."""
    dimension = {"Attributes": {"a": attribute("BEFORE", "2024-01-14T00:00:01Z")}}
    for value in ("2024-01-14", "2024-01-14T01:00:00+02:00", "2024-01-13T23:00"):
        endpoint = {"Attributes": {"a": [value]}}
        assert of(endpoint, dimension) is False
        assert of(endpoint, dimension, lenient_dates=True) is True


def test_push_is_each_channel_of_push_notifications() -> None:
    """The console offers them as one."""
    assert members({"Demographic": {"Channel": among("PUSH")}}) == "e2 e4"


def test_members_of_a_wrong_type_are_not_there() -> None:
    """An endpoint that no service would accept does not stop the run."""
    wrong: dict[str, Any] = {
        "Attributes": [],
        "Metrics": {"session_count": True},
        "Demographic": "iOS",
        "Location": {"Country": ["US"], "Latitude": 10**400, "Longitude": "1"},
        "User": 7,
        "ChannelType": None,
        "EffectiveDate": 7,
    }
    for value, _ in DEFINITIONS.values():
        bare = compiled(value).decide({})
        assert compiled(value).decide(wrong) is bare
