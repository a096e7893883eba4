"""Lines for standard error that nobody has to read."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

import pytest

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

    @contextmanager
    def telling(self) -> Iterator[Telling]:
        """Tell by it while the block lasts."""
        with (
            os.fdopen(self.writer, "w", encoding="ascii", closefd=False) as stderr,
            patch.object(sys, "stderr", stderr),
            Telling() as telling,
        ):
            yield telling

    def fill(self) -> None:
        """Let it take no more bytes."""
        os.set_blocking(self.writer, False)
        with suppress(BlockingIOError):
            while os.write(self.writer, b"x" * 4096):
                pass
        os.set_blocking(self.writer, True)

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


def test_a_closed_pipe_ends_nothing(pipe: Pipe) -> None:
    """Whatever is told after it, nobody is to know."""
    os.close(pipe.reader)
    with pipe.telling() as telling:
        for number in range(3 * MOST_WAITING):
            telling.tell(str(number))
