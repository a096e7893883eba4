"""Tables: nothing that a user would copy is ever cut short."""

import io
import re
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.reporter import Column
from pinpoint_endpoints.reports.table import print_table

COLUMNS = [Column("Endpoint id"), Column("Message", min_width=20), Column("Source")]
WORDS = st.text("abcdefghij-/", min_size=1, max_size=60)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def printed(stream: TextIO, width: int, rows: list[tuple[str, str, str]]) -> str:
    """Return what is printed of the rows."""
    console = Console(file=stream, width=width, color_system=None, legacy_windows=False)
    print_table(console, COLUMNS, [[Text(cell) for cell in row] for row in rows])
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(10, 200))
def test_ids_and_paths_stand_whole_at_every_width(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    """On a terminal of any width and in a pipe, each unwrapped cell comes out in one piece."""
    for stream in (Terminal(), io.StringIO()):
        output = printed(stream, width, rows)
        for endpoint_id, _, source in rows:
            assert endpoint_id in output
            assert source in output
        assert "…" not in output


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(40, 200))
def test_prose_is_wrapped_and_not_lost(rows: list[tuple[str, str, str]], width: int) -> None:
    """All letters of a message come out, in their order, on however many lines."""
    output = printed(Terminal(), width, rows)
    letters = re.sub(r"[^a-j/-]", "", output)
    assert len(letters) >= sum(len("".join(row)) for row in rows)


def test_a_table_fits_the_terminal_when_it_can() -> None:
    """Prose is wrapped so that no line is wider than the terminal."""
    rows = [("a-short-id", "a message of many words " * 10, "some/file.json")]
    assert max(map(len, printed(Terminal(), 80, rows).splitlines())) <= 80


def test_a_terminal_too_narrow_shows_one_below_the_other() -> None:
    """Rows become records, each value beside its column's name."""
    rows = [("an-endpoint-id-of-some-length", "accepted", "a/path/of/some/length.json")]
    lines = printed(Terminal(), 50, rows).splitlines()
    assert [line.split("│")[1].strip() for line in lines[1:-1]] == [
        "Endpoint id",
        "Message",
        "Source",
    ]


@given(st.text())
def test_printable_text_steers_no_terminal(text: str) -> None:
    """No control character, line break or direction mark passes."""
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", printable(text)
    )


@pytest.mark.parametrize("text", ["a b", "é日本😀", "[red]", "a\\b"])
def test_ordinary_text_stays(text: str) -> None:
    """What is harmless is not escaped."""
    assert printable(text) == text
