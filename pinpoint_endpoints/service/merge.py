"""The service's rules of merging an update into a stored endpoint, and what an update changes.

An endpoint here is a dict in the form of `EndpointResponse`, a request one in the form of
`EndpointRequest`. Neither is ever changed: each function returns a new dict.
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import inf, isfinite
from typing import Any, NamedTuple

from pinpoint_endpoints.masking import dotted

Endpoint = dict[str, Any]

MERGED_MEMBERS = frozenset(("Attributes", "Demographic", "Location", "Metrics"))
COORDINATES = ("Latitude", "Longitude")
COORDINATE_STEP = Decimal("0.1")


def with_status(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request with the status that every update sets unless the request itself says one.

    Source: botocore's service model, `EndpointRequest.EndpointStatus`.
    """
    return {"EndpointStatus": "ACTIVE", **request}


def merge(
    stored: Mapping[str, Any],
    request: Mapping[str, Any],
    shared: Mapping[str, Any] | None = None,
) -> Endpoint:
    """Return the endpoint after an update.

    Members that the request leaves out stay. Within `Attributes`, `Metrics`, `Demographic`,
    `Location` and `User`, so do the names that it leaves out; a name that it gives has its value
    replaced whole, and an empty list or an empty string is a value.
    Source: the service model's UpdateEndpoint, aws-sdk-js#3180.

    Args:
        stored: the endpoint so far.
        request: the update.
        shared: the `UserAttributes` of the user that the endpoint has after the update.
    """
    merged = {**stored, **request}
    for member in MERGED_MEMBERS & stored.keys() & request.keys():
        merged[member] = {**stored[member], **request[member]}
    if "Location" in request:
        merged["Location"] = rounded_location(merged["Location"])
    merged["User"] = merge_user(stored.get("User", {}), request.get("User", {}), shared or {})
    return merged


def merge_user(
    stored: Mapping[str, Any], request: Mapping[str, Any], shared: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the `User` member after an update.

    Of one attribute, the request's value wins over the user's, and the user's over the
    endpoint's own. Attributes belong to the user: those of a user that the endpoint leaves
    stay behind. Source of the sharing: AWS, audience-define-user.
    """
    former_id = stored.get("UserId")
    leaves = bool(former_id) and request.get("UserId", former_id) != former_id
    kept = {} if leaves else stored
    user = {**kept, **request}
    attributes = {**kept.get("UserAttributes", {}), **shared, **request.get("UserAttributes", {})}
    if attributes:
        user["UserAttributes"] = attributes
    return user


def rounded_location(location: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `Location` with its coordinates to one decimal, as the service stores them."""
    rounded = dict(location)
    for name in COORDINATES:
        if name in rounded:
            rounded[name] = round_coordinate(rounded[name])
    return rounded


def round_coordinate(degrees: float) -> float:
    """Round to one decimal, halves away from zero, by the digits as they are written.

    47.65 becomes 47.7, although the nearest binary number lies a little below it.
    Source of the one decimal: botocore's service model, `EndpointLocation`.
    """
    if round(degrees, 1) == degrees:  # spares the exact way for most
        return float(degrees) or 0.0
    rounded = Decimal(str(degrees)).quantize(COORDINATE_STEP, rounding=ROUND_HALF_UP)
    return float(rounded) or 0.0


MemberPath = tuple[str, ...]

_BOOK_KEEPING = frozenset({"EffectiveDate", "RequestId"})
"""What the service itself writes at every update."""

_MAX_DEGREES = 180
"""No coordinate is further from zero."""


class Change(NamedTuple):
    """One member of an endpoint that an update changes.

    Attributes:
        path: leads to it, such as `("Attributes", "color")`.
        before: the stored value, or None.
        after: the value after the update, or None.
    """

    path: MemberPath
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
        stored: as GetEndpoint returns it; None if the endpoint does not exist: everything is new.
        request: has to be comparable.
    """
    before = _values(_with_rounded_location(stored or {}))
    after = _values(updated(stored, request))
    return [
        Change(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if not _is_same(before.get(path), after.get(path))
    ]


def updated(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> Endpoint:
    """Return an endpoint as it is after an update, but for EffectiveDate and RequestId.

    Args:
        stored: as GetEndpoint returns it; None if the endpoint does not exist.
        request: has to be comparable.
    """
    return merge(_with_rounded_location(stored or {}), with_status(request))


def is_comparable(request: Mapping[str, Any]) -> bool:
    """Return whether a request has the types that merging needs, although rules may be ignored."""
    members = [request.get(name, {}) for name in (*MERGED_MEMBERS, "User")]
    if not all(isinstance(member, Mapping) for member in members):
        return False
    location, user = request.get("Location", {}), request.get("User", {})
    place = [location[name] for name in COORDINATES if name in location]
    return isinstance(user.get("UserAttributes", {}), Mapping) and all(map(_is_coordinate, place))


def unapplied_members(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of what was sent in a request and is not stored as it was sent.

    Coordinates count as sent when they are rounded, an empty text and an empty list when there is
    nothing. EffectiveDate and RequestId are the service's own, and so is an EndpointStatus that the
    request does not name.

    Args:
        stored: as GetEndpoint returns it; None if the endpoint does not exist.
        request: has to be comparable.
    """
    if stored is None:
        return ["the endpoint"]
    there, sent = _values(_with_rounded_location(stored)), _values(merge({}, request))
    return [dotted(path) for path, value in sent.items() if not _is_same(there.get(path), value)]


def _values(endpoint: Mapping[str, Any]) -> dict[MemberPath, Any]:
    """Return the values in an endpoint by their paths, without those that the service sets."""
    return {path: value for path, value in _leaves(endpoint, ()) if path[0] not in _BOOK_KEEPING}


def _leaves(value: Any, path: MemberPath) -> Iterator[tuple[MemberPath, Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, member in value.items():
        yield from _leaves(member, (*path, name))


def _is_same(first: Any, second: Any) -> bool:
    if first == second or (_is_empty(first) and _is_empty(second)):
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


def _is_empty(value: Any) -> bool:
    return value in (None, "", [])


def _with_rounded_location(stored: Mapping[str, Any]) -> Mapping[str, Any]:
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
    return isinstance(value, (int, float)) and isfinite(value) and abs(value) <= _MAX_DEGREES
