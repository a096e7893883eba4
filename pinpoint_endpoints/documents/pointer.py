"""Paths into a document, written as JSON pointers (RFC 6901)."""

from pinpoint_endpoints.documents.personal import shown_name
from pinpoint_endpoints.documents.positions import Path


def json_pointer(path: Path) -> str:
    """Return the pointer; names in it stand as they may be shown."""
    return "".join(
        "/" + shown_name(str(step)).replace("~", "~0").replace("/", "~1") for step in path
    )
