"""One update of one endpoint → rows: the endpoint itself, its user's others, its address's others.

Everything happens inside the transaction that the caller holds.
"""

from typing import Any, NamedTuple

from pinpoint_endpoints.contract.merging import Endpoint, merge
from pinpoint_endpoints.documents.endpoint_id import same_endpoint_key
from pinpoint_endpoints.local.merging import (
    MAX_USER_ENDPOINTS,
    endpoint_to_evict,
    evicted,
    inactive,
    missing_for_creation,
    new_endpoint,
    user_attributes_of,
    user_id_after,
    with_defaults,
    with_user_attributes,
)
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import bad_request


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


def apply_update(rows: Rows, application: Application, update: Update) -> None:
    """Store an update and all that follows from it.

    Raises:
        ServiceError: 400 when a new endpoint lacks what creation needs, or its user has as many
            endpoints as a user may have.
    """
    stored = rows.endpoint(application, update.endpoint_id)
    if stored is None:
        stored = _created(application, update)
    companions = _make_room(rows, application, stored, update)
    shared = user_attributes_of(companions[0]) if companions else {}
    request = with_defaults(update.request, update.now, update.request_id)
    endpoint = merge(stored, request, shared)
    rows.put_endpoint(application, endpoint)
    _share_user_attributes(rows, application, companions, endpoint)
    _take_over_address(rows, application, endpoint)


def _created(application: Application, update: Update) -> Endpoint:
    missing = missing_for_creation(update.request)
    if missing:
        raise bad_request(f"Missing {missing}")
    return new_endpoint(application.response["Id"], update.endpoint_id, update.now)


def _make_room(
    rows: Rows, application: Application, stored: Endpoint, update: Update
) -> list[Endpoint]:
    """Return the other endpoints of the user, after one has left if the user had too many."""
    user_id = user_id_after(stored, update.request)
    own_key = same_endpoint_key(stored["Id"])
    companions = [
        one
        for one in rows.user_endpoints(application, user_id)
        if same_endpoint_key(one["Id"]) != own_key
    ]
    if len(companions) < MAX_USER_ENDPOINTS:
        return companions
    leaving = endpoint_to_evict(companions, {**stored, **update.request}["ChannelType"])
    if leaving is None:
        raise bad_request(f"Exceeded maximum endpoint per user count {MAX_USER_ENDPOINTS}")
    rows.put_endpoint(application, evicted(leaving))
    return [one for one in companions if one is not leaving]


def _share_user_attributes(
    rows: Rows, application: Application, companions: list[Endpoint], endpoint: Endpoint
) -> None:
    attributes = user_attributes_of(endpoint)
    for companion in companions:
        if user_attributes_of(companion) != attributes:
            rows.put_endpoint(application, with_user_attributes(companion, attributes))


def _take_over_address(rows: Rows, application: Application, endpoint: Endpoint) -> None:
    for other in rows.active_endpoints_at(application, endpoint):
        if other["Id"] != endpoint["Id"]:
            rows.put_endpoint(application, inactive(other))
