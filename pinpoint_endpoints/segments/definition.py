"""Read valid segments, in every form that AWS's own tools write, into one model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.stack_functions import (
    is_function,
    text_of_function,
    unknown_result,
)
from pinpoint_endpoints.errors import CheckFailed

DATE_OPERATORS = ("BEFORE", "AFTER", "ON", "BETWEEN")
DURATIONS: Mapping[str, int] = {"HR_24": 24, "DAY_7": 7 * 24, "DAY_14": 14 * 24, "DAY_30": 30 * 24}
"""The durations of a recency, in hours."""

WITHIN = "WITHIN"
"""The operator of a criterion about a place; Pinpoint has no name for it."""

DEVICE_TYPE = ("Demographic", "DeviceType")
"""A criterion about something that no endpoint has a member for."""

COORDINATES = ("Location",)
EFFECTIVE_DATE = ("EffectiveDate",)
CHANNEL_TYPE = ("ChannelType",)
USER_ATTRIBUTES = ("User", "UserAttributes")

_NOT_EVALUATED = {"ApplicationId", "Tags", "tags"}
_DIMENSIONS = frozenset(
    {"Attributes", "UserAttributes", "Metrics", "Behavior", "Demographic", "Location"}
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition on one member of an endpoint.

    Attributes:
        path: where it is in the value of the file.
        member: the path of the member in an endpoint, such as `("Attributes", "Team")`.
        operator: such as `INCLUSIVE`, `GREATER_THAN`, `ACTIVE`, or `WITHIN` for a place.
        values: texts; of a metric its number, of a recency its duration, of a place its latitude
            and longitude in degrees and its radius in kilometres.
    """

    path: ValuePath
    member: ValuePath
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Criteria that an endpoint has to meet all of: one SegmentDimensions.

    Attributes:
        path: where they are in the value of the file.
        criteria: in the order of the definition.
    """

    path: ValuePath
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A base segment.

    Attributes:
        path: where it is named in the value of the file.
        id: the id of the segment.
        version: the version of the segment; None for the latest.
    """

    path: ValuePath
    id: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """One SegmentGroup: base segments, and dimensions that filter them.

    Attributes:
        path: where it is in the value of the file.
        dimensions: the filters; none for the whole base.
        type: how many of the dimensions an endpoint has to match: `ALL`, `ANY` or `NONE`.
        sources: the base segments; none for all endpoints.
        source_type: how many of the base segments it has to be in.
    """

    path: ValuePath
    dimensions: tuple[Dimensions, ...]
    type: str = "ALL"
    sources: tuple[Reference, ...] = ()
    source_type: str = "ALL"


@dataclass(frozen=True, slots=True)
class Definition:
    """One segment.

    Attributes:
        path: where it is in the value of the file.
        name: may be empty.
        groups: none for all endpoints.
        include: how many of the groups an endpoint has to be in: `ALL`, `ANY` or `NONE`.
        id: the service's; empty in a request.
        version: the service's; 1 in a request.
        is_imported: whether it is a list of endpoints that was imported, and has no criteria.
    """

    path: ValuePath
    name: str
    groups: tuple[Group, ...]
    include: str = "ALL"
    id: str = ""
    version: int = 1
    is_imported: bool = False

    @property
    def title(self) -> str:
        """Its name, else its id, else words for a segment without either."""
        return self.name or self.id or "without a name"

    def with_id(self, segment_id: str) -> "Definition":
        """Return the same segment with another id."""
        return replace(self, id=segment_id)

    def parts(self) -> Iterator["Part"]:
        """Yield the segment and everything in it."""
        yield self
        for group in self.groups:
            yield group
            yield from group.sources
            for dimensions in group.dimensions:
                yield dimensions
                yield from dimensions.criteria


Part = Definition | Group | Dimensions | Criterion | Reference


class UnknownResultError(CheckFailed):
    """The result of a function of CloudFormation is known only in the stack.

    Args:
        path: where the function is, in the value of the file.
        message: says which function it is.
    """

    def __init__(self, path: ValuePath, message: str) -> None:
        super().__init__(message, "write the value itself")
        self.path = path


