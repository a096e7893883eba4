"""Read segment definitions, in every form that AWS's own tools write, into one model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pinpoint_endpoints.documents.positions import ValuePath, json_pointer
from pinpoint_endpoints.documents.segment_shapes import is_function
from pinpoint_endpoints.errors import CheckFailed

RELATIONS = ("ALL", "ANY", "NONE")
SET_OPERATORS = ("INCLUSIVE", "EXCLUSIVE")
DATE_OPERATORS = ("BEFORE", "AFTER", "ON", "BETWEEN")
ATTRIBUTE_OPERATORS = (*SET_OPERATORS, "CONTAINS", *DATE_OPERATORS)
METRIC_OPERATORS = (
    "GREATER_THAN",
    "LESS_THAN",
    "GREATER_THAN_OR_EQUAL",
    "LESS_THAN_OR_EQUAL",
    "EQUAL",
)
RECENCY_TYPES = ("ACTIVE", "INACTIVE")
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

_DEMOGRAPHIC = ("AppVersion", "Channel", "DeviceType", "Make", "Model", "Platform")
_DIMENSIONS = frozenset(
    {"Attributes", "UserAttributes", "Metrics", "Behavior", "Demographic", "Location"}
)
_WRAPPERS = ("SegmentsResponse", "SegmentResponse", "WriteSegmentRequest", "Item")
_DATES = 2
"""How many values BETWEEN has."""


class InvalidDefinition(CheckFailed):
    """A segment definition is wrong.

    Args:
        path: where, in the value of the file.
        message: what is wrong.
        hint: what to do about it.
    """

    def __init__(self, path: ValuePath, message: str, hint: str = "") -> None:
        place = f" (at {json_pointer(path)})" if path else ""
        super().__init__(f"the segment definition is wrong{place}: {message}", hint)
        self.path = path


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

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901) to it in the value of the file."""
        return json_pointer(self.path)


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
        id: of the segment.
        version: of the segment; None for the latest.
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


def definitions_in(value: object, path: ValuePath = ()) -> Iterator[Definition]:
    """Yield the segments in the value of a file.

    Args:
        value: a WriteSegmentRequest, a SegmentResponse, either under its own name as the AWS CLI
            reads and writes them, a SegmentsResponse, bare SegmentDimensions, or a list of these.
        path: where the value is in the file.

    Raises:
        InvalidDefinition: a definition is wrong.
    """
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from definitions_in(item, (*path, index))
        return
    members = _object(value, path)
    wrapper = next((name for name in _WRAPPERS if name in members), None)
    if wrapper == "Item":
        inner = _list(members[wrapper], (*path, wrapper))
        yield from definitions_in(inner, (*path, wrapper))
    elif wrapper is not None:
        for found in definitions_in(_object(members[wrapper], (*path, wrapper)), (*path, wrapper)):
            if wrapper == "WriteSegmentRequest" and not found.id:
                yield found.with_id(_text(members.get("SegmentId"), (*path, "SegmentId")))
            else:
                yield found
    elif members and members.keys() <= _DIMENSIONS:
        dimensions = _dimensions(members, path)
        yield Definition(path, "", (Group(path, (dimensions,)),))
    else:
        yield _definition(members, path)


def _definition(members: Mapping[str, Any], path: ValuePath) -> Definition:
    dimensions, groups = members.get("Dimensions"), members.get("SegmentGroups")
    if dimensions is not None and groups is not None:
        raise InvalidDefinition(
            path, "it has both Dimensions and SegmentGroups", "leave one of them out"
        )
    include = "ALL"
    found: tuple[Group, ...] = ()
    if dimensions is not None:
        at = (*path, "Dimensions")
        found = (Group(at, (_dimensions(_object(dimensions, at), at),)),)
    elif groups is not None:
        at = (*path, "SegmentGroups")
        members_of_groups = _object(groups, at)
        include = _relation(members_of_groups, "Include", at)
        listed = _items(members_of_groups, "Groups", at)
        found = tuple(_group(_object(group, at), at) for group, at in listed)
    version, name = members.get("Version"), members.get("Name")
    return Definition(
        path,
        "" if is_function(name) else _text(name, (*path, "Name")),
        found,
        include,
        _text(members.get("Id"), (*path, "Id")),
        1 if version is None else _version(version, (*path, "Version")),
        members.get("SegmentType") == "IMPORT",
    )


def _group(members: Mapping[str, Any], path: ValuePath) -> Group:
    return Group(
        path,
        tuple(
            _dimensions(_object(item, at), at) for item, at in _items(members, "Dimensions", path)
        ),
        _relation(members, "Type", path),
        tuple(
            _reference(_object(item, at), at)
            for item, at in _items(members, "SourceSegments", path)
        ),
        _relation(members, "SourceType", path),
    )


def _reference(members: Mapping[str, Any], path: ValuePath) -> Reference:
    if not isinstance(members.get("Id"), str):
        raise InvalidDefinition(path, "a base segment has no Id", "give the Id of the segment")
    version = members.get("Version")
    return Reference(
        path,
        members["Id"],
        None if version is None else _version(version, (*path, "Version")),
    )


def _dimensions(members: Mapping[str, Any], path: ValuePath) -> Dimensions:
    unknown = members.keys() - _DIMENSIONS
    if unknown:
        raise InvalidDefinition((*path, min(unknown)), "not a member of SegmentDimensions")
    return Dimensions(path, tuple(_criteria(members, path)))


