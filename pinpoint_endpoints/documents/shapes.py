"""Find the endpoints in a file's value, in every shape that AWS's own tools read or write.

The value's members decide which shape it is, never the file's name.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.positions import ValuePath

READ_ONLY = frozenset({"ApplicationId", "CohortId", "CreationDate"})
"""The members of EndpointResponse that no request accepts (botocore's service model)."""

_NOT_IN_A_REQUEST = READ_ONLY | {"Id"}
_WRAPPERS: dict[str, tuple[str, frozenset[str]]] = {
    "EndpointRequest": ("UpdateEndpointInput", frozenset({"ApplicationId", "EndpointId"})),
    "EndpointBatchRequest": ("UpdateEndpointsBatchInput", frozenset({"ApplicationId"})),
    "EndpointResponse": ("GetEndpointOutput", frozenset()),
    "EndpointsResponse": ("GetUserEndpointsOutput", frozenset()),
    "Item": ("EndpointBatchRequest", frozenset()),
}
_NO_REQUEST: Mapping[str, object] = {}


class Endpoint(NamedTuple):
    """One endpoint in the value of a file.

    Attributes:
        shape: the name under `$defs` of the schema that `value` must match.
        value: the part of the file that is this endpoint.
        endpoint_id: the id in the document, or None.
        request: the EndpointRequest in it, which is what is sent.
        path: path of `value` in the file.
        request_path: path of the request in `value`.
    """

    shape: str
    value: object
    endpoint_id: str | None
    request: Mapping[str, object]
    path: ValuePath
    request_path: ValuePath = ()


def endpoints_in(value: object) -> Iterator[Endpoint]:
    """Yield the endpoints in the value of a file.

    An invalid wrapper is yielded as one endpoint of the wrapper's own shape, so that checking it
    against the schema explains what is wrong.
    """
    if not isinstance(value, dict):
        yield Endpoint("EndpointRequest", value, None, _NO_REQUEST, ())
        return
    if _WRAPPERS.keys().isdisjoint(value):
        yield _bare(value, ()) if "EndpointId" not in value else _input_without_request(value)
        return
    wrapper = next(key for key in _WRAPPERS if key in value)
    shape, beside = _WRAPPERS[wrapper]
    inner = value[wrapper]
    if wrapper == "EndpointRequest":
        endpoint_id = _text(value.get("EndpointId"))
        yield Endpoint(shape, value, endpoint_id, _members(inner), (), (wrapper,))
    elif value.keys() - beside != {wrapper} or not _unwraps(wrapper, inner):
        yield Endpoint(shape, value, None, _NO_REQUEST, ())
    elif wrapper == "EndpointResponse":
        yield _response(inner, (wrapper,))
    elif wrapper == "Item":
        for index, item in enumerate(inner):
            yield _item(item, (wrapper, index))
    else:
        for index, item in enumerate(inner["Item"]):
            yield _item(item, (wrapper, "Item", index))


def _input_without_request(value: dict[str, object]) -> Endpoint:
    endpoint_id = _text(value["EndpointId"])
    return Endpoint("UpdateEndpointInput", value, endpoint_id, _NO_REQUEST, ())


def _unwraps(wrapper: str, inner: Any) -> bool:
    if wrapper == "Item":
        return isinstance(inner, list) and bool(inner)
    if not isinstance(inner, dict):
        return False
    if wrapper == "EndpointResponse":
        return True
    return inner.keys() == {"Item"} and _unwraps("Item", inner["Item"])


def _bare(value: dict[str, object], path: ValuePath) -> Endpoint:
    if _NOT_IN_A_REQUEST.isdisjoint(value):
        return Endpoint("EndpointRequest", value, None, value, path)
    return _item(value, path)


def _item(item: Any, path: ValuePath) -> Endpoint:
    if isinstance(item, dict) and not READ_ONLY.isdisjoint(item):
        return _response(item, path)
    members = _members(item)
    return Endpoint("EndpointBatchItem", item, _text(members.get("Id")), _request(members), path)


def _response(value: Mapping[str, object], path: ValuePath) -> Endpoint:
    return Endpoint("EndpointResponse", value, _text(value.get("Id")), _request(value), path)


def _request(members: Mapping[str, object]) -> Mapping[str, object]:
    request = {**members}
    for name in _NOT_IN_A_REQUEST:
        request.pop(name, None)
    return request


def _members(value: Any) -> Mapping[str, object]:
    return value if isinstance(value, dict) else _NO_REQUEST


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
