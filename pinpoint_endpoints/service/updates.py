"""Makes the calls that create and update endpoints, and reads their answers."""

import re
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any, NamedTuple

from pinpoint_endpoints.masking import personal_values
from pinpoint_endpoints.service.errors import (
    NOT_PINPOINT,
    is_aws,
    readable,
    refusal_of,
    request_id_of,
    translate_botocore_errors,
)
from pinpoint_endpoints.service.requests import Call, Item, ready_body

ACCEPTED = 202

_USUAL = "Accepted"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""Pinpoint's usual answer repeats nothing of the request; only other answers need masking."""


class Answer(NamedTuple):
    """The service's answer to a call.

    Attributes:
        accepted: HTTP 202 with a message, and not the absence of an exception: another answer is
            not Pinpoint's (AWS: apps-application-id-endpoints-endpoint-id, 202 MessageBody).
        status: the HTTP status, 0 if nothing was sent.
        code: the service's error code, or empty.
        message: the service's own.
        request_id: the service's id of the request, or empty.
        hint: what to do about a failure, or empty.
        busy: whether the same call may be accepted a moment later.
        each: the answers about the items, where the service has one for each.
    """

    accepted: bool
    status: int = 0
    code: str = ""
    message: str = ""
    request_id: str = ""
    hint: str = ""
    busy: bool = False
    each: "tuple[Answer, ...]" = ()


def send(client: Any, application_id: str, call: Call) -> Answer:
    """Send the endpoints of a call.

    Raises:
        NoResponse: no connection, or no readable answer: they may or may not have been stored.
        CannotRun: no credentials.
    """
    if len(call.items) == 1:
        return _update_endpoint(client, application_id, call.items[0])
    return update_endpoints_batch(client, application_id, call)


def _update_endpoint(client: Any, application_id: str, item: Item) -> Answer:
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        with translate_botocore_errors(at_aws=is_aws(client)):
            response = client.update_endpoint(
                ApplicationId=application_id,
                EndpointId=item.endpoint_id,
                EndpointRequest=item.request,
            )
    except ParamValidationError:
        message = "boto3 refuses the request before it is sent"
        hint = "do not ignore the rules of the schema: `pe validate` says what is wrong"
        return Answer(accepted=False, message=message, hint=hint)
    except ClientError as error:
        return _refused(error, personal_values(item.request))
    return _answered(response, [item])


def update_endpoints_batch(client: Any, application_id: str, call: Call) -> Answer:
    """Send a call as a batch, even if it has only one item.

    The body is ready-made: it was checked against the schema, and botocore only signs it.

    Raises:
        NoResponse: no connection, no readable answer.
        CannotRun: no credentials.
    """
    from botocore.exceptions import ClientError

    try:
        with (
            translate_botocore_errors(at_aws=is_aws(client)),
            ready_body(client, call.batch_body()),
        ):
            response = client.update_endpoints_batch(
                ApplicationId=application_id, EndpointBatchRequest={"Item": []}
            )
    except ClientError as error:
        return _refused(error, _personal_values(call.items))
    return _answered(response, call.items)


def _personal_values(items: Collection[Item]) -> list[str]:
    return [*chain.from_iterable(personal_values(item.request) for item in items)]


def _refused(error: Any, personal: Collection[str]) -> Answer:
    refusal = refusal_of(error, personal=personal)
    return Answer(
        False, refusal.status, refusal.code, refusal.message, refusal.request_id, refusal.hint
    )


def _answered(response: Mapping[str, Any], items: Collection[Item]) -> Answer:
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    body = response.get("MessageBody") or {}
    told = body.get("Message")
    request_id = request_id_of(response)
    if status == ACCEPTED and told == _USUAL and _UUID.fullmatch(request_id):
        return Answer(True, status, "", told, request_id)
    personal = _personal_values(items)
    request_id = request_id_of(response, personal)
    message = readable(told, personal) if isinstance(told, str) else ""
    if status == ACCEPTED and message:
        return Answer(True, status, "", message, request_id)
    return Answer(False, status, "", _not_like_pinpoint(status, message), request_id, NOT_PINPOINT)


def _not_like_pinpoint(status: int, message: str) -> str:
    if not message:
        return f"HTTP {status} without a message"
    return f"HTTP {status} instead of {ACCEPTED}: {message}"
