"""The `pe` command: options in, one call to the core, one report out."""

import atexit
import gc
import os
import sys
from typing import Annotated

import typer

from pinpoint_endpoints.cli.commands import SETTINGS, Commands

_COMPLETING = "_PE_COMPLETE"
_NEW_OBJECTS = 50_000
_IF_CLOSED = {"stdout": os.O_RDONLY, "stderr": os.O_WRONLY}
"""How nothing is opened instead: a result that is lost is an error, what is said to people not."""

app = typer.Typer(
    name="pe",
    cls=Commands,
    help="Keep Amazon Pinpoint endpoints in files: validate them, deliver them, read them back.",
    epilog=(
        "Exit codes: 0 done; 1 documents are invalid; 2 the command line is wrong; 3 could not "
        "run; 4 the service refused everything; 5 some were accepted, some were not; "
        "130 interrupted. `pe help` lists topics: files, config, delivery, local and others."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    **SETTINGS,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from pinpoint_endpoints import __version__

        typer.echo(f"pe {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Keep Amazon Pinpoint endpoints in files."""


def main() -> None:
    """Run the command line, with output that no file's name and no closed stream can break."""
    for name, access in _IF_CLOSED.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, access), "w", encoding="utf-8"))
        getattr(sys, name).reconfigure(errors="backslashreplace")
    gc.set_threshold(_NEW_OBJECTS)  # Python's own 700 make the looking for garbage a tenth of a run
    atexit.register(gc.freeze)  # the interpreter's last look for garbage is an eighth of a run
    if _COMPLETING in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    app()
