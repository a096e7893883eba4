"""Charts of an audience as a table of bars, as lines and in the envelope."""

import io
import re
from collections.abc import Sequence
from typing import Any, TextIO

import pytest
from commands import envelope_in
from hypothesis import given
from hypothesis import strategies as st
from reporting import Stream
from rich.cells import cell_len

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.reports.charts import ChartView, bar_of
from pinpoint_endpoints.reports.reporter import open_reporter
from pinpoint_endpoints.reports.tally import AudienceTally
from pinpoint_endpoints.stats import Bar, Chart, Kind

STYLING = re.compile(r"\x1b\[[0-9;]*m")
LABELS = st.text(max_size=83)


def bar(label: str, count: int, total: int, kind: Kind = Kind.VALUE, values: int = 1) -> Bar:
    """Return a bar with its share."""
    return Bar(label, count, count / total if total else 0.0, kind, values)


def chart(*bars: Bar, total: int = 4000, name: str = "country", **members: Any) -> Chart:
    """Return a chart, of four thousand endpoints by default."""
    return Chart(name, name.title(), "Location.Country", total, bars, **members)


COUNTRIES = chart(
    bar("US", 2000, 4000),
    bar("DE", 1500, 4000),
    bar("others", 499, 4000, Kind.OTHERS, 183),
    bar("not given", 1, 4000, Kind.NOT_GIVEN),
)
NOBODY = chart(
    bar("not given", 4000, 4000, Kind.NOT_GIVEN),
    name="opt_out",
)


def printed(*charts: Chart, stream: Stream | None = None) -> list[str]:
    """Return the lines of the table."""
    stream = stream or Stream()
    report("table", charts, stream)
    return stream.text().splitlines()


def lines(*charts: Chart) -> str:
    """Return the lines of text."""
    stream = Stream()
    report("text", charts, stream)
    return stream.text()


