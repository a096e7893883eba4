"""Endpoint ids and user ids: which ones the service accepts, and when two are the same."""

import re
from collections.abc import Mapping
from enum import StrEnum

from pinpoint_endpoints.errors import UsageError

FORBIDDEN_CHARACTERS = "${}"
_FINAL_SIGMA = "\N{GREEK SMALL LETTER FINAL SIGMA}"

_SURELY_FINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@+:_-]*")
_NO_TEXT = r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]"


class IdSource(StrEnum):
    """Where the id of an endpoint comes from that has none, as in a file for an import job."""

    NEW = "new"
    """A new one on each run, as an import job makes one."""

    FROM_ADDRESS = "from-address"
    """The same on each run: a UUID of version 5 of `ChannelType:Address`."""


def make_id(source: IdSource, request: Mapping[str, object]) -> str | None:
    """Return an id for an endpoint without one; None if it has no channel type or address."""
    from uuid import NAMESPACE_URL, uuid4, uuid5

    if source is IdSource.NEW:
        return str(uuid4())
    channel, address = request.get("ChannelType"), request.get("Address")
    if not isinstance(channel, str) or not isinstance(address, str):
        return None
    return str(uuid5(NAMESPACE_URL, f"{channel}:{address}"))


def same_endpoint_key(endpoint_id: str) -> str:
    """Return a key that is the same for two ids of one endpoint: ids are case-insensitive.

    Letters become lower case, a sigma also at the end of a word, so that ids with a common
    prefix have keys with a common prefix.
    Source: botocore's service model, `GetEndpointRequest.EndpointId`.
    """
    return endpoint_id.lower().replace(_FINAL_SIGMA, "\N{GREEK SMALL LETTER SIGMA}")


def endpoint_id_problem(endpoint_id: str) -> str:
    """Return why the service cannot accept an endpoint id, or an empty string.

    The service refuses `$`, `{` and `}` (botocore's service model, `EndpointId`). An empty id
    addresses the batch operation, and `.` and `..` are path segments that any HTTP layer on the
    way may remove (RFC 3986, section 5.2.4).
    """
    if _SURELY_FINE.fullmatch(endpoint_id):
        return ""
    if not endpoint_id.strip(" "):
        return "it is empty"
    if endpoint_id in (".", ".."):
        return f"`{endpoint_id}` is a path segment, not a name"
    forbidden = [character for character in FORBIDDEN_CHARACTERS if character in endpoint_id]
    if forbidden:
        return f"it contains {' '.join(forbidden)}, which the service does not allow"
    if re.search(_NO_TEXT, endpoint_id):
        return "it contains a control character, or a byte that is not UTF-8"
    return ""


_ANOTHER_USER = "use another --user"


def check_id(value: str, name: str, option: str) -> None:
    """Check an id before anything is sent.

    Args:
        value: the id.
        name: what kind of id it is, such as `endpoint id`.
        option: where it comes from, such as `--id`.

    Raises:
        UsageError: the id is empty, `.` or `..`, or contains a character that is not allowed.
    """
    problem = endpoint_id_problem(value)
    if problem:
        raise UsageError(f"not an {name}: {problem}", f"use another {option}")


def check_user_id(value: str) -> None:
    """Check a user id before anything is sent; messages do not repeat it, as it is personal data.

    AWS documents no limits for user ids. Refused are ids that would address another resource
    (RFC 3986, section 5.2.4), and ids that no URL can contain.

    Raises:
        UsageError: the id is empty, `.` or `..`, or not UTF-8 text.
    """
    if value.strip(" ") in ("", ".", ".."):
        raise UsageError("not a user id: it is empty, `.` or `..`", _ANOTHER_USER)
    try:
        value.encode()
    except UnicodeEncodeError:  # a byte of the command line that is not UTF-8
        message = "not a user id: it contains a byte that is not UTF-8"
        raise UsageError(message, _ANOTHER_USER) from None
