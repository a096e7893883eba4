"""A stored endpoint and a request → the endpoint as it is stored next. Pure: no clock, no store.

An endpoint here is a dict in the form of `EndpointResponse`, a request one in the form of
`EndpointRequest`. Neither is ever changed: each function returns a new dict.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

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
