"""Route HTTP requests to the operations of the local Pinpoint. No sockets are involved."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson

from pinpoint_endpoints.local.bodies import TOO_DEEP, value_of
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.service_error import (
    ServiceError,
    bad_request,
    method_not_allowed,
    not_found,
    payload_too_large,
)
from pinpoint_endpoints.quotas import MAX_BODY_BYTES, MAX_EVENTS_BYTES

LISTED = "`pe serve --explain` lists what it has."
BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response.

    Args:
        status: such as 202.
        headers: by name.
        body: JSON in UTF-8.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Call(NamedTuple):
    """A request whose path is understood.

    Args:
        pinpoint: what it is for.
        ids: the ids in its path, decoded.
        query: its query's members.
        body: as it came.
        request_id: the id that it was given.
    """

    pinpoint: LocalPinpoint
    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    request_id: str

    def json(self) -> Any:
        """Return the body's value.

        Raises:
            ServiceError: 400 when it is not JSON, or holds what cannot be stored.
        """
        return value_of(self.body)


class Operation(NamedTuple):
    """What a method does at a path.

    Args:
        name: in botocore's service model.
        status: of its success.
        run: from the call to the answer's body.
        most_bytes: that a request's body may have.
    """

    name: str
    status: int
    run: Callable[[Call], Mapping[str, Any]]
    most_bytes: int = MAX_BODY_BYTES


OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "/v1/apps": {
        "GET": Operation(
            "GetApps",
            200,
            lambda call: call.pinpoint.get_apps(
                call.query.get("page-size"), call.query.get("token")
            ),
        ),
        "POST": Operation("CreateApp", 201, lambda call: call.pinpoint.create_app(call.json())),
    },
    "/v1/apps/{application-id}": {
        "GET": Operation("GetApp", 200, lambda call: call.pinpoint.get_app(*call.ids)),
        "DELETE": Operation("DeleteApp", 200, lambda call: call.pinpoint.delete_app(*call.ids)),
    },
    "/v1/apps/{application-id}/attributes/{attribute-type}": {
        "PUT": Operation(
            "RemoveAttributes",
            200,
            lambda call: call.pinpoint.remove_attributes(*call.ids, request=call.json()),
        ),
    },
    "/v1/apps/{application-id}/endpoints": {
        "PUT": Operation(
            "UpdateEndpointsBatch",
            202,
            lambda call: call.pinpoint.update_endpoints_batch(
                *call.ids, request=call.json(), request_id=call.request_id
            ),
        ),
    },
    "/v1/apps/{application-id}/endpoints/{endpoint-id}": {
        "GET": Operation("GetEndpoint", 200, lambda call: call.pinpoint.get_endpoint(*call.ids)),
        "PUT": Operation(
            "UpdateEndpoint",
            202,
            lambda call: call.pinpoint.update_endpoint(
                *call.ids, request=call.json(), request_id=call.request_id
            ),
        ),
        "DELETE": Operation(
            "DeleteEndpoint", 202, lambda call: call.pinpoint.delete_endpoint(*call.ids)
        ),
    },
    "/v1/apps/{application-id}/events": {
        "POST": Operation(
            "PutEvents",
            202,
            lambda call: call.pinpoint.put_events(
                *call.ids, request=call.json(), request_id=call.request_id
            ),
            MAX_EVENTS_BYTES,
        ),
    },
    "/v1/apps/{application-id}/users/{user-id}": {
        "GET": Operation(
            "GetUserEndpoints", 200, lambda call: call.pinpoint.get_user_endpoints(*call.ids)
        ),
        "DELETE": Operation(
            "DeleteUserEndpoints", 202, lambda call: call.pinpoint.delete_user_endpoints(*call.ids)
        ),
    },
}

FIRST_REFUSAL = 400
"""Of HTTP's statuses (RFC 9110, 15)."""

FIRST_ID, EVERY_OTHER = 3, 2
"""Where ids stand in a path that is split at its slashes."""

ID = "{}"
_OPERATIONS_AT = {re.sub("{[^}]+}", ID, path): methods for path, methods in OPERATIONS.items()}


