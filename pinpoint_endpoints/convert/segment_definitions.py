"""Convert segments to the segment definitions of Amazon Connect Customer Profiles.

Source of the target's shape: botocore's service model "customer-profiles",
`CreateSegmentDefinitionRequest`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from math import prod
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.convert.account import Account, Action, Rule
from pinpoint_endpoints.convert.fields import Fields, unused
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.convert.profiles import Profile
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.quotas import MAX_PROFILE_VALUE_LENGTH
from pinpoint_endpoints.segments.bases import SegmentLibrary
from pinpoint_endpoints.segments.definition import (
    CHANNEL_TYPE,
    COORDINATES,
    DEVICE_TYPE,
    EFFECTIVE_DATE,
    Criterion,
    Definition,
    Dimensions,
    Group,
)
from pinpoint_endpoints.segments.evaluate import (
    Endpoint,
    Node,
    Predicate,
    Settings,
    compile_segment,
)
from pinpoint_endpoints.segments.users import UserAttributes

CARRIED = Rule(
    "segment", Action.CARRIED, "the segment is a CreateSegmentDefinition for Customer Profiles"
)
DIFFERS = Rule(
    "segment-users-differ",
    Action.CHANGED,
    "users that are only in the segment, or only in its definition: a definition looks at "
    "profiles, so that several endpoints of a user may meet its criteria together",
)
_LOST = {
    "channel": "profiles have no channel: only EMAIL, or SMS and VOICE, can be told by an address",
    "device-type": "endpoints have no device type",
    "place": "there are no distances: use the attributes Location_Latitude and Location_Longitude",
    "recency": "there is no recency: define a calculated attribute over events",
    "imported": "an imported segment is a list, and has no definition",
    "no-criteria": "a definition needs criteria: without any, all profiles are meant",
    "base": "a base segment is not available, or could not be carried",
    "values": "a criterion has at most 50 values of at most 255 characters",
    "combination": "several criteria about attributes with several values cannot be combined so",
}
RULES = (
    CARRIED,
    DIFFERS,
    *(Rule(f"segment-{name}", Action.LOST, text) for name, text in _LOST.items()),
)
_RULE_OF = {rule.name.removeprefix("segment-"): rule for rule in RULES}

_MAX_VALUES = 50
_MAX_ALTERNATIVES = 50
_MAX_NAME_LENGTH = 64
_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_-]+")
_BY_ADDRESS = {
    frozenset({"EMAIL"}): ("EmailAddress", "@"),
    frozenset({"SMS"}): ("PhoneNumber", "+"),
    frozenset({"VOICE"}): ("PhoneNumber", "+"),
    frozenset({"SMS", "VOICE"}): ("PhoneNumber", "+"),
}
"""What tells that a profile can be reached by channels: an address, and a character in each."""

_ATTRIBUTE = "Attributes."
_KINDS = {"Attributes": "Attributes", "Metrics": "Metrics", "Demographic": "Demographic"}


class _NotCarriedError(Exception):
    """A segment has no counterpart.

    Args:
        reason: a key of `_LOST`.
        criterion: the part that has none; None for the whole segment.
    """

    def __init__(self, reason: str, criterion: Criterion | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.criterion = criterion


class _Converted(NamedTuple):
    """A segment in both worlds.

    Attributes:
        name: the SegmentDefinitionName.
        request: the input of CreateSegmentDefinition, but for the name of the domain.
        matches: answers for an endpoint.
        matches_profile: answers for a profile, as `_as_endpoint` returns it.
    """

    name: str
    request: dict[str, Any]
    matches: Predicate
    matches_profile: Predicate


class SegmentDefinitions:
    """Converts segments, and counts the users that differ.

    Args:
        definitions: the segments, with ids.
        settings: how criteria are read.
        fields: the fields of the object type, after `choose`.
        account: counts what is carried and what is not.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        settings: Settings,
        fields: Fields,
        account: Account,
    ) -> None:
        self._fields = fields
        self._account = account
        by_version = sorted(definitions, key=attrgetter("version"))
        self._definitions = {one.id: one for one in by_version}  # the latest of each
        self._library = SegmentLibrary(settings, definitions)
        self._settings = settings
        self._converted: dict[str, _Converted] = {}
        self._under_way: set[str] = set()
        self._nodes: dict[str, Node] = {}
        self._names: dict[str, int] = {}
        for segment_id in self._definitions:
            self._convert(segment_id)

    def following(self, profiles: Iterable[tuple[User, Profile]]) -> Iterator[tuple[User, Profile]]:
        """Yield profiles, and compare which segments each user is in."""
        for user, profile in profiles:
            if self._converted:
                self._compare(user, profile)
            yield user, profile

    def write(self, output: Output) -> None:
        """Write a file for each segment; bases have lower numbers than what is based on them."""
        for number, converted in enumerate(self._converted.values(), 1):
            with output.open(f"segment-{number:03}-{converted.name}.json") as file:
                text = orjson.dumps(converted.request, option=orjson.OPT_INDENT_2)
                file.write(text + b"\n", records=1)

    def _compare(self, user: User, profile: Profile) -> None:
        attributes = UserAttributes()
        for endpoint in reversed(user.endpoints):
            attributes.add(endpoint.request)
        endpoints = [attributes.merged(endpoint.request) for endpoint in user.endpoints]
        as_endpoint = self._as_endpoint(profile)
        for segment_id, converted in self._converted.items():
            is_in = any(converted.matches(endpoint) for endpoint in endpoints)
            if is_in is not bool(converted.matches_profile(as_endpoint)):
                place = user.endpoints[0].place
                self._account.add(DIFFERS, self._title(segment_id), place)

    def _as_endpoint(self, profile: Profile) -> Endpoint:
        """Return a profile as an endpoint that has its attributes."""
        attributes: dict[str, list[str]] = {}
        metrics: dict[str, float] = {}
        country = ""
        for field in self._fields.all():
            text = profile.members.get(field.name)
            if text is None:
                continue
            key = field.target.removeprefix(_ATTRIBUTE)
            attributes[key] = [text]
            if field.target == "Address.Country":
                country = text
            try:
                metrics[key] = float(text)
            except ValueError:
                continue
        return {"Attributes": attributes, "Metrics": metrics, "Location": {"Country": country}}

    def _title(self, segment_id: str) -> str:
        return f"segment {self._definitions[segment_id].title}"

    def _convert(self, segment_id: str) -> None:
        if segment_id in self._converted or segment_id in self._under_way:
            return
        self._under_way.add(segment_id)
        definition = self._definitions[segment_id]
        try:
            groups = [*self._groups(definition)]
            matches = self._decision(definition)
        except _NotCarriedError as error:
            member = self._title(segment_id)
            if error.criterion is not None:
                member = f"{member}: {'.'.join(map(str, error.criterion.member))}"
            self._account.add(_RULE_OF[error.reason], member, "")
            return
        include = "ALL" if len(definition.groups) == 1 and definition.include == "ANY" else ""
        include = include or definition.include
        name = unused(
            _NOT_IN_NAMES.sub("-", definition.title)[:_MAX_NAME_LENGTH].strip("-") or "segment",
            self._names,
            _MAX_NAME_LENGTH,
        )
        request: dict[str, Any] = {
            "SegmentDefinitionName": name,
            "DisplayName": definition.title[:MAX_PROFILE_VALUE_LENGTH],
            "SegmentGroups": {
                "Groups": [self._group_request(group) for group in groups],
                "Include": include,
            },
        }
        on_profiles = Definition((), name, tuple(groups), include)
        node = compile_segment(on_profiles, self._settings, self)
        self._nodes[segment_id] = node
        self._converted[segment_id] = _Converted(name, request, matches, node.decide)
        self._account.add(CARRIED, self._title(segment_id), "")

    def _decision(self, definition: Definition) -> Predicate:
        """Return the function that decides whether an endpoint is in a segment.

        Raises:
            _NotCarriedError: a base segment is not available in the version that is required.
        """
        try:
            return self._library.compile(definition).decide
        except PinpointEndpointsError:
            raise _NotCarriedError("base") from None

    def node(self, reference: Any, /) -> Node | None:
        """Return the converted base segment, which looks at profiles."""
        return self._nodes.get(reference.id)

    def _groups(self, definition: Definition) -> Iterator[Group]:
        """Yield the groups of a segment on profiles.

        Raises:
            _NotCarriedError: a part of the segment has no counterpart.
        """
        if definition.is_imported:
            raise _NotCarriedError("imported")
        if not definition.groups:
            raise _NotCarriedError("no-criteria")
        for group in definition.groups:
            for source in group.sources:
                if source.id in self._definitions:
                    self._convert(source.id)
                if source.id not in self._converted:
                    raise _NotCarriedError("base")
            is_single = len(definition.groups) == 1 and definition.include != "NONE"
            yield from self._split(group, all_groups=is_single or definition.include == "ALL")

    def _split(self, group: Group, *, all_groups: bool) -> Iterator[Group]:
        """Yield one group, or several if its dimensions have alternatives and all must match."""
        alternatives = [self._alternatives(dimensions) for dimensions in group.dimensions]
        if not all(dimensions.criteria for dimensions in group.dimensions) or not (
            group.dimensions or group.sources
        ):
            raise _NotCarriedError("no-criteria")
        several = any(len(each) > 1 for each in alternatives)
        if not several or group.type != "ALL" or len(alternatives) == 1:
            kind = "ANY" if several and group.type == "ALL" else group.type
            flat = tuple(one for each in alternatives for one in each)
            yield Group((), flat, kind, group.sources, group.source_type)
        elif all_groups:
            for each in alternatives:
                yield Group((), tuple(each), "ANY", group.sources, group.source_type)
        else:
            raise _NotCarriedError("combination")

    def _alternatives(self, dimensions: Dimensions) -> list[Dimensions]:
        """Return alternatives for dimensions: a list of values becomes several attributes."""
        choices = [self._choices(criterion) for criterion in dimensions.criteria]
        if prod(map(len, choices)) > _MAX_ALTERNATIVES:
            raise _NotCarriedError("combination")
        found = []
        for chosen in product(*choices):
            criteria = [one for choice in chosen for one in choice]
            if len({one.member for one in criteria}) < len(criteria):
                raise _NotCarriedError("combination")  # a key can be asked for once
            found.append(Dimensions((), tuple(criteria)))
        return found

    def _choices(self, criterion: Criterion) -> list[list[Criterion]]:
        """Return alternatives for a criterion: lists of criteria that all have to match."""
        member, values = criterion.member, criterion.values
        reasons: Mapping[ValuePath, str] = {
            DEVICE_TYPE: "device-type",
            EFFECTIVE_DATE: "recency",
            COORDINATES: "place",
        }
        if member in reasons:
            raise _NotCarriedError(reasons[member], criterion)
        if any(len(str(value)) > MAX_PROFILE_VALUE_LENGTH for value in values):
            raise _NotCarriedError("values", criterion)
        if len(values) > _MAX_VALUES and criterion.operator == "EXCLUSIVE":
            raise _NotCarriedError("values", criterion)
        if member == CHANNEL_TYPE:
            found = _BY_ADDRESS.get(frozenset(values))
            if found is None or criterion.operator == "EXCLUSIVE":
                raise _NotCarriedError("channel", criterion)
            key, sign = found
            return [[Criterion((), ("Attributes", key), "CONTAINS", (sign,))]]
        if member == ("Location", "Country"):
            return [[criterion_part] for criterion_part in _in_parts(criterion, member)]
        kind = "User.UserAttributes" if member[0] == "User" else _KINDS[str(member[0])]
        name = str(member[-1])
        keys = self._fields.keys_of(kind, name) or [name]
        group = "Metrics" if kind == "Metrics" else "Attributes"
        if criterion.operator == "EXCLUSIVE":
            return [[Criterion((), (group, key), "EXCLUSIVE", values) for key in keys]]
        return [[one] for key in keys for one in _in_parts(criterion, (group, key))]

    def _group_request(self, group: Group) -> dict[str, Any]:
        request: dict[str, Any] = {"Type": group.type}
        if group.dimensions:
            request["Dimensions"] = [
                {"ProfileAttributes": _profile_attributes(dimensions.criteria)}
                for dimensions in group.dimensions
            ]
        if group.sources:
            request["SourceType"] = group.source_type
            request["SourceSegments"] = [
                {"SegmentDefinitionName": self._converted[source.id].name}
                for source in group.sources
            ]
        return request


def _in_parts(criterion: Criterion, member: ValuePath) -> Iterator[Criterion]:
    """Yield a criterion with another member, in parts with no more values than there may be."""
    values = iter(criterion.values)
    while part := tuple(islice(values, _MAX_VALUES)):
        yield Criterion((), member, criterion.operator, part)


def _profile_attributes(criteria: Iterable[Criterion]) -> Mapping[str, Any]:
    request: dict[str, Any] = {}
    for criterion in criteria:
        container, key = criterion.member
        dimension = {
            "DimensionType": criterion.operator,
            "Values": [
                value if isinstance(value, str) else repr(value) for value in criterion.values
            ],
        }
        if container == "Location":
            request["Address"] = {"Country": dimension}
        elif criterion.operator == "CONTAINS" and key in ("EmailAddress", "PhoneNumber"):
            request[str(key)] = dimension
        else:
            request.setdefault("Attributes", {})[key] = dimension
    return request
