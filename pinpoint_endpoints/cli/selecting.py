"""The options `--id` and `--user` in, the endpoints that they name out."""

import sys
from typing import Annotated, NamedTuple

import typer

from pinpoint_endpoints.cli.terminal import say
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.documents.endpoint_ids import (
    check_id,
    check_user_id,
    endpoint_id_problem,
    same_endpoint_key,
)
from pinpoint_endpoints.errors import CannotRun, UsageError

EndpointIds = Annotated[
    list[str] | None,
    typer.Option(
        "--id",
        metavar="ID",
        help="An endpoint id; may be given several times. - reads ids from standard input, "
        "one a line.",
    ),
]
User = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="All endpoints of the user of this id.")
]


class Selected(NamedTuple):
    """Which endpoints are meant.

    Attributes:
        application_id: where they are.
        endpoint_ids: each endpoint once; empty if a user is named.
        user_id: whose endpoints are all meant; None if ids are named.
        several: whether the command line allows for more than one.
    """

    application_id: str
    endpoint_ids: list[str]
    user_id: str | None
    several: bool


def selected(app: str, ids: list[str] | None, user: str | None) -> Selected:
    """Return which endpoints are meant, with ids that the service can take.

    Raises:
        UsageError: ids and a user are named, or neither, or one that the service cannot take.
        CannotRun: standard input is to name endpoints, and names none.
    """
    check_id(app, "application id", "--app")
    if bool(ids) == (user is not None):
        message = "--id and --user exclude each other" if ids else "no endpoint is named"
        hint = "leave one of them out" if ids else "give --id once or several times, or --user"
        raise UsageError(message, hint)
    if user is not None:
        check_user_id(user)
        return Selected(app, [], user, several=True)
    given = ids or []
    several = len(given) > 1 or STANDARD_INPUT in given
    whole: list[str] = []
    for word in given:
        if word == STANDARD_INPUT:
            whole += _ids_from_standard_input()
        else:
            check_id(word, "endpoint id", "--id")
            whole.append(word)
    return Selected(app, _each_once(whole), None, several)


def _ids_from_standard_input() -> list[str]:
    """Return the lines of standard input that are not empty; each is an endpoint id."""
    if sys.stdin is None:
        raise CannotRun("standard input is closed, and is to name the endpoints")
    if sys.stdin.isatty():
        say("reading ids from standard input: end it with Ctrl-D")
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotRun("standard input is not UTF-8 text", "give an endpoint id a line") from None
    ids = []
    for number, line in enumerate(text.split("\n"), 1):
        endpoint_id = line.removesuffix("\r")
        fault = endpoint_id_problem(endpoint_id) if endpoint_id else ""
        if fault:
            place = f"line {number} of standard input"
            raise UsageError(f"{place}: not an endpoint id: {fault}", "give an endpoint id a line")
        if endpoint_id:
            ids.append(endpoint_id)
    if not ids:
        raise CannotRun("standard input names no endpoint", "give an endpoint id a line")
    return ids


def _each_once(ids: list[str]) -> list[str]:
    """Leave out what names an endpoint again: the case of an id does not matter."""
    first: dict[str, str] = {}
    for endpoint_id in ids:
        known = first.setdefault(same_endpoint_key(endpoint_id), endpoint_id)
        if known != endpoint_id:
            say(f"{endpoint_id} is the same endpoint as {known}")
    return list(first.values())
