"""More different values than are remembered: little memory, and honest counts."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pinpoint_endpoints.stats import MAX_LABELS, Audience, Chart, Kind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MAX_BYTES = 15_000_000
"""Bytes; the names below are 40 million."""

RARE = 5 * MAX_LABELS
FREQUENT = RARE // 10


def endpoints() -> Iterator[dict[str, Any]]:
    """Yield endpoints of which each has a platform and an attribute of its own, but every tenth."""
    for number in range(RARE):
        own = f"{number:06}{'é' * 70}"
        yield {"Demographic": {"Platform": own}, "Attributes": {own: ["x"]}}
        if number % 10 == 0:
            yield {"Demographic": {"Platform": "ios"}, "Attributes": {"ours": ["x"]}}


@pytest.fixture(scope="module")
def counted() -> tuple[dict[str, Chart], int]:
    """Return the charts, and how many bytes were needed for them at most."""
    tracemalloc.start()
    try:
        audience = Audience(NOW)
        for endpoint in endpoints():
            audience.add(endpoint)
        return {chart.name: chart for chart in audience.charts()}, tracemalloc.get_traced_memory()[
            1
        ]
    finally:
        tracemalloc.stop()


@pytest.mark.soak
def test_memory_is_bounded(counted: tuple[dict[str, Chart], int]) -> None:
    """However many different texts there are."""
    assert counted[1] < MAX_BYTES


@pytest.mark.soak
@pytest.mark.parametrize(("name", "label"), [("platform", "ios"), ("attributes", "ours")])
def test_the_frequent_stays(counted: tuple[dict[str, Chart], int], name: str, label: str) -> None:
    """The largest count is short by no more than the chart says, and never too high."""
    chart = counted[0][name]
    first = chart.bars[0]
    assert first.label == label
    assert 0 < chart.undercount < FREQUENT // 10
    assert FREQUENT - chart.undercount <= first.count <= FREQUENT


@pytest.mark.soak
def test_counts_still_add_up(counted: tuple[dict[str, Chart], int]) -> None:
    """What was forgotten is among the others."""
    chart = counted[0]["platform"]
    assert sum(bar.count for bar in chart.bars) == chart.total == RARE + FREQUENT
    assert [bar.kind for bar in chart.bars[-2:]] == [Kind.VALUE, Kind.OTHERS]


def test_documented_values_are_never_forgotten() -> None:
    """Also if no endpoint has them."""
    audience = Audience(NOW)
    for number in range(MAX_LABELS + 1):
        audience.add({"OptOut": f"no{number}"})
    (chart,) = (chart for chart in audience.charts() if chart.name == "opt_out")
    assert chart.undercount == 1
    assert [(bar.label, bar.count) for bar in chart.bars[:2]] == [("ALL", 0), ("NONE", 0)]
