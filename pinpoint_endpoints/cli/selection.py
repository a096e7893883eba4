"""Selects the stored endpoints that a command reads or deletes, and reports which it saved."""

import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from pinpoint_endpoints.cli.lookup import stored_endpoints
from pinpoint_endpoints.cli.options import App, OptionGroup
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.documents.endpoint_ids import (
    check_id,
    check_user_id,
    endpoint_id_problem,
    same_endpoint_key,
)
from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.saving import EndpointDirectory

SaveTo = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="DIR",
        help="Save each endpoint to its own file in a directory, for `pe upsert DIR`.",
    ),
]


class SelectedEndpoints(NamedTuple):
    """The stored endpoints that a command is about.

    Attributes:
        application_id: the application that has them.
        endpoint_ids: each endpoint once; empty if a user is given.
        user_id: whose endpoints they all are; None if ids are given.
        several: whether the command line allows for more than one.
    """

    application_id: str
    endpoint_ids: list[str]
    user_id: str | None
    several: bool


class EndpointSelection(OptionGroup):
    """The options that select stored endpoints.

    Attributes:
        app: the application id.
        endpoint_ids: `-` means the ids on standard input.
        user: the id of a user whose endpoints are all selected.
    """

    heading = "Endpoints"

    app: App
    endpoint_ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="An endpoint id. Repeatable; - reads ids from standard input, one per line.",
            autocompletion=stored_endpoints,
        ),
    ] = None
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="USER", help="All endpoints of this user."),
    ] = None

    def resolve(self) -> SelectedEndpoints:
        """Return which endpoints are selected, after reading standard input if it has the ids.

        Raises:
            UsageError: ids and a user are given, or neither, or an invalid id.
            CannotRun: standard input should have the ids, but has none.
        """
        check_id(self.app, "application id", "--app")
        ids, user = self.endpoint_ids or [], self.user
        if bool(ids) == (user is not None):
            message = "--id and --user exclude each other" if ids else "no endpoint is selected"
            hint = "leave one of them out" if ids else "use --id, which is repeatable, or --user"
            raise UsageError(message, hint)
        if user is not None:
            check_user_id(user)
            return SelectedEndpoints(self.app, [], user, several=True)
        several = len(ids) > 1 or STANDARD_INPUT in ids
        read: list[str] = []
        for word in dict.fromkeys(ids):  # a second `-` would find standard input at its end
            if word == STANDARD_INPUT:
                read += _ids_from_standard_input()
            else:
                check_id(word, "endpoint id", "--id")
                read.append(word)
        return SelectedEndpoints(self.app, _without_repetitions(read), None, several)


def _ids_from_standard_input() -> list[str]:
    """Return the ids on standard input, one per line; empty lines are skipped."""
    if sys.stdin is None:
        raise CannotRun("standard input is closed: it should have the ids")
    if sys.stdin.isatty():
        note("reading ids from standard input: end it with Ctrl-D")
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotRun("standard input is not UTF-8 text", "one endpoint id per line") from None
    ids = []
    for number, line in enumerate(text.split("\n"), 1):
        endpoint_id = line.removesuffix("\r")
        fault = endpoint_id_problem(endpoint_id) if endpoint_id else ""
        if fault:
            place = f"line {number} of standard input"
            raise UsageError(f"{place}: not an endpoint id: {fault}", "one endpoint id per line")
        if endpoint_id:
            ids.append(endpoint_id)
    if not ids:
        raise CannotRun("standard input has no ids", "one endpoint id per line")
    return ids


def _without_repetitions(ids: list[str]) -> list[str]:
    """Drop repeated ids; case does not matter."""
    first: dict[str, str] = {}
    for endpoint_id in ids:
        known = first.setdefault(same_endpoint_key(endpoint_id), endpoint_id)
        if known != endpoint_id:
            note(f"{endpoint_id} is the same endpoint as {known}")
    return list(first.values())


def note_saved(folder: EndpointDirectory, *, quiet: bool, verbose: bool) -> None:
    """Print how many endpoints were saved, and how many of their files a .gitignore excludes."""
    if verbose:
        for path in folder.saved:
            note(f"saved {path}")
    if not quiet:
        note(f"saved {counted(len(folder.saved), 'endpoint')} to {folder.path}")
    missed = folder.left_out()
    if missed:
        note(f"a .gitignore leaves out {counted(missed, 'file')} there: --no-ignore reads them too")
