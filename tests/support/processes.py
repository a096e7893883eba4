"""Processes that a test starts: Python scripts, and shells on a terminal."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Self

MAX_WAIT_SECONDS = 60
"""How long the shell may print nothing."""

_ON_A_TERMINAL = (sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])")
ROOT = Path(__file__).parents[2]


def opened(pipe: IO[str] | None) -> IO[str]:
    """Return a pipe of a process, which must have it."""
    assert pipe is not None
    return pipe


class Processes(AbstractContextManager["Processes"]):
    """Starts Python processes, and kills those that still run at the end of the block."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []

    def start(self, script: str, *arguments: str, word: str) -> "subprocess.Popen[str]":
        """Start a script, and wait until it prints `word` in a line."""
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=ROOT,
        )
        self._running.append(process)
        assert opened(process.stdout).readline() == f"{word}\n"
        return process

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.kill()
            process.communicate()


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._heard = ""
        self._process = subprocess.Popen(
            [*_ON_A_TERMINAL, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env=environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def press(self, keys: str) -> None:
        """Type keys."""
        assert self._process.stdin is not None
        self._process.stdin.write(keys.encode())
        self._process.stdin.flush()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read until a pattern appears after the last one found, and return the match."""
        assert self._process.stdout is not None
        while (found := re.search(pattern, self._heard)) is None:
            ready, _, _ = select.select([self._process.stdout], [], [], MAX_WAIT_SECONDS)
            more = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            assert more, f"{pattern} did not come, but:\n{self._heard}"
            self._heard += more.decode(errors="replace")
        self._heard = self._heard[found.end() :]
        return found
