"""Patterns as in a .gitignore in, whether they leave a path out."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from pinpoint_endpoints.documents.ignoring.glob import NEVER, regex_of

_DIRECTORY, _FILE = b"d", b"f"


class _Rule(NamedTuple):
    """A pattern; its expression matches the name or the path of an entry, and then its kind."""

    leaves_out: bool
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
                return rule.leaves_out
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
    return _Rule(leaves_out=not negated, by_name=by_name, regex=regex)


def _without_spaces(line: bytes) -> bytes:
    """Return the line without the spaces at its end, except one that a backslash makes count."""
    kept = line.rstrip(b" ")
    backslashes = len(kept) - len(kept.rstrip(b"\\"))
    return line[: len(kept) + 1] if backslashes % 2 else kept


def _any_of(regexes: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(regexes) or NEVER, re.DOTALL)
