"""Reads and deletes endpoints: single ones, and those of a user."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.endpoint_ids import check_id, check_user_id, same_endpoint_key
from pinpoint_endpoints.errors import NoApplication, Refused
from pinpoint_endpoints.service.errors import (
    NOT_PINPOINT,
    NotFound,
    Refusal,
    is_aws,
    not_found_in,
    refusal_of,
    request_id_of,
    translate_botocore_errors,
    with_end_of_support,
)

Endpoint = Mapping[str, Any]
"""An EndpointResponse."""


class EndpointsAnswer(NamedTuple):
    """The response of the service.

    Attributes:
        endpoints: at least one, each with its `Id`.
        status: the HTTP status.
        request_id: the service's id of the request, or empty.
    """

    endpoints: tuple[Endpoint, ...]
    status: int
    request_id: str


def call_operation(
    client: Any, operation: str, success: int, if_retried: str = "", **parameters: str
) -> EndpointsAnswer | Refusal:
    """Call an operation that answers with one endpoint, or with those of a user.

    Args:
        client: a boto3 Pinpoint client.
        operation: the client's method, such as `get_endpoint`.
        success: the HTTP status that Pinpoint documents. Any other answer is refused, and so is one
            about another endpoint.
        if_retried: the hint if nothing was found and an earlier attempt may be the reason.
        parameters: the parameters of the operation.

    Raises:
        CannotRun: no credentials, no connection, no readable answer.
    """
    from botocore.exceptions import ClientError

    at_aws = is_aws(client)
    personal = [value for name, value in parameters.items() if name == "UserId"]
    try:
        with translate_botocore_errors(at_aws=at_aws):
            response = getattr(client, operation)(**parameters)
    except ClientError as error:
        refusal = _with_end_of_support(refusal_of(error, personal=personal), at_aws=at_aws)
        retried = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
        gone = refusal.status == HTTPStatus.NOT_FOUND and retried and if_retried
        return refusal._replace(hint=if_retried) if gone else refusal
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    request_id = request_id_of(response, personal)
    endpoints = _endpoints_in(response)
    message = _mismatch(endpoints, parameters.get("EndpointId"))
    if not message and status != success:
        message = f"{success} was expected"
    if message:
        refusal = Refusal(status, "", message, request_id, NOT_PINPOINT)
        return _with_end_of_support(refusal, at_aws=at_aws)
    return EndpointsAnswer(endpoints, status, request_id)


def _mismatch(endpoints: Sequence[Endpoint], asked: str | None) -> str:
    """Return why endpoints do not answer the request, or an empty text."""
    if not endpoints:
        return "the answer contains no endpoint"
    if asked is not None and same_endpoint_key(endpoints[0]["Id"]) != same_endpoint_key(asked):
        return "the answer is about another endpoint"
    return ""


def _with_end_of_support(refusal: Refusal, *, at_aws: bool) -> Refusal:
    return refusal._replace(hint=with_end_of_support(refusal.hint, at_aws=at_aws))


def _endpoints_in(response: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """Return the endpoints of an answer; none if one of them could not be written to a file."""
    several = response.get("EndpointsResponse") or {}
    endpoints = several.get("Item") or [response.get("EndpointResponse")]
    return tuple(endpoints) if all(map(_is_endpoint, endpoints)) else ()


def _is_endpoint(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value.get("Id") or not isinstance(value["Id"], str):
        return False
    try:
        return bool(orjson.loads(orjson.dumps(value)) == value)
    except TypeError:  # a lone surrogate, or a number of more than 64 bits
        return False


_OK = 200
"""AWS: apps-application-id-endpoints-endpoint-id and apps-application-id-users-user-id, GET."""


def get_endpoint(client: Any, application_id: str, endpoint_id: str) -> Endpoint:
    """Return the EndpointResponse that the service has stored.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the endpoint does not exist, or the service refuses to return it.
    """
    ((_, found),) = read_endpoints(client, application_id, [endpoint_id])
    if isinstance(found, Refusal):
        raise refused(found)
    return found


def read_endpoints(
    client: Any, application_id: str, endpoint_ids: Iterable[str]
) -> Iterator[tuple[str, Endpoint | Refusal]]:
    """Yield for each id the stored endpoint, or why the service refuses to return it.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    check_id(application_id, "application id", "--app")
    for endpoint_id in endpoint_ids:
        check_id(endpoint_id, "endpoint id", "--id")
        answer = call_operation(
            client, "get_endpoint", _OK, ApplicationId=application_id, EndpointId=endpoint_id
        )
        yield endpoint_id, answer.endpoints[0] if isinstance(answer, EndpointsAnswer) else answer


