"""Ctrl-C: it ends the reading, and interrupts nothing else."""

import os
from collections.abc import Iterator
from signal import SIGINT, getsignal, raise_signal

import pytest

from pinpoint_endpoints.cli.interrupts import Interrupts


def test_it_ends_a_read_that_waits() -> None:
    """Waiting for input is interrupted, and nothing more is read."""
    with Interrupts() as interrupts:

        def lines() -> Iterator[str]:
            yield "first"
            raise_signal(SIGINT)
            yield "never"

        assert list(interrupts.reading(lines())) == ["first"]
        assert interrupts.stop_requests == 1
        assert list(interrupts.reading(["more"])) == []


def test_it_interrupts_nothing_else() -> None:
    """Between two reads it is only counted, as often as it comes."""
    with Interrupts() as interrupts:
        read = interrupts.reading(["first", "second"])
        assert next(read) == "first"
        raise_signal(SIGINT)
        raise_signal(SIGINT)
        assert interrupts.stop_requests == 2
        assert list(read) == []


def test_what_the_reading_raises_comes_through() -> None:
    """Other errors than Ctrl-C are not swallowed."""

    def broken() -> Iterator[str]:
        yield "first"
        raise OSError(os.strerror(5))

    with Interrupts() as interrupts, pytest.raises(OSError, match="Input/output"):
        list(interrupts.reading(broken()))


def test_afterwards_it_is_as_before() -> None:
    """The handler goes with the run."""
    before = getsignal(SIGINT)
    with Interrupts():
        assert getsignal(SIGINT) != before
    assert getsignal(SIGINT) is before
