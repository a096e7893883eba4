"""Match .gitignore patterns as git does, for directory searches.

This is our own matcher, tested against git: pathspec 1.1 ignores what `*`, `!*/` and `!a.json`
include again, and raises for broken patterns that git skips.
"""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import groupby
from stat import S_ISREG
from typing import NamedTuple

_REPOSITORY = ".git"
_PATTERN_FILE = ".gitignore"
_DIRECTORY, _FILE = b"d", b"f"

_NEVER = rb"(?!)"

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t\n\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_ONE = rb"(?:\\.|[^\]\\])"
_SET = rb"\[[!^]?+(?:\](?:-%b)?+)?+(?:\[:[^\]]*:\]|%b(?:-%b)?+)*+\]" % (_ONE, _ONE, _ONE)
# compiled on first use, and cached by `re`: most runs meet no pattern
_MEMBER = (
    rb"(?s)\[:(?P<class>[^\]]*):\]|\\?(?P<first>(?<=\\).|[^\\])(?:-\\?(?P<last>(?<=\\).|[^\]\\]))?"
)
_PIECE = (
    rb"""(?sx)
    (?P<plain>    [^*?\[\\]+ )
  | (?P<across>   (?: (?:\A|(?<=/)) \*\*+ / )+ )
  | (?P<below>    (?:\A|(?<=/)) \*\*+ (?=\\/|\Z) )
  | (?P<star>     \*+ )
  | (?P<one>      \? )
  | (?P<set>      %b )
  | \\ (?P<escaped> . )
    """
    % _SET
)
_ANY_DEPTH = {"across": rb"(?:.*?/)??", "below": rb".*?"}
_FIXED = rb"[^*?\[\\]*"


class Pattern(NamedTuple):
    """A pattern from the command line or from a configuration file.

    Attributes:
        glob: a .gitignore pattern.
        base: the directory that the pattern is relative to.
    """

    glob: str
    base: str = os.curdir


class _Layer(NamedTuple):
    """Patterns, and the current directory relative to theirs: empty, or ending in a slash."""

    patterns: "_PatternList"
    directory: bytes


class IgnoreRules(NamedTuple):
    """The patterns that apply in one directory.

    Attributes:
        chosen: layers of the user's patterns, which take precedence.
        git: layers of the repository's patterns, the nearest first; None outside a repository,
            where .gitignore files do not apply.
        follows_git: whether .gitignore files are read.
    """

    chosen: tuple[_Layer, ...]
    git: tuple[_Layer, ...] | None
    follows_git: bool

    def inside(self, directory: str, hidden: Collection[str]) -> "IgnoreRules":
        """Return the rules for the entries of a directory.

        A directory with a `.git` starts a new repository: patterns outside do not apply in it.

        Args:
            directory: its path.
            hidden: the names of its hidden entries.
        """
        if not self.follows_git:
            return self
        git = self.git
        if _REPOSITORY in hidden:
            git = _layers(_info_exclude(directory))
        if git is not None and _PATTERN_FILE in hidden:
            git = (*_layers(os.path.join(directory, _PATTERN_FILE)), *git)
        return self if git is self.git else self._replace(git=git)

    def under(self, name: str) -> "IgnoreRules":
        """Return the rules for a subdirectory, before its own .gitignore is read."""
        step = os.fsencode(name) + b"/"
        return self._replace(
            chosen=_descend(self.chosen, step),
            git=None if self.git is None else _descend(self.git, step),
        )

    def ignores(self, name: str, *, is_directory: bool) -> bool:
        """Tell whether an entry of the directory is ignored."""
        if not self.chosen and not self.git:
            return False
        encoded = os.fsencode(name)
        for patterns, directory in (*self.chosen, *(self.git or ())):
            verdict = patterns.verdict(directory, encoded, is_directory=is_directory)
            if verdict is not None:
                return verdict
        return False


