"""Ctrl-C and its like: they end the reading, and interrupt nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, getsignal, raise_signal

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


PE = Path(sys.executable).parent / "pe"
INTERRUPTED_WHILE_IMPORTING = """
import signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            signal.raise_signal(signal.SIGINT)

module = sys.argv.pop(1)
sys.meta_path.insert(0, Finder())
from pinpoint_endpoints.cli import main
main()
"""


def interrupted_while_importing(module: str) -> subprocess.CompletedProcess[str]:
    """Run `pe validate -o json` until it imports a module, and press Ctrl-C there."""
    arguments = [module, "validate", "-o", "json", "a.json"]
    return subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTING, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_ctrl_c_while_the_program_is_imported() -> None:
    """The system ends the process, which says nothing: no traceback."""
    ended = interrupted_while_importing("typer")
    assert (ended.returncode, ended.stdout, ended.stderr) == (-SIGINT, "", "")


def test_ctrl_c_while_the_command_is_imported() -> None:
    """Exit 130, with a whole envelope."""
    ended = interrupted_while_importing("pinpoint_endpoints.cli.validate")
    assert (ended.returncode, ended.stderr) == (130, "Error: interrupted\n")
    assert json.loads(ended.stdout)["errors"][0]["code"] == "INTERRUPTED"


def test_an_ignored_signal_stays_ignored() -> None:
    """Under nohup, SIGHUP ends nothing."""
    with subprocess.Popen(
        ["bash", "-c", f"trap '' HUP; exec {PE} validate -"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b" " * 1_000_000)  # more than a pipe holds: it is being read
        process.stdin.flush()
        process.send_signal(SIGHUP)
        _, err = process.communicate(b'{"OptOut": "ALL"}')
    assert (process.returncode, b"interrupted" in err) == (0, False)
