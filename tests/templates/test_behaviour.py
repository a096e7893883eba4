"""The page about how message templates are rendered."""

from importlib.resources import files

from pinpoint_endpoints.templates.helpers import MAX_PADDED
from pinpoint_endpoints.templates.render import MAX_EACH, MAX_OUTPUT
from pinpoint_endpoints.templates.rewrite import COST_OF_TAG, MAX_LENGTH
from pinpoint_endpoints.templates.syntax import MAX_NESTING


def test_the_page_has_the_limits() -> None:
    """Its numbers are those of the code."""
    page = (files("pinpoint_endpoints.templates") / "behaviour.md").read_text("utf-8")
    limits = page.partition("## Limits")[2]
    for limit in (MAX_LENGTH, MAX_NESTING, MAX_OUTPUT, MAX_OUTPUT // COST_OF_TAG, MAX_EACH):
        assert f"| {limit:,} |" in limits
    assert f"| {MAX_PADDED:,} |" in limits
