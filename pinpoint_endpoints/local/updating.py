"""Updates of endpoints → rows: the endpoints, those of their users, those at their addresses.

Everything happens inside the transaction that the caller holds.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pinpoint_endpoints.contract.merging import Endpoint, merge
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local.merging import (
    bytes_of_requests,
    endpoint_to_evict,
    evicted,
    inactive,
    missing_member,
    new_endpoint,
    user_attributes_of,
    user_id_after,
    with_defaults,
    with_user_attributes,
)
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.local.working_set import WorkingSet, place_of
from pinpoint_endpoints.quotas import (
    MAX_ATTRIBUTE_NAMES,
    MAX_ENDPOINT_BYTES,
    MAX_ENDPOINTS_PER_USER,
)


class Update(NamedTuple):
    """What one request says about one endpoint.

    Args:
        endpoint_id: in the case in which the request has it.
        request: a checked EndpointRequest.
        request_id: the id of the request that brings it.
        now: the moment of the request, as the service writes it.
    """

    endpoint_id: str
    request: dict[str, Any]
    request_id: str
    now: str


def apply_updates(rows: Rows, application: Application, updates: Sequence[Update]) -> None:
    """Store updates, one after the other, and all that follows from them.

    Raises:
        ServiceError: 400 when an endpoint lacks what it needs, its user has as many endpoints as a
            user may have, it is larger than an endpoint may be, or the application has as many
            names of attributes as it may have.
    """
    names = rows.attribute_names(application)
    captured = updates
    if names.removes_any:
        captured = [update._replace(request=names.captured(update.request)) for update in updates]
    known = names
    for update in captured:
        known = known.with_names_in(update.request)
    if known is not names:
        if len(known) > MAX_ATTRIBUTE_NAMES:
            raise bad_request("Too many custom attributes")
        rows.put_attribute_names(application, known)
    endpoints = rows.endpoints(application)
    _meet(endpoints, captured)
    for update in captured:
        _apply(endpoints, application, update)


def _meet(endpoints: WorkingSet, updates: Sequence[Update]) -> None:
    """Read in a few queries what the updates are about, each endpoint's companions included."""
    keys = [same_endpoint_key(update.endpoint_id) for update in updates]
    endpoints.meet(keys)
    users: set[str] = set()
    addresses: set[str] = set()
    for key, update in zip(keys, updates, strict=True):
        stored: Endpoint = endpoints.endpoint(key) or {}
        users.add(user_id_after(stored, update.request))
        addresses.add(update.request.get("Address") or stored.get("Address") or "")
    endpoints.meet_users(users - {""})
    endpoints.meet_addresses(addresses - {""})


def _apply(endpoints: WorkingSet, application: Application, update: Update) -> None:
    key = same_endpoint_key(update.endpoint_id)
    before = endpoints.endpoint(key)
    missing = missing_member(before, update.request)
    if missing:
        raise bad_request(f"Missing {missing}")
    stored = before or new_endpoint(application.response["Id"], update.endpoint_id, update.now)
    companions = _make_room(endpoints, key, stored, update)
    shared = user_attributes_of(companions[0]) if companions else {}
    request = with_defaults(update.request, update.now, update.request_id)
    endpoint = merge(stored, request, shared)
    if (
        endpoints.put(endpoint) > MAX_ENDPOINT_BYTES
        and bytes_of_requests(endpoint) > MAX_ENDPOINT_BYTES
    ):
        raise bad_request(f"Endpoint size exceeds {MAX_ENDPOINT_BYTES} bytes")
    if companions:
        _share_user_attributes(endpoints, companions, endpoint)
    for other in endpoints.active_at(place_of(endpoint)):
        if other is not endpoint:
            endpoints.put(inactive(other))


def _make_room(endpoints: WorkingSet, key: str, stored: Endpoint, update: Update) -> list[Endpoint]:
    """Return the other endpoints of the user, after one has left if the user had too many."""
    user_id = user_id_after(stored, update.request)
    if not user_id:
        return []
    companions = [one for one in endpoints.of_user(user_id) if same_endpoint_key(one["Id"]) != key]
    if len(companions) < MAX_ENDPOINTS_PER_USER:
        return companions
    leaving = endpoint_to_evict(companions, {**stored, **update.request}["ChannelType"])
    if leaving is None:
        raise bad_request(f"Exceeded maximum endpoint per user count {MAX_ENDPOINTS_PER_USER}")
    endpoints.put(evicted(leaving))
    return [one for one in companions if one is not leaving]


def _share_user_attributes(
    endpoints: WorkingSet, companions: list[Endpoint], endpoint: Endpoint
) -> None:
    attributes = user_attributes_of(endpoint)
    for companion in companions:
        if user_attributes_of(companion) != attributes:
            endpoints.put(with_user_attributes(companion, attributes))
