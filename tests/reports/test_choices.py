"""`pe serve --explain`: what the local Pinpoint has, and what it chose."""

import io
import re

import pytest

from pinpoint_endpoints.local.choices import CHOICES
from pinpoint_endpoints.local.wire import OPERATIONS
from pinpoint_endpoints.reports.choices import print_choices


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def words(text: str) -> list[str]:
    """Return the words in a text, without what a table draws."""
    return re.findall(r"[^\s│╭╮╰╯├┤┬┴┼─]+", text)


@pytest.fixture(params=[io.StringIO, Terminal], ids=["pipe", "terminal"])
def stream(request: pytest.FixtureRequest) -> io.StringIO:
    """Return what is printed to."""
    made: io.StringIO = request.param()
    return made


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_everything_is_printed(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """All operations with their paths, and all choices, stand there at every width."""
    monkeypatch.setenv("COLUMNS", columns)
    print_choices(stream)
    printed = stream.getvalue()
    assert "…" not in printed
    for path, methods in OPERATIONS.items():
        for method, operation in methods.items():
            assert operation.name in printed
            assert f"{method} {path}".replace("{", "").replace("}", "") in printed
    for heading, choices in CHOICES.items():
        assert heading in printed
        for choice in choices:
            assert all(set(words(cell)) <= set(words(printed)) for cell in choice)


def test_a_pipe_gets_no_styles(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody looks at it, the table is text without colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    print_choices(stream)
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_of_80_columns_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than a usual terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()
    print_choices(terminal)
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines())) <= 80
