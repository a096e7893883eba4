"""`pe schema`: the name of a shape in, its JSON Schema out."""

from typing import Annotated

import typer

from pinpoint_endpoints.cli.lookup import schemas
from pinpoint_endpoints.cli.terminal import write_bytes
from pinpoint_endpoints.errors import ExitCode


def schema(
    shape: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A shape, such as EndpointBatchItem, or a bundled schema.",
            autocompletion=schemas,
        ),
    ] = "endpoint-request",
) -> ExitCode:
    """Print the JSON Schema that endpoint files are checked against.

    The output is the bundled file, byte for byte. The schema of a shape is self-contained.
    """
    from pinpoint_endpoints.cli.lookup import resolve_choice
    from pinpoint_endpoints.schema.export import schema_text, schema_titles

    write_bytes(schema_text(resolve_choice(shape, schema_titles(), "shape")))
    return ExitCode.OK
