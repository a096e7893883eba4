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
Strict = Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help="Leave a rule out, such as PE210; may be repeated."),
]
Create = Annotated[
    bool,
    typer.Option(
        "--create",
        help="Every endpoint is new: a missing ChannelType or Address is an error.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="Leave files or directories out of the search, as .gitignore does; may be repeated.",
    ),
]
NoIgnore = Annotated[
    bool, typer.Option("--no-ignore", help="Read also what .gitignore leaves out of a repository.")
]
ListFiles = Annotated[bool, typer.Option("--list-files", help="Print what would be read, and end.")]
StdinFilename = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The file that - stands for: says its format and its id."),
]
MaxProblems = Annotated[
    int, typer.Option(metavar="N", min=1, help="How many problems of a code a table shows.")
]
Report = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FORMAT=FILE", help="Write a report into a file as well; may be repeated."
    ),
]
Fix = Annotated[bool, typer.Option("--fix", help="Repair in the files what has one right answer.")]
Diff = Annotated[
    bool, typer.Option("--diff", help="Show what --fix would change, and write nothing.")
]
