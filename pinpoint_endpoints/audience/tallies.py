"""The values of one member in, endpoint by endpoint; its bars out."""

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

from pinpoint_endpoints.audience.charts import Bar, Kind
from pinpoint_endpoints.audience.labels import Labels
from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.masking import shown_member

LARGEST_TOP = 1_000
"""How many values can have a bar at most: fewer than are remembered."""

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
"""How old a moment of the scale is at most."""


class Tally(Protocol):
    """Counts what endpoints have as the value of one member."""

    @property
    def short(self) -> int:
        """By how much the count of a value may be too low, at most."""

    def add(self, value: object) -> None:
        """Count the value that an endpoint has; None if it has none."""

    def bars(self, total: int, top: int) -> Iterator[Bar]:
        """Yield the bars, where so many endpoints were counted, of so many values at most."""


class _Labelled:
    """What is counted by labels.

    Args:
        known: the labels that always have a bar, in their order.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._labels = Labels(known)
        self._counts = self._labels.counts
        self._unusable = 0
        self._not_given = 0

    @property
    def short(self) -> int:
        """By how much the count of a label may be too low, at most."""
        return self._labels.short


class Texts(_Labelled):
    """Counts texts: each endpoint has one at most.

    Args:
        known: those that always have a bar, in their order.
        own_bars: those that have a bar of their own once an endpoint has them.
    """

    def __init__(self, known: Iterable[str] = (), own_bars: Iterable[str] = ()) -> None:
        super().__init__(known)
        self._own_bars = frozenset((*self._counts, *own_bars))

    def add(self, value: object) -> None:
        """Count the value that an endpoint has; None if it has none."""
        if isinstance(value, str) and value in self._counts:
            self._counts[value] += 1
        elif value is None or value == "":
            self._not_given += 1
        elif isinstance(value, str):
            self._labels.add(shown_member(value))
        else:
            self._unusable += 1

    def bars(self, total: int, top: int) -> Iterator[Bar]:
        """Yield the bars, where so many endpoints were counted, of so many values at most."""
        values, rest = _cut(self._labels.ranked(), top, self._own_bars)
        yield from (Bar(label, count, _share(count, total)) for label, count in values)
        if rest:
            count = sum(count for _, count in rest) + self._labels.forgotten
            yield Bar(_OTHERS, count, _share(count, total), Kind.OTHERS, len(rest))
        yield from _absent("not a text", self._unusable, self._not_given, total)


class Names(_Labelled):
    """Counts the names of a map: an endpoint may have many of them, and of each a value.

    An empty list is no value: it takes an attribute away (AWS: aws-sdk-js#3180).
    """

    def add(self, value: object) -> None:
        """Count the map that an endpoint has; None if it has none."""
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
            self._labels.add(label)
        if not known and not unknown:
            self._not_given += 1

    def bars(self, total: int, top: int) -> Iterator[Bar]:
        """Yield the bars, where so many endpoints were counted, of so many names at most."""
        values, rest = _cut(self._labels.ranked(), top)
        yield from (Bar(label, count, _share(count, total)) for label, count in values)
        if rest:
            most = rest[0][1]
            yield Bar(_OTHERS, most, _share(most, total), Kind.OTHERS, len(rest))
        yield from _absent("no names with values", self._unusable, self._not_given, total)


class Ages:
    """Counts moments by their age.

    Args:
        now: an aware moment; age is what lies between.
    """

    short = 0

    def __init__(self, now: datetime) -> None:
        self._now = now.timestamp()
        self._limits = [age.total_seconds() for age in _AGES.values()]
        self._counts = [0] * (len(_AGES) + 1)
        self._future = 0
        self._unusable = 0
        self._not_given = 0

    def add(self, value: object) -> None:
        """Count the text that an endpoint has; None if it has none."""
        if value is None or value == "":
            self._not_given += 1
            return
        date = parse_date_time(value) if isinstance(value, str) else None
        if date is None:
            self._unusable += 1
            return
        age = self._now - date.timestamp()
        if age < 0:
            self._future += 1
        else:
            self._counts[bisect_left(self._limits, age)] += 1

    def bars(self, total: int, top: int) -> Iterator[Bar]:  # noqa: ARG002 - a scale is never cut
        """Yield the bars from the latest to the oldest, where so many endpoints were counted."""
        if self._future:
            yield Bar(_FUTURE, self._future, _share(self._future, total))
        for label, count in zip(chain(_AGES, (_OLDEST,)), self._counts, strict=True):
            yield Bar(label, count, _share(count, total))
        yield from _absent("not a date and time", self._unusable, self._not_given, total)


def _cut(
    ranked: list[tuple[str, int]], top: int, own_bars: Container[str] = ()
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return what has bars, and the others; a single other has one too."""
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
