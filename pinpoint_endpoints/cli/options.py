"""The options that commands share, each declared once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Output(StrEnum):
    """How results are printed."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"


App = Annotated[
    str, typer.Option("--app", metavar="ID", envvar="PE_APP", help="The application id.")
]
Region = Annotated[
    str | None, typer.Option(metavar="REGION", help="The AWS region, as in the AWS CLI.")
]
Profile = Annotated[
    str | None,
    typer.Option(metavar="PROFILE", help="The credentials profile, as in the AWS CLI."),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="A server that speaks the Pinpoint API, instead of AWS."),
]
Local = Annotated[
    bool,
    typer.Option(
        "--local",
        help="The local Pinpoint instead of AWS: no account, no credentials, no region.",
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default="PE_LOCAL_STORE, else a file in the user's data directory",
        help="The file of the local Pinpoint.",
    ),
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How results are printed.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more on standard error.")]
ShowValues = Annotated[
    bool,
    typer.Option("--show-values", help="Show addresses, user ids and user attributes unmasked."),
]
