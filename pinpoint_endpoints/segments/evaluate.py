"""Decide which endpoints are in a segment: yes, no, or that it cannot be decided.

A definition is compiled once into nested closures. `None` stands for what cannot be decided, and
goes up by Kleene's logic: what is false anyway stays false.
"""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.segments.definition import (
    CHANNEL_TYPE,
    COORDINATES,
    DATE_OPERATORS,
    DEVICE_TYPE,
    DURATIONS,
    EFFECTIVE_DATE,
    USER_ATTRIBUTES,
    Criterion,
    Definition,
    Dimensions,
    Group,
    Part,
    Reference,
)
from pinpoint_endpoints.segments.instants import DAY, instant_of

Endpoint = Mapping[str, Any]
"""An endpoint with the members of EndpointRequest; with its `Id` if a segment is imported."""

Answer = bool | None
"""Whether an endpoint is in; None if that cannot be decided."""

Predicate = Callable[[Endpoint], Answer]

PUSH_CHANNELS = frozenset(
    {
        "PUSH",
        "ADM",
        "APNS",
        "APNS_SANDBOX",
        "APNS_VOIP",
        "APNS_VOIP_SANDBOX",
        "BAIDU",
        "GCM",
    }
)
"""The channel types of push notifications, which the console offers as one."""

EARTH_RADIUS = 6371.0088
"""The mean radius in kilometres (IUGG)."""

_PUSH = "PUSH"
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN_OR_EQUAL": operator.le,
    "EQUAL": operator.eq,
}
_NOTHING: Mapping[str, Any] = {}
_EMPTY: list[Any] = []


class RecencySource(StrEnum):
    """The sources of the date of an endpoint's last activity."""

    EFFECTIVE_DATE = "effective-date"
    IGNORE = "ignore"
    """Nothing: every endpoint meets a recency."""


class Settings(NamedTuple):
    """The settings for what the definition of a segment leaves open.

    Attributes:
        now: the instant, with a time zone, that recencies count from.
        recency: what tells when an endpoint was active; else the name of an attribute that does.
        lenient_dates: whether attributes that are dates in other forms than instants are read.
        has_dates: whether any endpoint has a date of its last activity: if none has, recencies
            cannot be decided.
    """

    now: datetime
    recency: RecencySource | str = RecencySource.EFFECTIVE_DATE
    lenient_dates: bool = False
    has_dates: bool = True


class Bases(Protocol):
    """Finds base segments."""

    def node(self, reference: Reference, /) -> "Node | None":
        """Return the compiled base segment; None if it is not available."""


class Node(NamedTuple):
    """One level of a compiled segment.

    Attributes:
        part: what it was compiled from.
        relation: how many of the children must be true: `ALL`, `ANY` or `NONE`; empty for a leaf.
        decide: answers for an endpoint.
        children: the levels below.
    """

    part: Part
    relation: str
    decide: Predicate
    children: tuple["Node", ...] = ()

    def criteria(self) -> Iterator["Node"]:
        """Yield the leaves from left to right: criteria, imported segments, missing bases.

        A base segment that several levels name has its leaves once.
        """
        waiting, known = [self], set[int]()
        while waiting:
            node = waiting.pop()
            if id(node) in known:
                continue
            known.add(id(node))
            if not node.children and not node.relation:
                yield node
            waiting += reversed(node.children)

    def undecidable(self) -> Iterator["Node"]:
        """Yield the leaves that cannot be decided for any endpoint."""
        return (leaf for leaf in self.criteria() if leaf.decide is _undecided)


def compile_segment(definition: Definition, settings: Settings, bases: Bases) -> Node:
    """Return a segment whose `decide` answers whether an endpoint is in it.

    The user attributes of an endpoint are taken from its `User`: merge those of a user's other
    endpoints before, as the service does.

    Args:
        definition: a segment with criteria; an imported one is compiled where its list is known.
        settings: how criteria are read.
        bases: finds the base segments that it names.
    """
    groups = tuple(_group(group, settings, bases) for group in definition.groups)
    node = _level(definition, definition.include, groups)
    if not any(group.sources for group in definition.groups):
        return node
    return node._replace(decide=_remembering(node.decide))


def _remembering(decide: Predicate) -> Predicate:
    """Return a predicate that answers once for an endpoint.

    Segments may share their base segments on many levels: each then has to be asked only once.
    """
    last: Endpoint | None = None
    answer: Answer = None

    def remembered(endpoint: Endpoint) -> Answer:
        nonlocal last, answer
        if endpoint is not last:
            answer = decide(endpoint)
            last = endpoint
        return answer

    return remembered


