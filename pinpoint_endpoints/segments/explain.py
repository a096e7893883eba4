"""Explain who is in a segment: which criterion takes or leaves an endpoint, and what misses."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.masking import dotted, is_personal, shown_member
from pinpoint_endpoints.segments.definition import (
    COORDINATES,
    DATE_OPERATORS,
    DEVICE_TYPE,
    EFFECTIVE_DATE,
    USER_ATTRIBUTES,
    WITHIN,
    Criterion,
    Definition,
    Dimensions,
    Group,
    Part,
    Reference,
)
from pinpoint_endpoints.segments.evaluate import (
    Answer,
    Endpoint,
    Node,
    RecencySource,
    Settings,
    distance,
    values_of,
)
from pinpoint_endpoints.segments.instants import instant_of

Countries = Mapping[str, str]
"""Two-letter country codes by other codes, such as `US` by `USA`."""

_ATTRIBUTES = ("Attributes",)
_COUNTRY = ("Location", "Country")
_MAX_NAMES = 5_000
_MAX_VALUES = 1_000
_MAX_MISSES = 200
_ROUNDING = 5.6
"""In kilometres: how far north or south an endpoint may be from where it is stored, in 0.1 degrees.
"""

_LEVELS = {
    "ALL": "every one of these",
    "ANY": "at least one of these",
    "NONE": "none of these",
}


class Miss(NamedTuple):
    """Why a criterion may have missed an endpoint, though not by intention.

    Attributes:
        text: what is the matter, in words that several endpoints have in common.
        value: the endpoint's value that it is about; may be personal; empty if there is none.
    """

    text: str
    value: str = ""


class Level(NamedTuple):
    """One line of the tree of a segment, for one endpoint.

    Attributes:
        depth: how far it is indented; 0 for the top.
        node: the level.
        answer: the answer of the level.
        text: what it asks.
        member: the member that it looked at; None for a level with others below.
        values: what it found there.
        note: what explains the answer; never personal.
    """

    depth: int
    node: Node
    answer: Answer
    text: str
    member: ValuePath | None
    values: tuple[object, ...]
    note: str


def levels(
    node: Node, endpoint: Endpoint, settings: Settings, countries: Countries
) -> Iterator[Level]:
    """Yield the lines of the tree of a segment for an endpoint, from the top to the bottom.

    What is in a base segment is shown where it is named first.
    """
    shown: set[int] = set()
    waiting = [(node, 0)]
    while waiting:
        node, depth = waiting.pop()
        while _is_synthetic(node):
            (node,) = node.children
        member: ValuePath | None = None
        values: tuple[object, ...] = ()
        note = ""
        answer = node.decide(endpoint)
        children = node.children
        if isinstance(node.part, Criterion):
            member = looked_at(node.part, endpoint, settings)
            values = tuple(_values(endpoint, member))
            note = _note(node, node.part, endpoint, settings, countries)
        elif isinstance(node.part, Reference) and children:
            (base,) = children
            if id(base) in shown:
                children, note = (), "shown above"
            shown.add(id(base))
        if answer is None and not node.children:
            note = why_undecided(node.part)
        yield Level(depth, node, answer, text_of(node, settings), member, values, note)
        waiting += [(child, depth + 1) for child in reversed(children)]


def why_undecided(part: Part) -> str:
    """Return why a part of a segment that has no parts cannot be decided for any endpoint."""
    if isinstance(part, Reference):
        return f"the base segment {shown_member(part.id)} is not available (see --segments)"
    if isinstance(part, Definition):
        name = shown_member(part.id)
        return f"the list of the imported segment {name} is not available (see --import)"
    if isinstance(part, Criterion) and part.member == DEVICE_TYPE:
        return "endpoints have no DeviceType: use Platform, Make or Model"
    return "no endpoint has a date of its last activity (see --recency)"


def _is_synthetic(node: Node) -> bool:
    """Tell whether a level is not in the definition, but was added around a bare Dimensions."""
    if len(node.children) != 1 or node.relation != "ALL":
        return False
    part, child = node.part, node.children[0].part
    if isinstance(part, Definition):
        return isinstance(child, Group) and any(one.path == child.path for one in child.dimensions)
    return isinstance(part, Group) and isinstance(child, Dimensions) and child.path == part.path


def text_of(node: Node, settings: Settings) -> str:
    """Return what a level of a segment asks."""
    part = node.part
    if isinstance(part, Criterion):
        return criterion_text(part, settings)
    if isinstance(part, Reference):
        version = "" if part.version is None else f", version {part.version}"
        return f"base segment {shown_member(part.id)}{version}"
    if isinstance(part, Definition) and part.is_imported:
        return f"imported segment {shown_member(part.id)}"
    return _relation_text(node) if node.children else "no criteria: every endpoint"


def _relation_text(node: Node) -> str:
    below = node.children[0].part
    if isinstance(node.part, Definition):
        name = "Include"
    elif isinstance(below, Criterion):
        return "all criteria"
    elif isinstance(below, (Reference, Dimensions)):
        name = "SourceType" if isinstance(below, Reference) else "Type"
    else:
        return "the base segments, filtered by the dimensions"
    return f"{name} {node.relation}: {_LEVELS[node.relation]}"


def criterion_text(criterion: Criterion, settings: Settings) -> str:
    """Return a criterion in one line; what looks like an address is masked."""
    if criterion.member == COORDINATES:
        latitude, longitude, radius = criterion.values
        return f"Location {WITHIN} {radius:g} km of {latitude:g}, {longitude:g}"
    values = ", ".join(
        shown_member(value) if isinstance(value, str) else f"{value:g}"
        for value in criterion.values
    )
    if criterion.member == EFFECTIVE_DATE:
        ignored = " (ignored)" if settings.recency == RecencySource.IGNORE else ""
        return f"Recency {criterion.operator} {values}{ignored}"
    return f"{dotted(map(str, criterion.member))} {criterion.operator} {values}"


def looked_at(criterion: Criterion, endpoint: Endpoint, settings: Settings) -> ValuePath:
    """Return the member that a criterion looks at, for a recency by the settings."""
    if criterion.member != EFFECTIVE_DATE or settings.recency in [*RecencySource]:
        return criterion.member
    name = str(settings.recency)
    own = ("Attributes", name)
    return own if values_of(endpoint, own) else (*USER_ATTRIBUTES, name)


def _values(endpoint: Endpoint, member: ValuePath) -> list[Any]:
    if member != COORDINATES:
        return values_of(endpoint, member)
    return [
        value
        for part in ("Latitude", "Longitude")
        for value in values_of(endpoint, (*COORDINATES, part))
    ]


def _note(
    node: Node, criterion: Criterion, endpoint: Endpoint, settings: Settings, countries: Countries
) -> str:
    if criterion.member == EFFECTIVE_DATE and settings.recency == RecencySource.IGNORE:
        return ""
    notes = [miss.text for miss in misses(node, endpoint, settings, countries)]
    if criterion.member == COORDINATES:
        latitude, longitude, _ = criterion.values
        away = distance(endpoint, latitude, longitude)
        notes[:0] = ["no coordinates"] if away is None else [f"{away:.1f} km away"]
    elif not _values(endpoint, looked_at(criterion, endpoint, settings)):
        notes[:0] = ["the endpoint has none"]
    return "; ".join(notes)


def misses(
    node: Node, endpoint: Endpoint, settings: Settings, countries: Countries
) -> Iterator[Miss]:
    """Yield why a criterion may have missed an endpoint, though not by intention."""
    criterion = node.part
    if not isinstance(criterion, Criterion) or criterion.member == DEVICE_TYPE:
        return
    if criterion.member == COORDINATES:
        latitude, longitude, radius = criterion.values
        away = distance(endpoint, latitude, longitude)
        if away is not None and abs(away - radius) <= _ROUNDING * math.hypot(
            1, math.cos(math.radians(latitude))
        ):
            yield Miss("coordinates are stored in tenths of a degree: it may be on the other side")
        return
    answer = node.decide(endpoint)
    if answer is None or answer is not (criterion.operator in ("EXCLUSIVE", "INACTIVE")):
        return
    values = [
        one
        for one in _values(endpoint, looked_at(criterion, endpoint, settings))
        if one is not None
    ]
    if not values:
        yield from _elsewhere(criterion, endpoint)
    elif criterion.operator in DATE_OPERATORS:
        texts = [value for value in values if isinstance(value, str)]
        if not any(instant_of(text, lenient=settings.lenient_dates) for text in texts):
            yield Miss("cannot be read as a date", texts[0] if texts else "")
    elif criterion.operator in ("INCLUSIVE", "EXCLUSIVE", "CONTAINS"):
        yield from _near(criterion, [one for one in values if isinstance(one, str)], countries)


def _elsewhere(criterion: Criterion, endpoint: Endpoint) -> Iterator[Miss]:
    """Yield where else an endpoint has what it lacks: as another kind, or in another case."""
    *container, name = map(str, criterion.member)
    other = {_ATTRIBUTES: USER_ATTRIBUTES, USER_ATTRIBUTES: _ATTRIBUTES}.get(tuple(container))
    if other is None:
        return
    if values_of(endpoint, (*other, name)):
        kind = "a user attribute" if other == USER_ATTRIBUTES else "an endpoint attribute"
        mine = "an endpoint attribute" if other == USER_ATTRIBUTES else "a user attribute"
        yield Miss(f"{shown_member(name)} is {kind}, not {mine}")
    near = same_but_for_case(name, _names_in(endpoint, tuple(container)))
    if near:
        yield Miss(f"its name is {shown_member(near)}: case counts")


def _near(criterion: Criterion, values: list[str], countries: Countries) -> Iterator[Miss]:
    """Yield how a value differs from the one that is asked for, if only in its form."""
    for wanted in criterion.values:
        for value in values:
            if value == wanted:
                continue
            folded, folded_wanted = value.strip().casefold(), wanted.strip().casefold()
            if folded == folded_wanted or (
                criterion.operator == "CONTAINS" and folded_wanted in folded and wanted not in value
            ):
                shown = shown_member(wanted)
                yield Miss(f"differs from {shown} only in case or white space", value)
            elif criterion.member == _COUNTRY and countries.get(value.strip().upper()) == wanted:
                yield Miss(f"{shown_member(value)} is not {wanted}: only two-letter codes match")


def _names_in(endpoint: Endpoint, container: ValuePath) -> list[str]:
    value: Any = endpoint
    for step in container:
        value = value.get(step) if isinstance(value, dict) else None
    return [name for name in value if isinstance(name, str)] if isinstance(value, dict) else []


class Column(StrEnum):
    """The columns in which endpoints are counted, by the answer of a criterion."""

    PASSES = "passes"
    FAILS = "fails"
    UNDECIDED = "undecided"


class Hint(NamedTuple):
    """A hint about a criterion that may be wrong.

    Attributes:
        text: the text of the hint.
        number: how many endpoints it is about; 0 for a hint about the whole audience.
        value: the value of one of them; may be personal; empty if there is none.
    """

    text: str
    number: int = 0
    value: str = ""


class CriterionCounts:
    """Counts what one criterion of a segment answers for the endpoints of an audience.

    Attributes:
        node: the criterion.
        counts: endpoints by answer.
        lacking: how many have nothing where the criterion looks.

    Args:
        node: the criterion.
        settings: how it is read.
        countries: country codes.
    """

    def __init__(self, node: Node, settings: Settings, countries: Countries) -> None:
        self.node = node
        self.counts: Counter[Column] = Counter()
        self.lacking = 0
        self._settings = settings
        self._countries = countries
        self._misses: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._names: set[str] = set()
        self._values: set[str] = set()

    @property
    def text(self) -> str:
        """The criterion as it is shown to the user."""
        return text_of(self.node, self._settings)

    def add(self, endpoint: Endpoint) -> None:
        """Count an endpoint."""
        answer = self.node.decide(endpoint)
        column = Column.PASSES if answer else Column.FAILS
        self.counts[Column.UNDECIDED if answer is None else column] += 1
        criterion = self.node.part
        if not isinstance(criterion, Criterion):
            return
        values = _values(endpoint, looked_at(criterion, endpoint, self._settings))
        if not values:
            self.lacking += 1
            if len(self._names) < _MAX_NAMES and len(criterion.member) > 1:
                self._names.update(_names_in(endpoint, criterion.member[:-1]))
        elif len(self._values) < _MAX_VALUES:
            self._values.update(value for value in values if isinstance(value, str))
        for miss in misses(self.node, endpoint, self._settings, self._countries):
            if miss.text in self._misses or len(self._misses) < _MAX_MISSES:
                self._misses[miss.text] += 1
                self._examples.setdefault(miss.text, miss.value)

    def hints(self) -> Iterator[Hint]:
        """Yield what may be wrong with the criterion, the most frequent first."""
        for text, count in self._misses.most_common():
            yield Hint(text, count, self._examples[text])
        if self.counts[Column.UNDECIDED]:
            yield Hint(why_undecided(self.node.part))
        elif isinstance(self.node.part, Criterion):
            yield from self._hints_on_all(self.node.part)

    def _hints_on_all(self, criterion: Criterion) -> Iterator[Hint]:
        if self.lacking == self.counts.total() and not self._misses:
            near = nearest(str(criterion.member[-1]), sorted(self._names))
            hint = f": did you mean {shown_member(near)}?" if near else ""
            yield Hint(f"no endpoint has it{hint}")
        elif criterion.operator == "EXCLUSIVE" and self.lacking:
            yield Hint("no value, and so not excluded", self.lacking)
        elif criterion.operator == "INCLUSIVE" and not self.counts[Column.PASSES]:
            known = () if is_personal([str(step) for step in criterion.member]) else self._values
            if not self._misses:
                near = next(filter(None, (nearest(one, known) for one in criterion.values)), "")
                if near:
                    yield Hint(f"no endpoint has such a value: did you mean {shown_member(near)}?")
