"""Code of somebody who uses the package in, what mypy says of it out."""

import subprocess
import sys
from pathlib import Path


def faults_in(script: str, folder: Path) -> str:
    """Check a script that mypy is to find fault with, and return its words.

    Args:
        script: Python code.
        folder: for mypy's cache; it has no settings.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder), "-c", script],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 1
    return ended.stdout
