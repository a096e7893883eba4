"""The values that show an audience: charts and their bars, whatever they are drawn with.

`pinpoint_endpoints.audience.audience` makes them of endpoints.
"""

from dataclasses import dataclass
from enum import StrEnum

from pinpoint_endpoints.masking import printable

ROUNDED_TO_SOMETHING, ROUNDED_TO_ALL = 0.0005, 0.9995
"""The least shares that one decimal of a percentage shows as more than 0, and as 100."""


class Kind(StrEnum):
    """What a bar counts."""

    VALUE = "value"
    """The endpoints with one value, or with one name."""

    OTHERS = "others"
    """What the values or names stand for that have no bar of their own; there are two at least."""

    NOT_GIVEN = "not_given"
    """The endpoints without the member, or with an empty one."""

    UNUSABLE = "unusable"
    """The endpoints whose member is of a wrong type, or is a text that is no moment."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. No label is personal data, or longer than 83 characters.

    Attributes:
        label: the value as the endpoints have it, such as `SMS`; for the other kinds, words. It may
            hold any character of a file.
        count: how many endpoints; in a chart whose bars overlap, the others have the count of the
            most frequent of them.
        share: the count divided by the chart's total, 0.0 to 1.0; 0.0 if the total is 0.
        kind: what the bar counts.
        values: for how many different values or names the bar stands: 1 unless it is of the others.
            If the chart's counts are short, there are more.
    """

    label: str
    count: int
    share: float
    kind: Kind = Kind.VALUE
    values: int = 1

    @property
    def percent(self) -> str:
        """The share in percent; nothing and all are said only of what is nothing, or all."""
        if 0 < self.share < ROUNDED_TO_SOMETHING:
            return "<0.1%"
        if ROUNDED_TO_ALL <= self.share < 1:
            return ">99.9%"
        return f"{self.share:.1%}"


@dataclass(frozen=True, slots=True)
class Chart:
    """How the endpoints of an audience are spread over the values of one member.

    Attributes:
        name: stable, such as `channel_type`.
        title: for people, such as `Channel type`.
        member: that it is about, such as `Location.Country`.
        total: how many endpoints there are.
        bars: the values by their counts, those of a scale in its order; then the others, what is
            unusable, what is not given. The last three are left out where they would be 0, and the
            values if nobody has any.
        overlapping: False: each endpoint is in one bar, and the counts add up to the total. True:
            each endpoint is in a bar for every name that it has.
        short: by how much the count of a value may be too low, at most: 0 unless there are more
            than 10,000 different ones, of which not all are remembered. The counts still add up.
    """

    name: str
    title: str
    member: str
    total: int
    bars: tuple[Bar, ...]
    overlapping: bool = False
    short: int = 0


def line_label(bar: Bar, chart: Chart) -> str:
    """Return a bar's label in one line: words that are no value in parentheses.

    No value can be taken for them: one that stands in parentheses is in quotes.
    """
    if bar.kind is not Kind.VALUE:
        return f"({_words(bar, chart)})"
    label = printable(bar.label)
    quoted = not label or (label.startswith("(") and label.endswith(")"))
    return f'"{label}"' if quoted else label


def full_label(bar: Bar, chart: Chart) -> str:
    """Return a bar's label, which says of the others how many there are."""
    if bar.kind is not Kind.OTHERS:
        return line_label(bar, chart)
    number = f"more than {bar.values:,}" if chart.short else f"{bar.values:,}"
    return f"({number} {_words(bar, chart)})"


def _words(bar: Bar, chart: Chart) -> str:
    each = bar.kind is Kind.OTHERS and chart.overlapping
    return f"{bar.label}, each at most" if each else bar.label
