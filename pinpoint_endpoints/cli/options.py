"""The options that commands share, each declared once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pinpoint_endpoints.cli.console import say
from pinpoint_endpoints.cli.words import rules_to_ignore
from pinpoint_endpoints.documents.gitignore import Pattern
from pinpoint_endpoints.quotas import (
    CALLS_PER_SECOND,
    CONCURRENT_BATCHES,
    CONCURRENT_CALLS,
    CONCURRENT_LOCAL_CALLS,
    CONCURRENT_LOOPBACK_CALLS,
)


class Output(StrEnum):
    """How results are printed."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"


def _name_project_file(ctx: typer.Context, verbose: bool) -> bool:
    if verbose and ctx.obj is not None:
        say(f"using {ctx.obj}")
    return verbose


def _pattern(given: str | Pattern) -> Pattern:
    """Take a pattern of the command line; one of the project's file is complete already."""
    return given if isinstance(given, Pattern) else Pattern(given)


def _checked_rate(rate: float | None) -> float | None:
    if rate is not None:
        from pinpoint_endpoints.service.rate import check_rate

        check_rate(rate)
    return rate


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
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        metavar="N",
        callback=_checked_rate,
        show_default=f"AWS's quotas: {CALLS_PER_SECOND['UpdateEndpoint']:g} single, "
        f"{CALLS_PER_SECOND['UpdateEndpointsBatch']:g} batch calls; "
        "none for --local and on loopback",
        help="Calls a second at most.",
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        max=256,
        show_default=f"{CONCURRENT_BATCHES} batch calls, {CONCURRENT_CALLS} others; "
        f"{CONCURRENT_LOOPBACK_CALLS} on loopback; {CONCURRENT_LOCAL_CALLS} for --local",
        help="Calls at once at most.",
    ),
]
ReadTimeout = Annotated[
    int,
    typer.Option(
        "--cli-read-timeout",
        metavar="SECONDS",
        min=0,
        help="How long to wait for an answer, as in the AWS CLI: 0 for no limit.",
    ),
]
ConnectTimeout = Annotated[
    int,
    typer.Option(
        "--cli-connect-timeout",
        metavar="SECONDS",
        min=0,
        help="How long to wait for a connection, as in the AWS CLI: 0 for no limit.",
    ),
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How results are printed.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", callback=_name_project_file, help="Say more on standard error."
    ),
]
ShowValues = Annotated[
    bool,
    typer.Option("--show-values", help="Show addresses, user ids and user attributes unmasked."),
]
Exclude = Annotated[
    list[Pattern] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        parser=_pattern,
        show_default=False,
        help="Leave out what matches in a searched directory: a pattern as in a .gitignore.",
    ),
]
NoIgnore = Annotated[
    bool, typer.Option("--no-ignore", help="Read files too that a .gitignore leaves out.")
]
ListFiles = Annotated[
    bool, typer.Option("--list-files", help="Print the paths that would be read, and stop.")
]
StdinFilename = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What to call standard input; its suffix says how it is read.",
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODE",
        help="Leave a rule out; `pe rules` lists them.",
        autocompletion=rules_to_ignore,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict/--no-strict", help="Warnings make a document invalid too.")
]
Create = Annotated[
    bool,
    typer.Option(
        "--create",
        help="Every endpoint is new: it needs a ChannelType and, unless opted out, an Address.",
    ),
]
MaxProblems = Annotated[
    int,
    typer.Option(
        "--max-problems", metavar="N", min=0, help="How many problems the table shows one by one."
    ),
]
Report = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=FILE",
        help="Write a report into a file too; may be given several times.",
    ),
]
Fix = Annotated[
    bool, typer.Option("--fix", help="Repair what has one right answer, and write the files back.")
]
Diff = Annotated[bool, typer.Option("--diff", help="Show what --fix would change; write nothing.")]
