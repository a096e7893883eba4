"""Rules about segments that the schema decides."""

import re
from collections.abc import Mapping, Sequence

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.rules.schema_rules import KINDS, is_number, kind_of
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix
from pinpoint_endpoints.documents.positions import ValuePath, shown_name
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case

_HOLDERS = {
    "Dimensions": (
        "Attributes", "UserAttributes", "Metrics", "Behavior", "Demographic", "Location",
    ),
    "Behavior": ("Recency",),
    "Demographic": ("AppVersion", "Channel", "DeviceType", "Make", "Model", "Platform"),
    "Location": ("Country", "GPSPoint"),
    "SegmentGroups": ("Groups", "Include"),
    "SegmentGroups.Groups": ("SourceSegments", "SourceType", "Type"),
    "GPSPoint": ("Coordinates", "RangeInKilometers"),
    "GPSPoint.Coordinates": ("Latitude", "Longitude"),
}  # fmt: skip
"""Where members belong that stand elsewhere."""

_CALLED = {
    "DimensionType": "AttributeType",
    "AttributeType": "DimensionType",
    "ChannelType": "Channel",
}
"""What a member is called in its place, if it is known there."""

_NO_CRITERION = frozenset(
    {
        "City",
        "Region",
        "PostalCode",
        "Locale",
        "Timezone",
        "ModelVersion",
        "PlatformVersion",
    }
)
"""Members of endpoints that segments cannot select by."""

_OBJECTS = {
    "Dimensions": '{"Demographic": {...}}',
    "SegmentGroups": '{"Groups": [...]}',
    "Location": '{"Country": {...}}',
    "Country": '{"DimensionType": "INCLUSIVE", "Values": ["DE"]}',
    "Attributes": '{"name": {"AttributeType": "INCLUSIVE", "Values": [...]}}',
    "UserAttributes": '{"name": {"AttributeType": "INCLUSIVE", "Values": [...]}}',
    "Metrics": '{"name": {"ComparisonOperator": "GREATER_THAN", "Value": 5}}',
    "Recency": '{"Duration": "DAY_7", "RecencyType": "ACTIVE"}',
}
_WORD = re.compile("BETWEEN|[A-Z]{2,3}_[0-9]{1,3}")
"""Words that other definitions have, and that are certainly no personal data."""

_OPERATORS = {
    ">": "GREATER_THAN",
    "<": "LESS_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "<=": "LESS_THAN_OR_EQUAL",
    "=": "EQUAL",
    "==": "EQUAL",
}


@rule(codes.SEGMENT_MEMBER, Scope.SEGMENT_SCHEMA)
def segment_member(
    place: ValuePath, right: str, members: Mapping[str, object], known: Sequence[str], holder: str
) -> Finding:
    """A member that segments do not have.

    boto3 and the AWS CLI refuse the whole request (`Unknown parameter`). Names are case-sensitive:
    the CDK and other languages write `segmentGroups`, the API `SegmentGroups`. What is
    `AttributeType` for an attribute is `DimensionType` for a country or a channel. A segment
    selects by country and by distance, not by city, region, postal code, locale or time zone: for
    those, keep an attribute of your own.

    Source: botocore's service model, `WriteSegmentRequest` and the shapes in it.

    Wrong:
        {"Name": "lakers", "Dimensions": {"UserAttributes": {
          "Team": {"DimensionType": "INCLUSIVE", "Values": ["Lakers"]}}}}

    Right:
        {"Name": "lakers", "Dimensions": {"UserAttributes": {
          "Team": {"AttributeType": "INCLUSIVE", "Values": ["Lakers"]}}}}
    """
    name = str(place[-1])
    message = f'"{shown_name(name)}" is not a member of {holder}'
    called = _CALLED.get(name, "")
    if called in known:
        right = called
    if right and right not in members:
        hint = f'it is called "{right}" here' if right == called else f'did you mean "{right}"?'
        return Finding(place, message, hint, at_key=True, fix=Fix(Action.RENAME, (place,), right))
    if right:
        hint = f'"{right}" is there already: remove one of the two'
        return Finding(place, message, hint, at_key=True, keeps_names=True)
    return Finding(place, message, _where(name, known), at_key=True)


