"""A client and a document in, what the service answered out: one endpoint a call."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.personal import personal_values
from pinpoint_endpoints.service.errors import (
    explained,
    is_aws,
    not_pinpoint,
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
        "" if accepted else not_pinpoint(at_aws=at_aws),
    )


def _unlike_pinpoint(status: int, message: str) -> str:
    if not message:
        return f"HTTP {status} without a message"
    return f"HTTP {status} instead of {ACCEPTED}: {message}"