def _group(group: Group, settings: Settings, bases: Bases) -> Node:
    dimensions = tuple(
        _level(
            part,
            "ALL",
            tuple(Node(one, "", _criterion(one, settings)) for one in part.criteria),
        )
        for part in group.dimensions
    )
    if not group.sources:
        return _level(group, group.type, dimensions)
    sources = tuple(_base(source, bases) for source in group.sources)
    base = _level(group, group.source_type, sources)
    if not dimensions:
        return base
    return _level(group, "ALL", (base, _level(group, group.type, dimensions)))


def _base(reference: Reference, bases: Bases) -> Node:
    found = bases.node(reference)
    if found is None:
        return missing_base(reference)
    return Node(reference, "ALL", found.decide, (found,))


def _level(
    part: Definition | Group | Dimensions, relation: str, children: tuple[Node, ...]
) -> Node:
    combine = {"ALL": _all, "ANY": _any, "NONE": _none}[relation]
    decide = combine([child.decide for child in children]) if children else _yes
    return Node(part, relation, decide, children)


def _yes(_endpoint: Endpoint) -> Answer:
    return True


def _undecided(_endpoint: Endpoint) -> Answer:
    return None


def missing_base(reference: Reference | Definition) -> Node:
    """Return a base segment that is not available: it cannot be decided who is in it."""
    return Node(reference, "", _undecided)


def _all(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]

    def decide(endpoint: Endpoint) -> Answer:
        answer: Answer = True
        for predicate in predicates:
            found = predicate(endpoint)
            if not found:
                if found is not None:
                    return False
                answer = None
        return answer

    return decide


def _any(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]

    def decide(endpoint: Endpoint) -> Answer:
        answer: Answer = False
        for predicate in predicates:
            found = predicate(endpoint)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    return decide


def _none(predicates: list[Predicate]) -> Predicate:
    decide_any = _any(predicates)

    def decide(endpoint: Endpoint) -> Answer:
        found = decide_any(endpoint)
        return None if found is None else not found

    return decide


def _criterion(criterion: Criterion, settings: Settings) -> Predicate:
    member = criterion.member
    if member == DEVICE_TYPE:
        return _undecided
    if member == EFFECTIVE_DATE:
        return _recency(criterion, settings)
    if member == COORDINATES:
        return _within(*criterion.values)
    if member[0] == "Metrics":
        return _metric(criterion, str(member[1]))
    if member == CHANNEL_TYPE or member[0] in ("Demographic", "Location"):
        return _scalar(criterion)
    return _attribute(criterion, settings)


def values_of(endpoint: Endpoint, member: ValuePath) -> list[Any]:
    """Return the values of a member: those of an attribute, a scalar as the only one, or none."""
    value: Any = endpoint
    for step in member:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return _EMPTY
    return value if isinstance(value, list) else [value]


def _getter(member: ValuePath) -> Callable[[Endpoint], Any]:
    """Return a function that returns a member of an endpoint; None if there is none."""
    *above, last = map(str, member)
    if not above:
        return lambda endpoint: endpoint.get(last)
    first, *between = above

    def get(endpoint: Endpoint) -> Any:
        members = endpoint.get(first)
        for name in between:
            members = members.get(name) if isinstance(members, dict) else None
        return members.get(last) if isinstance(members, dict) else None

    return get


def _attribute(criterion: Criterion, settings: Settings) -> Predicate:
    get = _getter(criterion.member)
    if criterion.operator in DATE_OPERATORS:
        return _date(criterion, settings, get)
    if criterion.operator == "CONTAINS":
        parts = criterion.values

        def contains(endpoint: Endpoint) -> Answer:
            values = get(endpoint)
            return isinstance(values, list) and any(
                part in value for value in values if isinstance(value, str) for part in parts
            )

        return contains
    wanted = frozenset(criterion.values)
    excludes = criterion.operator == "EXCLUSIVE"

    def decide(endpoint: Endpoint) -> Answer:
        values = get(endpoint)
        if not values or not isinstance(values, list):
            return excludes
        for value in values:
            if isinstance(value, str) and value in wanted:
                return not excludes
        return excludes

    return decide


