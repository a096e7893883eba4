"""A boto3 client in; one that keeps the HTTP status of every answer, readable or not, out."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import orjson

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.model import OperationModel, Shape

_REFUSED = 300
_RETRIED_CODE = "RequestTimeout"
"""What botocore sends again, in its `standard` and `adaptive` mode, with any status."""

_ENDPOINTS = frozenset({"EndpointResponse", "EndpointsResponse"})


def make_answers_parsable(client: Any) -> None:
    """Let a client tell the status of an answer also if its body is not what it should be.

    botocore's parser raises exceptions of many kinds at a body that is not UTF-8, or whose JSON has
    another shape, and the status is lost with them: a 503 is not even tried again. Here the parser
    gets what it can read of such a body, or an empty one.

    It takes a text for the list of its characters, and an object for that of its names. AWS's own
    examples have a text where an attribute's list belongs (developer guide,
    audience-data-endpoints): that is a list of one here, and anything else than a list of texts
    makes the body unreadable.

    An answer that is shorter than its `Content-Length` is none unless it is a refusal: botocore
    takes it as it is. Here it is asked for again, and in the end a `ConnectionClosedError`.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
    """
    client.meta.events.register("before-parse.pinpoint", _make_readable)
    # last, since nobody after it would be called
    client.meta.events.register_last("after-call.pinpoint", _raise_if_cut)


def _make_readable(
    operation_model: "OperationModel",
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: Any,
) -> None:
    cut = _is_cut(response_dict)
    if response_dict["status_code"] >= _REFUSED:
        told = {} if cut else _told(response_dict["body"])
        response_dict["body"] = orjson.dumps(told)
        if "RequestID" in told:  # botocore keeps it only where the header names a modelled error
            customized_response_dict["RequestID"] = told["RequestID"]
    elif cut:
        response_dict["body"] = b""
        customized_response_dict["Error"] = {"Code": _RETRIED_CODE, "Message": "cut short"}
    else:
        response_dict["body"] = _parsable(operation_model, response_dict)


def _is_cut(response: Mapping[str, Any]) -> bool:
    length = response["headers"].get("Content-Length", "")
    return length.isdecimal() and len(response["body"]) < int(length)


def _told(body: bytes) -> dict[str, str]:
    """Return what a refusal says in texts: codes and messages have no other type."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict):
        return {name: value for name, value in said.items() if isinstance(value, str)}
    text = body.decode("utf-8", "replace").strip()
    return {"Message": text} if text else {}


def _parsable(operation_model: "OperationModel", response: Mapping[str, Any]) -> bytes:
    """Return a body that the parser can read for what it says; an empty one if there is none."""
    from botocore.parsers import ResponseParserError, create_parser

    parser = create_parser(operation_model.service_model.resolved_protocol)
    shape = cast("Shape", operation_model.output_shape)
    body: bytes = response["body"]
    try:
        parser.parse(response, shape)
        if body and shape.serialization.get("payload") in _ENDPOINTS:
            return _with_lists(body)
    except (ResponseParserError, ValueError, TypeError, AttributeError, RecursionError):
        return b""
    return body


def _with_lists(body: bytes) -> bytes:
    """Return endpoints whose attributes are all lists, as they came if they are.

    Raises:
        TypeError: an attribute is neither a text nor a list of texts.
    """
    told = json.loads(body)  # as botocore does: orjson takes no NaN
    changed = False
    for attributes in _attributes_in(told):
        for name, value in attributes.items():
            if isinstance(value, str):
                attributes[name] = [value]
                changed = True
            elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise TypeError(name)
    return json.dumps(told).encode() if changed else body


def _attributes_in(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for endpoint in told.get("Item") or [told]:
        user = endpoint.get("User") or {}
        yield endpoint.get("Attributes") or {}
        yield user.get("UserAttributes") or {}


def _raise_if_cut(http_response: "AWSResponse", parsed: Mapping[str, Any], **_: Any) -> None:
    if http_response.status_code < _REFUSED and "Error" in parsed:
        from botocore.exceptions import ConnectionClosedError

        raise ConnectionClosedError(endpoint_url=http_response.url)
