"""Find the files to read in the given paths, and the format of each."""

import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import NamedTuple, Protocol

from pinpoint_endpoints.documents.gitignore import IgnoreRules, Pattern, rules_at
from pinpoint_endpoints.documents.streams import CHUNK, OpenFile, Read, stream_of
from pinpoint_endpoints.errors import reason_of

STANDARD_INPUT = "-"
S3_BEGINS = "s3://"
"""How paths begin that are not on this machine: those of Amazon S3."""

NO_PATHS: frozenset[str] = frozenset()


class Format(Enum):
    """The format of a file."""

    JSON = "JSON"
    YAML = "YAML"
    NDJSON = "one JSON document per line"
    CSV = "a header and one endpoint per row"
    BY_CONTENT = "JSON if it starts like JSON, else YAML"


_SLASHES_BEFORE_KEY = 3
COMPRESSED = ".gz"
_ARCHIVE = ".tar.gz"
FORMATS = {
    ".json": Format.JSON,
    ".yaml": Format.YAML,
    ".yml": Format.YAML,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".csv": Format.CSV,
}
"""The format of a file by the suffix of its name, before that of a compressed file."""


class S3Object(Protocol):
    """An object of Amazon S3, which is read like a file."""

    @property
    def url(self) -> str:
        """`s3://bucket/key`."""

    def size(self) -> int:
        """Return how many bytes it has; 0 if that is not known."""

    def open(self) -> AbstractContextManager[Read]:
        """Open it for a `with` block, and give the function that reads it.

        Raises:
            OSError: it cannot be read.
            CannotRun: S3 cannot be used at all.
        """


class S3(Protocol):
    """Amazon S3, as far as files are searched there.

    Each of the methods raises `CannotRun` if S3 cannot be used at all.
    """

    def named(self, url: str) -> S3Object:
        """Return the object with a URL, whether or not it exists."""

    def below(self, url: str) -> Iterator[S3Object]:
        """Yield the objects whose URLs begin with this one, in the order of their keys.

        Raises:
            OSError: they cannot be listed.
        """


class Source(NamedTuple):
    """A file to read.

    Attributes:
        path: the path of the file, or the URL of an object in Amazon S3.
        format: by its name.
        s3_object: what is read instead of a file.
    """

    path: str
    format: Format
    s3_object: S3Object | None = None


class UnreadablePath(NamedTuple):
    """A path that cannot be read, and why."""

    path: str
    reason: str


class Selection(NamedTuple):
    """Selects the files of a searched directory that are read.

    Attributes:
        exclude: patterns of files to leave out.
        respect_gitignore: whether files that git ignores are left out too.
        leave_out: real paths of files to leave out, such as those that the run itself writes.
        unread: counts, by suffix, the files that are not read because of their suffix.
        s3: finds what `s3://` paths name.
    """

    exclude: tuple[Pattern, ...] = ()
    respect_gitignore: bool = True
    leave_out: frozenset[str] = NO_PATHS
    unread: Counter[str] | None = None
    s3: S3 | None = None


DEFAULT = Selection()


_name_of = attrgetter("name")


class _Folder(NamedTuple):
    path: str
    rules: IgnoreRules


