"""Count the endpoints of an audience by channel type, country and so on, as charts with bars.

Memory is bounded, however many endpoints there are.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.masking import printable, shown_member
from pinpoint_endpoints.schema.bundled import definition

ROUNDED_TO_SOMETHING, ROUNDED_TO_ALL = 0.0005, 0.9995
"""From these shares on, a percentage with one decimal is rounded to more than 0, and to 100."""

MAX_LABELS = 10_000
"""How many labels are counted: AWS allows 250 attribute names, and there are 249 countries."""

_KEPT_LABELS = MAX_LABELS // 2

MAX_TOP = 1_000
"""How many values can have a bar at most: fewer than are counted."""

_NOT_GIVEN = "not given"
_OTHERS = "others"
_FUTURE = "in the future"
_OLDEST = "more than 365 days ago"
_AGES = {
    "in the last 24 hours": timedelta(days=1),
    "1 to 7 days ago": timedelta(days=7),
    "7 to 30 days ago": timedelta(days=30),
    "30 to 90 days ago": timedelta(days=90),
    "90 to 365 days ago": timedelta(days=365),
}
"""The greatest age of each bar of the scale."""


class Kind(StrEnum):
    """The kinds of values that bars count."""

    VALUE = "value"
    """Endpoints with one value or name."""

    OTHERS = "others"
    """Endpoints with values or names that have no bar of their own; there are at least two."""

    NOT_GIVEN = "not_given"
    """Endpoints without the member, or with an empty one."""

    UNUSABLE = "unusable"
    """Endpoints whose member has the wrong type, or is not a date."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. No label is personal data, or longer than 83 characters.

    Attributes:
        label: the value, such as `SMS`, which may contain any character; words for other kinds.
        count: the number of endpoints; in an overlapping chart, the bar "others" has the count of
            the most frequent of its names.
        share: the count divided by the chart's total, 0.0 to 1.0; 0.0 if the total is 0.
        kind: what the bar counts.
        values: the number of different values or names in the bar: 1 except for "others", which
            has at least as many if the chart has an undercount.
    """

    label: str
    count: int
    share: float
    kind: Kind = Kind.VALUE
    values: int = 1

    @property
    def percent(self) -> str:
        """The share in percent; never rounded to 0 or to 100."""
        if 0 < self.share < ROUNDED_TO_SOMETHING:
            return "<0.1%"
        if ROUNDED_TO_ALL <= self.share < 1:
            return ">99.9%"
        return f"{self.share:.1%}"


@dataclass(frozen=True, slots=True)
class Chart:
    """The distribution of the endpoints of an audience over the values of one member.

    Attributes:
        name: its stable name, such as `channel_type`.
        title: its title, such as `Channel type`.
        member: the member, such as `Location.Country`.
        total: the number of endpoints.
        bars: the values by count, those of a scale in its order; then others, unusable, not given.
            The last three are left out if they are 0, and the values if no endpoint has any.
        overlapping: False if each endpoint is in one bar, so that the counts add up to the total;
            True if it is in a bar for each of its names.
        undercount: the most by which a count may be too low: 0 unless there are more than 10,000
            different values, of which only the most frequent are kept. Counts still add up.
    """

    name: str
    title: str
    member: str
    total: int
    bars: tuple[Bar, ...]
    overlapping: bool = False
    undercount: int = 0


def line_label(bar: Bar, chart: Chart) -> str:
    """Return a bar's label in one line, in parentheses if it is not a value.

    A value in parentheses is put in quotes, so that the two cannot be confused.
    """
    if bar.kind is not Kind.VALUE:
        return f"({_words(bar, chart)})"
    label = printable(bar.label)
    quoted = not label or (label.startswith("(") and label.endswith(")"))
    return f'"{label}"' if quoted else label


def full_label(bar: Bar, chart: Chart) -> str:
    """Return a bar's label; that of the others with the number of values."""
    if bar.kind is not Kind.OTHERS:
        return line_label(bar, chart)
    number = f"more than {bar.values:,}" if chart.undercount else f"{bar.values:,}"
    return f"({number} {_words(bar, chart)})"


def _words(bar: Bar, chart: Chart) -> str:
    each = bar.kind is Kind.OTHERS and chart.overlapping
    return f"{bar.label}, each at most" if each else bar.label


