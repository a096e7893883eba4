"""Endpoint ids: what the service takes, and when two are the same."""

import re

from pinpoint_endpoints.errors import UsageError

FORBIDDEN_CHARACTERS = "${}"
_FINAL_SIGMA = "\N{GREEK SMALL LETTER FINAL SIGMA}"

_SURELY_FINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@+:_-]*")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def same_endpoint_key(endpoint_id: str) -> str:
    """Return what two ids of one endpoint share: ids are case-insensitive.

    Each letter has its small form, a sigma also at the end of a word: ids that begin alike but for
    case have keys that begin alike.
    Source: botocore's service model, `GetEndpointRequest.EndpointId`.
    """
    return endpoint_id.lower().replace(_FINAL_SIGMA, "\N{GREEK SMALL LETTER SIGMA}")


def endpoint_id_problem(endpoint_id: str) -> str:
    """Say why the service cannot take this id, or return an empty string.

    `$`, `{` and `}` are refused by the service (botocore's service model, `EndpointId`). An empty
    id addresses the batch operation, and `.` and `..` are path segments that every HTTP layer
    between here and the service may remove (RFC 3986, section 5.2.4).
    """
    if _SURELY_FINE.fullmatch(endpoint_id):
        return ""
    if not endpoint_id.strip(" "):
        return "it is empty"
    if endpoint_id in (".", ".."):
        return f"`{endpoint_id}` is a step in a path, not a name"
    forbidden = [character for character in FORBIDDEN_CHARACTERS if character in endpoint_id]
    if forbidden:
        return f"it contains {' '.join(forbidden)}, which the service does not allow"
    if _NO_TEXT.search(endpoint_id):
        return "it contains a control character, or a byte that is no text"
    return ""


_ANOTHER_USER = "give one with --user"


def check_id(value: str, name: str, option: str) -> None:
    """Refuse an id before anything is sent.

    Args:
        value: the id.
        name: what it is the id of, such as `endpoint id`.
        option: where it comes from, such as `--id`.

    Raises:
        UsageError: the id is empty, a step in a path, or has a character that is not allowed.
    """
    fault = endpoint_id_problem(value)
    if fault:
        raise UsageError(f"not an {name}: {fault}", f"give another one with {option}")


def check_user_id(value: str) -> None:
    """Refuse a user id before anything is sent; it is personal data, and not repeated.

    AWS documents no limit of user ids. This is what would address another resource: nothing, and
    steps in a path (RFC 3986, section 5.2.4); and what no path can hold.

    Raises:
        UsageError: the id is empty, a step in a path, or no text.
    """
    if value.strip(" ") in ("", ".", ".."):
        raise UsageError("not a user id: it is empty, or a step in a path", _ANOTHER_USER)
    try:
        value.encode()
    except UnicodeEncodeError:  # a byte of the command line that is not UTF-8
        raise UsageError("not a user id: it holds a byte that is no text", _ANOTHER_USER) from None
