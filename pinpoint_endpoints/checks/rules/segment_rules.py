"""Rules about segments that a schema cannot express: how their parts fit together."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.rules.iso_codes import ALPHA_2, COUNTRIES
from pinpoint_endpoints.checks.rules.segment_schema_rules import segment_limit
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix, Severity
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.stack_functions import is_function
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.quotas import (
    MAX_CONSOLE_GROUPS,
    MAX_SEGMENT_DIMENSIONS,
    MAX_SEGMENT_VALUES,
)
from pinpoint_endpoints.schema.bundled import channel_types
from pinpoint_endpoints.segments.definition import DATE_OPERATORS
from pinpoint_endpoints.segments.instants import instant_of

_ATTRIBUTES = ("Attributes", "UserAttributes")
_DAY_LENGTH = 10
_TWO = 2


class Criterion(NamedTuple):
    """One criterion, valid or not.

    Attributes:
        path: from the top of the definition.
        group: the member of SegmentDimensions that it is in, such as `Attributes`.
        name: its own, such as that of an attribute.
        value: what it says.
    """

    path: ValuePath
    group: str
    name: str
    value: Mapping[str, Any]

    @property
    def values(self) -> list[Any]:
        """What it compares with, if that is a list."""
        values = self.value.get("Values")
        return values if isinstance(values, list) else []


class CriteriaSet(NamedTuple):
    """One SegmentDimensions.

    Attributes:
        path: from the top of the definition.
        criteria: all of them.
    """

    path: ValuePath
    criteria: tuple[Criterion, ...]


class CriteriaGroup(NamedTuple):
    """One SegmentGroup.

    Attributes:
        path: from the top of the definition.
        value: the group.
        sets: its Dimensions.
    """

    path: ValuePath
    value: Mapping[str, Any]
    sets: tuple[CriteriaSet, ...]


class SegmentParts(NamedTuple):
    """The parts of a segment, as far as their types are right.

    Attributes:
        value: the definition.
        groups: its segment groups.
        sets: all sets of criteria, also the one that is in no group.
    """

    value: Mapping[str, Any]
    groups: tuple[CriteriaGroup, ...]
    sets: tuple[CriteriaSet, ...]

    @property
    def criteria(self) -> Iterator[Criterion]:
        """All criteria."""
        for one in self.sets:
            yield from one.criteria


def parts_of(value: object, shape: str) -> SegmentParts:
    """Return the parts of a segment.

    Args:
        value: the definition, or SegmentDimensions.
        shape: its shape.
    """
    members = _object(value)
    if shape == "SegmentDimensions":
        return SegmentParts({}, (), (_criteria_set(members, ()),))
    list_of_groups = _object(members.get("SegmentGroups"))
    groups = tuple(
        CriteriaGroup(
            path,
            group,
            tuple(_criteria_set(one, at) for at, one in _items(group, "Dimensions", path)),
        )
        for path, group in _items(list_of_groups, "Groups", ("SegmentGroups",))
    )
    own = (_criteria_set(_object(members.get("Dimensions")), ("Dimensions",)),)
    return SegmentParts(members, groups, own + tuple(one for group in groups for one in group.sets))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(
    holder: Mapping[str, Any], name: str, path: ValuePath
) -> Iterator[tuple[ValuePath, Mapping[str, Any]]]:
    """Yield the objects in a list, with their paths; an object in its place is one of them."""
    value, path = holder.get(name), (*path, name)
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield (*path, index), item


def _criteria_set(value: Mapping[str, Any], path: ValuePath) -> CriteriaSet:
    criteria = (
        Criterion((*path, group, name), group, name, one)
        for group, members in value.items()
        if isinstance(members, dict)
        for name, one in members.items()
        if isinstance(one, dict) and not is_function(one)
    )
    return CriteriaSet(path, tuple(criteria))


@rule(codes.SEGMENT_BOTH, Scope.SEGMENT)
def segment_both(parts: SegmentParts) -> Iterator[Finding]:
    """A segment has both Dimensions and SegmentGroups.

    The service's model says that a segment has one or the other, and not what becomes of both.
    boto3 sends them.

    Source: botocore's service model, `WriteSegmentRequest`: "but not both".

    Wrong:
        Name: Berlin
        Dimensions: {Location: {Country: {DimensionType: INCLUSIVE, Values: [DE]}}}
        SegmentGroups: {Groups: [{Type: ALL}], Include: ALL}

    Right:
        Name: Berlin
        Dimensions: {Location: {Country: {DimensionType: INCLUSIVE, Values: [DE]}}}
    """
    if "Dimensions" in parts.value and "SegmentGroups" in parts.value:
        hint = 'move the criteria of "Dimensions" into a group, or leave one of the two out'
        yield Finding(
            ("SegmentGroups",), "there are both Dimensions and SegmentGroups", hint, at_key=True
        )


@rule(codes.SEGMENT_DATE, Scope.SEGMENT)
def segment_date(parts: SegmentParts) -> Iterator[Finding]:
    """A criterion compares dates with a text that is not an instant.

    `BEFORE`, `AFTER`, `ON` and `BETWEEN` read what they compare as ISO_INSTANT date-times: a date,
    `T`, a time with seconds, and `Z`. boto3 sends any text. `--fix` rewrites what names the same
    instant, such as a time with an offset; a date alone does not say when its day begins.

    Source: botocore's service model, `AttributeDimension.AttributeType`; Java,
    `DateTimeFormatter.ISO_INSTANT`.

    Wrong:
        {"Dimensions": {"UserAttributes": {
          "LastContact": {"AttributeType": "BEFORE", "Values": ["2024-01-14"]}}}}

    Right:
        {"Dimensions": {"UserAttributes": {
          "LastContact": {"AttributeType": "BEFORE", "Values": ["2024-01-14T00:00:00Z"]}}}}
    """
    for criterion in _about_dates(parts):
        for index, text in enumerate(criterion.values):
            if isinstance(text, str) and instant_of(text) is None:
                path = (*criterion.path, "Values", index)
                yield _not_an_instant(path, text, str(criterion.value["AttributeType"]))


def _about_dates(parts: SegmentParts) -> Iterator[Criterion]:
    for criterion in parts.criteria:
        kind = criterion.value.get("AttributeType")
        if criterion.group in _ATTRIBUTES and isinstance(kind, str) and kind in DATE_OPERATORS:
            yield criterion


def _not_an_instant(path: ValuePath, text: str, operator: str) -> Finding:
    message = f"{operator} compares instants, and this text is not one"
    try:
        date = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        return Finding(path, message, 'write it as "2026-01-15T09:30:00Z"')
    right = _instant(date)
    if date.tzinfo is None and not text.rstrip().endswith(("Z", "z")):
        hint = f'did you mean "{right}"?'
        is_same = operator == "ON" and len(text) == _DAY_LENGTH
        return Finding(path, message, hint, fix=_replace(path, right) if is_same else None)
    return Finding(path, message, f'write "{right}"', fix=_replace(path, right))


def _instant(date: datetime) -> str:
    date = date.astimezone(UTC) if date.tzinfo else date
    return date.replace(tzinfo=None).isoformat() + "Z"


def _replace(path: ValuePath, text: str) -> Fix:
    return Fix(Action.REPLACE, (path,), text)


@rule(codes.SEGMENT_BETWEEN, Scope.SEGMENT)
def segment_between(parts: SegmentParts) -> Iterator[Finding]:
    """BETWEEN has not two dates, the earlier one first.

    The service's model says "between the values". `pe` counts both bounds in. boto3 sends any
    number of values, in any order.

    Source: botocore's service model, `AttributeDimension.AttributeType`.

    Wrong:
        {"Dimensions": {"Attributes": {"Renewal": {"AttributeType": "BETWEEN",
          "Values": ["2026-12-31T00:00:00Z", "2026-12-01T00:00:00Z"]}}}}

    Right:
        {"Dimensions": {"Attributes": {"Renewal": {"AttributeType": "BETWEEN",
          "Values": ["2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z"]}}}}
    """
    for criterion in _about_dates(parts):
        values, path = criterion.values, (*criterion.path, "Values")
        if criterion.value["AttributeType"] != "BETWEEN" or not values:
            continue
        if len(values) != _TWO:
            message = f"BETWEEN has two values, and there {_are(len(values))}"
            yield Finding(path, message, "write the first and the last instant")
            continue
        first, last = (instant_of(each) if isinstance(each, str) else None for each in values)
        if first is not None and last is not None and first > last:
            yield Finding(path, "the first date is after the second", "swap them")


def _are(number: int) -> str:
    return "is 1" if number == 1 else f"are {number}"


@rule(codes.SEGMENT_SEVERAL_DATES, Scope.SEGMENT, severity=Severity.WARNING)
def segment_several_dates(parts: SegmentParts) -> Iterator[Finding]:
    """BEFORE, AFTER or ON has several dates.

    As for other criteria, one match suffices: of two dates with `BEFORE`, only the later one
    counts, and of two with `AFTER` only the earlier one. `BETWEEN` is what two dates are for.

    Source: AWS, Amazon Pinpoint User Guide, "Building segments"; Amazon Connect Administrator
    Guide, "Build customer segments": several values are connected by OR.

    Wrong:
        {"Dimensions": {"Attributes": {"Renewal": {"AttributeType": "AFTER",
          "Values": ["2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z"]}}}}

    Right:
        {"Dimensions": {"Attributes": {"Renewal": {"AttributeType": "AFTER",
          "Values": ["2026-12-01T00:00:00Z"]}}}}
    """
    for criterion in _about_dates(parts):
        operator = criterion.value["AttributeType"]
        if operator != "BETWEEN" and len(criterion.values) > 1:
            message = f"{operator} has {len(criterion.values)} dates, and one match suffices"
            yield Finding((*criterion.path, "Values"), message, "leave the one that is meant")


@rule(codes.SEGMENT_CIRCLE, Scope.SEGMENT)
def segment_circle(parts: SegmentParts) -> Iterator[Finding]:
    """A GPS point has no radius, or is not on the earth.

    A latitude is between -90 and 90 degrees, a longitude between -180 and 180, and the radius is
    more than 0 kilometers. boto3 sends a point without a radius: no endpoint is at a point.

    Source: botocore's service model, `GPSPointDimension` and `GPSCoordinates`.

    Wrong:
        {"Dimensions": {"Location": {"GPSPoint": {
          "Coordinates": {"Latitude": 47.6, "Longitude": -122.3}}}}}

    Right:
        {"Dimensions": {"Location": {"GPSPoint": {
          "Coordinates": {"Latitude": 47.6, "Longitude": -122.3}, "RangeInKilometers": 25}}}}
    """
    for criterion in parts.criteria:
        if (criterion.group, criterion.name) != ("Location", "GPSPoint"):
            continue
        radius = criterion.value.get("RangeInKilometers", 0)
        if "RangeInKilometers" not in criterion.value:
            yield Finding(criterion.path, "the point has no radius", 'add "RangeInKilometers"')
        elif isinstance(radius, (int, float)) and radius <= 0:
            path = (*criterion.path, "RangeInKilometers")
            yield Finding(path, "the radius is not more than 0", "write it in kilometers")
        coordinates = _object(criterion.value.get("Coordinates"))
        for name, limit in (("Latitude", 90), ("Longitude", 180)):
            degrees = coordinates.get(name)
            if isinstance(degrees, (int, float)) and not -limit <= degrees <= limit:
                path = (*criterion.path, "Coordinates", name)
                message = f"{degrees} is not between -{limit} and {limit}"
                yield Finding(path, message, "write it in degrees")


@rule(codes.SEGMENT_DEFAULT_TYPE, Scope.SEGMENT, severity=Severity.WARNING)
def segment_default_type(parts: SegmentParts) -> Iterator[Finding]:
    """A criterion does not say how it compares.

    The service's model does not require `AttributeType` and `DimensionType`, and does not say what
    is meant without them. `pe` takes it for `INCLUSIVE`.

    Source: botocore's service model, `AttributeDimension` and `SetDimension`.

    Wrong:
        {"Dimensions": {"Location": {"Country": {"Values": ["DE"]}}}}

    Right:
        {"Dimensions": {"Location": {"Country": {"Values": ["DE"], "DimensionType": "INCLUSIVE"}}}}
    """
    for criterion in parts.criteria:
        if criterion.group in _ATTRIBUTES:
            name = "AttributeType"
        elif criterion.group == "Demographic" or criterion.name == "Country":
            name = "DimensionType"
        else:
            continue
        if {"AttributeType", "DimensionType"}.isdisjoint(criterion.value):
            message = f"{name} is missing: pe takes it for INCLUSIVE"
            yield Finding(criterion.path, message, f'add "{name}"')


def too_large(parts: SegmentParts) -> Iterator[Finding]:
    """Yield what a segment has more of than it may have."""
    values = 0
    for number, criterion in enumerate(parts.criteria):
        if number == MAX_SEGMENT_DIMENSIONS:
            message = f"more than {MAX_SEGMENT_DIMENSIONS} dimensions, from here on"
            yield segment_limit(criterion.path, message, "remove some", at_key=True)
        before, values = values, values + len(criterion.values)
        if before <= MAX_SEGMENT_VALUES < values:
            message = f"more than {MAX_SEGMENT_VALUES} values in all criteria, from here on"
            path = (*criterion.path, "Values", MAX_SEGMENT_VALUES - before)
            yield segment_limit(path, message, "use one attribute for what they have in common")


@rule(codes.SEGMENT_UNFILTERED, Scope.SEGMENT, severity=Severity.WARNING)
def segment_unfiltered(parts: SegmentParts) -> Iterator[Finding]:
    """A part of the segment lets every endpoint through.

    An empty list of groups has no criteria, and neither has an empty set of them: under `ANY` such
    a set makes the whole group match, under `NONE` no endpoint is left. An empty text is in every
    text, so `CONTAINS` with one finds every endpoint that has the attribute. A segment of all
    endpoints has only a name.

    Source: AWS, Amazon Pinpoint User Guide, "Building segments".

    Wrong:
        {"Name": "all", "SegmentGroups": {"Groups": [], "Include": "ALL"}}

    Right:
        {"Name": "all"}
    """
    groups = _object(parts.value.get("SegmentGroups")).get("Groups")
    if groups == []:
        message = "Groups is empty, so every endpoint is in the segment"
        yield Finding(("SegmentGroups", "Groups"), message, "add a group, or remove it")
    for group in parts.groups:
        relation = group.value.get("Type")
        if relation not in ("ANY", "NONE"):
            continue
        for one in group.sets:
            if not one.criteria:
                all_or_none = "every" if relation == "ANY" else "no"
                message = f"without criteria: with Type {relation}, {all_or_none} endpoint matches"
                yield Finding(one.path, message, "add a criterion, or remove it")
    for criterion in parts.criteria:
        if criterion.value.get("AttributeType") == "CONTAINS" and "" in criterion.values:
            path = (*criterion.path, "Values", criterion.values.index(""))
            message = "an empty text is in every text: any value of the attribute matches"
            yield Finding(path, message, "write a part of the value")


@rule(codes.SEGMENT_ANY_OF_ONE, Scope.SEGMENT, severity=Severity.WARNING)
def segment_any_of_one(parts: SegmentParts) -> Iterator[Finding]:
    """ANY combines a single set of several criteria.

    `Type` combines the sets in the list `Dimensions`. The criteria in one set always have to be met
    all, so `ANY` of one set means the same as `ALL`. For any of the criteria, write each of them as
    a set of its own.

    Source: AWS, Amazon Pinpoint User Guide, "Building segments"; aws-samples/retail-demo-store,
    whose segment for abandoned carts has this form.

    Wrong:
        {"SegmentGroups": {"Groups": [{"Type": "ANY", "Dimensions": [
          {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS"]}},
           "Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["DE"]}}}]}]}}

    Right:
        {"SegmentGroups": {"Groups": [{"Type": "ANY", "Dimensions": [
          {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS"]}}},
          {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["DE"]}}}]}]}}
    """
    for group in parts.groups:
        if group.value.get("Type") == "ANY" and len(group.sets) == 1:
            number = len(group.sets[0].criteria)
            if number > 1:
                message = f"ANY of one set: all its {number} criteria have to be met"
                yield Finding((*group.path, "Type"), message, "one set for each, or ALL")


@rule(codes.SEGMENT_GROUPS, Scope.SEGMENT, severity=Severity.WARNING)
def segment_groups(parts: SegmentParts) -> Iterator[Finding]:
    """A segment has more groups than the console could show.

    The console allowed two groups, and the API's text speaks of one; CloudFormation templates of
    AWS have two. `pe` evaluates any number.

    Source: AWS, Amazon Pinpoint User Guide, "Building segments"; botocore's service model,
    `WriteSegmentRequest.SegmentGroups`.

    Wrong:
        {"Name": "all", "SegmentGroups": {"Groups": [{"Type": "ALL"}, {"Type": "ALL"}, {}]}}

    Right:
        {"Name": "all", "SegmentGroups": {"Groups": [{"Type": "ALL"}, {"Type": "ALL"}]}}
    """
    if len(parts.groups) > MAX_CONSOLE_GROUPS:
        message = f"{len(parts.groups)} groups, and the console allows {MAX_CONSOLE_GROUPS}"
        path = parts.groups[MAX_CONSOLE_GROUPS].path
        yield Finding(path, message, "the API may take them; base segments can have groups too")


_BY_THE_SERVICE = frozenset({"Arn", "CreationDate", "Id", "ImportDefinition", "LastModifiedDate"})


@rule(codes.SEGMENT_READ_ONLY, Scope.SEGMENT, severity=Severity.WARNING)
def segment_read_only(parts: SegmentParts) -> Iterator[Finding]:
    """A request has a member that only the service sets.

    `SegmentType` and `Version` are in what `get-segment` returns. boto3 and the AWS CLI refuse them
    in a request (`Unknown parameter`); `pe` ignores them there.

    Source: botocore's service model, `SegmentResponse` beside `WriteSegmentRequest`.

    Wrong:
        {"Name": "all", "SegmentType": "DIMENSIONAL"}

    Right:
        {"Name": "all"}
    """
    if not _BY_THE_SERVICE.isdisjoint(parts.value):
        return
    for name in ("SegmentType", "Version"):
        if name in parts.value:
            fix = Fix(Action.REMOVE, ((name,),))
            message = f"{name} is read-only: boto3 and the AWS CLI refuse it in a request"
            yield Finding((name,), message, "remove it", at_key=True, fix=fix)


@rule(codes.SEGMENT_TAGS, Scope.SEGMENT, severity=Severity.WARNING)
def segment_tags(parts: SegmentParts) -> Iterator[Finding]:
    """Tags are spelled as in CloudFormation.

    In the API, the member is `tags`: boto3 and the AWS CLI refuse `Tags`. In the properties of
    `AWS::Pinpoint::Segment`, which have an `ApplicationId`, it is `Tags`.

    Source: botocore's service model, `WriteSegmentRequest`; AWS CloudFormation User Guide,
    `AWS::Pinpoint::Segment`.

    Wrong:
        {"Name": "all", "Tags": {"team": "growth"}}

    Right:
        {"Name": "all", "tags": {"team": "growth"}}
    """
    if "Tags" in parts.value and "ApplicationId" not in parts.value:
        fix = Fix(Action.RENAME, (("Tags",),), "tags")
        message = "Tags is the spelling of CloudFormation; the API has tags"
        yield Finding(("Tags",), message, 'write "tags"', at_key=True, fix=fix)


@rule(codes.SEGMENT_UNDECIDED, Scope.SEGMENT, severity=Severity.WARNING)
def segment_undecided(parts: SegmentParts) -> Iterator[Finding]:
    """A criterion is about something that no endpoint in a file has.

    Segments can select by `DeviceType`, but endpoints have no such member: `pe segment` cannot
    decide such a criterion.

    Source: botocore's service model, `SegmentDemographics` beside `EndpointDemographic`.

    Wrong:
        {"Dimensions": {"Demographic": {
          "DeviceType": {"DimensionType": "INCLUSIVE", "Values": ["tablet"]}}}}

    Right:
        {"Dimensions": {"Demographic": {
          "Model": {"DimensionType": "INCLUSIVE", "Values": ["iPad"]}}}}
    """
    for criterion in parts.criteria:
        if (criterion.group, criterion.name) == ("Demographic", "DeviceType"):
            hint = "select by Make, Model or Platform"
            yield Finding(criterion.path, "endpoints have no device type", hint, at_key=True)


@rule(codes.SEGMENT_UNKNOWN_VALUE, Scope.SEGMENT, severity=Severity.WARNING)
def segment_unknown_value(parts: SegmentParts) -> Iterator[Finding]:
    """A criterion names a channel or a country that no endpoint has.

    Values are compared exactly. Channels are in upper case, and `PUSH` stands for all push
    channels; countries are the two upper-case letters of ISO 3166-1.

    Source: botocore's service model, `ChannelType`; `SegmentLocation.Country`.

    Wrong:
        {"Dimensions": {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["USA"]}}}}

    Right:
        {"Dimensions": {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["US"]}}}}
    """
    for criterion in parts.criteria:
        place = (criterion.group, criterion.name)
        if place == ("Demographic", "Channel"):
            yield from _unknown(criterion, "channel type", channel_types(), {})
        elif place == ("Location", "Country"):
            yield from _unknown(criterion, "country of ISO 3166-1", COUNTRIES, ALPHA_2)


def _unknown(
    criterion: Criterion, what: str, known: frozenset[str], others: Mapping[str, str]
) -> Iterator[Finding]:
    for index, value in enumerate(criterion.values):
        if not isinstance(value, str) or value in known:
            continue
        path = (*criterion.path, "Values", index)
        right = same_but_for_case(value, known) or others.get(value.strip().upper(), "")
        near = right or nearest(value, sorted(known) if not others else ())
        is_new = right not in criterion.values
        yield Finding(
            path,
            f"not a {what}, so no endpoint has it",
            f'did you mean "{near}"?' if near else "",
            fix=_replace(path, right) if right and is_new else None,
        )
