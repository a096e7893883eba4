"""A stored endpoint and a request → the endpoint as it is stored next. Pure: no clock, no store.

An endpoint here is a dict in the form of `EndpointResponse`, a request one in the form of
`EndpointRequest`. Neither is ever changed: each function returns a new dict.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pinpoint_endpoints.local.stamps import cohort_id, instant

Endpoint = dict[str, Any]

MERGED_MEMBERS = ("Attributes", "Demographic", "Location", "Metrics")
COORDINATES = ("Latitude", "Longitude")
COORDINATE_STEP = Decimal("0.1")

# The limit and who makes room at it are by AWS, audience-define-auto-inactive
MAX_USER_ENDPOINTS = 15
EVICTING_CHANNELS = frozenset({"ADM", "APNS", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM"})


def new_endpoint(application_id: str, endpoint_id: str, created: str) -> Endpoint:
    """Return an endpoint before its first update.

    Args:
        application_id: the application that it belongs to.
        endpoint_id: its id in the case in which it will be shown.
        created: the `CreationDate`.
    """
    return {
        "ApplicationId": application_id,
        "CohortId": cohort_id(endpoint_id),
        "CreationDate": created,
        "Id": endpoint_id,
        "OptOut": "NONE",
    }


def missing_for_creation(request: Mapping[str, Any]) -> str:
    """Name the member without which the service creates no endpoint, or return an empty string.

    Source: seen in the field (aws-sdk-ios#861, amplify-js#13272): `Missing Address` answers a
    new endpoint without an address unless it opts out of everything.
    """
    if "ChannelType" not in request:
        return "ChannelType"
    if not request.get("Address") and request.get("OptOut") != "ALL":
        return "Address"
    return ""


def with_defaults(request: Mapping[str, Any], now: str, request_id: str) -> Endpoint:
    """Return a request with what every update sets unless the request itself says otherwise.

    Source of ACTIVE: botocore's service model, `EndpointRequest.EndpointStatus`.
    """
    return {
        "EffectiveDate": now,
        "EndpointStatus": "ACTIVE",
        "RequestId": request_id,
        **request,
    }


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
    for member in MERGED_MEMBERS:
        if member in request:
            merged[member] = {**stored.get(member, {}), **request[member]}
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
    user = {} if leaves else dict(stored)
    attributes = {
        **user.get("UserAttributes", {}),
        **shared,
        **request.get("UserAttributes", {}),
    }
    user.update(request)
    if attributes:
        user["UserAttributes"] = attributes
    return user


def user_id_after(stored: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    """Return the id of the user that an endpoint has after an update; empty for no user."""
    user_id: str = request.get("User", {}).get("UserId", user_id_of(stored))
    return user_id


def user_id_of(endpoint: Mapping[str, Any]) -> str:
    """Return the id of an endpoint's user; empty for no user."""
    user_id: str = endpoint.get("User", {}).get("UserId", "")
    return user_id


def user_attributes_of(endpoint: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the attributes of an endpoint's user."""
    attributes: dict[str, list[str]] = endpoint.get("User", {}).get("UserAttributes", {})
    return attributes


def with_user_attributes(
    endpoint: Mapping[str, Any], attributes: Mapping[str, list[str]]
) -> Endpoint:
    """Return the endpoint with its user's attributes replaced."""
    return {**endpoint, "User": {**endpoint["User"], "UserAttributes": dict(attributes)}}


def inactive(endpoint: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint as it is once another one took over its address."""
    return {**endpoint, "EndpointStatus": "INACTIVE"}


def evicted(endpoint: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint as it is once its user took on a newer one in its place."""
    return {**inactive(endpoint), "User": {}}


def endpoint_to_evict(endpoints: Sequence[Endpoint], channel_type: str) -> Endpoint | None:
    """Return which of a user's endpoints makes room for one more, or None if none may.

    Only push tokens make room, and only for each other: the one with the oldest
    `EffectiveDate`, of equals the first. Source: AWS, audience-define-auto-inactive.
    """
    if channel_type not in EVICTING_CHANNELS:
        return None
    candidates = [one for one in endpoints if one.get("ChannelType") in EVICTING_CHANNELS]
    return min(candidates, key=lambda one: instant(one["EffectiveDate"]), default=None)


def rounded_location(location: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `Location` with its coordinates to one decimal, as the service stores them."""
    rounded = {name: round_coordinate(location[name]) for name in COORDINATES if name in location}
    return {**location, **rounded}


def round_coordinate(degrees: float) -> float:
    """Round to one decimal, halves away from zero, by the digits as they are written.

    47.65 becomes 47.7, although the nearest binary number lies a little below it.
    Source of the one decimal: botocore's service model, `EndpointLocation`.
    """
    rounded = Decimal(str(degrees)).quantize(COORDINATE_STEP, rounding=ROUND_HALF_UP)
    return float(rounded) or 0.0
