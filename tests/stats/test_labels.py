"""More different values than are remembered: little memory, and honest counts."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pinpoint_endpoints.stats import MAX_LABELS, Audience, Kind, NameCounter, ValueCounter

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOP = 20
RARE = 3 * MAX_LABELS
FREQUENT = RARE // 10
MAX_BYTES = 4_000_000
"""Bytes; the names below, kept, would be more than six million."""


def count(counter: ValueCounter | NameCounter) -> None:
    """Let a counter see names of which each occurs once, but every tenth is the same."""
    for number in range(RARE):
        for name in (f"{number:06}{'x' * 70}", "ios")[: 2 if number % 10 == 0 else 1]:
            counter.add(name if isinstance(counter, ValueCounter) else {name: ["x"]})


@pytest.mark.soak
@pytest.mark.parametrize("kind", [ValueCounter, NameCounter])
def test_memory_is_bounded_and_the_frequent_stays(
    kind: Callable[[], ValueCounter | NameCounter],
) -> None:
    """The largest count is short by no more than is said; what was forgotten is among the others.

    However many different texts there are.
    """
    tracemalloc.start()
    try:
        counter = kind()
        count(counter)
        bars = [*counter.bars(RARE + FREQUENT, TOP)]
        assert tracemalloc.get_traced_memory()[1] < MAX_BYTES
    finally:
        tracemalloc.stop()
    assert bars[0].label == "ios"
    assert 0 < counter.undercount < FREQUENT // 10
    assert FREQUENT - counter.undercount <= bars[0].count <= FREQUENT
    assert [bar.kind for bar in bars[-2:]] == [Kind.VALUE, Kind.OTHERS]
    if kind is ValueCounter:
        assert sum(bar.count for bar in bars) == RARE + FREQUENT


def test_documented_values_are_never_forgotten() -> None:
    """Also if no endpoint has them."""
    audience = Audience(NOW)
    for number in range(MAX_LABELS + 1):
        audience.add({"OptOut": f"no{number}"})
    (chart,) = (chart for chart in audience.charts() if chart.name == "opt_out")
    assert chart.undercount == 1
    assert [(bar.label, bar.count) for bar in chart.bars[:2]] == [("ALL", 0), ("NONE", 0)]