def report(
    output: str,
    charts: Sequence[Chart],
    stream: TextIO,
    tally: AudienceTally[Chart] | None = None,
    error: CannotRun | None = None,
) -> None:
    """Write charts to a stream."""
    reporter = open_reporter(ChartView(), output, stream)
    for each in charts:
        reporter.add(each)
    reporter.close(tally or AudienceTally[Chart](), error)


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that prints charts on a terminal so many columns wide."""
    monkeypatch.setenv("TERM", "xterm")

    def shown(width: int, *charts: Chart) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        lines = printed(*charts, stream=Stream(terminal=True))
        return [STYLING.sub("", line) for line in lines]

    return shown


def test_a_pipe_gets_charts_of_one_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty columns whatever the variables say, no colours."""
    monkeypatch.setenv("COLUMNS", "33")
    assert printed(COUNTRIES, NOBODY) == [
        "4,000 endpoints",
        "Country",
        "  US            ████████████████████████▌                          2,000   50.0%",
        "  DE            ██████████████████▍                                1,500   37.5%",
        "  (183 others)  ██████▏                                              499   12.5%",
        "  (not given)   ▏                                                      1   <0.1%",
        "Opt_Out",
        "  (not given)   █████████████████████████████████████████████████  4,000  100.0%",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_without_blocks_gets_other_bars(encoding: str) -> None:
    """And escapes for what it has not, which are as wide as they are."""
    out = io.BytesIO()
    stream = io.TextIOWrapper(out, encoding=encoding, errors="backslashreplace")
    report("table", [chart(bar("東京", 4000, 4000), bar("US", 1, 4000))], stream)
    stream.flush()
    lines = out.getvalue().decode(encoding).splitlines()
    assert {len(line) for line in lines[2:]} == {80}
    assert lines[2] == f"  \\u6771\\u4eac  {'#' * 49}  4,000  100.0%"
    assert lines[3].split() == ["US", "#", "1", "<0.1%"]


def test_colours_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, others and what is not given differ; NO_COLOR takes colours away."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = "".join(printed(COUNTRIES))
    assert {"\x1b[36m█", "\x1b[34m█", "\x1b[2m▏"} <= {
        coloured[place - len(code) : place + 1]
        for code in ("\x1b[36m", "\x1b[34m", "\x1b[2m")
        for place in range(len(coloured))
        if coloured[:place].endswith(code)
    }
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in "".join(printed(COUNTRIES))


@pytest.mark.parametrize("width", [20, 24, 40, 60, 80, 115])
def test_charts_stand_one_below_the_other(on_terminal: Any, width: int) -> None:
    """Each line fits, and no number is cut; bars are left out where there is no room for them."""
    lines = on_terminal(width, COUNTRIES, NOBODY)
    assert max(map(cell_len, lines)) <= max(width, 27)
    assert ("█" in "".join(lines)) == (width >= 40)
    for number in ("2,000", "1,500", "499", "4,000", "50.0%", "37.5%", "<0.1%", "100.0%"):
        assert number in " ".join(lines).split()


@pytest.mark.parametrize("width", [116, 160, 300])
def test_two_charts_stand_side_by_side(on_terminal: Any, width: int) -> None:
    """With equal heights, where both fit; a third one is below."""
    lines = on_terminal(width, COUNTRIES, NOBODY, COUNTRIES)
    assert "Country" in lines[1]
    assert "Opt_Out" in lines[1]
    assert lines[6].count("╯") == 2
    assert lines[7].count("Country") == 1
    assert max(map(cell_len, lines)) <= min(width, 201)


@given(st.lists(LABELS, min_size=1, max_size=5), st.integers(1, 10**9))
def test_any_label_keeps_the_frame(labels: list[str], total: int) -> None:
    """Any text of a file is on one line or wrapped, and never cut."""
    bars = [bar(label, total, total) for label in labels]
    lines = printed(chart(*bars, total=total))[2:]
    assert all(line.startswith("  ") for line in lines)
    assert sum(line.endswith(f" {total:,}  100.0%") for line in lines) == len(labels)
    assert "\x1b" not in "".join(lines)


def test_others_say_how_many_they_are() -> None:
    """At least, if not all were remembered; in an overlapping chart the count is the largest."""
    others = bar("others", 5, 4000, Kind.OTHERS, 9990)
    assert "(9,990 others)" in printed(chart(others))[2]
    assert "(9,990 others, each at " in printed(chart(others, overlapping=True))[2]
    short = printed(chart(others, undercount=1200))
    assert "(more than 9,990 others)" in short[2]
    assert "counts may be up to 1,200 too low" in short[3]


def test_no_endpoints_have_no_charts() -> None:
    """Only the count is printed."""
    assert printed(chart(total=0)) == ["0 endpoints"]


@given(st.floats(0, 1), st.integers(6, 200), st.booleans())
def test_a_bar_is_as_long_as_its_share(share: float, width: int, ascii_only: bool) -> None:
    """To half a step, never longer than there is room, and never nothing for something."""
    drawn = bar_of(share, width, ascii_only=ascii_only)
    assert bool(drawn) == (share > 0)
    assert len(drawn) <= width
    if ascii_only:
        assert abs(len(drawn) - share * width) <= (0.5 if len(drawn) > 1 else 1)
    else:
        eighths = sum("▏▎▍▌▋▊▉█".index(block) + 1 for block in drawn)
        assert abs(eighths / 8 - share * width) <= (0.0626 if eighths > 1 else 0.125)
        assert set(drawn[:-1]) <= {"█"}


@pytest.mark.parametrize(
    ("count", "total", "shown"),
    [
        (0, 3, "0.0%"),
        (1, 3, "33.3%"),
        (3, 3, "100.0%"),
        (1, 2000, "0.1%"),
        (1, 2001, "<0.1%"),
        (1999, 2000, ">99.9%"),
        (1998, 2000, "99.9%"),
    ],
)
def test_little_is_not_nothing(count: int, total: int, shown: str) -> None:
    """One of a million is more than 0 percent, and all but one are less than 100."""
    assert bar("US", count, total).percent == shown


def test_lines_have_four_columns() -> None:
    """The chart's name, the label, the count and the share; other labels are in parentheses."""
    assert lines(COUNTRIES) == (
        "country\tUS\t2000\t0.5000\n"
        "country\tDE\t1500\t0.3750\n"
        "country\t(others)\t499\t0.1247\n"
        "country\t(not given)\t1\t0.0003\n"
    )


def test_a_count_that_is_no_sum_says_so() -> None:
    """Where bars overlap, the others' count is that of the most frequent of them."""
    others = bar("others", 51, 4000, Kind.OTHERS, 61)
    line = lines(chart(others, overlapping=True, name="attributes"))
    assert line == "attributes\t(others, each at most)\t51\t0.0127\n"


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("(others)", '"(others)"'),
        ("(others, each at most)", '"(others, each at most)"'),
        ("(not given)", '"(not given)"'),
        ("", '""'),
        ("size (cm)", "size (cm)"),
        ("others", "others"),
    ],
)
def test_no_value_is_taken_for_words(label: str, shown: str) -> None:
    """A value in parentheses is quoted, in lines and in the table."""
    value = chart(bar(label, 4000, 4000))
    assert lines(value).split("\t")[1] == shown
    assert printed(value)[2].startswith(f"  {shown}  ")


@given(LABELS)
def test_a_label_is_one_field(label: str) -> None:
    """Tabs and line ends in it are escapes, and no field is empty."""
    line = lines(chart(bar(label, 1, 4000)))
    assert line.endswith("\t1\t0.0003\n")
    assert (line.count("\t"), len(line.splitlines())) == (3, 1)
    assert line.split("\t")[1]


@given(LABELS, st.sampled_from([None, CannotRun("no", "yes")]))
def test_the_envelope_is_what_its_schema_says(label: str, error: CannotRun | None) -> None:
    """With every kind of bar and whatever label."""
    tally = AudienceTally[Chart]()
    tally.total, tally.endpoints, tally.invalid = 4001, 4000, 1
    shown = Chart("country", "Country", "Location.Country", 4000, COUNTRIES.bars, undercount=3)
    odd = Chart("metrics", "Metrics", "Metrics", 4000, (bar(label, 1, 4000),), overlapping=True)
    stream = Stream()
    report("json", [shown, odd], stream, tally, error)
    envelope = envelope_in(stream.text())
    assert envelope["status"] == "partial"
    assert envelope["summary"]["endpoints"] == 4000
    assert envelope["results"][0]["bars"][2] == {
        "label": "others",
        "count": 499,
        "share": 0.12475,
        "kind": "others",
        "values": 183,
    }
    assert envelope["results"][1]["overlapping"] is True
