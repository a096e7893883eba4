"""Parse the body of a request, or say what is wrong with it without repeating any of it."""

import codecs
import json
import re
from math import isinf
from typing import Any

import orjson

from pinpoint_endpoints.documents.decoding import is_utf16
from pinpoint_endpoints.local.service_error import bad_request

GZIP = b"\x1f\x8b"
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
TOO_DEEP = "The body is nested too deeply."
MAX_EXPLAINED_BYTES = 100_000
"""A larger body is not parsed again to say what is wrong with it: other clients wait meanwhile."""


def value_of(body: bytes) -> Any:
    """Return the value of a body.

    Raises:
        ServiceError: 400 if it is not JSON, or if it cannot be stored: a number beyond a double,
            half of a surrogate pair, more than a thousand nested lists.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = _encoding_problem(body) or _json_problem(body, error)
        raise bad_request(reason) from None


def _encoding_problem(body: bytes) -> str:
    if not body:
        return "The body is empty: JSON is expected."
    if body.startswith(GZIP):
        return "The body is packed with gzip: send it as JSON in UTF-8."
    if is_utf16(body):
        return "The body is UTF-16: send it in UTF-8."
    if body.startswith(codecs.BOM_UTF8):
        return "The body begins with a byte order mark: send it without one."
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return f"The body is not UTF-8: line {line}, column {column}."
    return ""


def _json_problem(body: bytes, error: orjson.JSONDecodeError) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    no_json = f"The body is not JSON: {place}."
    if len(body) > MAX_EXPLAINED_BYTES:
        return f"The body cannot be read as JSON: {place}."
    try:
        json.loads(body, parse_constant=_refused, parse_float=_finite, parse_int=_finite)
    except OverflowError:
        return f"The body has a number that is beyond a double: {place}."
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return no_json
    if SURROGATE.search(body):
        return f"The body has a text with half of a surrogate pair: {place}."
    return TOO_DEEP


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise OverflowError
    return number


def _refused(_: str) -> None:
    """Refuse NaN and Infinity, which are not JSON."""
    raise ValueError
