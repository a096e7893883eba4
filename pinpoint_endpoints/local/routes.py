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
from pinpoint_endpoints.local.unknown_members import remove_unknown_members
from pinpoint_endpoints.quotas import MAX_BODY_BYTES, MAX_EVENTS_BYTES, MAX_IMPORT_FILE_BYTES
from pinpoint_endpoints.service.client import LOCAL_URL

NO_HEADERS: Mapping[str, str] = {}

PROFILES_PATHS = ("/domains", "/integrations", "/recommender-recipes", "/tags", "/templates")
"""How the paths of Customer Profiles begin; those of Pinpoint begin with `/v1/`."""

PROFILES_CODES = {
    "ForbiddenException": "AccessDeniedException",
    "InternalServerErrorException": "InternalServerException",
    "NotFoundException": "ResourceNotFoundException",
    "TooManyRequestsException": "ThrottlingException",
}
"""The names in Customer Profiles of Pinpoint's errors."""

UPLOAD_PATH = re.compile("/domains/([A-Za-z0-9_-]+)/upload-jobs/([a-f0-9]{32})/file")
"""Where the file of a job is put; a path of ours, since the service has it in Amazon S3."""

LISTED = "`pe serve --explain` lists what it implements."
_ID_IN_MODEL = re.compile(r"\\\{[^/]+?\\\}")
INVALID_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class Answer(NamedTuple):
    """An HTTP response.

    Args:
        status: such as 202.
        headers: by name.
        body: JSON in UTF-8.
        remark: what of an accepted request was ignored, for a log; empty if nothing was.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    remark: str = ""


@dataclass(eq=False, repr=False)
class Call:
    """A request for an operation.

    Args:
        pinpoint: executes it.
        ids: the ids in its path, decoded.
        query: the parameters of its query.
        body: as it was received.
        shape: the name of the body's shape in botocore's service model; empty for none.
        request_id: the id that it was given.
        remark: what of the body was ignored, once it has been read.
    """

    pinpoint: LocalPinpoint
    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    shape: str
    request_id: str
    remark: str = ""

    @property
    def page(self) -> tuple[str | None, str | None]:
        """The size of the page that is wanted, and the token of the page before it."""
        return self.query.get("page-size"), self.query.get("token")

    def json(self) -> Any:
        """Return the value of the body, without unknown members unless requests are strict.

        Raises:
            ServiceError: 400 when it is not JSON, or contains a value that cannot be stored.
        """
        value = value_of(self.body)
        if not self.pinpoint.strict_requests:
            self.remark = remove_unknown_members(value, self.shape)
        return value


class Operation(NamedTuple):
    """An operation of Pinpoint.

    Args:
        name: in botocore's service model.
        status: the HTTP status of success.
        run: executes a call, and returns the body of the answer.
        shape: the name of the body's shape in the service model; empty for none.
        max_bytes: the largest body of a request.
    """

    name: str
    status: int
    run: Callable[[Call], Mapping[str, Any]]
    shape: str = ""
    max_bytes: int = MAX_BODY_BYTES


OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "/v1/apps": {
        "GET": Operation(
            "GetApps",
            200,
            lambda call: call.pinpoint.get_apps(*call.page),
        ),
        "POST": Operation(
            "CreateApp",
            201,
            lambda call: call.pinpoint.create_app(call.json()),
            "CreateApplicationRequest",
        ),
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
            "UpdateAttributesRequest",
        ),
    },
    "/v1/apps/{application-id}/endpoints": {
        "PUT": Operation(
            "UpdateEndpointsBatch",
            202,
            lambda call: call.pinpoint.update_endpoints_batch(
                *call.ids, request=call.json(), request_id=call.request_id
            ),
            "EndpointBatchRequest",
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
            "EndpointRequest",
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
            "EventsRequest",
            MAX_EVENTS_BYTES,
        ),
    },
    "/v1/apps/{application-id}/segments": {
        "GET": Operation(
            "GetSegments",
            200,
            lambda call: call.pinpoint.segments.get_all(call.ids[0], *call.page),
        ),
        "POST": Operation(
            "CreateSegment",
            201,
            lambda call: call.pinpoint.segments.create(*call.ids, request=call.json()),
            "WriteSegmentRequest",
        ),
    },
    "/v1/apps/{application-id}/segments/{segment-id}": {
        "GET": Operation("GetSegment", 200, lambda call: call.pinpoint.segments.get(*call.ids)),
        "PUT": Operation(
            "UpdateSegment",
            200,
            lambda call: call.pinpoint.segments.update(*call.ids, request=call.json()),
            "WriteSegmentRequest",
        ),
        "DELETE": Operation(
            "DeleteSegment", 200, lambda call: call.pinpoint.segments.delete(*call.ids)
        ),
    },
    "/v1/apps/{application-id}/segments/{segment-id}/versions": {
        "GET": Operation(
            "GetSegmentVersions",
            200,
            lambda call: call.pinpoint.segments.get_versions(call.ids[0], call.ids[1], *call.page),
        ),
    },
    "/v1/apps/{application-id}/segments/{segment-id}/versions/{version}": {
        "GET": Operation(
            "GetSegmentVersion", 200, lambda call: call.pinpoint.segments.get_version(*call.ids)
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

FIRST_ERROR_STATUS = 400
"""The first HTTP status of an error (RFC 9110, 15)."""

FIRST_ID, EVERY_OTHER = 3, 2
"""Indexes of the ids in a path that is split at its slashes."""

EVENTS, LEGACY_EVENTS = 4, ["events", "legacy"]
"""Index and end of the path to which Amplify JS up to v5 sends events when a page is left."""

ID = "{}"
_OPERATIONS_AT = {re.sub("{[^}]+}", ID, path): methods for path, methods in OPERATIONS.items()}


def answer(
    pinpoint: LocalPinpoint,
    method: str,
    target: str,
    body: bytes,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Answer:
    """Answer one HTTP request as the service does.

    A refusal becomes an answer; a bug remains an exception.

    Args:
        pinpoint: executes the operation.
        method: such as `PUT`.
        target: the path with its percent-encoding, and the query if there is one.
        body: as it was received; empty for none.
        headers: the headers of the request, for Customer Profiles.

    Raises:
        CannotRun: the store cannot be used.
    """
    request_id = pinpoint.new_request_id()
    answered = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    try:
        path, _, query = target.partition("?")
        if path.startswith(PROFILES_PATHS):
            response = _answer_of_profiles(pinpoint, method, target, body, headers)
            return Answer(200, answered, response)
        operation, ids = _route(method, path)
        if len(body) > operation.max_bytes:
            raise payload_too_large(f"The body is over {operation.max_bytes} bytes.")
        members = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        call = Call(pinpoint, ids, members, body, operation.shape, request_id)
        response = orjson.dumps(operation.run(call))
        return Answer(operation.status, answered, response, call.remark)
    except ServiceError as error:
        return refusal(error, request_id, target)
    except RecursionError:  # from the explanation of a thousand nested lists
        return refusal(bad_request(TOO_DEEP), request_id, target)


def _answer_of_profiles(
    pinpoint: LocalPinpoint, method: str, target: str, body: bytes, headers: Mapping[str, str]
) -> bytes:
    """Return the body of the answer to a request for Customer Profiles."""
    from pinpoint_endpoints.local.customer_profiles import operation_at, run_operation

    limit = max_bytes(method, target)
    if len(body) > limit:
        raise payload_too_large(f"The body is over {limit} bytes.")
    path, _, query = target.partition("?")
    upload = UPLOAD_PATH.fullmatch(path) if method == "PUT" else None
    if upload:
        domain, job_id = upload.groups()
        pinpoint.profiles.upload_jobs.put_file(domain, job_id, query, headers, body)
        return b""
    name, in_path = operation_at(method, path)
    members = value_of(body) if body else {}
    if not isinstance(members, dict):
        raise bad_request("The body is not a JSON object.")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    host = headers.get("host")
    server = f"http://{host}" if host else LOCAL_URL
    response = run_operation(pinpoint.profiles, name, members | in_path, parameters, server)
    return orjson.dumps(response)


def max_bytes(method: str, target: str) -> int:
    """Return how large the body of a request may be: the file of an upload job is larger."""
    is_file = method == "PUT" and UPLOAD_PATH.fullmatch(target.partition("?")[0])
    return MAX_IMPORT_FILE_BYTES if is_file else MAX_BODY_BYTES


def refusal(error: ServiceError, request_id: str, target: str) -> Answer:
    """Return the answer to a request that is refused.

    Args:
        error: the reason.
        request_id: the id of the request.
        target: the path of the request, because the services name errors differently.
    """
    code = error.code
    if target.startswith(PROFILES_PATHS):
        code = PROFILES_CODES.get(code, code)
    headers = {
        "Content-Type": "application/json",
        "x-amzn-RequestId": request_id,
        "x-amzn-ErrorType": code,
        **error.headers,
    }
    body = {"Message": error.message, "RequestID": request_id}
    return Answer(error.status, headers, orjson.dumps(body))


def message_of(answer: Answer) -> str:
    """Return why a request was refused, or what of an accepted one was ignored."""
    if answer.status < FIRST_ERROR_STATUS:
        return answer.remark
    return str(orjson.loads(answer.body)["Message"])


def operation_name(method: str, target: str) -> str:
    """Return the name of a request's operation; empty if Pinpoint has no such operation."""
    path, _, _ = target.partition("?")
    if path.startswith(PROFILES_PATHS):
        from pinpoint_endpoints.local.customer_profiles import operation_at

        is_file = method == "PUT" and UPLOAD_PATH.fullmatch(path)
        return "upload" if is_file else operation_at(method, path)[0]
    methods, _ = _methods_and_ids(path)
    operation = methods.get(method)
    return _modelled_operations(path).get(method, "") if operation is None else operation.name


