"""Patterns as in a .gitignore in, whether they leave an entry of a directory out."""

import os
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable
from itertools import groupby
from stat import S_ISREG
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.ignoring.patterns import Rules

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


class Ignoring(NamedTuple):
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

    def inside(self, directory: str, hidden: Collection[str]) -> "Ignoring":
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

    def under(self, name: str) -> "Ignoring":
        """Return what holds, before it is read, in a directory inside this one."""
        step = os.fsencode(name) + b"/"
        return self._replace(
            chosen=_moved(self.chosen, step),
            git=None if self.git is None else _moved(self.git, step),
        )

    def leaves_out(self, name: str, *, is_directory: bool) -> bool:
        """Return whether an entry of the directory is left out."""
        if not self.chosen and not self.git:
            return False
        encoded = os.fsencode(name)
        for rules, directory in (*self.chosen, *(self.git or ())):
            verdict = rules.verdict(directory, encoded, is_directory=is_directory)
            if verdict is not None:
                return verdict
        return False


def ignoring_at(top: str, patterns: Iterable[Pattern], *, follows_git: bool) -> Ignoring:
    """Return what holds in a directory before it is read: patterns, and the repository around it.

    All .gitignore files count from the repository's root down, and its `info/exclude`; a person's
    own `core.excludesFile` does not, so that everybody's runs read the same files. What cannot be
    read counts as empty, as in git.
    """
    around = Ignoring((), None, follows_git)
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
    from pinpoint_endpoints.documents.ignoring.patterns import Rules

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
    from pinpoint_endpoints.documents.ignoring.patterns import Rules

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
