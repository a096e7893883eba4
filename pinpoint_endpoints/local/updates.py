"""Apply updates to endpoints, and to the other endpoints of their users and at their addresses.

Everything happens in the caller's transaction. Endpoints are never changed in place: each function
returns a new dict.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local.generated_values import cohort_id, instant
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.local.unit_of_work import UnitOfWork, place_of
from pinpoint_endpoints.quotas import (
    EVICTING_CHANNELS,
    MAX_ATTRIBUTE_NAMES,
    MAX_ENDPOINT_BYTES,
    MAX_ENDPOINTS_PER_USER,
)
from pinpoint_endpoints.service.merge import Endpoint, merge, with_status

SERVICE_MEMBERS = frozenset(
    ("ApplicationId", "CohortId", "CreationDate", "EffectiveDate", "EndpointStatus", "Id", "OptOut",
     "RequestId")
)  # fmt: skip
"""Members that the service sets even if no request has them."""


class Limits(NamedTuple):
    """Quotas of endpoints; the service's, unless a test lowers them.

    Args:
        endpoint_bytes: the maximum size of the members that requests have sent.
        endpoints_per_user: the maximum number of a user's endpoints, of any status.
        attribute_names: the maximum number of an application's attribute names of all types.
    """

    endpoint_bytes: int = MAX_ENDPOINT_BYTES
    endpoints_per_user: int = MAX_ENDPOINTS_PER_USER
    attribute_names: int = MAX_ATTRIBUTE_NAMES


SERVICE_LIMITS = Limits()


class Update(NamedTuple):
    """An update of one endpoint.

    Args:
        endpoint_id: as the request spells it.
        request: a validated EndpointRequest.
        request_id: the id of the request.
        now: the time of the request, as the service writes it.
    """

    endpoint_id: str
    request: dict[str, Any]
    request_id: str
    now: str


def apply_updates(
    rows: Rows,
    application: Application,
    updates: Sequence[Update],
    limits: Limits = SERVICE_LIMITS,
) -> None:
    """Store updates in their order, with their effects on other endpoints.

    Args:
        rows: an open transaction.
        application: whose endpoints are updated.
        updates: one after the other.
        limits: the quotas of endpoints.

    Raises:
        ServiceError: 400 when an endpoint lacks a member that it needs, or a quota is exceeded.
    """
    names = rows.attribute_names(application)
    captured = updates
    if names.removes_any:
        captured = [update._replace(request=names.captured(update.request)) for update in updates]
    known = names
    for update in captured:
        known = known.with_names_in(update.request)
    if known is not names:
        if len(known) > limits.attribute_names:
            raise bad_request("Too many custom attributes")
        rows.put_attribute_names(application, known)
    endpoints = rows.endpoints(application)
    keys = [same_endpoint_key(update.endpoint_id) for update in captured]
    _preload(endpoints, keys, captured)
    for key, update in zip(keys, captured, strict=True):
        _apply(endpoints, application, key, update, limits)


def _preload(endpoints: UnitOfWork, keys: Sequence[str], updates: Sequence[Update]) -> None:
    """Read in a few queries the endpoints that the updates may change."""
    endpoints.preload(keys)
    users: set[str] = set()
    addresses: set[str] = set()
    for key, update in zip(keys, updates, strict=True):
        stored: Endpoint = endpoints.endpoint(key) or {}
        users.add(user_id_after(stored, update.request))
        addresses.add(update.request.get("Address") or stored.get("Address") or "")
    endpoints.preload_users(users - {""})
    endpoints.preload_addresses(addresses - {""})


def _apply(
    endpoints: UnitOfWork, application: Application, key: str, update: Update, limits: Limits
) -> None:
    before = endpoints.endpoint(key)
    missing = missing_member(before, update.request)
    if missing:
        raise bad_request(f"Missing {missing}")
    opt_out = default_opt_out(update.request)
    stored = before or new_endpoint(
        application.response["Id"], update.endpoint_id, update.now, opt_out
    )
    companions = _make_room(endpoints, stored, update, limits.endpoints_per_user)
    shared = user_attributes_of(companions[0]) if companions else {}
    request = with_defaults(update.request, update.now, update.request_id)
    endpoint = merge(stored, request, shared)
    most = limits.endpoint_bytes
    if endpoints.put(endpoint) > most and bytes_of_requests(endpoint) > most:
        raise bad_request(f"Endpoint size exceeds {most} bytes")
    if companions:
        _share_user_attributes(endpoints, companions, endpoint)
    for other in endpoints.active_at(place_of(endpoint)):
        if other is not endpoint:
            endpoints.put(inactive(other))


def _make_room(
    endpoints: UnitOfWork, stored: Endpoint, update: Update, most: int
) -> list[Endpoint]:
    """Return the other endpoints of the user, after one has left if the user had too many."""
    user_id = user_id_after(stored, update.request)
    if not user_id:
        return []
    companions = [one for one in endpoints.of_user(user_id) if one is not stored]
    if len(companions) < most:
        return companions
    leaving = endpoint_to_evict(companions, {**stored, **update.request}.get("ChannelType"))
    if leaving is None:
        raise bad_request(f"Exceeded maximum endpoint per user count {most}")
    endpoints.put(evicted(leaving))
    return [one for one in companions if one is not leaving]


def _share_user_attributes(
    endpoints: UnitOfWork, companions: list[Endpoint], endpoint: Endpoint
) -> None:
    attributes = user_attributes_of(endpoint)
    for companion in companions:
        if user_attributes_of(companion) != attributes:
            endpoints.put(with_user_attributes(companion, attributes))


def new_endpoint(application_id: str, endpoint_id: str, created: str, opt_out: str) -> Endpoint:
    """Return an endpoint before its first update.

    Args:
        application_id: the application that it belongs to.
        endpoint_id: its id in the case in which it will be shown.
        created: the `CreationDate`.
        opt_out: the `OptOut` unless the update sets it.
    """
    return {
        "ApplicationId": application_id,
        "CohortId": cohort_id(endpoint_id),
        "CreationDate": created,
        "Id": endpoint_id,
        "OptOut": opt_out,
    }


def default_opt_out(request: Mapping[str, Any]) -> str:
    """Return the OptOut of a new endpoint whose first update does not set it.

    Source: seen in the field (amplify-js#8753): endpoints that Amplify creates without an address
    are opted out, and the service asks for an address only when OptOut is set to NONE.
    """
    return "NONE" if request.get("Address") else "ALL"


def missing_member(stored: Mapping[str, Any] | None, request: Mapping[str, Any]) -> str:
    """Name the member without which the service takes no update, or return an empty string.

    An endpoint that is opted in needs an address, and an address needs a channel type. What an
    older version has stored is left alone by updates that name none of the three.
    Source: seen in the field (aws-sdk-ios#861, amplify-js#8753, amplify-js#13272).

    Args:
        stored: the endpoint so far; None for a new one.
        request: the update.
    """
    if request.keys().isdisjoint(("Address", "ChannelType", "OptOut")):
        return ""
    after = {**(stored or {}), **request}
    if not after.get("Address"):
        return "Address" if after.get("OptOut") == "NONE" else ""
    return "" if "ChannelType" in after else "ChannelType"


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


def endpoint_to_evict(endpoints: Sequence[Endpoint], channel_type: str | None) -> Endpoint | None:
    """Return which of a user's endpoints makes room for one more, or None if none may.

    Only push tokens make room, and only for each other: the one with the oldest
    `EffectiveDate`, of equals the first. Source: AWS, audience-define-auto-inactive.
    """
    if channel_type not in EVICTING_CHANNELS:
        return None
    candidates = [one for one in endpoints if one.get("ChannelType") in EVICTING_CHANNELS]
    return min(candidates, key=lambda one: instant(one.get("EffectiveDate", "")), default=None)


def bytes_of_requests(endpoint: Mapping[str, Any]) -> int:
    """Return how many bytes of an endpoint requests brought, as compact JSON in UTF-8."""
    members = {name: value for name, value in endpoint.items() if name not in SERVICE_MEMBERS}
    if not members["User"]:
        del members["User"]
    return len(orjson.dumps(members))
