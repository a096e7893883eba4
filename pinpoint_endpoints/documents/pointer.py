"""Paths into a document, written as JSON pointers (RFC 6901)."""

from functools import cache
from itertools import chain

from pinpoint_endpoints.documents.positions import Path
from pinpoint_endpoints.masking import looks_like_address, shown_member
from pinpoint_endpoints.schema.bundled import bundled_schema


def json_pointer(path: Path) -> str:
    """Return the pointer; names in it stand as they may be shown."""
    return "".join(
        "/" + shown_name(str(step)).replace("~", "~0").replace("/", "~1") for step in path
    )


def holder_of_a_value(name: str) -> str:
    """Return the member in a name that holds its value too, for want of a colon or a space."""
    if ":" in name:
        return name.partition(":")[0]
    member, _, value = name.strip().partition(" ")
    return member if value and member in _members() else ""


@cache
def _members() -> frozenset[str]:
    shapes = bundled_schema()["$defs"].values()
    return frozenset(chain.from_iterable(shape.get("properties", ()) for shape in shapes))


def shown_name(name: str) -> str:
    """Return a name that stands in a file as it may be shown, whatever is wrong with the file.

    In YAML a value is part of the name if the colon, or the space after it, is missing.
    """
    member = "" if looks_like_address(name) else holder_of_a_value(name)
    return f"{member}:***" if member else shown_member(name)
