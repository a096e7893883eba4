"""Paths in, sources out: which files are read, and how each is to be read."""

import os
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

SUFFIXES = (".json", ".yaml", ".yml")


class Format(Enum):
    """The language of a file."""

    JSON = "JSON"
    YAML = "YAML"
    BY_CONTENT = "JSON if it begins like JSON, else YAML"


class Source(NamedTuple):
    """A file to read."""

    path: str
    format: Format


class Unsearchable(NamedTuple):
    """A path that is no file to read, and why."""

    path: str
    reason: str


def discover(paths: Iterable[str]) -> Iterator[Source | Unsearchable]:
    """Yield the files that the paths name, in the order of the paths, then of the names.

    A named file is always read, whatever its suffix. A directory is searched, with the directories
    in it, for `.json`, `.yaml` and `.yml`; hidden entries are left out. A directory is searched
    once, so that symbolic links cannot lead in a circle.
    """
    searched: set[tuple[int, int]] = set()
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - paths stay as they were named
            yield from _search(path, searched)
        else:
            yield Source(path, _format_of(path))


def _search(directory: str, searched: set[tuple[int, int]]) -> Iterator[Source | Unsearchable]:
    try:
        status = os.stat(directory)  # noqa: PTH116 - ten thousand files: no Path objects
        identity = (status.st_dev, status.st_ino)
        if identity in searched:
            return
        searched.add(identity)
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Unsearchable(directory, reason_of(error))
        return
    for entry in found:
        if not entry.name.startswith("."):
            yield from _look_at(entry, searched)


def _look_at(
    entry: os.DirEntry[str], searched: set[tuple[int, int]]
) -> Iterator[Source | Unsearchable]:
    wanted = entry.name.endswith(SUFFIXES)
    try:
        if wanted and entry.is_file():
            yield Source(entry.path, _format_of(entry.name))
        elif entry.is_dir():
            yield from _search(entry.path, searched)
        elif wanted:
            os.stat(entry.path)  # noqa: PTH116 - says why a link leads nowhere
            yield Unsearchable(entry.path, "it is no regular file")
    except OSError as error:
        yield Unsearchable(entry.path, reason_of(error))


def reason_of(error: OSError) -> str:
    """Return why the system refused, without the path that the message would repeat."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def _format_of(name: str) -> Format:
    if name.endswith(".json"):
        return Format.JSON
    if name.endswith((".yaml", ".yml")):
        return Format.YAML
    return Format.BY_CONTENT