def _date(criterion: Criterion, settings: Settings, get: Callable[[Endpoint], Any]) -> Predicate:
    limits = [instant_of(value) or 0 for value in criterion.values]
    lenient = settings.lenient_dates
    matches = _date_test(criterion.operator, limits)

    def decide(endpoint: Endpoint) -> Answer:
        values = get(endpoint)
        if not isinstance(values, list):
            return False
        for value in values:
            if isinstance(value, str):
                instant = instant_of(value, lenient=lenient)
                if instant is not None and matches(instant):
                    return True
        return False

    return decide


def _date_test(kind: str, limits: list[int]) -> Callable[[int], bool]:
    if kind == "BEFORE":
        latest = max(limits)
        return lambda instant: instant < latest
    if kind == "AFTER":
        earliest = min(limits)
        return lambda instant: instant > earliest
    if kind == "ON":
        days = frozenset(limit // DAY for limit in limits)
        return lambda instant: instant // DAY in days
    first, last = limits
    return lambda instant: first <= instant <= last


def _scalar(criterion: Criterion) -> Predicate:
    get = _getter(criterion.member)
    wanted = frozenset(criterion.values)
    if criterion.member == CHANNEL_TYPE and _PUSH in wanted:
        wanted |= PUSH_CHANNELS
    excludes = criterion.operator == "EXCLUSIVE"

    def decide(endpoint: Endpoint) -> Answer:
        value = get(endpoint)
        return (isinstance(value, str) and value in wanted) is not excludes

    return decide


def _metric(criterion: Criterion, name: str) -> Predicate:
    compare = _COMPARISONS[criterion.operator]
    (limit,) = criterion.values

    def decide(endpoint: Endpoint) -> Answer:
        metrics = endpoint.get("Metrics")
        value = metrics.get(name) if isinstance(metrics, dict) else None
        return type(value) in (float, int) and compare(value, limit)

    return decide


def _within(latitude: float, longitude: float, radius: float) -> Predicate:
    def decide(endpoint: Endpoint) -> Answer:
        away = distance(endpoint, latitude, longitude)
        return away is not None and away <= radius

    return decide


def distance(endpoint: Endpoint, latitude: float, longitude: float) -> float | None:
    """Return the great-circle distance in kilometres from an endpoint to a point.

    None if the endpoint has no coordinates.
    """
    own_latitude = _degrees(endpoint, "Latitude", 90)
    own_longitude = _degrees(endpoint, "Longitude", 180)
    if own_latitude is None or own_longitude is None:
        return None
    ours, theirs = math.radians(own_latitude), math.radians(latitude)
    half_chord = (
        math.sin((ours - theirs) / 2) ** 2
        + math.cos(ours)
        * math.cos(theirs)
        * math.sin(math.radians(own_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half_chord)))


def _degrees(endpoint: Endpoint, name: str, limit: float) -> float | None:
    location = endpoint.get("Location")
    value = location.get(name) if isinstance(location, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -limit <= value <= limit else None


def _recency(criterion: Criterion, settings: Settings) -> Predicate:
    if settings.recency == RecencySource.IGNORE:
        return _yes
    if not settings.has_dates:
        return _undecided
    hours = DURATIONS[criterion.values[0]]
    oldest = settings.now.timestamp() - hours * 3600
    last_active = activity_of(settings)
    wants_active = criterion.operator == "ACTIVE"

    def decide(endpoint: Endpoint) -> Answer:
        active = last_active(endpoint)
        return (active is not None and active >= oldest) is wants_active

    return decide


def activity_of(settings: Settings) -> Callable[[Endpoint], float | None]:
    """Return a function that returns when an endpoint was last active, in seconds from 1970.

    It returns None for an endpoint without a date that can be read.
    """
    if settings.recency == RecencySource.EFFECTIVE_DATE:
        return effective_date
    name = str(settings.recency)
    members: tuple[ValuePath, ...] = (("Attributes", name), (*USER_ATTRIBUTES, name))

    def newest(endpoint: Endpoint) -> float | None:
        for member in members:
            dates = [_seconds(value) for value in values_of(endpoint, member)]
            found = [date for date in dates if date is not None]
            if found:
                return max(found)
        return None

    return newest


def effective_date(endpoint: Endpoint) -> float | None:
    """Return when an endpoint was last updated, in seconds from 1970; None if that is unknown."""
    return _seconds(endpoint.get("EffectiveDate"))


def _seconds(value: object) -> float | None:
    date = parse_date_time(value) if isinstance(value, str) else None
    return None if date is None else date.timestamp()