def _criteria(members: Mapping[str, Any], path: ValuePath) -> Iterator[Criterion]:
    for name, value in members.items():
        if value is None:
            continue
        at = (*path, name)
        inner = _object(value, at)
        if name == "Attributes":
            yield from _attributes(inner, at, ("Attributes",))
        elif name == "UserAttributes":
            yield from _attributes(inner, at, USER_ATTRIBUTES)
        elif name == "Metrics":
            yield from _metrics(inner, at)
        elif name == "Demographic":
            yield from _demographic(inner, at)
        elif name == "Location":
            yield from _location(inner, at)
        elif inner.get("Recency") is not None:
            at = (*at, "Recency")
            recency = _object(inner["Recency"], at)
            duration = _choice(recency, "Duration", at, tuple(DURATIONS))
            kind = _choice(recency, "RecencyType", at, RECENCY_TYPES)
            yield Criterion(at, EFFECTIVE_DATE, kind, (duration,))


def _attributes(
    members: Mapping[str, Any], path: ValuePath, member: ValuePath
) -> Iterator[Criterion]:
    for name, value in members.items():
        at = (*path, name)
        dimension = _object(value, at)
        operator = _choice(dimension, "AttributeType", at, ATTRIBUTE_OPERATORS, "INCLUSIVE")
        values = _values(dimension, at)
        if operator in DATE_OPERATORS:
            _check_dates(operator, values, (*at, "Values"))
        yield Criterion(at, (*member, name), operator, values)


def _check_dates(operator: str, values: tuple[str, ...], path: ValuePath) -> None:
    from pinpoint_endpoints.segments.instants import instant_of

    instants = [instant_of(value) for value in values]
    for index, instant in enumerate(instants):
        if instant is None:
            raise InvalidDefinition(
                (*path, index),
                f"{operator} compares with instants, and this is not one",
                "write it as 2024-01-14T00:00:00Z",
            )
    if operator == "BETWEEN":
        if len(values) != _DATES:
            raise InvalidDefinition(path, "BETWEEN has two values", "give the first and the last")
        if (instants[0] or 0) > (instants[1] or 0):
            raise InvalidDefinition(path, "the first date is after the second", "swap them")


def _metrics(members: Mapping[str, Any], path: ValuePath) -> Iterator[Criterion]:
    for name, value in members.items():
        at = (*path, name)
        dimension = _object(value, at)
        operator = _choice(dimension, "ComparisonOperator", at, METRIC_OPERATORS)
        number = _number(dimension.get("Value"), (*at, "Value"))
        yield Criterion(at, ("Metrics", name), operator, (number,))


def _demographic(members: Mapping[str, Any], path: ValuePath) -> Iterator[Criterion]:
    for name, value in members.items():
        at = (*path, name)
        if name not in _DEMOGRAPHIC:
            raise InvalidDefinition(at, "not a member of SegmentDemographics")
        if value is None:
            continue
        member = CHANNEL_TYPE if name == "Channel" else ("Demographic", name)
        yield _set(_object(value, at), at, member)


def _location(members: Mapping[str, Any], path: ValuePath) -> Iterator[Criterion]:
    for name, value in members.items():
        at = (*path, name)
        if name not in ("Country", "GPSPoint"):
            raise InvalidDefinition(at, "not a member of SegmentLocation")
        if value is None:
            continue
        dimension = _object(value, at)
        if name == "Country":
            yield _set(dimension, at, ("Location", "Country"))
            continue
        coordinates = _object(dimension.get("Coordinates"), (*at, "Coordinates"))
        place = tuple(
            _number(coordinates.get(part), (*at, "Coordinates", part))
            for part in ("Latitude", "Longitude")
        )
        radius = _number(dimension.get("RangeInKilometers"), (*at, "RangeInKilometers"))
        yield Criterion(at, COORDINATES, WITHIN, (*place, radius))


def _set(dimension: Mapping[str, Any], path: ValuePath, member: ValuePath) -> Criterion:
    operator = _choice(dimension, "DimensionType", path, SET_OPERATORS, "INCLUSIVE")
    return Criterion(path, member, operator, _values(dimension, path))


def _values(dimension: Mapping[str, Any], path: ValuePath) -> tuple[str, ...]:
    values = dimension.get("Values")
    at = (*path, "Values")
    if not isinstance(values, list) or not values:
        raise InvalidDefinition(at, "there are no values", "give a list of texts")
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise InvalidDefinition((*at, index), "not a text", "put it in quotes")
    return tuple(values)


def _items(
    members: Mapping[str, Any], name: str, path: ValuePath
) -> Iterator[tuple[object, ValuePath]]:
    """Yield the items of a list, each with its path; none if there is no list."""
    at = (*path, name)
    value = members.get(name)
    for index, item in enumerate(() if value is None else _list(value, at)):
        yield item, (*at, index)


def _relation(members: Mapping[str, Any], name: str, path: ValuePath) -> str:
    return _choice(members, name, path, RELATIONS, "ALL")


def _choice(
    members: Mapping[str, Any],
    name: str,
    path: ValuePath,
    choices: tuple[str, ...],
    default: str = "",
) -> str:
    value = members.get(name)
    if value is None and default:
        return default
    if value not in choices:
        at = (*path, name) if value is not None else path
        raise InvalidDefinition(at, f"{name} must be one of {', '.join(choices)}")
    return str(value)


def _object(value: object, path: ValuePath) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidDefinition(path, "not an object")
    return value


def _list(value: object, path: ValuePath) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidDefinition(path, "not a list", "put it into [ and ]")
    return value


def _text(value: object, path: ValuePath) -> str:
    if value is not None and not isinstance(value, str):
        raise InvalidDefinition(path, "not a text")
    return value or ""


def _number(value: object, path: ValuePath) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidDefinition(path, "there must be a number")
    return value


def _version(value: object, path: ValuePath) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidDefinition(path, "not a whole number")
    return value
