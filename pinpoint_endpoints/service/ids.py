"""An id of the caller in, a refusal out if the service can take no such id."""

from pinpoint_endpoints.documents.endpoint_id import endpoint_id_fault
from pinpoint_endpoints.errors import UsageError


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
