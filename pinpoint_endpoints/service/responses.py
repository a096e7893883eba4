"""Keeps the HTTP status and message of every answer, also of those that botocore cannot parse.

Answers of proxies and other servers have bodies of any kind. botocore's parser raises errors of
many kinds at them, and the status is lost: a 503 would not even be tried again.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import TYPE_CHECKING, Any, cast
from zlib import decompressobj
from zlib import error as zlib_error

import orjson
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import ConnectionClosedError
from botocore.parsers import ResponseParserError, create_parser

if TYPE_CHECKING:
    from socket import socket

    from _typeshed import WriteableBuffer
    from botocore.awsrequest import AWSResponse
    from botocore.model import OperationModel, Shape

_FINAL, _REFUSED = 200, 300
"""The first status of a final answer, and of one that is not a success."""
MAX_ANSWER_BYTES = 1_000_000
"""Of an answer with its headers; the largest of Pinpoint's has 15 endpoints of 15 KB."""

_RETRIED_CODE = "RequestTimeout"
"""What botocore sends again, in its `standard` and `adaptive` mode, with any status."""

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
"""Codings that servers on the way use, though botocore asks for none."""
_GZIP_OR_ZLIB = 47
"""zlib's `wbits`: the header says which of the two it is."""

_ENDPOINTS = frozenset({"EndpointResponse", "EndpointsResponse"})


def make_answers_parsable(client: Any) -> None:
    """Let a client's parser read every answer: as it came, as texts, or as an empty body.

    An answer that is shorter than its `Content-Length` is not an answer unless it is a refusal.
    botocore accepts it; here it is asked for again, and in the end a `ConnectionClosedError`.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
    """
    client.meta.events.register("before-parse.pinpoint", _make_parsable)
    # last, since a handler that raises keeps later ones from being called
    client.meta.events.register_last("after-call.pinpoint", _raise_if_cut_short)


def read_answers_carefully(client: Any) -> None:
    """Let a client wait for the final answer to a request, and not for ever.

    Answers such as 103 Early Hints are skipped. Python's http.client takes them for the answer, and
    the next request would get this one's (RFC 9110, section 15.2). An answer that is larger than
    `MAX_ANSWER_BYTES`, or not complete in the client's read timeout after its first byte, is cut:
    that timeout alone is for each of its pieces. botocore offers no way to choose the class of
    connections.

    Args:
        client: a boto3 (botocore) client that sends over HTTP.
    """
    with suppress(AttributeError):  # tests/service/test_botocore.py says when botocore changes it
        session = client._endpoint.http_session  # noqa: SLF001 - there is no public way
        session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001


class AnswerTooLargeError(Exception):
    """An answer is larger than any of Pinpoint's."""

    def __init__(self) -> None:
        super().__init__(f"the answer is larger than {MAX_ANSWER_BYTES // 1_000_000} MB")


class _BoundedReader(RawIOBase):
    """Reads an answer from a socket: so many bytes at most, and for so long.

    Args:
        stream: the socket's, without a buffer.
        seconds: how long it takes at most from the first byte to the last; None for no limit.
    """

    def __init__(self, stream: RawIOBase, seconds: float | None) -> None:
        self._stream = stream
        self._seconds = seconds
        self._end: float | None = None
        self._left = MAX_ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        if self._end is not None and monotonic() > self._end:
            raise TimeoutError
        if self._left < 0:
            raise AnswerTooLargeError
        size = self._stream.readinto(buffer)
        self._left -= size or 0
        if self._end is None and self._seconds is not None:
            self._end = monotonic() + self._seconds
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


