"""Names and globs, as RemoveAttributes takes them → what tells whether a name is meant."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache

# Ours: every update is held against them
MOST_PATTERNS = 1_000
MOST_GLOBS = 100
LONGEST_PATTERN = 100

WILD = re.compile(r"[*?\[]")


def patterns_fault(patterns: Sequence[str]) -> str:
    """Say why these names and globs are more than can be kept, or return an empty string."""
    if any(len(pattern) > LONGEST_PATTERN for pattern in patterns):
        return f"A name or glob has at most {LONGEST_PATTERN} characters."
    different = set(patterns)
    if len(different) > MOST_PATTERNS:
        return f"At most {MOST_PATTERNS} names and globs of one type can be removed."
    if sum(map(is_glob, different)) > MOST_GLOBS:
        return f"At most {MOST_GLOBS} globs of one type can be removed."
    return ""


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern may stand for several names."""
    return bool(WILD.search(pattern))


@lru_cache(maxsize=64)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a function that tells whether a name is one of the names or fits one of the globs.

    In a glob `*` is any text, `?` one character and `[ab]` one of some; a name that looks like a
    glob means itself as well. However many stars there are, time grows with the length of the
    name: Python's translation of a glob never tries a star twice.

    Args:
        patterns: names and globs, case-sensitive.
    """
    names = frozenset(patterns)
    globs = [translate(pattern) for pattern in patterns if is_glob(pattern)]
    if not globs:
        return names.__contains__
    fits = re.compile("|".join(globs)).match

    @lru_cache(maxsize=1_024)
    def is_meant(name: str) -> bool:
        return name in names or fits(name) is not None

    return is_meant
