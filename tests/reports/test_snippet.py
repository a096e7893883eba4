"""The source line of a problem: the caret is under the place, in any line."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reporting import checked, finding, reported
from rich.cells import cell_len

from pinpoint_endpoints.reports.problems import ReportFormat
from pinpoint_endpoints.reports.snippet import draw, excerpt_of

MARK = "§"
CHARACTERS = st.characters(exclude_characters="\r\n" + MARK)


def rows(line: str, column: int, end_column: int, width: int) -> tuple[str, str]:
    """Return what is drawn of a line that may be shown."""
    problem = finding(line=1, column=column, end_column=end_column)
    excerpt = excerpt_of(checked(problem, text=line), problem, show_values=True)
    assert excerpt is not None
    return draw(excerpt, width)


def under_the_marks(source: str, marks: str) -> str:
    """Return the part of the source line that is above the marks."""
    begin, end = len(marks) - len(marks.lstrip()), len(marks)
    cells = 0
    part = ""
    for character in source:
        if begin <= cells < end:
            part += character
        cells += cell_len(character)
    return part


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('  "ChannelType": "sms",', '"sms"'),
        ('\t"a":\t"sms"', '"sms"'),
        ('"名前": "日本語", "x": "sms"', '"sms"'),
        ('{"x": "日本語"}', '"日本語"'),
        ('"😀😀": "sms"', '"sms"'),
        ('"e\u0301": "sms"', '"sms"'),
    ],
)
def test_the_marks_stand_under_the_part(line: str, part: str) -> None:
    """Tabs, wide and combining characters before the place do not shift the caret."""
    column = line.index(part) + 1
    source, marks = rows(line, column, column + len(part), 80)
    assert under_the_marks(source, marks) == part
    assert set(marks.lstrip()) == {"^", "~"}


@given(st.text(CHARACTERS, max_size=300), st.text(CHARACTERS, max_size=300), st.integers(10, 200))
@example("{" * 5000, "}" * 5000, 60)
@example("日" * 300, "本" * 300, 60)
@example("\u0301" * 300, "\u200d" * 300, 20)
def test_any_line_is_drawn_around_its_caret(before: str, after: str, width: int) -> None:
    """However long a line, and whatever its content: it fits, and the caret is under its place."""
    column = len(before) + 1
    source, marks = rows(before + MARK + after, column, column + 1, width)
    assert MARK in under_the_marks(source, marks)
    assert cell_len(source) <= width
    assert cell_len(marks) <= width
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", source)


def test_a_long_line_is_cut_on_both_sides() -> None:
    """A window around the caret, with a mark where something is left out."""
    line = '{"a": 1, ' * 1000 + '"Country": "USA"' + ', "b": 2' * 1000
    column = line.index('"USA"') + 1
    source, marks = rows(line, column, column + 5, 60)
    assert source.startswith("…")
    assert source.endswith("…")
    assert '"Country": "USA"' in source
    assert under_the_marks(source, marks) == '"USA"'


def test_a_tab_is_blanks() -> None:
    """It looks like one, whatever the terminal's tab stops are."""
    assert rows('\t"sms"', 2, 7, 80) == ('    "sms"', "    ^~~~~")


def test_the_end_of_a_line_has_a_place() -> None:
    """What is missing after the last character is marked there."""
    assert rows("Country:", 9, 0, 80) == ("Country:", "        ^")


@pytest.mark.parametrize(
    ("line", "column", "text"), [(0, 0, "{}"), (1, 1, ""), (7, 1, "{}"), (2, 1, "{\n\n}")]
)
def test_without_a_line_there_is_nothing_to_show(line: int, column: int, text: str) -> None:
    """A whole file, a text that is gone, an empty line."""
    problem = finding(line=line, column=column)
    assert excerpt_of(checked(problem, text=text), problem, show_values=True) is None


def test_values_are_shown_only_if_asked() -> None:
    """The line is masked as the documents' own function says."""
    problem = finding(line=1, column=13)
    document = checked(problem, text='{"Address": "ada@example.com"}')
    masked = excerpt_of(document, problem, show_values=False)
    assert masked is not None
    assert "ada@example.com" not in masked.text


@pytest.fixture(params=[ReportFormat.TABLE, ReportFormat.TEXT])
def shown(request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    """Return what the formats for people show on a stream."""

    def show(*, terminal: bool) -> list[str]:
        problem = finding(line=3, column=3, end_column=8)
        document = checked(problem, text='{\n\n  "sms"\n}')
        output = reported(
            request.param,
            [document],
            terminal=terminal,
            styled=terminal,
            snippets=terminal,
            show_values=True,
        )
        return [line.rstrip("│ ") for line in output.splitlines()]

    return show


def test_a_terminal_shows_the_source_line(
    shown: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Table and text have the line with the caret below the problem."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    output = "\n".join(shown(terminal=True))
    assert re.search(r'3 \|   "sms"\n +\|   \^~~~~', output)


def test_a_pipe_shows_no_source_line(shown: Callable[..., list[str]]) -> None:
    """In a pipe a problem is what it was: a row, or one line."""
    assert not [line for line in shown(terminal=False) if "^" in line]


def test_colours_in_a_pipe_keep_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR, as CI services set it, makes lines colourful and not more."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    document = checked(finding(line=1, message="long " * 50), text='{"a": 1}')
    output = reported(ReportFormat.TEXT, [document], styled=True)
    assert "\x1b[31m" in output
    assert output.count("\n") == 1


def test_text_in_a_pipe_needs_no_rich() -> None:
    """Plain lines are written without the library for terminals: scripts wait for its import."""
    program = (
        "import sys\n"
        "from reporting import checked, finding, reported\n"
        "from pinpoint_endpoints.reports.problems import ReportFormat\n"
        "assert 'PE103' in reported(ReportFormat.TEXT, [checked(finding())])\n"
        "assert 'rich' not in sys.modules\n"
    )
    support = str(Path(__file__).parent.parent / "support")
    path = os.pathsep.join([support, *sys.path])
    subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}, check=True
    )


def test_text_has_colours_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR takes them away, and a pipe never has them."""
    monkeypatch.setenv("TERM", "xterm-256color")
    documents = [checked(finding())]
    plain = reported(ReportFormat.TEXT, documents)
    assert "\x1b[31m" in reported(ReportFormat.TEXT, documents, terminal=True, styled=True)
    monkeypatch.setenv("NO_COLOR", "1")
    without = reported(ReportFormat.TEXT, documents, terminal=True, styled=True)
    assert "\x1b[31m" not in without
    assert "\x1b" not in plain