def _route(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """Find the operation by the encoded path: an id may contain an encoded slash."""
    methods, ids = _methods_and_ids(path)
    if method not in methods:
        raise _not_implemented(method, path)
    return methods[method], tuple(map(_decoded, ids))


def _methods_and_ids(path: str) -> tuple[Mapping[str, Operation], list[str]]:
    """Return the operations at a path by method, none if it is unknown, and its ids."""
    segments = path.split("/")
    if segments[EVENTS:] == LEGACY_EVENTS:
        del segments[-1]
    ids = segments[FIRST_ID::EVERY_OTHER]
    segments[FIRST_ID::EVERY_OTHER] = [ID] * len(ids)
    return _OPERATIONS_AT.get("/".join(segments), {}), ids


def _not_implemented(method: str, path: str) -> ServiceError:
    names = _modelled_operations(path)
    if method in names:
        return not_found(f"The local Pinpoint does not implement {names[method]}. {LISTED}")
    if names:
        return method_not_allowed(names)
    return not_found(f"The local Pinpoint has no such path. {LISTED}")


def _decoded(segment: str) -> str:
    if "%" not in segment and segment.isascii():
        return segment
    if INVALID_ESCAPE.search(segment):
        raise bad_request("The path has an invalid percent-encoding.")
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeError:
        raise bad_request("The path does not decode to UTF-8.") from None


class _ModelledPath(NamedTuple):
    """A path of the service model.

    Args:
        pattern: matches the path with any ids.
        operations: the names of operations by method.
    """

    pattern: re.Pattern[str]
    operations: dict[str, str]


def _modelled_operations(path: str) -> dict[str, str]:
    """Return the names of all of Pinpoint's operations at a path, by method.

    Args:
        path: percent-encoded, without a query.
    """
    return next((one.operations for one in _paths() if one.pattern.fullmatch(path)), {})


@cache
def _paths() -> list[_ModelledPath]:
    """Return all paths, those with the fewest ids first, so that a word is not taken for an id."""
    from pinpoint_endpoints.service.client import pinpoint_loader

    model = pinpoint_loader().load_service_model("pinpoint", "service-2")
    by_uri: dict[str, dict[str, str]] = {}
    for name, operation in model["operations"].items():
        http = operation["http"]
        by_uri.setdefault(http["requestUri"], {})[http["method"]] = name
    return [
        _ModelledPath(re.compile(_ID_IN_MODEL.sub("[^/]*", re.escape(uri))), by_uri[uri])
        for uri in sorted(by_uri, key=lambda uri: uri.count("{"))
    ]
