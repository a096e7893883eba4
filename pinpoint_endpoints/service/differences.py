"""A stored endpoint and a request in, what an update changes, or did not change, out. Pure.

An endpoint here is in the form of `EndpointResponse`, a request one that fits `EndpointRequest`.
"""

from collections.abc import Iterator, Mapping
from math import inf, isfinite
from typing import Any, NamedTuple

from pinpoint_endpoints.contract.merging import (
    COORDINATES,
    MERGED_MEMBERS,
    Endpoint,
    merge,
    rounded_location,
    with_status,
)
from pinpoint_endpoints.masking import dotted

Path = tuple[str, ...]

_BOOK_KEEPING = frozenset({"EffectiveDate", "RequestId"})
"""What the service itself writes at every update."""

_LONGEST_WAY = 180
"""Degrees: no coordinate is further from zero."""


class Change(NamedTuple):
    """One member of an endpoint that an update changes.

    Attributes:
        path: leads to it, such as `("Attributes", "color")`.
        before: the value that is stored; None if there is nothing.
        after: the value afterwards; None if there is nothing left.
    """

    path: Path
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The dotted name of the member, as it may be shown."""
        return dotted(self.path)


def changes(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> list[Change]:
    """Return what an UpdateEndpoint with this request changes in an endpoint, by the member's name.

    The service merges: what the request leaves out stays, a value that it gives replaces the one
    that is stored, a list of values as a whole and in its order. Coordinates are rounded, and an
    endpoint that is not said to be INACTIVE becomes ACTIVE. An empty text and an empty list are
    values where something is stored, and nothing where nothing is. EffectiveDate and RequestId are
    left out: every update sets them.

    Args:
        stored: as GetEndpoint returns it; None if there is no such endpoint: everything is new.
        request: has to be comparable.
    """
    before = _values(_with_readable_place(stored or {}))
    after = _values(updated(stored, request))
    return [
        Change(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if not _are_same(before.get(path), after.get(path))
    ]


def updated(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> Endpoint:
    """Return an endpoint as it is after an update, but for EffectiveDate and RequestId.

    Args:
        stored: as GetEndpoint returns it; None if there is no such endpoint.
        request: has to be comparable.
    """
    return merge(_with_readable_place(stored or {}), with_status(request))


def is_comparable(request: Mapping[str, Any]) -> bool:
    """Tell whether a request has the form that merging needs, though rules may be ignored."""
    members = [request.get(name, {}) for name in (*MERGED_MEMBERS, "User")]
    if not all(isinstance(member, Mapping) for member in members):
        return False
    location, user = request.get("Location", {}), request.get("User", {})
    place = [location[name] for name in COORDINATES if name in location]
    return isinstance(user.get("UserAttributes", {}), Mapping) and all(map(_is_coordinate, place))


def not_taken(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of what was sent in a request and is not stored as it was sent.

    Coordinates count as sent when they are rounded, an empty text and an empty list when there is
    nothing. EffectiveDate and RequestId are the service's own, and so is an EndpointStatus that the
    request does not name.

    Args:
        stored: as GetEndpoint returns it; None if there is no such endpoint.
        request: has to be comparable.
    """
    if stored is None:
        return ["the endpoint"]
    there, sent = _values(_with_readable_place(stored)), _values(merge({}, request))
    return [dotted(path) for path, value in sent.items() if not _are_same(there.get(path), value)]


def _values(endpoint: Mapping[str, Any]) -> dict[Path, Any]:
    """Return the values in an endpoint by where they stand, but for the service's own."""
    return {path: value for path, value in _leaves(endpoint, ()) if path[0] not in _BOOK_KEEPING}


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, member in value.items():
        yield from _leaves(member, (*path, name))


def _are_same(first: Any, second: Any) -> bool:
    if first == second or (_is_nothing(first) and _is_nothing(second)):
        return True
    if isinstance(first, (int, float)) and isinstance(second, (int, float)):
        return _double(first) == _double(second)
    return False


def _double(number: float) -> float:
    """Return a number as the service stores it (botocore's service model: all are `__double`)."""
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def _is_nothing(value: Any) -> bool:
    return value in (None, "", [])


def _with_readable_place(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an endpoint with its coordinates rounded, whatever server sent it."""
    location = stored.get("Location")
    if not location:
        return stored
    readable = {
        name: value
        for name, value in location.items()
        if name not in COORDINATES or _is_coordinate(value)
    }
    return {**stored, "Location": rounded_location(readable)}


def _is_coordinate(value: Any) -> bool:
    return isinstance(value, (int, float)) and isfinite(value) and abs(value) <= _LONGEST_WAY
