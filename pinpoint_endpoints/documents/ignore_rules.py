"""Patterns as in a .gitignore in, whether they leave a path out."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from pinpoint_endpoints.documents.glob import NEVER, regex_of


class _Rule(NamedTuple):
    """A line; its expression matches a name, or else a path, with a slash after a directory's."""

    leaves_out: bool
    by_name: bool
    regex: bytes


class Rules:
    """The patterns of one file: the last one that matches decides, as in git."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._rules = [rule for line in lines if (rule := _rule(line)) is not None]
        self._any_name = _any_of(rule.regex for rule in self._rules if rule.by_name)
        self._any_path = _any_of(rule.regex for rule in self._rules if not rule.by_name)

    @cached_property
    def _last_first(self) -> list[tuple[_Rule, re.Pattern[bytes]]]:
        return [(rule, re.compile(rule.regex, re.DOTALL)) for rule in reversed(self._rules)]

    def verdict(self, directory: bytes, entry: bytes) -> bool | None:
        """Return whether an entry of a directory is left out, or None if no pattern matches it.

        Args:
            directory: its path from where the patterns stand, empty or with a slash at its end.
            entry: the name, with a slash at its end if it is a directory.
        """
        path = directory + entry
        if not self._any_name.fullmatch(entry) and not self._any_path.fullmatch(path):
            return None
        for rule, regex in self._last_first:
            if regex.fullmatch(entry if rule.by_name else path):
                return rule.leaves_out
        return None


def _rule(line: bytes) -> _Rule | None:
    glob = _without_spaces(line)
    negated = glob.startswith(b"!")
    glob = glob[negated:]
    only_directories = glob.endswith(b"/")
    glob = glob.removesuffix(b"/")
    if not glob:
        return None
    regex = regex_of(glob.removeprefix(b"/")) + (b"/" if only_directories else b"/?")
    return _Rule(leaves_out=not negated, by_name=b"/" not in glob, regex=regex)


def _without_spaces(line: bytes) -> bytes:
    """Return the line without the spaces at its end, except one that a backslash makes count."""
    kept = line.rstrip(b" ")
    backslashes = len(kept) - len(kept.rstrip(b"\\"))
    return line[: len(kept) + 1] if backslashes % 2 else kept


def _any_of(regexes: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(regexes) or NEVER, re.DOTALL)
