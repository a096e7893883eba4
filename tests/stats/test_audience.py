"""Endpoints of any kind, and what the charts of them say: counts that add up, and no addresses."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.schema.bundled import definition
from pinpoint_endpoints.stats import MAX_TOP, Audience, Bar, Chart, Kind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = [
    "channel_type",
    "endpoint_status",
    "country",
    "platform",
    "opt_out",
    "last_updated",
    "attributes",
    "user_attributes",
    "metrics",
]
TEXTS = st.sampled_from(["SMS", "US", "ALL", "ACTIVE", "2026-11-24T10:00:00Z", ""]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
MAPS = st.dictionaries(st.sampled_from(["a", "b", "+12065550100", "+12065550101"]) | TEXTS, JSON)
ENDPOINTS = st.fixed_dictionaries(
    {},
    optional={
        "ChannelType": TEXTS | JSON,
        "EndpointStatus": TEXTS | JSON,
        "OptOut": TEXTS | JSON,
        "EffectiveDate": st.datetimes().map(datetime.isoformat) | TEXTS | JSON,
        "Location": st.fixed_dictionaries({}, optional={"Country": TEXTS | JSON}) | JSON,
        "Demographic": st.fixed_dictionaries({}, optional={"Platform": TEXTS | JSON}) | JSON,
        "User": st.fixed_dictionaries({}, optional={"UserAttributes": MAPS | JSON}) | JSON,
        "Attributes": MAPS | JSON,
        "Metrics": MAPS | JSON,
    },
)
MANY = st.lists(ENDPOINTS, max_size=15)
TOPS = st.integers(1, 4)


def charts_of(endpoints: Iterable[Any], top: int = 10) -> dict[str, Chart]:
    """Return the charts of endpoints by their names."""
    audience = Audience(NOW)
    for endpoint in endpoints:
        audience.add(endpoint)
    return {chart.name: chart for chart in audience.charts(top)}


def counts_in(chart: Chart) -> dict[str, int]:
    """Return the counts of a chart's bars by their labels, without empty bars."""
    return {bar.label: bar.count for bar in chart.bars if bar.count}


def bars_of(chart: Chart, kind: Kind) -> list[Bar]:
    """Return the bars of one kind."""
    return [bar for bar in chart.bars if bar.kind is kind]


@given(MANY, TOPS)
def test_counts_add_up(endpoints: list[Any], top: int) -> None:
    """Each endpoint is in one bar of every chart whose bars do not overlap, whatever it holds."""
    for chart in charts_of(endpoints, top).values():
        assert chart.total == len(endpoints)
        assert chart.overlapping or sum(bar.count for bar in chart.bars) == chart.total


@given(MANY, TOPS)
@pytest.mark.soak
def test_overlapping_bars_hold_each_endpoint_once(endpoints: list[Any], top: int) -> None:
    """No bar has more than those that have names at all, and together they have at least those."""
    for chart in charts_of(endpoints, top).values():
        if chart.overlapping:
            kinds = (Kind.NOT_GIVEN, Kind.UNUSABLE)
            named = chart.total - sum(bar.count for bar in chart.bars if bar.kind in kinds)
            counts = [bar.count * bar.values for bar in chart.bars if bar.kind not in kinds]
            assert sum(counts) >= named
            assert all(bar.count <= named for bar in chart.bars if bar.kind not in kinds)


@given(MANY, TOPS)
def test_a_bar_is_what_it_says(endpoints: list[Any], top: int) -> None:
    """Shares are of the total, labels differ, the others are two at least, and nothing is 0."""
    for chart in charts_of(endpoints, top).values():
        for bar in chart.bars:
            assert bar.share == (bar.count / chart.total if chart.total else 0)
            assert bar.count or bar.kind is Kind.VALUE
            assert bar.values > 1 if bar.kind is Kind.OTHERS else bar.values == 1
        labels = [bar.label for bar in bars_of(chart, Kind.VALUE)]
        assert len(set(labels)) == len(labels)


@given(MANY, st.randoms())
def test_the_order_of_endpoints_does_not_matter(endpoints: list[Any], random: Any) -> None:
    """The same endpoints, shuffled, have the same charts."""
    shuffled = [*endpoints]
    random.shuffle(shuffled)
    assert charts_of(shuffled) == charts_of(endpoints)


@given(st.lists(st.sampled_from("ABCDEF"), min_size=1), TOPS)
def test_the_largest_have_bars(countries: list[str], top: int) -> None:
    """They are those of a plain count, and the others have the rest."""
    chart = charts_of(({"Location": {"Country": each}} for each in countries), top)["country"]
    ranked = sorted(Counter(countries).items(), key=lambda entry: (-entry[1], entry[0]))
    shown = ranked if len(ranked) <= top + 1 else ranked[:top]
    assert [(bar.label, bar.count) for bar in bars_of(chart, Kind.VALUE)] == shown
    rest = [(len(ranked) - top, sum(count for _, count in ranked[top:]))]
    others = [(bar.values, bar.count) for bar in bars_of(chart, Kind.OTHERS)]
    assert others == (rest if shown != ranked else [])


def test_an_empty_audience_has_all_charts() -> None:
    """Always the same ones in the same order, with nothing in them."""
    assert list(charts_of([])) == NAMES
    for chart in charts_of([]).values():
        assert {(bar.count, bar.share, bar.kind) for bar in chart.bars} <= {(0, 0.0, Kind.VALUE)}


