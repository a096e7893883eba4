"""An id of the caller in, a refusal out if the service can take no such id."""

from pinpoint_endpoints.documents.endpoint_id import endpoint_id_fault
from pinpoint_endpoints.errors import UsageError

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
    fault = endpoint_id_fault(value)
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