def find_endpoint(client: Any, application_id: str, endpoint_id: str) -> Endpoint | None:
    """Return the EndpointResponse that the service has stored, or None if it does not exist.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        NoApplication: the application does not exist.
        Refused: the service refuses to return it.
    """
    ((_, found),) = read_endpoints(client, application_id, [endpoint_id])
    if not isinstance(found, Refusal):
        return found
    absence = not_found_in(found)
    if absence is NotFound.ENDPOINT:
        return None
    if absence is NotFound.APPLICATION:
        raise NoApplication(message_of(found), found.hint, status=found.status, code=found.code)
    raise refused(found)


def get_user_endpoints(client: Any, application_id: str, user_id: str) -> tuple[Endpoint, ...]:
    """Return the EndpointResponses of a user: at most 15 (AWS: Amazon Pinpoint quotas).

    Raises:
        UsageError: the service can take no such application id or user id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the user has no endpoint, or the service refuses to return them.
    """
    check_id(application_id, "application id", "--app")
    check_user_id(user_id)
    answer = call_operation(
        client, "get_user_endpoints", _OK, ApplicationId=application_id, UserId=user_id
    )
    if isinstance(answer, Refusal):
        raise refused(answer)
    return answer.endpoints


def refused(refusal: Refusal) -> Refused:
    """Return the exception for a refusal that ends a run."""
    return Refused(message_of(refusal), refusal.hint, status=refusal.status, code=refusal.code)


def message_of(refusal: Refusal) -> str:
    """Return the status and the service's message."""
    return f"HTTP {refusal.status}: {refusal.message}"


_ACCEPTED = 202
"""AWS: apps-application-id-endpoints-endpoint-id and apps-application-id-users-user-id, DELETE."""

_DELETED_BEFORE = "an earlier attempt, whose answer was lost, may have deleted it"


class DeletionState(StrEnum):
    """The states of a deletion.

    A skipped one is not: the run ended first, or the user declined.
    """

    DELETED = "deleted"
    FAILED = "failed"
    SKIPPED = "skipped"


class Deletion(NamedTuple):
    """The deletion of one endpoint, and its result.

    Attributes:
        endpoint_id: as it was given, or as the service names it.
        state: deleted is HTTP 202 with the endpoint in the answer.
        status: the HTTP status, 0 if there was no answer.
        code: the service's error code, or empty.
        message: the service's message, or why there is none; empty if it was deleted.
        request_id: the service's id of the request, or empty.
        hint: what to do about a failure, or empty.
        endpoint: as it was last read, or as the service returned it when it was deleted.
    """

    endpoint_id: str
    state: DeletionState
    status: int = 0
    code: str = ""
    message: str = ""
    request_id: str = ""
    hint: str = ""
    endpoint: Endpoint = MappingProxyType({})

    def __repr__(self) -> str:
        """Return which endpoint it is, without its values, which may be personal data."""
        return f"Deletion({self.endpoint_id!r}, {self.state!r})"


def planned(
    client: Any,
    application_id: str,
    endpoint_ids: Iterable[str],
    user_id: str | None = None,
    *,
    read: bool,
) -> list[Deletion]:
    """Return the deletions to confirm; all are SKIPPED, because nothing is deleted yet.

    Args:
        client: a boto3 Pinpoint client.
        application_id: where the endpoints are.
        endpoint_ids: the endpoints, if there is no user id.
        user_id: the user whose endpoints are to be deleted; they are always read.
        read: whether endpoints given by id are read too; one that cannot be read has failed.

    Raises:
        UsageError: the service can take no such id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the user has no endpoint, or the service refuses to return them.
    """
    if user_id is not None:
        return [
            _planned(endpoint["Id"], endpoint)
            for endpoint in get_user_endpoints(client, application_id, user_id)
        ]
    if not read:
        return [_planned(endpoint_id, {}) for endpoint_id in endpoint_ids]
    return [
        _failed(endpoint_id, answer)
        if isinstance(answer, Refusal)
        else _planned(endpoint_id, answer)
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
    answer = call_operation(
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
    """Delete all endpoints of a user in one call, also those that were not read before.

    Args:
        client: a boto3 Pinpoint client.
        application_id: where they are.
        user_id: the user.
        known: from `get_user_endpoints`; each of them ends as deleted or failed.

    Raises:
        UsageError: the service can take no such application id or user id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    check_id(application_id, "application id", "--app")
    check_user_id(user_id)
    answer = call_operation(
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
        "check whether it still exists",
    )
    left = [each for each in known if same_endpoint_key(each["Id"]) not in deleted]
    return [
        *(_deleted(endpoint["Id"], answer, endpoint) for endpoint in deleted.values()),
        *(_failed(endpoint["Id"], unnamed, endpoint) for endpoint in left),
    ]


def _planned(endpoint_id: str, endpoint: Endpoint) -> Deletion:
    return Deletion(endpoint_id, DeletionState.SKIPPED, message="not deleted", endpoint=endpoint)


def _deleted(endpoint_id: str, answer: EndpointsAnswer, endpoint: Endpoint) -> Deletion:
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
