"""Select a part of an audience: each bar of its charts, and each segment, is a filter."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pinpoint_endpoints.local.pages.query import BadQuery, link
from pinpoint_endpoints.masking import shown_member
from pinpoint_endpoints.stats import AgeCounter, Bar, Chart, Kind

MAX_FILTERS = 20

ABSENT = "no"
"""The name of a filter for endpoints without a member: its value is the name of the chart."""

SEGMENT = "segment"

Matches = Callable[[Mapping[str, Any]], bool]

_VALUES: Mapping[str, tuple[str, ...]] = {
    "channel_type": ("ChannelType",),
    "endpoint_status": ("EndpointStatus",),
    "country": ("Location", "Country"),
    "platform": ("Demographic", "Platform"),
    "opt_out": ("OptOut",),
}
"""The members of charts in which each endpoint has at most one value."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "attributes": ("Attributes",),
    "user_attributes": ("User", "UserAttributes"),
    "metrics": ("Metrics",),
}
"""The members of charts in which an endpoint has a bar for each name."""

_AGE = "last_updated"
_MEMBERS = {**_VALUES, **_NAMES, _AGE: ("EffectiveDate",)}


class Filter(NamedTuple):
    """One condition on endpoints.

    Attributes:
        name: the name of the chart, `no` or `segment`.
        value: the label of the bar, the name of the chart, or the key of the segment.
    """

    name: str
    value: str


class Selection(NamedTuple):
    """What an audience is restricted to: endpoints have to pass every filter.

    Attributes:
        filters: in the order in which they were chosen.
    """

    filters: tuple[Filter, ...] = ()

    @property
    def text(self) -> str:
        """The query that `read_selection` reads."""
        return "&".join(link("", **{one.name: one.value})[1:] for one in self.filters)

    def and_bar(self, chart: Chart, bar: Bar) -> str:
        """Return the query of the selection with a bar too; empty if the bar is no filter."""
        if bar.kind is Kind.VALUE and chart.name in _MEMBERS and bar.label:
            return self._and(Filter(chart.name, bar.label))
        if bar.kind is Kind.NOT_GIVEN:
            return self._and(Filter(ABSENT, chart.name))
        return ""

    def and_segment(self, key: str) -> str:
        """Return the query of the selection with a segment too."""
        return self._and(Filter(SEGMENT, key))

    def without(self, filter_: Filter) -> str:
        """Return the query of the selection without one of its filters."""
        return Selection(tuple(one for one in self.filters if one != filter_)).text

    def has(self, chart: Chart, bar: Bar) -> bool:
        """Tell whether a bar is one of the filters."""
        return Filter(chart.name, bar.label) in self.filters

    @property
    def segments(self) -> tuple[str, ...]:
        """The keys of its segments."""
        return tuple(one.value for one in self.filters if one.name == SEGMENT)

    def matches(self, now: datetime) -> list[Matches]:
        """Return the conditions but those of segments.

        Args:
            now: what ages are measured from.
        """
        return [_condition(one, now) for one in self.filters if one.name != SEGMENT]

    def _and(self, filter_: Filter) -> str:
        if filter_ in self.filters or len(self.filters) >= MAX_FILTERS:
            return ""
        return Selection((*self.filters, filter_)).text


def read_selection(text: str) -> Selection:
    """Return a selection from its query.

    Raises:
        BadQuery: a filter is unknown, or there are too many.
    """
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=MAX_FILTERS
        )
    except ValueError:
        raise BadQuery("where must be the filters of a link of these pages.") from None
    return Selection(tuple(dict.fromkeys(_filters(pairs))))


def _filters(pairs: list[tuple[str, str]]) -> Iterator[Filter]:
    for name, value in pairs:
        is_known = (value if name == ABSENT else name) in _MEMBERS or name == SEGMENT
        if not is_known or not value:
            raise BadQuery("where names a chart that the audience does not have.")
        yield Filter(name, value)


def _condition(filter_: Filter, now: datetime) -> Matches:
    name, value = filter_
    if name == ABSENT:
        return _absent(value)
    if name == _AGE:
        label = AgeCounter(now).label
        return lambda endpoint: label(endpoint.get("EffectiveDate")) == value
    get = _getter(_MEMBERS[name])
    shown = shown_member if "***" in value or value.endswith("...") else str
    if name in _NAMES:
        return lambda endpoint: any(shown(one) == value for one in _names(get(endpoint)))

    def has_value(endpoint: Mapping[str, Any]) -> bool:
        found = get(endpoint)
        return isinstance(found, str) and (found == value or shown(found) == value)

    return has_value


def _absent(chart: str) -> Matches:
    get = _getter(_MEMBERS[chart])
    if chart in _NAMES:
        return lambda endpoint: next(_names(get(endpoint)), None) is None
    return lambda endpoint: get(endpoint) in (None, "")


def _names(members: object) -> Iterator[str]:
    """Yield the names of a chart that an endpoint has: those with values."""
    if isinstance(members, dict):
        for name, one in members.items():
            if one or one == 0:
                yield name


def _getter(path: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Any]:
    *above, name = path

    def get(endpoint: Mapping[str, Any]) -> Any:
        holder: Any = endpoint
        for step in above:
            holder = holder.get(step)
            if not isinstance(holder, dict):
                return None
        return holder.get(name)

    return get
