"""Processes that a test starts: they say a word when they are ready, and end with the test."""

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]


def opened(pipe: IO[str] | None) -> IO[str]:
    """Return a process's pipe, which it has."""
    assert pipe is not None
    return pipe


class Processes(AbstractContextManager["Processes"]):
    """Starts Python processes, and ends those that are left."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []

    def start(self, script: str, *arguments: str, word: str) -> "subprocess.Popen[str]":
        """Start a script, and wait for the line that it prints when it is ready."""
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
