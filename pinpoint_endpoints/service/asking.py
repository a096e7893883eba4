"""A client and an operation that answers with endpoints in, the endpoints or the refusal out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.service.errors import (
    Refusal,
    explained,
    is_aws,
    not_pinpoint,
    refusal_of,
    request_id_of,
    with_end_of_support,
)

Endpoint = Mapping[str, Any]
"""An EndpointResponse."""

_NOT_FOUND = 404


class Answer(NamedTuple):
    """What the service answered.

    Attributes:
        endpoints: at least one, each with its `Id`.
        status: the HTTP status.
        request_id: the service's id of the request, or empty.
    """

    endpoints: tuple[Endpoint, ...]
    status: int
    request_id: str


def ask(
    client: Any, operation: str, success: int, if_retried: str = "", **parameters: str
) -> Answer | Refusal:
    """Ask for one endpoint, or for those of a user.

    Args:
        client: a boto3 Pinpoint client.
        operation: the client's method, such as `get_endpoint`.
        success: the HTTP status that Pinpoint documents; another answer is not Pinpoint's, nor is
            one about another endpoint than the one that was asked for.
        if_retried: the hint if nothing is there and an earlier attempt may be the reason.
        parameters: of the operation.

    Raises:
        CannotRun: no credentials, no connection, no readable answer.
    """
    from botocore.exceptions import ClientError

    at_aws = is_aws(client)
    personal = [value for name, value in parameters.items() if name == "UserId"]
    try:
        with explained(at_aws=at_aws):
            response = getattr(client, operation)(**parameters)
    except ClientError as error:
        refusal = _at_its_end(refusal_of(error, personal=personal), at_aws=at_aws)
        retried = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
        gone = refusal.status == _NOT_FOUND and retried and if_retried
        return refusal._replace(hint=if_retried) if gone else refusal
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    request_id = request_id_of(response, personal)
    endpoints = _endpoints_in(response)
    message = _fault_of(endpoints, parameters.get("EndpointId"))
    if not message and status != success:
        message = f"{success} was expected"
    if message:
        refusal = Refusal(status, "", message, request_id, not_pinpoint())
        return _at_its_end(refusal, at_aws=at_aws)
    return Answer(endpoints, status, request_id)


def _fault_of(endpoints: Sequence[Endpoint], asked: str | None) -> str:
    """Say why endpoints are no answer to what was asked, or return an empty text."""
    if not endpoints:
        return "the answer holds no endpoint"
    if asked is not None and same_endpoint_key(endpoints[0]["Id"]) != same_endpoint_key(asked):
        return "the answer is about another endpoint"
    return ""


def _at_its_end(refusal: Refusal, *, at_aws: bool) -> Refusal:
    return refusal._replace(hint=with_end_of_support(refusal.hint, at_aws=at_aws))


def _endpoints_in(response: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """Return the endpoints of an answer; none if any is none that a file could hold."""
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