def rules_at(top: str, patterns: Iterable[Pattern], *, follows_git: bool) -> IgnoreRules:
    """Return the rules for a directory: the user's patterns and those of its repository.

    All .gitignore files from the repository's root down apply, and its `info/exclude`. The user's
    `core.excludesFile` does not, so that every user's runs read the same files. A file that cannot
    be read counts as empty, as in git.
    """
    around = IgnoreRules((), None, follows_git)
    if follows_git:
        path = os.path.realpath(top)
        for directory, name in _steps_from_root(path):
            around = around.inside(directory, _hidden_files(directory)).under(name)
    groups = groupby(patterns, key=lambda pattern: pattern.base)
    chosen = [
        _exclude_layer(top, base, [pattern.glob for pattern in group]) for base, group in groups
    ]
    return around._replace(chosen=tuple(reversed(chosen)))


def _steps_from_root(path: str) -> list[tuple[str, str]]:
    """Return each directory from the repository's root to the path, with the next name below it."""
    steps: list[tuple[str, str]] = []
    while not os.path.lexists(os.path.join(path, _REPOSITORY)):
        parent, name = os.path.split(path)
        if not name:
            return []
        steps.append((parent, name))
        path = parent
    return steps[::-1]


def _hidden_files(directory: str) -> list[str]:
    names = (_REPOSITORY, _PATTERN_FILE)
    return [name for name in names if os.path.lexists(os.path.join(directory, name))]


def _exclude_layer(top: str, base: str, globs: list[str]) -> _Layer:
    return _Layer(_PatternList(map(os.fsencode, globs), _absolute(base)), _absolute(top))


def _absolute(directory: str) -> bytes:
    try:
        path = os.path.abspath(directory)
    except OSError:  # the working directory is gone
        path = directory
    return os.fsencode(path.replace(os.sep, "/").rstrip("/")) + b"/"


def _descend(layers: tuple[_Layer, ...], step: bytes) -> tuple[_Layer, ...]:
    return tuple(_Layer(patterns, directory + step) for patterns, directory in layers)


def _layers(path: str) -> tuple[_Layer, ...]:
    lines = _content(path).removeprefix(BOM_UTF8).split(b"\n")
    patterns = [line.removesuffix(b"\r") for line in lines if line and not line.startswith(b"#")]
    if not patterns:
        return ()
    return (_Layer(_PatternList(patterns), b""),)


def _content(path: str) -> bytes:
    try:
        if S_ISREG(os.lstat(path).st_mode):  # as git: no links; and a pipe would never end
            with open(path, "rb") as file:
                return file.read()
    except OSError:
        pass
    return b""


def _info_exclude(root: str) -> str:
    """Return the path of a repository's `info/exclude`.

    In a worktree or a submodule `.git` is a file that names the directory (gitrepository-layout).
    """
    directory = os.path.join(root, _REPOSITORY)
    pointer = _content(directory)
    if pointer.startswith(b"gitdir: "):
        directory = os.path.join(root, os.fsdecode(pointer[8:].rstrip(b"\r\n")))
        common = _content(os.path.join(directory, "commondir")).rstrip(b"\r\n")
        directory = os.path.join(directory, os.fsdecode(common))
    return os.path.join(directory, "info", "exclude")


class _CompiledPattern(NamedTuple):
    """A pattern; its regex matches an entry's name or path, followed by the entry's kind."""

    ignores: bool
    by_name: bool
    regex: bytes


class _PatternList:
    """The patterns of one file: the last one that matches decides, as in git.

    Args:
        lines: the patterns, without comments.
        base: the patterns' directory, if paths are not relative to it: empty, or ending in a slash.
    """

    def __init__(self, lines: Iterable[bytes], base: bytes = b"") -> None:
        self._patterns = [
            pattern for line in lines if (pattern := _compiled(line, base)) is not None
        ]
        self._any_name = _any_of(pattern.regex for pattern in self._patterns if pattern.by_name)
        self._any_path = _any_of(pattern.regex for pattern in self._patterns if not pattern.by_name)

    @cached_property
    def _last_first(self) -> list[tuple[_CompiledPattern, re.Pattern[bytes]]]:
        return [
            (pattern, re.compile(pattern.regex, re.DOTALL)) for pattern in reversed(self._patterns)
        ]

    def verdict(self, directory: bytes, name: bytes, *, is_directory: bool) -> bool | None:
        """Tell whether an entry is ignored; None if no pattern matches it.

        Args:
            directory: the path of the entry's directory: empty, or ending in a slash.
            name: the entry's name.
            is_directory: whether the entry is a directory itself.
        """
        kind = _DIRECTORY if is_directory else _FILE
        by_name, by_path = name + kind, directory + name + kind
        if not self._any_name.fullmatch(by_name) and not self._any_path.fullmatch(by_path):
            return None
        for pattern, regex in self._last_first:
            if regex.fullmatch(by_name if pattern.by_name else by_path):
                return pattern.ignores
        return None