class _LabelCounter:
    """Counts labels: values as shown, so that no personal data is kept.

    Beyond 10,000 labels the rarer half is forgotten, and counted from 0 if it occurs again.

    Attributes:
        undercount: the most by which a count may be too low.

    Args:
        known: labels that always have a bar, in this order; they are never forgotten.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.undercount = 0
        self._known = dict.fromkeys(known, 0)
        self._counts = dict(self._known)
        self._forgotten = 0
        self._unusable = 0
        self._not_given = 0

    def _add_label(self, label: str) -> None:
        if label not in self._counts and len(self._counts) >= MAX_LABELS:
            self._forget_rare_labels()
        self._counts[label] = self._counts.get(label, 0) + 1

    def _ranked(self) -> list[tuple[str, int]]:
        """Return the labels with their counts: the known ones in their order, then by count."""
        known = [(label, self._counts[label]) for label in self._known]
        others = [entry for entry in self._counts.items() if entry[0] not in self._known]
        return known + sorted(others, key=lambda entry: (-entry[1], entry[0]))

    def _forget_rare_labels(self) -> None:
        ranked = self._ranked()
        self._counts = dict(ranked[:_KEPT_LABELS])
        rare = [count for _, count in ranked[_KEPT_LABELS:]]
        self._forgotten += sum(rare)
        self.undercount += max(rare)


class ValueCounter(_LabelCounter):
    """Counts strings: each endpoint has at most one.

    Args:
        known: values that always have a bar, in this order.
        own_bars: values that have their own bar as soon as one endpoint has them.
    """

    def __init__(self, known: Iterable[str] = (), own_bars: Iterable[str] = ()) -> None:
        super().__init__(known)
        self._own_bars = frozenset((*self._counts, *own_bars))

    def add(self, value: object) -> None:
        """Count the value of one endpoint; None if it has none."""
        if isinstance(value, str) and value in self._counts:
            self._counts[value] += 1
        elif value is None or value == "":
            self._not_given += 1
        elif isinstance(value, str):
            self._add_label(shown_member(value))
        else:
            self._unusable += 1

    def bars(self, total: int, top: int) -> Iterator[Bar]:
        """Yield the bars of at most `top` values, out of `total` endpoints."""
        values, rest = _cut(self._ranked(), top, self._own_bars)
        yield from (Bar(label, count, _share(count, total)) for label, count in values)
        if rest:
            count = sum(count for _, count in rest) + self._forgotten
            yield Bar(_OTHERS, count, _share(count, total), Kind.OTHERS, len(rest))
        yield from _absent("not a text", self._unusable, self._not_given, total)


class NameCounter(_LabelCounter):
    """Counts the names in a map of attributes or metrics: an endpoint may have many.

    A name with an empty list does not count: the list removes the values (AWS: aws-sdk-js#3180).
    """

    def add(self, value: object) -> None:
        """Count the map of one endpoint; None if it has none."""
        if value is None:
            self._not_given += 1
            return
        if not isinstance(value, dict):
            self._unusable += 1
            return
        known: list[str] = []
        unknown: list[str] = []
        counts = self._counts
        for name, values in value.items():
            if values or values == 0:
                (known if name in counts else unknown).append(name)
        for name in known:
            counts[name] += 1
        for label in {*map(shown_member, unknown)} - {*known} if unknown else ():
            self._add_label(label)
        if not known and not unknown:
            self._not_given += 1

    def bars(self, total: int, top: int) -> Iterator[Bar]:
        """Yield the bars of at most `top` names, out of `total` endpoints."""
        values, rest = _cut(self._ranked(), top)
        yield from (Bar(label, count, _share(count, total)) for label, count in values)
        if rest:
            most = rest[0][1]
            yield Bar(_OTHERS, most, _share(most, total), Kind.OTHERS, len(rest))
        yield from _absent("no names with values", self._unusable, self._not_given, total)


class AgeCounter:
    """Counts dates by their age.

    Args:
        now: the time, with a time zone, from which the age is measured.
    """

    undercount = 0

    def __init__(self, now: datetime) -> None:
        self._now = now.timestamp()
        self._limits = [age.total_seconds() for age in _AGES.values()]
        self._counts = [0] * (len(_AGES) + 1)
        self._future = 0
        self._unusable = 0
        self._not_given = 0

    def add(self, value: object) -> None:
        """Count the date of one endpoint; None if it has none."""
        if value is None or value == "":
            self._not_given += 1
            return
        place = self._place(value)
        if place is None:
            self._unusable += 1
        elif place < 0:
            self._future += 1
        else:
            self._counts[place] += 1

    def label(self, value: object) -> str:
        """Return the label of the bar that a date is counted in, or an empty text."""
        place = self._place(value)
        if place is None:
            return ""
        return _FUTURE if place < 0 else (*_AGES, _OLDEST)[place]

    def _place(self, value: object) -> int | None:
        """Return the place of a date in the scale: -1 for the future; None if it is not a date."""
        date = parse_date_time(value) if isinstance(value, str) else None
        if date is None:
            return None
        age = self._now - date.timestamp()
        return -1 if age < 0 else bisect_left(self._limits, age)

    def bars(self, total: int, _top: int) -> Iterator[Bar]:
        """Yield all bars from the latest to the oldest, as shares of `total` endpoints."""
        if self._future:
            yield Bar(_FUTURE, self._future, _share(self._future, total))
        for label, count in zip(chain(_AGES, (_OLDEST,)), self._counts, strict=True):
            yield Bar(label, count, _share(count, total))
        yield from _absent("not a date and time", self._unusable, self._not_given, total)


def _cut(
    ranked: list[tuple[str, int]], top: int, own_bars: Container[str] = ()
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return the labels with bars, and the others; a single other gets a bar too."""
    rest = [entry for entry in ranked[top:] if entry[0] not in own_bars]
    if len(rest) <= 1:
        return ranked, []
    return [*ranked[:top], *(entry for entry in ranked[top:] if entry[0] in own_bars)], rest


def _absent(unusable_label: str, unusable: int, not_given: int, total: int) -> Iterator[Bar]:
    if unusable:
        yield Bar(unusable_label, unusable, _share(unusable, total), Kind.UNUSABLE)
    if not_given:
        yield Bar(_NOT_GIVEN, not_given, _share(not_given, total), Kind.NOT_GIVEN)


def _share(count: int, total: int) -> float:
    return count / total if total else 0.0


TOP = 10
"""How many values have their own bar by default."""

_WRONG_TYPE = object()
"""A value for members of something that is not an object; counted as unusable."""


class _ChartSource(NamedTuple):
    name: str
    title: str
    member: str
    counter: ValueCounter | NameCounter | AgeCounter
    overlapping: bool = False


class Audience:
    """Counts endpoints, and returns the counts as charts.

    Attributes:
        count: the number of endpoints.

    Args:
        now: the time, with a time zone, from which the age of `EffectiveDate` is measured.
    """

    def __init__(self, now: datetime) -> None:
        self.count = 0
        channels = ValueCounter(own_bars=definition("ChannelType")["enum"])
        statuses = ValueCounter(("ACTIVE", "INACTIVE"))
        opt_outs = ValueCounter(("ALL", "NONE"))
        self._sources = (
            _ChartSource("channel_type", "Channel type", "ChannelType", channels),
            _ChartSource("endpoint_status", "Endpoint status", "EndpointStatus", statuses),
            _ChartSource("country", "Country", "Location.Country", ValueCounter()),
            _ChartSource("platform", "Platform", "Demographic.Platform", ValueCounter()),
            _ChartSource("opt_out", "Opt-out", "OptOut", opt_outs),
            _ChartSource("last_updated", "Last updated", "EffectiveDate", AgeCounter(now)),
            _names("attributes", "Attribute coverage", "Attributes"),
            _names("user_attributes", "User attribute coverage", "User.UserAttributes"),
            _names("metrics", "Metric coverage", "Metrics"),
        )
        self._members = [
            (*source.member.partition(".")[::2], source.counter.add) for source in self._sources
        ]

    def add(self, endpoint: Mapping[str, object]) -> None:
        """Count an endpoint.

        Args:
            endpoint: an EndpointRequest or EndpointResponse. Members of the wrong type are counted
                as unusable.
        """
        self.count += 1
        for name, inner, add in self._members:
            value = endpoint.get(name)
            add(_member(value, inner) if inner else value)

    def charts(self, top: int = TOP) -> tuple[Chart, ...]:
        """Return the charts, always the same ones in the same order.

        Args:
            top: how many values of a member have their own bar at most, 1 to 1,000; the others
                share one. Ages and the documented values of `ChannelType`, `EndpointStatus` and
                `OptOut` always have their own.
        """
        return tuple(
            Chart(
                source.name,
                source.title,
                source.member,
                self.count,
                _without_empty_values(source.counter.bars(self.count, top)),
                source.overlapping,
                source.counter.undercount,
            )
            for source in self._sources
        )


def _names(name: str, title: str, member: str) -> _ChartSource:
    return _ChartSource(name, title, member, NameCounter(), overlapping=True)


def _without_empty_values(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Return the bars, without those of values if all of these are 0."""
    found = tuple(bars)
    values = any(bar.count for bar in found if bar.kind in (Kind.VALUE, Kind.OTHERS))
    return tuple(bar for bar in found if values or bar.count)


def _member(members: object, name: str) -> object:
    """Return a member of a member; None if there is none."""
    if isinstance(members, dict):
        return members.get(name)
    return None if members is None else _WRONG_TYPE
