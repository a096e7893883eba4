"""Endpoints and requests → what an update does beyond merging: creation, users, addresses. Pure.

Nothing that comes in is ever changed: each function returns a new dict.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pinpoint_endpoints.contract.merging import Endpoint, with_status
from pinpoint_endpoints.local.stamps import cohort_id, instant
from pinpoint_endpoints.quotas import EVICTING_CHANNELS

SERVICE_MEMBERS = frozenset(
    ("ApplicationId", "CohortId", "CreationDate", "EffectiveDate", "EndpointStatus", "Id", "OptOut",
     "RequestId")
)  # fmt: skip
"""What an endpoint has also if no request says it."""


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


def missing_member(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> str:
    """Name the member without which the service takes no update, or return an empty string.

    An endpoint that is new, and one whose address or opt-out an update names, needs an address
    after it unless it is opted out of everything.
    Source: seen in the field (aws-sdk-ios#861, amplify-js#13272).

    Args:
        stored: the endpoint so far; None for a new one.
        request: the update.
    """
    if stored is None:
        if "ChannelType" not in request:
            return "ChannelType"
    elif "Address" not in request and "OptOut" not in request:
        return ""
    after = {**(stored or {}), **request}
    return "" if after.get("Address") or after.get("OptOut") == "ALL" else "Address"


def with_defaults(request: Mapping[str, Any], now: str, request_id: str) -> Endpoint:
    """Return a request with what every update sets: its own id, and what it leaves out.

    Source of the id: botocore's service model, `PublicEndpoint.RequestId`, "generated each time".
    """
    return {"EffectiveDate": now, **with_status(request), "RequestId": request_id}


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


def bytes_of_requests(endpoint: Mapping[str, Any]) -> int:
    """Return how many bytes of an endpoint requests brought, as compact JSON in UTF-8."""
    members = {name: value for name, value in endpoint.items() if name not in SERVICE_MEMBERS}
    if not members["User"]:
        del members["User"]
    return len(orjson.dumps(members))
