"""An HTTP request in parts → the local Pinpoint's HTTP answer in parts. No sockets here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson

from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.service_error import (
    ServiceError,
    bad_request,
    method_not_allowed,
    not_found,
    payload_too_large,
)

# AWS: quotas, "API request payload"
MAX_BODY_BYTES = 7 * 1024 * 1024

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
            ServiceError: 400 when it is not JSON.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise bad_request(
                f"The body is not JSON: line {error.lineno}, column {error.colno}."
            ) from None


class Operation(NamedTuple):
    """What a method does at a path.

    Args:
        status: of its success.
        run: from the call to the answer's body.
    """

    status: int
    run: Callable[[Call], Mapping[str, Any]]


ID = "{}"
OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "/v1/apps": {
        "GET": Operation(
            200,
            lambda call: call.pinpoint.get_apps(
                call.query.get("page-size"), call.query.get("token")
            ),
        ),
        "POST": Operation(201, lambda call: call.pinpoint.create_app(call.json())),
    },
    "/v1/apps/{}": {
        "GET": Operation(200, lambda call: call.pinpoint.get_app(*call.ids)),
        "DELETE": Operation(200, lambda call: call.pinpoint.delete_app(*call.ids)),
    },
    "/v1/apps/{}/endpoints": {
        "PUT": Operation(
            202,
            lambda call: call.pinpoint.update_endpoints_batch(
                *call.ids, request=call.json(), request_id=call.request_id
            ),
        ),
    },
    "/v1/apps/{}/endpoints/{}": {
        "GET": Operation(200, lambda call: call.pinpoint.get_endpoint(*call.ids)),
        "PUT": Operation(
            202,
            lambda call: call.pinpoint.update_endpoint(
                *call.ids, request=call.json(), request_id=call.request_id
            ),
        ),
        "DELETE": Operation(202, lambda call: call.pinpoint.delete_endpoint(*call.ids)),
    },
    "/v1/apps/{}/users/{}": {
        "GET": Operation(200, lambda call: call.pinpoint.get_user_endpoints(*call.ids)),
        "DELETE": Operation(202, lambda call: call.pinpoint.delete_user_endpoints(*call.ids)),
    },
}


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
        if len(body) > MAX_BODY_BYTES:
            raise payload_too_large(f"The body is over {MAX_BODY_BYTES} bytes.")
        call = Call(pinpoint, ids, dict(parse_qsl(query, keep_blank_values=True)), body, request_id)
        return Answer(operation.status, headers, orjson.dumps(operation.run(call)))
    except ServiceError as error:
        return Answer(
            error.status,
            {**headers, "x-amzn-ErrorType": error.code},
            orjson.dumps({"Message": error.message, "RequestID": request_id}),
        )


def _route(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """Find the operation by the path as it is encoded: an id may hold an encoded slash."""
    segments = path.split("/")
    for pattern, methods in OPERATIONS.items():
        places = pattern.split("/")
        if _match(places, segments):
            if method not in methods:
                raise method_not_allowed("The path does not have this method.")
            ids = [part for place, part in zip(places, segments, strict=True) if place == ID]
            return methods[method], tuple(_decoded(part) for part in ids)
    raise not_found("The local Pinpoint does not have this operation.")


def _match(places: list[str], segments: list[str]) -> bool:
    return len(places) == len(segments) and all(
        place in (ID, part) for place, part in zip(places, segments, strict=True)
    )


def _decoded(segment: str) -> str:
    if BROKEN_ESCAPE.search(segment):
        raise bad_request("The path has a broken percent-encoding.")
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeError:
        raise bad_request("The path is not UTF-8 under its percent-encoding.") from None
