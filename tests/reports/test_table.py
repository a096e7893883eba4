"""Tables: nothing that a user would copy is ever cut short."""

import io
import re
from io import BytesIO, TextIOWrapper
from typing import Any, TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.reporter import Column
from pinpoint_endpoints.reports.table import console_for, print_table, write_plain_table

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


LONG_WORDS = st.lists(st.integers(18, 84).map("a".__mul__)).map("  ".join)
TEXTS = st.text("ab -/\t", max_size=30) | st.text("abc  -", min_size=100, max_size=300) | LONG_WORDS
CELLS = TEXTS | st.tuples(WORDS, st.just("red")) | st.lists(TEXTS, min_size=1, max_size=3)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4),
    st.sampled_from([COLUMNS, [Column("A"), Column("B"), Column("C", optional=True)]]),
)
def test_a_plain_table_is_what_rich_prints(
    cells: list[tuple[Any, Any, Any]], columns: list[Column]
) -> None:
    """In a pipe, a table in which one column is wrapped, or none, is the same without rich."""
    rows = [cells[0], None, *cells]
    by_rich, plain = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    print_table(console_for(by_rich), columns, rows)
    if write_plain_table(plain, columns, rows):
        assert content_of(plain) == content_of(by_rich)


def content_of(stream: TextIOWrapper) -> str:
    """Return what was written to a stream."""
    assert isinstance(stream.buffer, BytesIO)
    return stream.buffer.getvalue().decode()


def test_a_table_fits_the_terminal_when_it_can() -> None:
    """Prose is wrapped so that no line is wider than the terminal."""
    rows = [("a-short-id", "a message of many words " * 10, "some/file.json")]
    assert max(map(len, printed(Terminal(), 80, rows).splitlines())) <= 80


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (99, ["an-id       a.json  accepted", "another-id  b.json"]),
        (20, ["an-id       a.json", "  accepted", "another-id  b.json"]),
        (17, ["an-id  a.json", "  accepted", "another-id", "  b.json"]),
        (9, ["an-id", "  a.json", "  accepted", "another-id", "  b.json"]),
    ],
)
def test_a_terminal_too_narrow_for_tables_shows_lines(width: int, shown: list[str]) -> None:
    """A line for each row, its cells aligned if there is room; then whole cells before prose."""
    rows = [("an-id", "accepted", "a.json"), ("another-id", "", "b.json")]
    lines = printed(Terminal(), width, rows).splitlines()
    assert lines == shown


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(1, 99))
def test_a_line_is_broken_between_words(rows: list[tuple[str, str, str]], width: int) -> None:
    """No line is wider than the terminal, unless one word is."""
    for line in printed(Terminal(), width, rows).splitlines():
        assert len(line) <= width or len(line.split()) == 1
        assert line.strip()


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
