"""`pe new`: a channel in, a file to start from out."""

from enum import StrEnum
from typing import Annotated

import typer

from pinpoint_endpoints.cli.lookup import channels
from pinpoint_endpoints.cli.terminal import write_bytes
from pinpoint_endpoints.errors import ExitCode


class FileFormat(StrEnum):
    """What a file is written in."""

    JSON = "json"
    YAML = "yaml"


def new(
    channel: Annotated[
        str,
        typer.Argument(
            metavar="CHANNEL", help="A channel type, such as EMAIL.", autocompletion=channels
        ),
    ],
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="YAML has every member, with comments.")
    ] = FileFormat.JSON,
) -> ExitCode:
    """Print a valid endpoint file to start from.

    For example: pe new EMAIL > ada.json
    """
    from pinpoint_endpoints.cli.lookup import resolve_choice
    from pinpoint_endpoints.schema.templates import CHANNELS, starting_json, starting_yaml

    name = resolve_choice(channel, CHANNELS, "channel")
    write = starting_yaml if file_format is FileFormat.YAML else starting_json
    write_bytes(write(name).encode())
    return ExitCode.OK
