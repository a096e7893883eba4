"""Recognise segments among the values of files, in every shape that AWS's tools write.

The value's members decide, as in `shapes`: no file name and no guess takes part.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.positions import ValuePath

SEGMENT_SHAPES = frozenset(
    {
        "WriteSegmentRequest",
        "WriteSegmentInput",
        "SegmentProperties",
        "SegmentResponse",
        "SegmentDimensions",
        "SegmentsResponse",
    }
)
"""The shapes of one segment; of several, SegmentsResponse is yielded only if it is invalid."""

SEGMENT_MARKS = frozenset(
    {
        "WriteSegmentRequest",
        "SegmentResponse",
        "SegmentsResponse",
        "SegmentGroups",
        "Dimensions",
        "SegmentType",
        "ImportDefinition",
        "Behavior",
        "UserAttributes",
        "Name",
        "Properties",
        "Resources",
        "SegmentGroup",
        "Dimension",
        "writeSegmentRequest",
        "segmentGroups",
        "segment_groups",
        "dimensions",
    }
)
"""A value without any of these, and with a channel type or an address, is not a segment.

The last ones are slips, and the names in programs of the CDK and of other languages.
"""

CLOUDFORMATION_TYPE = "AWS::Pinpoint::Segment"

_CERTAIN = SEGMENT_MARKS - {"Name", "Behavior", "UserAttributes", "Properties", "Resources"}
_OF_AN_ENDPOINT = frozenset(
    {"Address", "ChannelType", "EffectiveDate", "EndpointStatus", "OptOut", "RequestId", "User"}
)
_OF_A_NAME = frozenset({"Name", "tags", "Tags"})
_OF_A_RESPONSE = frozenset(
    {"Arn", "CreationDate", "Id", "ImportDefinition", "LastModifiedDate", "SegmentType", "Version"}
)
_OF_A_CRITERION = frozenset(
    {"AttributeType", "DimensionType", "Values", "ComparisonOperator", "Value"}
)
_CRITERIA = ("Attributes", "UserAttributes", "Metrics", "Demographic", "Location")


class FoundSegment(NamedTuple):
    """One segment in the value of a file.

    Attributes:
        shape: the name under `$defs` of the segment schema that `value` must match.
        value: the part of the file that is this segment.
        path: path of `value` in the file.
        definition_path: path in `value` to the object with the segment's criteria.
    """

    shape: str
    value: object
    path: ValuePath
    definition_path: ValuePath = ()


def is_segment(value: Mapping[str, Any]) -> bool:
    """Tell whether a value is a segment, or something around segments."""
    if not _OF_AN_ENDPOINT.isdisjoint(value):
        return False
    if not _CERTAIN.isdisjoint(value) or value.get("Type") == CLOUDFORMATION_TYPE:
        return True
    if "Resources" in value:
        return bool([*_resources(value)])
    behavior = value.get("Behavior")
    if isinstance(behavior, dict) and "Recency" in behavior:
        return True
    return ("Name" in value and value.keys() <= _OF_A_NAME) or _has_criteria(value)


def _has_criteria(value: Mapping[str, Any]) -> bool:
    """Tell whether a value has criteria where an endpoint has lists, texts and numbers."""
    for name in _CRITERIA:
        group = value.get(name)
        if isinstance(group, dict):
            if name == "Location" and "GPSPoint" in group:
                return True
            for one in group.values():
                if isinstance(one, dict) and not _OF_A_CRITERION.isdisjoint(one):
                    return True
    return False


def segments_in(value: Any, path: ValuePath = ()) -> Iterator[FoundSegment]:
    """Yield the segments in a value that is one, or has some."""
    if value.get("Type") == CLOUDFORMATION_TYPE:
        properties = value.get("Properties", {})
        yield FoundSegment("SegmentProperties", properties, (*path, "Properties"))
    elif "Resources" in value and [*_resources(value)]:
        for name in _resources(value):
            yield from segments_in(value["Resources"][name], (*path, "Resources", name))
    elif "WriteSegmentRequest" in value or "writeSegmentRequest" in value:
        yield FoundSegment("WriteSegmentInput", value, path, ("WriteSegmentRequest",))
    elif "SegmentsResponse" in value:
        yield from _all(value["SegmentsResponse"], (*path, "SegmentsResponse"))
    elif "SegmentResponse" in value:
        inner = value["SegmentResponse"]
        yield FoundSegment("SegmentResponse", inner, (*path, "SegmentResponse"))
    else:
        yield FoundSegment(_shape(value), value, path)


def _resources(value: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the segments in a stack of CloudFormation."""
    resources = value.get("Resources")
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if isinstance(resource, dict) and resource.get("Type") == CLOUDFORMATION_TYPE:
            yield name


def _all(value: Any, path: ValuePath) -> Iterator[FoundSegment]:
    items = value.get("Item") if isinstance(value, dict) else None
    if not isinstance(items, list) or not value.keys() <= {"Item", "NextToken"}:
        yield FoundSegment("SegmentsResponse", value, path)
        return
    for index, item in enumerate(items):
        yield FoundSegment("SegmentResponse", item, (*path, "Item", index))


def _shape(value: Mapping[str, object]) -> str:
    if not _OF_A_RESPONSE.isdisjoint(value):
        return "SegmentResponse"
    if "Tags" in value or "ApplicationId" in value:
        return "SegmentProperties"
    return "WriteSegmentRequest" if _is_request(value) else "SegmentDimensions"


def _is_request(value: Mapping[str, object]) -> bool:
    return "Name" in value or not _CERTAIN.isdisjoint(value)
