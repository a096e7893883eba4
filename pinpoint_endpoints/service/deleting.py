"""A client and ids in, what became of each endpoint that was to be deleted out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pinpoint_endpoints.documents.endpoint_ids import check_id, check_user_id, same_endpoint_key
from pinpoint_endpoints.service.asking import Answer, Endpoint, ask
from pinpoint_endpoints.service.errors import Refusal
from pinpoint_endpoints.service.reading import get_user_endpoints, read_endpoints

_ACCEPTED = 202
"""AWS: apps-application-id-endpoints-endpoint-id and apps-application-id-users-user-id, DELETE."""

_DELETED_BEFORE = "an earlier attempt, whose answer was lost, may have deleted it"


class DeletionState(StrEnum):
    """Whether an endpoint is gone.

    A skipped one is not: the run ended before, or a person said no.
    """

    DELETED = "deleted"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of one endpoint that was to be deleted.

    Attributes:
        endpoint_id: as it was asked for, or as the service names it.
        state: deleted is HTTP 202 with the endpoint in the answer.
        status: the HTTP status, 0 if there was no answer.
        code: the service's error code, or empty.
        message: the service's own message, or why there is none; empty if it was deleted.
        request_id: the service's id of the request, or empty.
        hint: what to do about a failure, or empty.
        endpoint: what is known of it, at best as the service returned it when it was deleted.
    """

    endpoint_id: str
    state: DeletionState
    status: int = 0
    code: str = ""
    message: str = ""
    request_id: str = ""
    hint: str = ""
    endpoint: Endpoint = field(default_factory=dict, repr=False)


def planned(
    client: Any,
    application_id: str,
    endpoint_ids: Iterable[str],
    user_id: str | None = None,
    *,
    read: bool,
) -> list[Deletion]:
    """Return what is to be deleted, as skipped: nothing is deleted yet.

    Args:
        client: a boto3 Pinpoint client.
        application_id: where the endpoints are.
        endpoint_ids: which they are, if no user is named.
        user_id: whose they are: these are read in any case.
        read: whether the others are read too; one that cannot be read has failed.

    Raises:
        UsageError: the service can take no such id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the user has no endpoint, or the service refuses to say.
    """
    if user_id is not None:
        return [
            _waiting(endpoint["Id"], endpoint)
            for endpoint in get_user_endpoints(client, application_id, user_id)
        ]
    if not read:
        return [_waiting(endpoint_id, {}) for endpoint_id in endpoint_ids]
    return [
        _failed(endpoint_id, answer)
        if isinstance(answer, Refusal)
        else _waiting(endpoint_id, answer)
        for endpoint_id, answer in read_endpoints(client, application_id, endpoint_ids)
    ]


def delete_endpoint(client: Any, application_id: str, endpoint_id: str) -> Deletion:
    """Delete one endpoint.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    check_id(application_id, "application id", "--app")
    check_id(endpoint_id, "endpoint id", "--id")
    answer = ask(
        client,
        "delete_endpoint",
        _ACCEPTED,
        _DELETED_BEFORE,
        ApplicationId=application_id,
        EndpointId=endpoint_id,
    )
    if isinstance(answer, Refusal):
        return _failed(endpoint_id, answer)
    return _deleted(endpoint_id, answer, answer.endpoints[0])


def delete_user_endpoints(
    client: Any, application_id: str, user_id: str, known: Iterable[Endpoint]
) -> list[Deletion]:
    """Delete all endpoints of a user in one call, also those that nobody knew of.

    Args:
        client: a boto3 Pinpoint client.
        application_id: where they are.
        user_id: whose they are.
        known: from `get_user_endpoints`; each of them ends as deleted or failed.

    Raises:
        UsageError: the service can take no such application id or user id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    check_id(application_id, "application id", "--app")
    check_user_id(user_id)
    answer = ask(
        client,
        "delete_user_endpoints",
        _ACCEPTED,
        _DELETED_BEFORE,
        ApplicationId=application_id,
        UserId=user_id,
    )
    if isinstance(answer, Refusal):
        return [_failed(endpoint["Id"], answer, endpoint) for endpoint in known]
    deleted = {same_endpoint_key(endpoint["Id"]): endpoint for endpoint in answer.endpoints}
    unnamed = Refusal(
        answer.status,
        "",
        "the answer does not name it",
        answer.request_id,
        "see whether it is gone",
    )
    left = [each for each in known if same_endpoint_key(each["Id"]) not in deleted]
    return [
        *(_deleted(endpoint["Id"], answer, endpoint) for endpoint in deleted.values()),
        *(_failed(endpoint["Id"], unnamed, endpoint) for endpoint in left),
    ]


def _waiting(endpoint_id: str, endpoint: Endpoint) -> Deletion:
    return Deletion(endpoint_id, DeletionState.SKIPPED, message="not deleted", endpoint=endpoint)


def _deleted(endpoint_id: str, answer: Answer, endpoint: Endpoint) -> Deletion:
    return Deletion(
        endpoint_id,
        DeletionState.DELETED,
        answer.status,
        request_id=answer.request_id,
        endpoint=endpoint,
    )


def _failed(endpoint_id: str, refusal: Refusal, endpoint: Endpoint | None = None) -> Deletion:
    return Deletion(
        endpoint_id,
        DeletionState.FAILED,
        refusal.status,
        refusal.code,
        refusal.message,
        refusal.request_id,
        refusal.hint,
        endpoint or {},
    )