def test_members_are_counted_where_they_stand() -> None:
    """Each chart counts its own member, of a request as of a response."""
    endpoint = {
        "Id": "a",
        "CohortId": "7",
        "ChannelType": "SMS",
        "EndpointStatus": "INACTIVE",
        "OptOut": "NONE",
        "EffectiveDate": "2026-11-24T11:00:00Z",
        "Location": {"Country": "NO"},
        "Demographic": {"Platform": "kaios"},
        "User": {"UserAttributes": {"Tier": ["gold"]}},
        "Attributes": {"Interests": ["Music"]},
        "Metrics": {"visits": 0.0},
    }
    charts = charts_of([endpoint])
    assert [counts_in(chart) for chart in charts.values()] == [
        {"SMS": 1},
        {"INACTIVE": 1},
        {"NO": 1},
        {"kaios": 1},
        {"NONE": 1},
        {"in the last 24 hours": 1},
        {"Interests": 1},
        {"Tier": 1},
        {"visits": 1},
    ]
    assert charts["user_attributes"].member == "User.UserAttributes"


def test_what_takes_an_attribute_away_is_no_coverage() -> None:
    """An empty list is how the service is told to forget an attribute."""
    endpoints = [{"Attributes": {"color": []}}, {"Attributes": {"color": ["red"], "size": []}}]
    assert counts_in(charts_of(endpoints)["attributes"]) == {"color": 1, "not given": 1}


def test_documented_values_always_have_bars() -> None:
    """A count of no opt-outs gets a bar, however few bars are wanted."""
    charts = charts_of([{"OptOut": each} for each in ("all", "No", "none")], top=1)
    assert [(bar.label, bar.count) for bar in charts["opt_out"].bars] == [
        ("ALL", 0),
        ("NONE", 0),
        ("others", 3),
    ]


def test_all_channels_have_bars() -> None:
    """However few bars are wanted; only what is no channel is among the others."""
    channels = definition("ChannelType")["enum"]
    wrong = [f"wrong{number}" for number in range(12)]
    endpoints = [{"ChannelType": each} for each in [*channels, *wrong, *wrong]]
    chart = charts_of(endpoints, top=3)["channel_type"]
    assert counts_in(chart) == {
        **dict.fromkeys(channels, 1),
        **dict.fromkeys(sorted(wrong)[:3], 2),
        "others": 18,
    }
    assert charts_of([{"ChannelType": "SMS"}])["channel_type"].bars == (Bar("SMS", 1, 1.0),)


def test_values_without_endpoints_have_no_bars() -> None:
    """Where no endpoint says whether it is active, no bar says that none is."""
    charts = charts_of([{}, {}])
    assert {chart.bars for chart in charts.values()} == {
        (Bar("not given", 2, 1.0, Kind.NOT_GIVEN),)
    }


@pytest.mark.parametrize("value", [5, True, ["US"], {"US": 1}, 1.5])
def test_a_wrong_type_is_counted_as_such(value: Any) -> None:
    """In an invalid file, a value and the member around it may be of any type."""
    for endpoint in ({"Location": {"Country": value}}, {"Location": value}, {"Location": "US"}):
        (bar,) = charts_of([endpoint])["country"].bars[-1:]
        expected = Kind.NOT_GIVEN if endpoint == {"Location": {"US": 1}} else Kind.UNUSABLE
        assert (bar.count, bar.kind) == (1, expected)


def test_addresses_are_masked() -> None:
    """A file that has them in the wrong place shows none, and has one bar for those alike."""
    endpoints = [
        {
            "ChannelType": f"+120655501{digit}0100",
            "Location": {"Country": f"ada{digit}@example.com"},
            "Attributes": {f"+120655501{digit}0100": ["x"], f"+120655502{digit}0100": ["x"]},
        }
        for digit in range(9)
    ]
    charts = charts_of(endpoints)
    assert counts_in(charts["channel_type"]) == {"+1***0100": 9}
    assert counts_in(charts["country"]) == {"a***@example.com": 9}
    assert counts_in(charts["attributes"]) == {"+1***0100": 9}


def test_a_name_that_is_masked_already_counts_once() -> None:
    """An endpoint with such a value and the address that it counts as is counted once."""
    both = {"+1***0100": ["x"], "+12065550100": ["x"]}
    charts = charts_of([{"Attributes": {"+1***0100": ["x"]}}, {"Attributes": both}])
    assert counts_in(charts["attributes"]) == {"+1***0100": 2}


def test_no_label_is_endless() -> None:
    """Longer texts are cut, and counted together if they begin alike."""
    texts = [f"{'x' * 100}{number}" for number in range(3)]
    chart = charts_of([{"Demographic": {"Platform": text}} for text in texts])["platform"]
    assert counts_in(chart) == {f"{'x' * 80}...": 3}


def test_as_many_bars_as_are_allowed() -> None:
    """A thousand are shown, and 10,000 names are remembered exactly."""
    endpoints = [{"Attributes": {f"name{number}": ["x"]}} for number in range(10_000)]
    chart = charts_of([*endpoints, *endpoints[-1000:]], MAX_TOP)["attributes"]
    values = bars_of(chart, Kind.VALUE)
    assert {(bar.count, bar.label > "name8999") for bar in values} == {(2, True)}
    (others,) = bars_of(chart, Kind.OTHERS)
    assert (len(values), others.values, others.count, chart.undercount) == (1000, 9000, 1, 0)