def discover(
    paths: Iterable[str], selection: Selection = DEFAULT
) -> Iterator[Source | UnreadablePath]:
    """Yield the files to read, in the order of the paths, then of the names.

    A file given as a path is always read, whatever its suffix and whatever patterns match it; `-`
    is standard input. A directory is searched recursively for .json, .yaml, .yml, .ndjson, .jsonl
    and .gz files, but not for .tar.gz, and for .csv files with a header of Pinpoint's.
    Hidden entries are skipped, and entries that the selection
    excludes: a pattern that matches a directory excludes everything in it, but never a directory
    given as a path. Each directory is searched once, so that symbolic links cannot form a cycle,
    and each file is read once.

    The .gitignore files of a git repository apply only inside it. They exclude tracked files too:
    git itself is not asked.

    `s3://bucket/key` is an object of Amazon S3, and `s3://bucket/prefix/`, with a slash at its end,
    is searched like a directory, in the order of the keys.
    """
    paths = list(paths)
    named = _named_files(paths) if len(paths) > 1 else NO_PATHS
    urls = _FirstTime(sum(map(is_s3, paths)) > 1)
    left_out = named | selection.leave_out
    unread = set(named)
    searched: set[tuple[int, int]] = set()
    input_is_read = False
    for path in paths:
        if path == STANDARD_INPUT:
            yield _second_input() if input_is_read else Source(path, Format.BY_CONTENT)
            input_is_read = True
        elif is_s3(path):
            yield from filter(urls, _in_s3(path, selection))
        elif os.path.isdir(path):
            rules = rules_at(path, selection.exclude, follows_git=selection.respect_gitignore)
            yield from _search(_Folder(path, rules), searched, left_out, selection.unread)
        elif len(paths) == 1 or _real(path) in unread:
            unread.discard(_real(path))
            yield Source(path, format_of(path))


def format_of(name: str) -> Format:
    """Return the format of a file by its name."""
    return _known_format(name) or Format.BY_CONTENT


def is_s3(path: str) -> bool:
    """Tell whether a path names objects of Amazon S3."""
    return path.startswith(S3_BEGINS)


def is_s3_prefix(path: str) -> bool:
    """Tell whether a path names all objects below it, and not a single one."""
    return is_s3(path) and (path.endswith("/") or "/" not in path.removeprefix(S3_BEGINS))


def _named_files(paths: list[str]) -> frozenset[str]:
    files = (
        path
        for path in paths
        if path != STANDARD_INPUT and not is_s3(path) and not os.path.isdir(path)
    )
    return frozenset(map(_real, files))


class _FirstTime:
    """Tells whether a source comes for the first time, where one may come twice."""

    def __init__(self, remembers: bool) -> None:
        self._known: set[str] | None = set() if remembers else None

    def __call__(self, source: Source | UnreadablePath) -> bool:
        if self._known is None:
            return True
        is_new = source.path not in self._known
        self._known.add(source.path)
        return is_new


def _in_s3(url: str, selection: Selection) -> Iterator[Source | UnreadablePath]:
    s3 = selection.s3
    if s3 is None:
        yield UnreadablePath(url, "only the command pe reads from Amazon S3")
    elif not is_s3_prefix(url):
        yield Source(url, format_of(url), s3.named(url))
    else:
        url = f"{url.rstrip('/')}/" if url.count("/") < _SLASHES_BEFORE_KEY else url
        try:
            yield from _below(url, s3.below(url), selection)
        except OSError as error:
            yield UnreadablePath(url, reason_of(error))


def _below(
    url: str, objects: Iterator[S3Object], selection: Selection
) -> Iterator[Source | UnreadablePath]:
    """Yield the documents among the objects below a prefix, by the rules for directories."""
    patterns = [Pattern(pattern.glob) for pattern in selection.exclude]
    top = rules_at(os.curdir, patterns, follows_git=False)
    rules: dict[str, IgnoreRules | None] = {"": top}
    is_empty = True
    for found in objects:
        is_empty = False
        directory, _, name = found.url.removeprefix(url).rpartition("/")
        inside = _rules_in(directory, rules)
        if inside is None or not name or name[0] == "." or inside.ignores(name, is_directory=False):
            continue
        file_format = _known_format(name)
        if file_format is None or (file_format is Format.CSV and not _is_pinpoint_csv(found.open)):
            if selection.unread is not None and file_format is None:
                selection.unread[_suffix(name)] += 1
            continue
        yield Source(found.url, file_format, found)
    if is_empty:
        yield UnreadablePath(url, "there is no object with this prefix")


def _rules_in(directory: str, known: dict[str, IgnoreRules | None]) -> IgnoreRules | None:
    """Return the rules for the objects of a directory; None if they are left out."""
    if directory not in known:
        above, _, name = directory.rpartition("/")
        outer = _rules_in(above, known)
        is_out = outer is None or name[:1] == "." or outer.ignores(name, is_directory=True)
        known[directory] = None if is_out or outer is None else outer.under(name)
    return known[directory]


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _second_input() -> UnreadablePath:
    return UnreadablePath(STANDARD_INPUT, "standard input (-) is given twice")