def _compiled(line: bytes, base: bytes) -> _CompiledPattern | None:
    glob = _without_spaces(line)
    negated = glob.startswith(b"!")
    glob = glob[negated:]
    kind = _DIRECTORY if glob.endswith(b"/") else b"."
    glob = glob.removesuffix(b"/")
    if not glob:
        return None
    by_name = b"/" not in glob
    before = b"" if by_name else re.escape(base)
    regex = before + _regex_of(glob.removeprefix(b"/")) + kind
    return _CompiledPattern(ignores=not negated, by_name=by_name, regex=regex)


def _without_spaces(line: bytes) -> bytes:
    """Return a line without trailing spaces, except one escaped by a backslash."""
    kept = line.rstrip(b" ")
    backslashes = len(kept) - len(kept.rstrip(b"\\"))
    return line[: len(kept) + 1] if backslashes % 2 else kept


def _any_of(regexes: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(regexes) or _NEVER, re.DOTALL)


def _regex_of(glob: bytes) -> bytes:
    """Return a regular expression that matches the same whole paths as a glob.

    It follows git (gitignore(5), and wildmatch.c where that is silent): `*` and `?` stop at a
    slash, `**` as a whole path component does not, sets may hold ranges and POSIX classes, and a
    broken glob matches nothing. As in git, a character is a byte.
    """
    fixed = re.match(_FIXED, glob)
    begin = fixed[0] if fixed else b""
    return re.escape(begin) + _wild(glob[len(begin) :])


def _wild(glob: bytes) -> bytes:
    done = before = b""
    between_stars = [b""]
    pieces = re.compile(_PIECE)
    place = 0
    while place < len(glob):
        piece = pieces.match(glob, place)
        if piece is None:
            return _NEVER
        place = piece.end()
        kind, text = str(piece.lastgroup), piece[str(piece.lastgroup)]
        if kind == "star":
            between_stars.append(b"")
        elif kind in _ANY_DEPTH:
            # the nearest match of what is between two `**` is enough, so that many stay fast
            steps = before + _joined(between_stars)
            done += b"(?>%b)" % steps if before else steps
            before = _ANY_DEPTH[kind]
            between_stars = [b""]
        elif kind == "one":
            between_stars[-1] += b"[^/]"
        else:
            between_stars[-1] += _set(text) if kind == "set" else re.escape(text)
    return done + before + _joined(between_stars)


def _joined(between_stars: list[bytes]) -> bytes:
    """Make each star but the last match as little as possible, so that many stars stay fast."""
    first, *others = between_stars
    if not others:
        return first
    *inner, last = others
    return first + b"".join(b"(?>[^/]*?%b)" % text for text in inner) + b"[^/]*" + last


def _set(text: bytes) -> bytes:
    negated = text[1:2] in {b"!", b"^"}
    members = b""
    for member in re.compile(_MEMBER).finditer(text, 1 + negated, len(text) - 1):
        if member["class"] is not None:
            if member["class"] not in _CLASSES:
                return _NEVER
            members += _CLASSES[member["class"]]
            continue
        first, last = member["first"], member["last"] or member["first"]
        if first <= last:
            members += re.escape(first) + b"-" + re.escape(last)
    if not members:
        return b"[^/]" if negated else _NEVER
    return b"(?!/)[" + (b"^" if negated else b"") + members + b"]"
