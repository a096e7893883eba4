"""Find the endpoints in a file's value, in every shape that AWS's own tools read or write.

The value's members decide which shape it is, never the file's name. A list may hold any of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_MARKS, is_segment, segments_in
from pinpoint_endpoints.documents.template_shapes import TEMPLATE, TEMPLATE_MARKS, is_template

READ_ONLY = frozenset({"ApplicationId", "CohortId", "CreationDate"})
"""The members of EndpointResponse that no request accepts (botocore's service model)."""

METADATA = frozenset({"ResponseMetadata", "$metadata"})
"""What boto3 and the AWS SDK for JavaScript add to an answer."""

ENDPOINT_SHAPES = frozenset(
    {"EndpointRequest", "EndpointBatchItem", "EndpointResponse", "UpdateEndpointInput"}
)
"""The shapes of one endpoint; the others are wrappers of several, yielded only if invalid."""

_NOT_IN_A_REQUEST = READ_ONLY | METADATA | {"Id"}
_ONLY_IN_AN_ANSWER = READ_ONLY | METADATA
WRAPPERS: dict[str, tuple[str, frozenset[str]]] = {
    "EndpointRequest": ("UpdateEndpointInput", frozenset({"ApplicationId", "EndpointId"})),
    "EndpointBatchRequest": ("UpdateEndpointsBatchInput", frozenset({"ApplicationId"})),
    "EndpointResponse": ("GetEndpointOutput", frozenset()),
    "EndpointsResponse": ("GetUserEndpointsOutput", frozenset()),
    "Item": ("EndpointBatchRequest", frozenset()),
}
"""The shape of what has a member of this name, and the members that may stand beside it."""

_UNUSUAL = SEGMENT_MARKS.union(TEMPLATE_MARKS, WRAPPERS, {"EndpointId"}, _ONLY_IN_AN_ANSWER)
"""Most endpoints have none of these."""

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
        metadata: paths in the file to what an SDK added beside or around the endpoint.
        application_id: the application that the endpoint, or what is around it, names.
    """

    shape: str
    value: object
    endpoint_id: str | None
    request: Mapping[str, object]
    path: ValuePath
    request_path: ValuePath = ()
    metadata: tuple[ValuePath, ...] = ()
    application_id: str = ""


def endpoints_in(value: object, path: ValuePath = ()) -> Iterable[Endpoint]:
    """Return the endpoints in the value of a file: none if it is a list without any.

    An invalid wrapper is returned as one endpoint of the wrapper's own shape, so that checking it
    against the schema explains what is wrong.

    Args:
        value: the value of a file, or an item of the list in it.
        path: the path of the item.
    """
    usual = usual_endpoint(value)
    if usual is None:
        return _all_in(value, path)
    shape, endpoint_id, request = usual
    return (Endpoint(shape, value, endpoint_id, request, path),)


def usual_endpoint(value: object) -> tuple[str, str | None, Mapping[str, object]] | None:
    """Return the shape, id and request of a value that is one endpoint by its names; else None.

    This is fast, and enough for most values of large inputs. Responses of the service are among
    the others.
    """
    if not isinstance(value, dict) or not _UNUSUAL.isdisjoint(value):
        return None
    if "ChannelType" not in value and "Address" not in value:
        return None
    if "Id" not in value:
        return "EndpointRequest", None, value
    request = {**value}
    return "EndpointBatchItem", _text(request.pop("Id")), request


def _all_in(value: object, path: ValuePath) -> Iterator[Endpoint]:
    if isinstance(value, list) and not path:
        for index, item in enumerate(value):
            yield from endpoints_in(item, (index,))
        return
    if not isinstance(value, dict):
        yield Endpoint("EndpointRequest", value, None, _NO_REQUEST, path)
        return
    others = _others(value, path)
    if others is not None:
        yield from others
        return
    if WRAPPERS.keys().isdisjoint(value):
        yield _bare(value, path) if "EndpointId" not in value else _input(value, path)
        return
    wrapper = next(key for key in WRAPPERS if key in value)
    shape, beside = WRAPPERS[wrapper]
    inner = value[wrapper]
    if wrapper == "EndpointRequest":
        endpoint_id = _text(value.get("EndpointId"))
        request, application = _members(inner), _application(value)
        yield Endpoint(
            shape, value, endpoint_id, request, path, (wrapper,), application_id=application
        )
    elif value.keys() - beside - METADATA != {wrapper} or not _unwraps(wrapper, inner):
        yield Endpoint(shape, value, None, _NO_REQUEST, path)
    else:
        around, application = _metadata(value, path), _application(value)
        for found in _unwrapped(wrapper, inner, (*path, wrapper)):
            endpoint = found._replace(application_id=application) if application else found
            yield endpoint._replace(metadata=around + endpoint.metadata) if around else endpoint
            around = ()


def _others(value: Mapping[str, Any], path: ValuePath) -> Iterator[Endpoint] | None:
    """Return the segments and templates in a value; None if it has neither."""
    template = _template(value, path) if is_template(value) else None
    if not is_segment(value):
        return template
    segments = _segments(value, path)
    return segments if template is None or "Resources" not in value else chain(segments, template)


def _segments(value: Any, path: ValuePath) -> Iterator[Endpoint]:
    for found in segments_in(value, path):
        inner, definition_path = found.value, found.definition_path
        for step in definition_path:
            inner = inner.get(step) if isinstance(inner, dict) else None
        definition = _members(inner)
        if found.shape == "SegmentDimensions":
            definition = {"Dimensions": definition}
        yield Endpoint(found.shape, found.value, None, definition, found.path, definition_path)


def _template(value: Any, path: ValuePath) -> Iterator[Endpoint]:
    yield Endpoint(TEMPLATE, value, None, value, path)


def _unwrapped(wrapper: str, inner: Any, path: ValuePath) -> Iterator[Endpoint]:
    if wrapper == "EndpointResponse":
        yield _response(inner, path)
        return
    items, path = (inner, path) if wrapper == "Item" else (inner["Item"], (*path, "Item"))
    for index, item in enumerate(items):
        yield _item(item, (*path, index))


def _input(value: dict[str, object], path: ValuePath) -> Endpoint:
    endpoint_id = _text(value["EndpointId"])
    return Endpoint("UpdateEndpointInput", value, endpoint_id, _NO_REQUEST, path)


def _metadata(value: Mapping[str, object], path: ValuePath) -> tuple[ValuePath, ...]:
    if METADATA.isdisjoint(value):
        return ()
    return tuple((*path, name) for name in value if name in METADATA)


def _unwraps(wrapper: str, inner: Any) -> bool:
    if wrapper == "Item":
        return isinstance(inner, list)
    if not isinstance(inner, dict):
        return False
    if wrapper == "EndpointResponse":
        return True
    return inner.keys() == {"Item"} and _unwraps("Item", inner["Item"])


def _bare(value: dict[str, object], path: ValuePath) -> Endpoint:
    if _NOT_IN_A_REQUEST.isdisjoint(value) or value.keys() <= METADATA:
        return Endpoint("EndpointRequest", value, None, value, path)
    return _item(value, path)


def _item(item: Any, path: ValuePath) -> Endpoint:
    if isinstance(item, dict) and not _ONLY_IN_AN_ANSWER.isdisjoint(item):
        return next(_segments(item, path)) if is_segment(item) else _response(item, path)
    request = {**_members(item)}
    endpoint_id = _text(request.pop("Id", None))
    return Endpoint("EndpointBatchItem", item, endpoint_id, request, path)


def _response(value: Mapping[str, object], path: ValuePath) -> Endpoint:
    metadata = _metadata(value, path)
    if metadata:
        value = {name: member for name, member in value.items() if name not in METADATA}
    request = {name: member for name, member in value.items() if name not in _NOT_IN_A_REQUEST}
    endpoint_id, application = _text(value.get("Id")), _application(value)
    return Endpoint(
        "EndpointResponse", value, endpoint_id, request, path, (), metadata, application
    )


def _members(value: Any) -> Mapping[str, object]:
    return value if isinstance(value, dict) else _NO_REQUEST


def _application(value: Mapping[str, object]) -> str:
    return _text(value.get("ApplicationId")) or ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
