"""Texts in, the same texts put right out: what the tests of the fixes share."""

from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.documents.discovery import Source, format_of
from pinpoint_endpoints.fixes.text import fixed_text


def put_right(text: str, name: str) -> str | None:
    """Return a text put right, read by the name of its file; None if nothing is to be done."""
    fixed = fixed_text(text.encode(), Source(name, format_of(name)), validate)
    return fixed.raw.decode() if fixed else None


def steps(text: str, name: str) -> tuple[str | None, str | None]:
    """Return a text put right, and what a second time would make of it."""
    first = put_right(text, name)
    return first, put_right(first or text, name)
