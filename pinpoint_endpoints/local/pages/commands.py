"""Ids in, lines out that a person copies into a shell."""

from shlex import quote

from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.local.pages.about import About


def first_endpoint_command(about: About, application_id: str) -> str:
    """Return what sends a first endpoint to an application, and makes the application."""
    upsert = f"{about.variables}pe upsert {about.options} --app {quote(application_id)}"
    return f"pe new EMAIL | {upsert} --id first {STANDARD_INPUT}"


def get_command(
    about: About, application_id: str, endpoint_id: str, *, show_values: bool = False
) -> str:
    """Return what prints an endpoint."""
    get = f"{about.variables}pe get {about.options} --app {quote(application_id)}"
    if show_values:
        get = f"{get} --show-values"
    if endpoint_id == STANDARD_INPUT:  # as an option, it would stand for ids from there
        return f"echo {STANDARD_INPUT} | {get} --id {STANDARD_INPUT}"
    return f"{get} --id {quote(endpoint_id)}"
