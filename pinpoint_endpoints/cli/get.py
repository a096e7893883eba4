"""`pe get`: an endpoint id in, the stored endpoint out."""

import sys
from typing import Annotated

import typer

from pinpoint_endpoints.cli.console import write_bytes
from pinpoint_endpoints.cli.options import (
    App,
    EndpointUrl,
    Local,
    Output,
    OutputOption,
    Profile,
    Region,
    ShowValues,
    Store,
    Verbose,
)
from pinpoint_endpoints.cli.target import open_target
from pinpoint_endpoints.errors import ExitCode


def get(
    app: App,
    endpoint_id: Annotated[str, typer.Option("--id", metavar="ID", help="The endpoint id.")],
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    local: Local = False,
    store: Store = None,
    output: OutputOption = Output.TABLE,
    show_values: ShowValues = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Print the endpoint that the service has stored.

    Table and text mask personal data; -o json is the document itself, for `pe upsert` to take back.
    """
    from pinpoint_endpoints.api import get as get_endpoint
    from pinpoint_endpoints.reports.endpoint import (
        endpoint_json,
        endpoint_lines,
        print_endpoint_table,
    )

    client = open_target(
        region=region,
        profile=profile,
        endpoint_url=endpoint_url,
        local=local,
        store=store,
        verbose=verbose,
    )
    endpoint = get_endpoint(client, app, endpoint_id)
    if output is Output.JSON:
        write_bytes(endpoint_json(endpoint))
    elif output is Output.TEXT:
        sys.stdout.write(endpoint_lines(endpoint, show_values=show_values))
    else:
        print_endpoint_table(endpoint, sys.stdout, show_values=show_values)
    return ExitCode.OK
