"""A store in, what the pages say about it out."""

import shlex
from pathlib import Path
from typing import NamedTuple

from pinpoint_endpoints import __version__
from pinpoint_endpoints.local.client_variables import assignments
from pinpoint_endpoints.local.location import default_store_path


class About(NamedTuple):
    """The server that a person looks at.

    Args:
        store: where endpoints are kept, in words.
        options: what leads `pe` to the same store, as a shell takes it.
        variables: what stands before `pe` in a shell, in front of a space; empty for nothing.
        version: of `pe`.
    """

    store: str
    options: str
    variables: str = ""
    version: str = __version__


def about_store(path: Path | None, url: str) -> About:
    """Return what is said about a store.

    Args:
        path: its file; None if it is in memory.
        url: of the server, the only way to what it has in memory.
    """
    if path is None:
        options = f"--endpoint-url {shlex.quote(url)}"
        return About("in memory, until the server ends", options, f"{assignments()} ")
    file = path.absolute()
    if file == default_store_path():
        return About(str(file), "--local")
    return About(str(file), f"--local --store {shlex.quote(str(file))}")