def _search(
    top: _Folder,
    searched: set[tuple[int, int]],
    left_out: frozenset[str],
    unread: Counter[str] | None,
) -> Iterator[Source | UnreadablePath]:
    waiting: list[Source | UnreadablePath | _Folder] = [top]
    while waiting:
        found = waiting.pop()
        if not isinstance(found, _Folder):
            if not left_out or _real(found.path) not in left_out:
                yield found
            continue
        try:
            waiting.extend(reversed(_content(found, searched, left_out, unread)))
        except OSError as error:
            yield UnreadablePath(found.path, reason_of(error))


def _content(
    folder: _Folder,
    searched: set[tuple[int, int]],
    left_out: frozenset[str],
    unread: Counter[str] | None,
) -> list[Source | UnreadablePath | _Folder]:
    status = os.stat(folder.path)
    identity = (status.st_dev, status.st_ino)
    if identity in searched:
        return []
    searched.add(identity)
    with os.scandir(folder.path) as scanned:
        entries = sorted(scanned, key=_name_of)
    hidden = [entry.name for entry in entries if entry.name[0] == "."]
    rules = folder.rules.inside(folder.path, hidden) if hidden else folder.rules
    shown = [entry for entry in entries if entry.name[0] != "."]
    found = [_found(entry, rules) for entry in shown]
    if unread is not None:
        others = (entry for entry, content in zip(shown, found, strict=True) if content is None)
        unknown = (entry for entry in others if _is_unknown(entry, rules))
        unread.update(
            _suffix(entry.name)
            for entry in unknown
            if not left_out or _real(entry.path) not in left_out
        )
    return [content for content in found if content is not None]


def _is_unknown(entry: os.DirEntry[str], rules: IgnoreRules) -> bool:
    """Tell whether a file is left out for its suffix alone."""
    if _known_format(entry.name) not in (None, Format.CSV) or _is_directory(entry):
        return False
    return not rules.ignores(entry.name, is_directory=False)


def _suffix(name: str) -> str:
    return _ARCHIVE if name.lower().endswith(_ARCHIVE) else os.path.splitext(name)[1].lower()


def _found(entry: os.DirEntry[str], rules: IgnoreRules) -> Source | UnreadablePath | _Folder | None:
    file_format = _known_format(entry.name)
    is_directory = _is_directory(entry)
    if file_format is None and not is_directory:
        return None
    if rules.ignores(entry.name, is_directory=is_directory):
        return None
    if is_directory or file_format is None:
        return _Folder(entry.path, rules.under(entry.name))
    try:
        if entry.is_file():
            is_csv = file_format is Format.CSV
            is_left_out = is_csv and not _is_pinpoint_csv(partial(OpenFile, entry.path))
            return None if is_left_out else Source(entry.path, file_format)
        os.stat(entry.path)
    except OSError as error:
        return UnreadablePath(entry.path, reason_of(error))
    return UnreadablePath(entry.path, "not a regular file")


def _is_pinpoint_csv(open_file: Callable[[], AbstractContextManager[Read]]) -> bool:
    """Tell whether a CSV file is Pinpoint's; one that cannot be read is for the reader to tell."""
    from pinpoint_endpoints.documents.csv_reader import MAX_HEADER_BYTES, has_header

    try:
        with open_file() as reader:
            return has_header(stream_of(reader(CHUNK), reader).read(MAX_HEADER_BYTES))
    except (OSError, EOFError, zlib.error):
        return True


def _known_format(name: str) -> Format | None:
    name = name.lower()
    end = name[name.rfind(".") :]
    if end != COMPRESSED:
        return FORMATS.get(end)
    if name.endswith(_ARCHIVE):
        return None
    inner = name.removesuffix(COMPRESSED)
    found = FORMATS.get(inner[inner.rfind(".") :])
    return Format.BY_CONTENT if found in (None, Format.CSV) else found


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
