"""The options that say where the service is in, a client out."""

import os
from pathlib import Path
from typing import Any

from pinpoint_endpoints.cli.console import say

STORE_VARIABLE = "PE_LOCAL_STORE"


def open_target(
    *,
    region: str | None,
    profile: str | None,
    endpoint_url: str | None,
    local: bool,
    store: Path | None,
    verbose: bool,
) -> Any:
    """Return a client for the target that the options name.

    Raises:
        UsageError: the options exclude each other.
        CannotRun: no region, an unknown profile, a store that cannot be opened.
    """
    from pinpoint_endpoints.api import connect
    from pinpoint_endpoints.service.errors import server_of

    if local and store is None and os.environ.get(STORE_VARIABLE):
        store = Path(os.environ[STORE_VARIABLE])
    client = connect(
        region=region, profile=profile, endpoint_url=endpoint_url, local=local, store=store
    )
    if verbose:
        say(f"using {'the local Pinpoint' if local else server_of(client.meta.endpoint_url)}")
    return client
