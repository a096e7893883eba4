"""Endpoints in, one by one; charts of them all out. Memory is flat, however many they are."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pinpoint_endpoints.audience.charts import Bar, Chart, Kind
from pinpoint_endpoints.audience.tallies import Ages, Names, Tally, Texts
from pinpoint_endpoints.schema.bundled import definition

TOP = 10
"""How many values of a member have bars of their own, if nobody says."""

_WRONG = object()
"""Stands for a member of one that has no members."""


class _ChartSource(NamedTuple):
    name: str
    title: str
    member: str
    tally: Tally
    overlapping: bool = False


class Audience:
    """Counts endpoints, and shows how they are spread.

    Attributes:
        count: how many endpoints there are.

    Args:
        now: the aware moment that ages of `EffectiveDate` are counted from.
    """

    def __init__(self, now: datetime) -> None:
        self.count = 0
        self._channel = Texts(own_bars=definition("ChannelType")["enum"])
        self._status = Texts(("ACTIVE", "INACTIVE"))
        self._country = Texts()
        self._platform = Texts()
        self._opt_out = Texts(("ALL", "NONE"))
        self._age = Ages(now)
        self._attributes = Names()
        self._user_attributes = Names()
        self._metrics = Names()

    def add(self, endpoint: Mapping[str, object]) -> None:
        """Count an endpoint.

        Args:
            endpoint: in the form of EndpointRequest or EndpointResponse. Members of a wrong type
                are counted as such.
        """
        self.count += 1
        self._channel.add(endpoint.get("ChannelType"))
        self._status.add(endpoint.get("EndpointStatus"))
        self._country.add(_member(endpoint.get("Location"), "Country"))
        self._platform.add(_member(endpoint.get("Demographic"), "Platform"))
        self._opt_out.add(endpoint.get("OptOut"))
        self._age.add(endpoint.get("EffectiveDate"))
        self._attributes.add(endpoint.get("Attributes"))
        self._user_attributes.add(_member(endpoint.get("User"), "UserAttributes"))
        self._metrics.add(endpoint.get("Metrics"))

    def charts(self, top: int = TOP) -> tuple[Chart, ...]:
        """Return the charts, always the same ones in the same order.

        Args:
            top: how many values of a member, or names, have bars of their own at most, 1 to 1,000;
                the others have one together. Ages, and what AWS documents for `ChannelType`,
                `EndpointStatus` and `OptOut`, always have theirs.
        """
        return tuple(
            Chart(
                source.name,
                source.title,
                source.member,
                self.count,
                _telling(source.tally.bars(self.count, top)),
                source.overlapping,
                source.tally.short,
            )
            for source in self._all()
        )

    def _all(self) -> tuple[_ChartSource, ...]:
        return (
            _ChartSource("channel_type", "Channel type", "ChannelType", self._channel),
            _ChartSource("endpoint_status", "Endpoint status", "EndpointStatus", self._status),
            _ChartSource("country", "Country", "Location.Country", self._country),
            _ChartSource("platform", "Platform", "Demographic.Platform", self._platform),
            _ChartSource("opt_out", "Opt-out", "OptOut", self._opt_out),
            _ChartSource("last_updated", "Last updated", "EffectiveDate", self._age),
            _ChartSource("attributes", "Attribute coverage", "Attributes", self._attributes, True),
            _ChartSource(
                "user_attributes",
                "User attribute coverage",
                "User.UserAttributes",
                self._user_attributes,
                True,
            ),
            _ChartSource("metrics", "Metric coverage", "Metrics", self._metrics, True),
        )


def _telling(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Return the bars, without those of values if nobody has any: there is no 0 to compare with."""
    found = tuple(bars)
    values = any(bar.count for bar in found if bar.kind in (Kind.VALUE, Kind.OTHERS))
    return tuple(bar for bar in found if values or bar.count)


def _member(members: object, name: str) -> object:
    """Return a member of a member; None if there is none."""
    if isinstance(members, dict):
        return members.get(name)
    return None if members is None else _WRONG
