"""A client and ids in, what the service has stored out."""

from collections.abc import Iterable, Iterator
from typing import Any

from pinpoint_endpoints.documents.endpoint_ids import check_id, check_user_id
from pinpoint_endpoints.errors import NoApplication, Refused
from pinpoint_endpoints.service.absence import Absence, absence_in
from pinpoint_endpoints.service.asking import Answer, Endpoint, ask
from pinpoint_endpoints.service.errors import Refusal

_OK = 200
"""AWS: apps-application-id-endpoints-endpoint-id and apps-application-id-users-user-id, GET."""


def get_endpoint(client: Any, application_id: str, endpoint_id: str) -> Endpoint:
    """Return the EndpointResponse that the service has stored.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: there is no such endpoint, or the service refuses to say.
    """
    ((_, found),) = read_endpoints(client, application_id, [endpoint_id])
    if isinstance(found, Refusal):
        raise refused(found)
    return found


def read_endpoints(
    client: Any, application_id: str, endpoint_ids: Iterable[str]
) -> Iterator[tuple[str, Endpoint | Refusal]]:
    """Yield for each id what the service has stored, or why it does not say.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    check_id(application_id, "application id", "--app")
    for endpoint_id in endpoint_ids:
        check_id(endpoint_id, "endpoint id", "--id")
        answer = ask(
            client, "get_endpoint", _OK, ApplicationId=application_id, EndpointId=endpoint_id
        )
        yield endpoint_id, answer.endpoints[0] if isinstance(answer, Answer) else answer


def find_endpoint(client: Any, application_id: str, endpoint_id: str) -> Endpoint | None:
    """Return the EndpointResponse that the service has stored, or None if there is no endpoint.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        NoApplication: there is no such application.
        Refused: the service refuses to say.
    """
    ((_, found),) = read_endpoints(client, application_id, [endpoint_id])
    if not isinstance(found, Refusal):
        return found
    absence = absence_in(found)
    if absence is Absence.ENDPOINT:
        return None
    if absence is Absence.APPLICATION:
        raise NoApplication(words_of(found), found.hint, status=found.status, code=found.code)
    raise refused(found)


def get_user_endpoints(client: Any, application_id: str, user_id: str) -> tuple[Endpoint, ...]:
    """Return the EndpointResponses of a user: at most 15 (AWS: Amazon Pinpoint quotas).

    Raises:
        UsageError: the service can take no such application id or user id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: the user has no endpoint, or the service refuses to say.
    """
    check_id(application_id, "application id", "--app")
    check_user_id(user_id)
    answer = ask(client, "get_user_endpoints", _OK, ApplicationId=application_id, UserId=user_id)
    if isinstance(answer, Refusal):
        raise refused(answer)
    return answer.endpoints


def refused(refusal: Refusal) -> Refused:
    """Return the exception for a refusal of the one thing that was asked."""
    return Refused(words_of(refusal), refusal.hint, status=refusal.status, code=refusal.code)


def words_of(refusal: Refusal) -> str:
    """Return what the service said."""
    return f"HTTP {refusal.status}: {refusal.message}"