def _where(name: str, known: Sequence[str]) -> str:
    if name in _NO_CRITERION:
        return "segments cannot select by it: use an attribute"
    for holder, members in _HOLDERS.items():
        if name in members:
            return f'it belongs under "{holder}"'
    near = nearest(name, known)
    return f'did you mean "{near}"?' if near else f"the members are {', '.join(known)}"


@rule(codes.SEGMENT_TYPE, Scope.SEGMENT_SCHEMA)
def segment_type(path: ValuePath, wanted: str, value: object) -> Finding:
    """A value of a segment has the wrong type.

    boto3 and the AWS CLI refuse the whole request (`Invalid type for parameter`). What a metric is
    compared with is a number; what attributes and members are compared with is a list of strings,
    also where they look like numbers. `null` does not leave a member out.

    Source: botocore's service model; botocore's parameter validation.

    Wrong:
        {"Dimensions": {"Metrics": {"visits": {"ComparisonOperator": "EQUAL", "Value": "5"}}}}

    Right:
        {"Dimensions": {"Metrics": {"visits": {"ComparisonOperator": "EQUAL", "Value": 5}}}}
    """
    message = f"expected {KINDS[wanted]}, found {kind_of(value)}"
    name = str(path[-1]) if path else ""
    if value is None:
        return Finding(path, message, "leave it out")
    if wanted == "array" and not isinstance(value, (dict, list)):
        hint = "wrap it in a list" if isinstance(value, str) else "write it in a list, in quotes"
        fix = None if isinstance(value, bool) or name != "Values" else Fix(Action.WRAP, (path,))
        return Finding(path, message, hint, fix=fix)
    if wanted == "string" and isinstance(value, (int, float)):
        fix = None if isinstance(value, bool) else Fix(Action.QUOTE, (path,))
        return Finding(path, message, "put it in quotes", fix=fix)
    if wanted in ("number", "integer"):
        return _number(path, message, value)
    if wanted == "object":
        return Finding(path, message, _object_hint(path, name, value))
    return Finding(path, message)


def _number(path: ValuePath, message: str, value: object) -> Finding:
    if not is_number(value):
        return Finding(path, message, "write a number")
    fix = Fix(Action.UNQUOTE, (path,))
    return Finding(path, message, "write it without quotes", fix=fix)


def _object_hint(path: ValuePath, name: str, value: object) -> str:
    if path[-2:-1] == ("SourceSegments",) or (path[-2:-1] and isinstance(path[-1], int)):
        return 'write {"Id": "..."}' if "SourceSegments" in path[-2:] else "write an object"
    if name == "Dimensions" and isinstance(value, list):
        return (
            'only a group has a list: write {"SegmentGroups": {"Groups": [{"Dimensions": [...]}]}}'
        )
    if isinstance(value, list) and path[-2:-1] in (("Attributes",), ("UserAttributes",)):
        return 'write {"AttributeType": "INCLUSIVE", "Values": [...]}'
    if isinstance(value, list) and path[-2:-1] == ("Demographic",):
        return 'write {"DimensionType": "INCLUSIVE", "Values": [...]}'
    return f"write {_OBJECTS[name]}" if name in _OBJECTS else "write an object"


@rule(codes.SEGMENT_CHOICE, Scope.SEGMENT_SCHEMA)
def segment_choice(path: ValuePath, value: str, choices: Sequence[str]) -> Finding:
    """Not one of the allowed words.

    boto3 sends any string. The words of the service are in upper case, and there are no others: a
    recency is 24 hours, 7, 14 or 30 days, and a metric has no `BETWEEN`, which two criteria in one
    set say.

    Source: botocore's service model, `AttributeDimension`, `SetDimension`, `MetricDimension`,
    `RecencyDimension`, `SegmentGroup` and `SegmentGroupList`.

    Wrong:
        {"Dimensions": {"Behavior": {"Recency": {"Duration": "DAY_1", "RecencyType": "ACTIVE"}}}}

    Right:
        {"Dimensions": {"Behavior": {"Recency": {"Duration": "HR_24", "RecencyType": "ACTIVE"}}}}
    """
    name = str(path[-1]) if path else "value"
    right = same_but_for_case(value, choices) or _OPERATORS.get(value.strip(), "")
    right = right if right in choices else ""
    near = right or nearest(value, choices)
    shown = f'"{value}"' if near or _WORD.fullmatch(value) else "this text"
    hint = f'did you mean "{near}"?' if near else f"one of {', '.join(choices)}"
    if name == "Duration":
        hint = "one of HR_24, DAY_7, DAY_14, DAY_30"
        right = "HR_24" if value.upper() == "DAY_1" else right
        hint = 'one day is "HR_24"' if value.upper() == "DAY_1" else hint
    if name == "ComparisonOperator" and value.upper() == "BETWEEN":
        hint = "write two sets under Dimensions: GREATER_THAN_OR_EQUAL and LESS_THAN_OR_EQUAL"
    fix = Fix(Action.REPLACE, (path,), right) if right else None
    return Finding(path, f"{shown} is not a value of {name}", hint, fix=fix)


