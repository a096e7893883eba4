"""Paths in, sources out: which files are read, and how each is to be read."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from pinpoint_endpoints.documents.ignoring import Ignoring, Pattern, ignoring_at

STANDARD_INPUT = "-"
NDJSON_SUFFIXES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
SUFFIXES = (".json", ".yaml", ".yml", *NDJSON_SUFFIXES)


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


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of a searched directory are read.

    Attributes:
        exclude: what is left out.
        respect_gitignore: whether what git ignores is left out too.
    """

    exclude: tuple[Pattern, ...] = ()
    respect_gitignore: bool = True


DEFAULT = Selection()


class _Folder(NamedTuple):
    path: str
    ignoring: Ignoring


def discover(
    paths: Iterable[str], selection: Selection = DEFAULT
) -> Iterator[Source | Unsearchable]:
    """Yield the files that the paths name, in the order of the paths, then of the names.

    A named file is always read, whatever its suffix and whatever ignores it; `-` is standard input.
    A directory is searched, with the directories in it, for `SUFFIXES`; hidden entries are left
    out, and what the selection leaves out: a pattern that matches a directory leaves out all that
    is in it. The directory that was named is always searched. A directory is searched once, so that
    symbolic links cannot lead in a circle.

    Inside a git repository its .gitignore files count, outside they do not. A file that git tracks
    although a pattern matches it is left out all the same: only the patterns are asked.
    """
    searched: set[tuple[int, int]] = set()
    input_is_read = False
    for path in paths:
        if path == STANDARD_INPUT:
            yield _second_input() if input_is_read else Source(path, Format.BY_CONTENT)
            input_is_read = True
        elif os.path.isdir(path):
            ignoring = ignoring_at(path, selection.exclude, follows_git=selection.respect_gitignore)
            yield from _search(_Folder(path, ignoring), searched)
        else:
            yield Source(path, format_of(path))


def format_of(name: str) -> Format:
    """Return how a file of that name is read."""
    name = name.lower()
    if name.endswith(".json"):
        return Format.JSON
    if name.endswith((".yaml", ".yml")):
        return Format.YAML
    return Format.NDJSON if name.endswith(NDJSON_SUFFIXES) else Format.BY_CONTENT


def reason_of(error: OSError) -> str:
    """Return why the system refused, without the path that the message would repeat."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def _second_input() -> Unsearchable:
    return Unsearchable(STANDARD_INPUT, "standard input is read only once; give - once")


def _search(top: _Folder, searched: set[tuple[int, int]]) -> Iterator[Source | Unsearchable]:
    waiting: list[os.DirEntry[str] | _Folder] = [top]
    while waiting:
        found = waiting.pop()
        try:
            if isinstance(found, _Folder):
                waiting.extend(reversed(_entries(found, searched)))
            elif found.is_file():
                yield Source(found.path, format_of(found.name))
            else:
                os.stat(found.path)
                yield Unsearchable(found.path, "it is no regular file")
        except OSError as error:
            yield Unsearchable(found.path, reason_of(error))


def _entries(folder: _Folder, searched: set[tuple[int, int]]) -> list[os.DirEntry[str] | _Folder]:
    status = os.stat(folder.path)
    identity = (status.st_dev, status.st_ino)
    if identity in searched:
        return []
    searched.add(identity)
    with os.scandir(folder.path) as entries:
        seen = sorted(entries, key=lambda entry: entry.name)
    hidden = [entry.name for entry in seen if entry.name.startswith(".")]
    ignoring = folder.ignoring.inside(folder.path, hidden) if hidden else folder.ignoring
    found: list[os.DirEntry[str] | _Folder] = []
    for entry in seen:
        if entry.name.startswith("."):
            continue
        is_directory = _is_directory(entry)
        if not is_directory and not entry.name.lower().endswith(SUFFIXES):
            continue
        if not ignoring.is_idle and ignoring.leaves_out(entry.name, is_directory=is_directory):
            continue
        found.append(_Folder(entry.path, ignoring.under(entry.name)) if is_directory else entry)
    return found


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
