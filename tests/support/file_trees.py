"""Directories with files and .gitignore patterns, and what git finds in them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pinpoint_endpoints.documents.discovery import (
    DEFAULT,
    Selection,
    discover,
)
from pinpoint_endpoints.documents.gitignore import Pattern

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
EVERYTHING = Selection(respect_gitignore=False)


def make(root: Path, *paths: str) -> None:
    """Make empty files, with the directories that they are in."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def ignore(directory: Path, *lines: str) -> None:
    """Write a .gitignore."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("\n".join(lines), encoding="utf-8", newline="")


def found(root: Path, selection: Selection = DEFAULT) -> list[str]:
    """Return what is read of a directory, as paths inside it."""
    return [os.path.relpath(source.path, root) for source in discover([str(root)], selection)]


def excluding(*globs: str, base: Path | str = os.curdir) -> Selection:
    """Return a selection with patterns relative to a directory."""
    return Selection(tuple(Pattern(glob, str(base)) for glob in globs))


def git(directory: Path, *arguments: str) -> str:
    """Run git, without the settings of the person or the machine."""
    ended = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=directory,
        capture_output=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )
    return os.fsdecode(ended.stdout)


def left_by_git(root: Path) -> list[str]:
    """Return what git does not ignore, of the files that would be read."""
    listed = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    return [path for path in listed if path.endswith(".json")]
