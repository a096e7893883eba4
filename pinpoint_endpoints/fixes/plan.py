"""Turn the fixes of one value into edits of its text, and predict the value after them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.model import Action, Fix
from pinpoint_endpoints.documents.positions import PositionMap, ValuePath
from pinpoint_endpoints.fixes.edits import (
    Change,
    Edit,
    RepeatedValues,
    empty_change,
    key_change,
    object_change,
    removals,
    scalar_change,
)

_OF_KEYS = (Action.RENAME, Action.QUOTE_KEY)
_AS_IT_WAS = (Action.RESPELL, Action.QUOTE_KEY)
_CHANGE_THE_VALUE = (
    Action.REPLACE,
    Action.WRAP,
    Action.UNQUOTE,
    Action.EMPTY,
    Action.RENAME,
    Action.REMOVE,
)
_LAST = (Action.REMOVE, Action.RENAME)
"""These change the paths of other values, so they come last."""


class Plan(NamedTuple):
    """The edits for some fixes.

    Attributes:
        edits: edits of the text that do not overlap.
        value: the text's value after the edits.
        fixes: the fixes that the edits apply.
    """

    edits: list[Edit]
    value: object
    fixes: list[Fix]


def plan_fixes(fixes: Sequence[Fix], found: PositionMap, value: object) -> Plan:
    """Return the edits for fixes of a value.

    Fixes are left out that cannot be applied completely, whose edit would overlap another, or that
    would change what an alias repeats elsewhere. The value itself is changed, not a copy.
    """
    changes = sorted(_changes(fixes, found, value), key=_outermost_first)
    chosen: list[Change] = []
    for change in changes:
        if not chosen or chosen[-1].edit.end <= change.edit.start:
            chosen.append(change)
    done = {(change.action, path) for change in chosen for path in change.paths}
    whole: list[Fix] = []
    partial: list[Fix] = []
    for fix in fixes:
        applied = [(fix.action, path) in done for path in fix.paths]
        if all(applied):
            whole.append(fix)
        elif any(applied):
            partial.append(fix)
    kept = {id(fix) for fix in whole}
    if any(fix.action is Action.RENAME and id(fix) not in kept for fix in fixes):
        # rename all names or none: a file in two styles is worse than one in the wrong style
        others = [fix for fix in whole if fix.action is not Action.RENAME]
        if len(others) < len(whole):
            return plan_fixes(others, found, value)
    if partial:
        return plan_fixes(whole, found, value)
    return Plan([change.edit for change in chosen], _changed(value, chosen), whole)


def _outermost_first(change: Change) -> tuple[int, int]:
    return change.edit.start, -change.edit.end


def _changes(fixes: Iterable[Fix], found: PositionMap, value: object) -> Iterator[Change]:
    names: dict[ValuePath, set[str]] = {}
    taken = Counter(
        (*path[:-1], fix.text)
        for fix in set(fixes)
        for path in fix.paths
        if fix.action is Action.RENAME
    )
    repeated = RepeatedValues(found)
    for fix in fixes:
        for path in fix.paths:
            if fix.action in _CHANGE_THE_VALUE and repeated.contain(path):
                continue
            if fix.action is Action.REMOVE:
                names.setdefault(path[:-1], set()).add(str(path[-1]))
                continue
            change = _change_of(fix, found, path, _at(value, path))
            if change is not None and _is_free(fix, path, value, taken):
                yield change
    for holder, removed in names.items():
        yield from removals(found, holder, _at(value, holder), removed)


def _change_of(fix: Fix, found: PositionMap, path: ValuePath, value: object) -> Change | None:
    if fix.action in _OF_KEYS:
        return key_change(found, fix, path)
    if path not in found.ends:  # an alias repeats it
        return None
    if fix.action is Action.WRAP and isinstance(value, dict):
        return object_change(found, path, value)
    if fix.action is Action.EMPTY:
        return empty_change(found, path)
    return scalar_change(found, fix, path, value)


def _is_free(fix: Fix, path: ValuePath, value: object, taken: Counter[ValuePath]) -> bool:
    """Tell whether no other member has, or gets, the name that a fix gives to one."""
    if fix.action is not Action.RENAME:
        return True
    return taken[(*path[:-1], fix.text)] <= 1 and fix.text not in _at(value, path[:-1])


def _changed(value: object, changes: Sequence[Change]) -> object:
    top = {"": value}
    for change in sorted(changes, key=_deepest_first):
        for path in change.paths:
            *above, name = ("", *path)
            _change(_at(top, tuple(above)), name, change)
    return top[""]


def _deepest_first(change: Change) -> tuple[int, int]:
    rank = _LAST.index(change.action) + 1 if change.action in _LAST else 0
    return rank, -len(change.paths[0])


def _change(holder: Any, name: str | int, change: Change) -> None:
    if change.action is Action.REMOVE:
        del holder[name]
    elif change.action is Action.RENAME:
        members = list(holder.items())
        holder.clear()
        holder.update((change.value if key == name else key, member) for key, member in members)
    elif change.action not in _AS_IT_WAS:
        holder[name] = change.value


def _at(value: Any, path: ValuePath) -> Any:
    return reduce(lambda inner, step: inner[step], path, value)
