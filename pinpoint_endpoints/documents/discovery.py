"""Paths in, sources out: which files are read, and how each is to be read."""

import os
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

SUFFIXES = (".json", ".yaml", ".yml", ".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")


class Format(Enum):
    """The language of a file."""

    JSON = "JSON"
    YAML = "YAML"
    NDJSON = "a JSON document a line"
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
        if path == "-":
            yield Source(path, Format.BY_CONTENT)
        elif os.path.isdir(path):
            yield from _search(path, searched)
        else:
            yield Source(path, format_of(path))


def _search(top: str, searched: set[tuple[int, int]]) -> Iterator[Source | Unsearchable]:
    waiting: list[os.DirEntry[str] | str] = [top]
    while waiting:
        found = waiting.pop()
        try:
            if not isinstance(found, str) and _is_wanted(found.name) and found.is_file():
                yield Source(found.path, format_of(found.name))
            elif isinstance(found, str) or _is_directory(found):
                waiting.extend(reversed(_entries(os.fspath(found), searched)))
            elif _is_wanted(found.name):
                os.stat(found.path)
                yield Unsearchable(found.path, "it is no regular file")
        except OSError as error:
            yield Unsearchable(os.fspath(found), reason_of(error))


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _entries(directory: str, searched: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    status = os.stat(directory)
    identity = (status.st_dev, status.st_ino)
    if identity in searched:
        return []
    searched.add(identity)
    with os.scandir(directory) as entries:
        seen = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(seen, key=lambda entry: entry.name)


def reason_of(error: OSError) -> str:
    """Return why the system refused, without the path that the message would repeat."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def _is_wanted(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def format_of(name: str) -> Format:
    """Return how a file is to be read, by its name."""
    name = name.lower()
    if name.endswith(".json"):
        return Format.JSON
    if name.endswith((".yaml", ".yml")):
        return Format.YAML
    if name.endswith((".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")):
        return Format.NDJSON
    return Format.BY_CONTENT
