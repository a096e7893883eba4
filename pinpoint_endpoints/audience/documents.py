"""A document in, the endpoint in it out, whether or not it is valid."""

from collections.abc import Mapping

from pinpoint_endpoints.documents.model import Document

_INPUT = "UpdateEndpointInput"
_SHAPES = frozenset({"EndpointRequest", "EndpointBatchItem", "EndpointResponse", _INPUT})


def endpoint_in(document: Document) -> Mapping[str, object] | None:
    """Return the EndpointRequest in a document; None if there is none that could be counted.

    There is none in a file that cannot be read, in a list, and in what wraps endpoints wrongly.
    """
    value = document.value
    if document.shape not in _SHAPES or not isinstance(value, dict):
        return None
    if document.shape == _INPUT and not isinstance(value.get("EndpointRequest"), dict):
        return None
    return document.request
