"""Describe the store that the pages show, and the commands that lead to it."""

from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.client_variables import assignments
from pinpoint_endpoints.local.store import default_store_path
from pinpoint_endpoints.version import __version__


class About(NamedTuple):
    """The server whose pages are shown.

    Args:
        store: where endpoints are kept, for people.
        options: what leads `pe` to the same store, quoted for a shell.
        variables: shell assignments before `pe`, with a blank at the end; or empty.
        version: the version of `pe`.
    """

    store: str
    options: str
    variables: str = ""
    version: str = __version__

    def first_endpoint_command(self, application_id: str) -> str:
        """Return the command that sends a first endpoint, and so creates the application."""
        upsert = f"{self.variables}pe upsert {self.options} --app {quote(application_id)}"
        return f"pe new EMAIL | {upsert} --id first {STANDARD_INPUT}"

    def get_command(self, application_id: str, endpoint_id: str, *, show_values: bool) -> str:
        """Return the command that prints an endpoint."""
        get = f"{self.variables}pe get {self.options} --app {quote(application_id)}"
        if show_values:
            get = f"{get} --show-values"
        if endpoint_id == STANDARD_INPUT:  # as an option's value, it means ids on standard input
            return f"echo {STANDARD_INPUT} | {get} --id {STANDARD_INPUT}"
        return f"{get} --id {quote(endpoint_id)}"


def about_store(path: Path | None, url: str) -> About:
    """Describe a store.

    Args:
        path: its file; None if it is in memory.
        url: the server's, which is the only way to a store in memory.
    """
    if path is None:
        options = f"--endpoint-url {quote(url)}"
        return About("in memory, until the server ends", options, f"{assignments()} ")
    file = path.absolute()
    with suppress(CannotRun):  # without a home directory there is no default
        if file == default_store_path():
            return About(str(file), "--local")
    return About(str(file), f"--local --store {quote(str(file))}")