@rule(codes.SEGMENT_MISSING, Scope.SEGMENT_SCHEMA)
def segment_missing(path: ValuePath, name: str, holder: str) -> Finding:
    """A criterion lacks a member that it needs.

    boto3 and the AWS CLI refuse the whole request (`Missing required parameter`).

    Source: botocore's service model: the required members of `AttributeDimension`, `SetDimension`,
    `MetricDimension`, `RecencyDimension`, `GPSPointDimension` and `SegmentReference`.

    Wrong:
        {"Dimensions": {"Behavior": {"Recency": {"RecencyType": "ACTIVE"}}}}

    Right:
        {"Dimensions": {"Behavior": {"Recency": {"RecencyType": "ACTIVE", "Duration": "DAY_7"}}}}
    """
    return Finding(path, f'the member "{name}" of {holder} is missing', "add it")


@rule(codes.SEGMENT_LIST, Scope.SEGMENT_SCHEMA)
def segment_list(path: ValuePath) -> Finding:
    """An object stands where a segment has a list of objects.

    `Groups`, and `Dimensions` and `SourceSegments` of a group, are lists, even with one item; only
    the `Dimensions` beside `Name` is an object. boto3 and the AWS CLI refuse the whole request.
    This is the commonest slip in published definitions.

    Source: botocore's service model, `SegmentGroup` and `SegmentGroupList`.

    Wrong:
        {"SegmentGroups": {"Groups": [{"Dimensions":
          {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["EMAIL"]}}}}]}}

    Right:
        {"SegmentGroups": {"Groups": [{"Dimensions": [
          {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["EMAIL"]}}}]}]}}
    """
    message = f"{path[-1]} is a list here, also with one item"
    return Finding(path, message, "wrap it in [ and ]", fix=Fix(Action.WRAP, (path,)))


@rule(codes.SEGMENT_NO_VALUES, Scope.SEGMENT_SCHEMA)
def segment_no_values(path: ValuePath) -> Finding:
    """A criterion has an empty list of values.

    boto3 sends it. No value is in an empty list: an inclusive criterion would match no endpoint, an
    exclusive one all of them.

    Source: botocore's service model, `AttributeDimension.Values`: required.

    Wrong:
        {"Dimensions": {"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": []}}}}

    Right:
        {"Dimensions": {"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["pro"]}}}}
    """
    return Finding(path, "Values is empty", "add a value, or remove the criterion")


@rule(codes.SEGMENT_LIMIT, Scope.SEGMENT_SCHEMA)
def segment_limit(path: ValuePath, message: str, hint: str, *, at_key: bool = False) -> Finding:
    """A segment is larger than a segment may be.

    A segment has at most 100 dimensions, which cannot be raised, and 100 values in all its criteria
    together, each of at most 100 characters. The name of an attribute has at most 50 characters.
    The page does not say what a dimension is: `pe` counts criteria.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas"; AWS, Amazon Pinpoint User Guide,
    "Building segments".

    Wrong:
        Dimensions:
          Attributes:
            a name that goes on and on, far beyond fifty characters:
              {AttributeType: INCLUSIVE, Values: ["yes"]}

    Right:
        Dimensions:
          Attributes:
            a name: {AttributeType: INCLUSIVE, Values: ["yes"]}
    """
    return Finding(path, message, hint, at_key=at_key)
