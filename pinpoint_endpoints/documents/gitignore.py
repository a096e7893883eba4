"""Patterns as in a .gitignore in, whether they leave an entry of a directory out."""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import groupby
from stat import S_ISREG
from typing import NamedTuple

REPOSITORY = ".git"
PATTERN_FILE = ".gitignore"


class Pattern(NamedTuple):
    """A pattern of the command line or of a configuration file.

    Attributes:
        glob: written as in a .gitignore.
        base: the directory that it is relative to.
    """

    glob: str
    base: str = os.curdir


class _Layer(NamedTuple):
    """Rules, and the path of a directory as they see it: empty, or with a slash at its end."""

    rules: "Rules"
    directory: bytes


class IgnoreRules(NamedTuple):
    """What holds in one directory.

    Attributes:
        chosen: layers of the patterns that the user gave, which go before all others.
        git: layers of the repository, the nearest first; None outside of one, where a .gitignore
            means nothing.
        follows_git: whether the files of git are looked for.
    """

    chosen: tuple[_Layer, ...]
    git: tuple[_Layer, ...] | None
    follows_git: bool

    def inside(self, directory: str, hidden: Collection[str]) -> "IgnoreRules":
        """Return what holds for the entries of a directory, from the names hidden in it.

        A directory with a `.git` begins a repository: what is around it says nothing in it.
        """
        if not self.follows_git:
            return self
        git = self.git
        if REPOSITORY in hidden:
            git = _layers(_own_patterns(directory))
        if git is not None and PATTERN_FILE in hidden:
            git = (*_layers(os.path.join(directory, PATTERN_FILE)), *git)
        return self if git is self.git else self._replace(git=git)

    def under(self, name: str) -> "IgnoreRules":
        """Return what holds, before it is read, in a directory inside this one."""
        step = os.fsencode(name) + b"/"
        return self._replace(
            chosen=_moved(self.chosen, step),
            git=None if self.git is None else _moved(self.git, step),
        )

    def ignores(self, name: str, *, is_directory: bool) -> bool:
        """Return whether an entry of the directory is left out."""
        if not self.chosen and not self.git:
            return False
        encoded = os.fsencode(name)
        for rules, directory in (*self.chosen, *(self.git or ())):
            verdict = rules.verdict(directory, encoded, is_directory=is_directory)
            if verdict is not None:
                return verdict
        return False


def rules_at(top: str, patterns: Iterable[Pattern], *, follows_git: bool) -> IgnoreRules:
    """Return what holds in a directory before it is read: patterns, and the repository around it.

    All .gitignore files count from the repository's root down, and its `info/exclude`; a person's
    own `core.excludesFile` does not, so that everybody's runs read the same files. What cannot be
    read counts as empty, as in git.
    """
    around = IgnoreRules((), None, follows_git)
    if follows_git:
        path = os.path.realpath(top)
        for directory, name in _way_down(path):
            around = around.inside(directory, _hidden_files(directory)).under(name)
    groups = groupby(patterns, key=lambda pattern: pattern.base)
    chosen = [_chosen(top, base, [pattern.glob for pattern in group]) for base, group in groups]
    return around._replace(chosen=tuple(reversed(chosen)))


def _way_down(path: str) -> list[tuple[str, str]]:
    """Return each directory from the repository's root to the path, with the name that goes on."""
    steps: list[tuple[str, str]] = []
    while not os.path.lexists(os.path.join(path, REPOSITORY)):
        parent, name = os.path.split(path)
        if not name:
            return []
        steps.append((parent, name))
        path = parent
    return steps[::-1]


def _hidden_files(directory: str) -> list[str]:
    names = (REPOSITORY, PATTERN_FILE)
    return [name for name in names if os.path.lexists(os.path.join(directory, name))]


def _chosen(top: str, base: str, globs: list[str]) -> _Layer:
    return _Layer(Rules(map(os.fsencode, globs), _absolute(base)), _absolute(top))


def _absolute(directory: str) -> bytes:
    try:
        path = os.path.abspath(directory)
    except OSError:  # the working directory is gone
        path = directory
    return os.fsencode(path.replace(os.sep, "/").rstrip("/")) + b"/"


def _moved(layers: tuple[_Layer, ...], step: bytes) -> tuple[_Layer, ...]:
    return tuple(_Layer(rules, directory + step) for rules, directory in layers)


def _layers(path: str) -> tuple[_Layer, ...]:
    lines = _content(path).removeprefix(BOM_UTF8).split(b"\n")
    patterns = [line.removesuffix(b"\r") for line in lines if line and not line.startswith(b"#")]
    if not patterns:
        return ()
    return (_Layer(Rules(patterns), b""),)


def _content(path: str) -> bytes:
    try:
        if S_ISREG(os.lstat(path).st_mode):  # git follows no link here; a pipe would never end
            with open(path, "rb") as file:
                return file.read()
    except OSError:
        pass
    return b""


def _own_patterns(root: str) -> str:
    """Return the path of the patterns that a repository keeps for itself.

    In a worktree or a submodule `.git` is a file that names the directory (gitrepository-layout).
    """
    directory = os.path.join(root, REPOSITORY)
    pointer = _content(directory)
    if pointer.startswith(b"gitdir: "):
        directory = os.path.join(root, os.fsdecode(pointer[8:].rstrip(b"\r\n")))
        common = _content(os.path.join(directory, "commondir")).rstrip(b"\r\n")
        directory = os.path.join(directory, os.fsdecode(common))
    return os.path.join(directory, "info", "exclude")


_DIRECTORY, _FILE = b"d", b"f"