class _FinalResponse(HTTPResponse):
    def __init__(self, sock: "socket", *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = BufferedReader(_BoundedReader(self.fp.detach(), sock.gettimeout()))

    def begin(self) -> None:
        super().begin()
        while self.status < _FINAL:
            self.headers = None  # type: ignore[assignment]  # begin reads the next status line
            super().begin()


class _Connection(AWSHTTPConnection):
    response_class = _FinalResponse  # type: ignore[assignment]  # botocore's is for Expect: 100


class _SecureConnection(AWSHTTPSConnection):
    response_class = _FinalResponse  # type: ignore[assignment]  # botocore's is for Expect: 100


class _NotRedirected:
    """Lets a pool of connections return redirections: urllib3 fails at a 303 instead."""

    def urlopen(self, *args: Any, **more: Any) -> Any:
        return super().urlopen(*args, **{**more, "redirect": False})  # type: ignore[misc]  # a mixin


class _Pool(_NotRedirected, AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(_NotRedirected, AWSHTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _make_parsable(
    operation_model: "OperationModel",
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: Any,
) -> None:
    cut_short = _is_cut_short(response_dict) or response_dict["status_code"] < _FINAL
    if response_dict["headers"].get("Content-Encoding", "").strip().lower() in _COMPRESSED:
        response_dict["body"], is_whole = _decompressed(response_dict["body"])
        cut_short = cut_short or not is_whole
    if response_dict["status_code"] >= _REFUSED:
        told = {} if cut_short else _texts_in(response_dict["body"])
        response_dict["body"] = orjson.dumps(told)
        if "RequestID" in told:  # botocore keeps it only where the header names a modelled error
            customized_response_dict["RequestID"] = told["RequestID"]
    elif cut_short:
        response_dict["body"] = b""
        customized_response_dict["Error"] = {"Code": _RETRIED_CODE, "Message": "cut short"}
    else:
        response_dict["body"] = _parsable(operation_model, response_dict)


def _is_cut_short(response: Mapping[str, Any]) -> bool:
    length = response["headers"].get("Content-Length", "")
    return length.isdecimal() and len(response["body"]) < int(length)


def _decompressed(body: bytes) -> tuple[bytes, bool]:
    """Return a body without its gzip or zlib coding, and whether all of it is there.

    What is damaged or larger than any answer of Pinpoint is an empty body.
    """
    decoder = decompressobj(_GZIP_OR_ZLIB)
    try:
        decoded = decoder.decompress(body, MAX_ANSWER_BYTES)
    except zlib_error:
        return b"", True
    return (b"", True) if decoder.unconsumed_tail else (decoded, decoder.eof)


def _texts_in(body: bytes) -> dict[str, str]:
    """Return the texts in the body of a refusal: codes and messages have no other type."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict):
        return {name: text for name, text in value.items() if isinstance(text, str)}
    text = body.decode("utf-8", "replace").strip()
    return {"Message": text} if text else {}


def _parsable(operation_model: "OperationModel", response: Mapping[str, Any]) -> bytes:
    """Return a body that the parser can read; an empty one if there is none."""
    shape = cast("Shape", operation_model.output_shape)
    body: bytes = response["body"]
    try:
        value = json.loads(body)  # as botocore does: orjson accepts less
        if shape.serialization.get("payload") in _ENDPOINTS:  # their members may have any type
            protocol = operation_model.service_model.resolved_protocol
            create_parser(protocol).parse(response, shape)
            return _with_lists(value, body)
    except (ResponseParserError, ValueError, TypeError, AttributeError, RecursionError):
        return b""
    return body if isinstance(value, dict) else b""


def _with_lists(value: dict[str, Any], body: bytes) -> bytes:
    """Return endpoints whose attributes are all lists of texts; a single text is a list of one.

    The parser would read a text as the list of its characters. AWS's own examples have a text there
    (developer guide, audience-data-endpoints).

    Raises:
        TypeError: an attribute is neither a text nor a list of texts.
    """
    changed = False
    for attributes in _attributes_in(value):
        for name, texts in attributes.items():
            if isinstance(texts, str):
                attributes[name] = [texts]
                changed = True
            elif not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise TypeError(name)
    return json.dumps(value).encode() if changed else body


def _attributes_in(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for endpoint in value.get("Item") or [value]:
        yield endpoint.get("Attributes") or {}
        yield (endpoint.get("User") or {}).get("UserAttributes") or {}


def _raise_if_cut_short(http_response: "AWSResponse", parsed: Mapping[str, Any], **_: Any) -> None:
    if http_response.status_code < _REFUSED and "Error" in parsed:
        raise ConnectionClosedError(endpoint_url=http_response.url)
