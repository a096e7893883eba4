"""Lines for standard error that nobody has to read."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

import pytest
from pe_serve import MAX_WAIT_SECONDS

from pinpoint_endpoints.cli import telling as telling_module
from pinpoint_endpoints.cli.telling import MOST_WAITING, Telling


class Pipe:
    """A pipe whose writing end is standard error.

    Attributes:
        reader: its other end.
        writer: its end.
    """

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self._filled = 0

    @contextmanager
    def telling(self, telling: Telling | None = None) -> Iterator[Telling]:
        """Tell by it while the block lasts, at first what waits already."""
        with (
            os.fdopen(self.writer, "w", encoding="ascii", closefd=False) as stderr,
            patch.object(sys, "stderr", stderr),
            telling or Telling() as started,
        ):
            yield started

    def fill(self, *, blocks: bool = True) -> None:
        """Let it take no more bytes; a write waits until it does, or fails."""
        os.set_blocking(self.writer, False)
        with suppress(BlockingIOError):
            while True:
                self._filled += os.write(self.writer, b"x" * 4096)
        os.set_blocking(self.writer, blocks)

    def empty(self) -> None:
        """Read what filled it."""
        while self._filled:
            self._filled -= len(os.read(self.reader, self._filled))

    def text(self) -> str:
        """Return what was written, once nobody writes any more."""
        os.close(self.writer)
        with os.fdopen(self.reader, encoding="ascii") as reader:
            return reader.read()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Return a pipe."""
    made = Pipe()
    yield made
    for end in (made.reader, made.writer):
        with suppress(OSError):
            os.close(end)


def test_lines_come_in_their_order(pipe: Pipe) -> None:
    """All of them, a text of several lines too, as the terminal can show them."""
    with pipe.telling() as telling:
        telling.tell("first")
        telling.tell("second\nthird\x1b[31m")
        telling.tell("Zürich")
    assert pipe.text() == "first\nsecond\nthird\\x1b[31m\nZ\\xfcrich\n"


def test_a_full_pipe_holds_nobody_up(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody reads is left out in the end; the end itself does not wait for it."""
    monkeypatch.setattr(telling_module, "LAST_SECONDS", 0)
    pipe.fill()
    with pipe.telling() as telling:
        for number in range(3 * MOST_WAITING):
            telling.tell(str(number))


def numbers_after(lines: list[str]) -> int:
    """Return how many numbers were told, from 0 on and with those that were left out between."""
    number = 0
    for line in lines:
        left_out = re.fullmatch("lines left out, since nobody read them: ([0-9,]+)", line)
        assert left_out or line == str(number)
        number += int(left_out[1].replace(",", "")) if left_out else 1
    return number


@pytest.mark.parametrize("blocks", [True, False])
def test_a_pipe_that_was_full_is_written_again(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch, blocks: bool
) -> None:
    """The lines that waited come in their order, and of the others it is told how many they are."""
    monkeypatch.setattr(telling_module, "LAST_SECONDS", MAX_WAIT_SECONDS)
    pipe.fill(blocks=blocks)
    with pipe.telling() as telling:
        for number in range(3 * MOST_WAITING):
            telling.tell(str(number))
        pipe.empty()
    told = pipe.text().splitlines()
    assert MOST_WAITING < len(told) < 3 * MOST_WAITING
    assert numbers_after(told) == 3 * MOST_WAITING


def test_what_is_left_out_is_told_where_it_was(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the next line that is told, and once."""
    monkeypatch.setattr(telling_module, "MOST_WAITING", 3)
    telling = Telling()
    for number in range(5):
        telling.tell(str(number))
    monkeypatch.setattr(telling_module, "MOST_WAITING", 6)
    telling.tell("later")
    with pipe.telling(telling):
        pass
    assert pipe.text() == "0\n1\n2\nlines left out, since nobody read them: 2\nlater\n"


def test_a_closed_pipe_ends_nothing(pipe: Pipe) -> None:
    """Whatever is told after it, nobody is to know."""
    os.close(pipe.reader)
    with pipe.telling() as telling:
        for number in range(3 * MOST_WAITING):
            telling.tell(str(number))
