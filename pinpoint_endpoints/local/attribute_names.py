"""Keep the names of an application's attributes: the known ones, and those no longer stored."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate
from functools import lru_cache
from typing import Any

import orjson

CUSTOM = "endpoint-custom-attributes"
METRIC = "endpoint-metric-attributes"
USER = "endpoint-user-attributes"
TYPES = (CUSTOM, METRIC, USER)
"""The values of AttributeType in RemoveAttributes. Source: AWS, apps-application-id-attributes."""

# Limits of our own: every update is compared with all of them
MAX_PATTERNS = 1_000
MAX_GLOBS = 100
MAX_PATTERN_LENGTH = 100

WILD = re.compile(r"[*?\[]")

Names = Mapping[str, frozenset[str]]
Patterns = Mapping[str, tuple[str, ...]]

NONE: Names = dict.fromkeys(TYPES, frozenset())
NO_PATTERNS: Patterns = dict.fromkeys(TYPES, ())


@dataclass(frozen=True, slots=True)
class AttributeNames:
    """The attribute names of one application, by type.

    Args:
        known: the names that were stored.
        removed: the names and globs whose values are no longer stored.
    """

    known: Names = field(default_factory=lambda: NONE)
    removed: Patterns = field(default_factory=lambda: NO_PATTERNS)

    @staticmethod
    def from_json(data: bytes | str) -> "AttributeNames":
        """Parse the JSON of `to_json`.

        Raises:
            AttributeError: it is not an object of objects.
            TypeError: it has something else than lists of names.
        """
        return _from_json(data)

    def to_json(self) -> bytes:
        """Return a JSON object with `known` and `removed`."""
        return orjson.dumps(
            {
                "known": {kind: sorted(names) for kind, names in self.known.items()},
                "removed": self.removed,
            }
        )

    def __len__(self) -> int:
        """Return the number of known names of all types, which share one quota."""
        return sum(map(len, self.known.values()))

    @property
    def removes_any(self) -> bool:
        """Whether the values of some attributes are no longer stored."""
        return any(self.removed.values())

    def captured(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request without the attributes that are no longer stored."""
        kept = dict(request)
        for kind, holder, member in _members_of(request):
            is_removed = matcher(self.removed[kind])
            captured = {
                name: value for name, value in holder[member].items() if not is_removed(name)
            }
            if holder is request:
                kept[member] = captured
            else:
                kept["User"] = {**holder, member: captured}
        return kept

    def has_names_in(self, request: Mapping[str, Any]) -> bool:
        """Tell whether all names in a request are known."""
        known, user = self.known, request.get("User")
        return (
            ("Attributes" not in request or request["Attributes"].keys() <= known[CUSTOM])
            and ("Metrics" not in request or request["Metrics"].keys() <= known[METRIC])
            and (
                not user
                or "UserAttributes" not in user
                or user["UserAttributes"].keys() <= known[USER]
            )
        )

    def with_names_in(self, request: Mapping[str, Any]) -> "AttributeNames":
        """Return the names with those of a request; the same object if it has no new one."""
        if self.has_names_in(request):
            return self
        new = {
            kind: self.known[kind] | holder[member].keys()
            for kind, holder, member in _members_of(request)
            if not holder[member].keys() <= self.known[kind]
        }
        return replace(self, known={**self.known, **new})

    def without(self, kind: str, patterns: Sequence[str]) -> "AttributeNames":
        """Return the names after a removal.

        Args:
            kind: the type of the attributes.
            patterns: names, and globs such as `color_*`.
        """
        is_removed = matcher(tuple(patterns))
        known = frozenset(name for name in self.known[kind] if not is_removed(name))
        removed = tuple(dict.fromkeys((*self.removed[kind], *patterns)))
        return replace(
            self,
            known={**self.known, kind: known},
            removed={**self.removed, kind: removed},
        )


def _members_of(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Yield the type of attributes, the object that holds them, and the name of the member."""
    if "Attributes" in request:
        yield CUSTOM, request, "Attributes"
    if "Metrics" in request:
        yield METRIC, request, "Metrics"
    user = request.get("User")
    if user and "UserAttributes" in user:
        yield USER, user, "UserAttributes"


@lru_cache(maxsize=64)  # every transaction reads them, and they rarely change
def _from_json(data: bytes | str) -> AttributeNames:
    stored = orjson.loads(data)
    known, removed = stored.get("known", {}), stored.get("removed", {})
    for names in (*known.values(), *removed.values()):
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise TypeError
    return AttributeNames(
        {kind: frozenset(known.get(kind, ())) for kind in TYPES},
        {kind: tuple(removed.get(kind, ())) for kind in TYPES},
    )


def patterns_problem(patterns: Sequence[str]) -> str:
    """Say why these names and globs cannot be removed, or return an empty string."""
    if any(len(pattern) > MAX_PATTERN_LENGTH for pattern in patterns):
        return f"A name or glob has at most {MAX_PATTERN_LENGTH} characters."
    different = set(patterns)
    if len(different) > MAX_PATTERNS:
        return f"At most {MAX_PATTERNS} names and globs of one type can be removed."
    if sum(map(is_glob, different)) > MAX_GLOBS:
        return f"At most {MAX_GLOBS} globs of one type can be removed."
    return ""


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern may match several names."""
    return bool(WILD.search(pattern))


@lru_cache(maxsize=64)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a function that tells whether a name is one of the names or matches one of the globs.

    In a glob, `*` matches any text, `?` one character and `[ab]` one of some. A name that looks
    like a glob also matches itself. The time grows with the length of the name, however many stars
    there are: Python's translation of a glob never tries a star twice.

    Args:
        patterns: names and globs, case-sensitive.
    """
    names = frozenset(patterns)
    globs = [translate(pattern) for pattern in patterns if is_glob(pattern)]
    if not globs:
        return names.__contains__
    fits = re.compile("|".join(globs)).match

    @lru_cache(maxsize=1_024)
    def matches(name: str) -> bool:
        return name in names or fits(name) is not None

    return matches
