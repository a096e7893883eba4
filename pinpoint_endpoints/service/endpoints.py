"""A client and an endpoint in, what the service answered out: one endpoint a call."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pinpoint_endpoints.documents.endpoint_id import endpoint_id_fault
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.personal import personal_values
from pinpoint_endpoints.errors import Refused, UsageError
from pinpoint_endpoints.service.errors import (
    END_OF_SUPPORT,
    explained,
    is_aws,
    readable,
    refusal_of,
)
from pinpoint_endpoints.service.outcome import Outcome, State, channel_of, unanswered

ACCEPTED = 202


def update_endpoint(
    client: Any, application_id: str, endpoint_id: str, document: Document
) -> Outcome:
    """Send one document, which has to be valid, and return what became of it.

    Accepted is HTTP 202 with a message, and not the absence of an exception: another answer is not
    Pinpoint's (AWS: apps-application-id-endpoints-endpoint-id, 202 MessageBody).

    Raises:
        CannotRun: no credentials, no connection, no readable answer.
    """
    from botocore.exceptions import ClientError, ParamValidationError

    personal = personal_values(document.request)
    at_aws = is_aws(client)
    try:
        with explained(at_aws=at_aws):
            response = client.update_endpoint(
                ApplicationId=application_id,
                EndpointId=endpoint_id,
                EndpointRequest=document.request,
            )
    except ParamValidationError:
        message = "boto3 refuses the request before it is sent"
        hint = "do not ignore the rules of the schema: `pe validate` says what is wrong"
        return replace(unanswered(State.FAILED, document, endpoint_id, message), hint=hint)
    except ClientError as error:
        refusal = refusal_of(error, at_aws=at_aws, personal=personal)
        return Outcome(
            endpoint_id,
            channel_of(document),
            State.FAILED,
            refusal.status,
            refusal.code,
            refusal.message,
            refusal.request_id,
            document.source,
            refusal.hint,
        )
    return _outcome(response, endpoint_id, document, personal, at_aws=at_aws)


def get_endpoint(client: Any, application_id: str, endpoint_id: str) -> Mapping[str, Any]:
    """Return the EndpointResponse that the service has stored.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: there is no such endpoint, or the service refuses to say.
    """
    check_id(application_id, "application id", "--app")
    check_id(endpoint_id, "endpoint id", "--id")
    from botocore.exceptions import ClientError

    at_aws = is_aws(client)
    try:
        with explained(at_aws=at_aws):
            response = client.get_endpoint(ApplicationId=application_id, EndpointId=endpoint_id)
    except ClientError as error:
        refusal = refusal_of(error, at_aws=at_aws)
        raise Refused(f"HTTP {refusal.status}: {refusal.message}", refusal.hint) from None
    endpoint: Mapping[str, Any] = response.get("EndpointResponse") or {}
    if not endpoint:
        raise Refused("the answer holds no endpoint", _not_pinpoint(at_aws=at_aws))
    return endpoint


def check_id(value: str, name: str, option: str) -> None:
    """Refuse an id before anything is sent.

    Args:
        value: the id.
        name: what it is the id of, such as `endpoint id`.
        option: where it comes from, such as `--id`.

    Raises:
        UsageError: the id is empty, a step in a path, or has a character that is not allowed.
    """
    fault = endpoint_id_fault(value)
    if fault:
        raise UsageError(f"not an {name}: {fault}", f"give another one with {option}")


def _outcome(
    response: Mapping[str, Any],
    endpoint_id: str,
    document: Document,
    personal: Collection[str],
    *,
    at_aws: bool,
) -> Outcome:
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    body = response.get("MessageBody") or {}
    told = body.get("Message")
    message = readable(told, personal) if isinstance(told, str) else ""
    accepted = status == ACCEPTED and bool(message)
    return Outcome(
        endpoint_id,
        channel_of(document),
        State.ACCEPTED if accepted else State.FAILED,
        status,
        "",
        message if accepted else _unlike_pinpoint(status, message),
        str(body.get("RequestID") or metadata.get("RequestId", "")),
        document.source,
        "" if accepted else _not_pinpoint(at_aws=at_aws),
    )


def _unlike_pinpoint(status: int, message: str) -> str:
    if not message:
        return f"HTTP {status} without a message"
    return f"HTTP {status} instead of {ACCEPTED}: {message}"


def _not_pinpoint(*, at_aws: bool) -> str:
    return END_OF_SUPPORT if at_aws else "is this server a Pinpoint?"