class _Rule(NamedTuple):
    """A pattern; its expression matches the name or the path of an entry, and then its kind."""

    ignores: bool
    by_name: bool
    regex: bytes


class Rules:
    """Patterns that stand together: the last one that matches decides, as in git.

    Args:
        lines: the patterns, without comments.
        base: what stands before the paths that are relative to the patterns' directory: nothing,
            or a path with a slash at its end.
    """

    def __init__(self, lines: Iterable[bytes], base: bytes = b"") -> None:
        self._rules = [rule for line in lines if (rule := _rule(line, base)) is not None]
        self._any_name = _any_of(rule.regex for rule in self._rules if rule.by_name)
        self._any_path = _any_of(rule.regex for rule in self._rules if not rule.by_name)

    @cached_property
    def _last_first(self) -> list[tuple[_Rule, re.Pattern[bytes]]]:
        return [(rule, re.compile(rule.regex, re.DOTALL)) for rule in reversed(self._rules)]

    def verdict(self, directory: bytes, name: bytes, *, is_directory: bool) -> bool | None:
        """Return whether an entry of a directory is left out, or None if no pattern matches it.

        Args:
            directory: its path, after the base; empty, or with a slash at its end.
            name: the name of the entry.
            is_directory: whether the entry is a directory itself.
        """
        kind = _DIRECTORY if is_directory else _FILE
        by_name, by_path = name + kind, directory + name + kind
        if not self._any_name.fullmatch(by_name) and not self._any_path.fullmatch(by_path):
            return None
        for rule, regex in self._last_first:
            if regex.fullmatch(by_name if rule.by_name else by_path):
                return rule.ignores
        return None


def _rule(line: bytes, base: bytes) -> _Rule | None:
    glob = _without_spaces(line)
    negated = glob.startswith(b"!")
    glob = glob[negated:]
    kind = _DIRECTORY if glob.endswith(b"/") else b"."
    glob = glob.removesuffix(b"/")
    if not glob:
        return None
    by_name = b"/" not in glob
    before = b"" if by_name else re.escape(base)
    regex = before + regex_of(glob.removeprefix(b"/")) + kind
    return _Rule(ignores=not negated, by_name=by_name, regex=regex)


def _without_spaces(line: bytes) -> bytes:
    """Return the line without the spaces at its end, except one that a backslash makes count."""
    kept = line.rstrip(b" ")
    backslashes = len(kept) - len(kept.rstrip(b"\\"))
    return line[: len(kept) + 1] if backslashes % 2 else kept


def _any_of(regexes: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(regexes) or NEVER, re.DOTALL)


NEVER = rb"(?!)"

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
_MEMBER = re.compile(
    rb"\[:(?P<class>[^\]]*):\]|\\?(?P<first>(?<=\\).|[^\\])(?:-\\?(?P<last>(?<=\\).|[^\]\\]))?",
    re.DOTALL,
)
_PIECE = re.compile(
    rb"""
    (?P<plain>    [^*?\[\\]+ )
  | (?P<across>   (?: (?:\A|(?<=/)) \*\*+ / )+ )
  | (?P<below>    (?:\A|(?<=/)) \*\*+ (?=\\/|\Z) )
  | (?P<star>     \*+ )
  | (?P<one>      \? )
  | (?P<set>      %b )
  | \\ (?P<escaped> . )
    """
    % _SET,
    re.DOTALL | re.VERBOSE,
)
_FIXED = re.compile(rb"[^*?\[\\]*")


def regex_of(glob: bytes) -> bytes:
    """Return a regular expression that matches the whole paths that the glob means.

    The meaning is git's (gitignore(5), and wildmatch.c where that is silent): `*` and `?` stop at
    a slash, `**` as a whole part of the path does not, sets know ranges and POSIX classes, and a
    glob that is broken matches nothing. As in git, a character is a byte.
    """
    fixed = _FIXED.match(glob)
    begin = fixed[0] if fixed else b""
    return re.escape(begin) + _wild(glob[len(begin) :])


def _wild(glob: bytes) -> bytes:
    done = b""
    between_stars = [b""]
    place = 0
    while place < len(glob):
        piece = _PIECE.match(glob, place)
        if piece is None:
            return NEVER
        place = piece.end()
        kind, text = str(piece.lastgroup), piece[str(piece.lastgroup)]
        if kind == "star":
            between_stars.append(b"")
        elif kind in {"across", "below"}:
            done += _joined(between_stars) + (b"(?:.*/)?" if kind == "across" else b".*")
            between_stars = [b""]
        elif kind == "one":
            between_stars[-1] += b"[^/]"
        else:
            between_stars[-1] += _set(text) if kind == "set" else re.escape(text)
    return done + _joined(between_stars)


def _joined(between_stars: list[bytes]) -> bytes:
    """Let each star but the last take the shortest text there is: many stars stay fast."""
    first, *others = between_stars
    if not others:
        return first
    *inner, last = others
    return first + b"".join(b"(?>[^/]*?%b)" % text for text in inner) + b"[^/]*" + last


def _set(text: bytes) -> bytes:
    negated = text[1:2] in {b"!", b"^"}
    members = b""
    for member in _MEMBER.finditer(text, 1 + negated, len(text) - 1):
        if member["class"] is not None:
            if member["class"] not in _CLASSES:
                return NEVER
            members += _CLASSES[member["class"]]
            continue
        first, last = member["first"], member["last"] or member["first"]
        if first <= last:
            members += re.escape(first) + b"-" + re.escape(last)
    if not members:
        return b"[^/]" if negated else NEVER
    return b"(?!/)[" + (b"^" if negated else b"") + members + b"]"