def definition_in(value: Any, path: ValuePath = ()) -> Definition:
    """Return the segment in the value of a document that has no errors.

    Args:
        value: a WriteSegmentRequest, alone or as the AWS CLI reads it, a SegmentResponse, the
            properties of a resource of CloudFormation, or bare SegmentDimensions.
        path: where the value is in the file.

    Raises:
        UnknownResultError: a function of CloudFormation has a result that only the stack knows.
    """
    members: dict[str, Any] = {
        name: text_of_function(one) if name == "Name" else _without_functions(one, (*path, name))
        for name, one in value.items()
        if name not in _NOT_EVALUATED
    }
    if "WriteSegmentRequest" in members:
        found = _definition(members["WriteSegmentRequest"], (*path, "WriteSegmentRequest"))
        return found.with_id(found.id or members.get("SegmentId", ""))
    if members and members.keys() <= _DIMENSIONS:
        return Definition(path, "", (Group(path, (_dimensions(members, path),)),))
    return _definition(members, path)


def _without_functions(value: Any, path: ValuePath) -> Any:
    """Replace the functions of CloudFormation in a value by their results."""
    if is_function(value):
        text = text_of_function(value)
        if text is None or "${" in text:
            raise UnknownResultError(path, unknown_result(value))
        return text
    if isinstance(value, dict):
        return {name: _without_functions(one, (*path, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_functions(one, (*path, index)) for index, one in enumerate(value)]
    return value


def _definition(members: Mapping[str, Any], path: ValuePath) -> Definition:
    include = "ALL"
    found: tuple[Group, ...] = ()
    if "Dimensions" in members:
        at = (*path, "Dimensions")
        found = (Group(at, (_dimensions(members["Dimensions"], at),)),)
    elif "SegmentGroups" in members:
        groups = members["SegmentGroups"]
        include = groups.get("Include", "ALL")
        listed = _items(groups, "Groups", (*path, "SegmentGroups"))
        found = tuple(_group(group, at) for group, at in listed)
    return Definition(
        path,
        members.get("Name") or "",
        found,
        include,
        members.get("Id", ""),
        members.get("Version", 1),
        members.get("SegmentType") == "IMPORT",
    )


def _group(members: Mapping[str, Any], path: ValuePath) -> Group:
    return Group(
        path,
        tuple(_dimensions(item, at) for item, at in _items(members, "Dimensions", path)),
        members.get("Type", "ALL"),
        tuple(
            Reference(at, item["Id"], item.get("Version"))
            for item, at in _items(members, "SourceSegments", path)
        ),
        members.get("SourceType", "ALL"),
    )


def _items(
    members: Mapping[str, Any], name: str, path: ValuePath
) -> Iterator[tuple[Mapping[str, Any], ValuePath]]:
    """Yield the items of a list, each with its path; the list may be missing."""
    for index, item in enumerate(members.get(name, ())):
        yield item, (*path, name, index)


def _dimensions(members: Mapping[str, Any], path: ValuePath) -> Dimensions:
    found = (
        criterion
        for name, value in members.items()
        for criterion in _criteria(name, value, (*path, name))
    )
    return Dimensions(path, tuple(found))


def _criteria(holder: str, members: Mapping[str, Any], path: ValuePath) -> Iterator[Criterion]:
    for name, value in members.items():
        at = (*path, name)
        if holder in ("Attributes", "UserAttributes"):
            above = USER_ATTRIBUTES if holder == "UserAttributes" else (holder,)
            operator = value.get("AttributeType", "INCLUSIVE")
            yield Criterion(at, (*above, name), operator, tuple(value["Values"]))
        elif holder == "Metrics":
            yield Criterion(at, (holder, name), value["ComparisonOperator"], (value["Value"],))
        elif holder == "Behavior":
            yield Criterion(at, EFFECTIVE_DATE, value["RecencyType"], (value["Duration"],))
        elif name == "GPSPoint":
            place = value["Coordinates"]
            circle = (place["Latitude"], place["Longitude"], value["RangeInKilometers"])
            yield Criterion(at, COORDINATES, WITHIN, circle)
        else:
            member = CHANNEL_TYPE if name == "Channel" else (holder, name)
            operator = value.get("DimensionType", "INCLUSIVE")
            yield Criterion(at, member, operator, tuple(value["Values"]))