def answer(pinpoint: LocalPinpoint, method: str, target: str, body: bytes) -> Answer:
    """Answer one HTTP request as the service does.

    Whatever the service refuses becomes an answer; a fault of ours stays an exception.

    Args:
        pinpoint: what the request is for.
        method: such as `PUT`.
        target: the path with its percent-encoding, and the query if there is one.
        body: as it came; empty for none.

    Raises:
        CannotRun: the store cannot be used.
    """
    request_id = pinpoint.new_request_id()
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    try:
        path, _, query = target.partition("?")
        operation, ids = _route(method, path)
        if len(body) > operation.most_bytes:
            raise payload_too_large(f"The body is over {operation.most_bytes} bytes.")
        members = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        call = Call(pinpoint, ids, members, body, request_id)
        return Answer(operation.status, headers, orjson.dumps(operation.run(call)))
    except ServiceError as error:
        return refusal(error, request_id)
    except RecursionError:  # when it is explained why a thousand lists in each other do not fit
        return refusal(bad_request(TOO_DEEP), request_id)


def refusal(error: ServiceError, request_id: str) -> Answer:
    """Return what the service answers when it refuses a request."""
    headers = {
        "Content-Type": "application/json",
        "x-amzn-RequestId": request_id,
        "x-amzn-ErrorType": error.code,
        **error.headers,
    }
    body = {"Message": error.message, "RequestID": request_id}
    return Answer(error.status, headers, orjson.dumps(body))


def message_of(answer: Answer) -> str:
    """Return why a request was refused; an empty text if it was taken."""
    if answer.status < FIRST_REFUSAL:
        return ""
    return str(orjson.loads(answer.body)["Message"])


def operation_name(method: str, target: str) -> str:
    """Return the name of the operation that a request asks for; empty for none of Pinpoint's."""
    path, _, _ = target.partition("?")
    methods, _ = _methods_and_ids(path)
    operation = methods.get(method)
    return operations_at(path).get(method, "") if operation is None else operation.name


def _route(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """Find the operation by the path as it is encoded: an id may hold an encoded slash."""
    methods, ids = _methods_and_ids(path)
    if method not in methods:
        raise _not_had(method, path)
    return methods[method], tuple(map(_decoded, ids))


def _methods_and_ids(path: str) -> tuple[Mapping[str, Operation], list[str]]:
    """Return what can be done at a path by method, nothing if it is none of ours, and its ids."""
    segments = path.split("/")
    ids = segments[FIRST_ID::EVERY_OTHER]
    segments[FIRST_ID::EVERY_OTHER] = [ID] * len(ids)
    return _OPERATIONS_AT.get("/".join(segments), {}), ids


def _not_had(method: str, path: str) -> ServiceError:
    names = operations_at(path)
    if method in names:
        return not_found(f"The local Pinpoint does not have {names[method]}. {LISTED}")
    if names:
        return method_not_allowed(names)
    return not_found(f"The local Pinpoint does not have this path. {LISTED}")


def _decoded(segment: str) -> str:
    if "%" not in segment and segment.isascii():
        return segment
    if BROKEN_ESCAPE.search(segment):
        raise bad_request("The path has a broken percent-encoding.")
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeError:
        raise bad_request("The path is not UTF-8 under its percent-encoding.") from None


_ID_IN_MODEL = re.compile(r"\\\{[^/]+?\\\}")


class ModelledPath(NamedTuple):
    """A path of the service.

    Args:
        pattern: matches it with whatever ids.
        operations: names by method.
    """

    pattern: re.Pattern[str]
    operations: dict[str, str]


def operations_at(path: str) -> dict[str, str]:
    """Return the names of Pinpoint's operations at a path, by method; none if it has no such path.

    Args:
        path: as it is encoded, without a query.
    """
    return next((one.operations for one in _paths() if one.pattern.fullmatch(path)), {})


@cache
def _paths() -> list[ModelledPath]:
    """Return all paths, those with the fewest ids first: a word is not an id."""
    from pinpoint_endpoints.service.client import pinpoint_loader

    model = pinpoint_loader().load_service_model("pinpoint", "service-2")
    by_uri: dict[str, dict[str, str]] = {}
    for name, operation in model["operations"].items():
        http = operation["http"]
        by_uri.setdefault(http["requestUri"], {})[http["method"]] = name
    return [
        ModelledPath(re.compile(_ID_IN_MODEL.sub("[^/]*", re.escape(uri))), by_uri[uri])
        for uri in sorted(by_uri, key=lambda uri: uri.count("{"))
    ]
