"""The `pe` command: options in, one call to the core, one report out."""

import sys
from typing import Annotated

import typer

from pinpoint_endpoints.cli.boundary import Boundary
from pinpoint_endpoints.cli.get import get
from pinpoint_endpoints.cli.upsert import upsert
from pinpoint_endpoints.cli.validate import validate

app = typer.Typer(
    name="pe",
    cls=Boundary,
    help="Keep Amazon Pinpoint endpoints in files: validate them, deliver them, read them back.",
    epilog=(
        "Exit codes: 0 done; 1 documents are invalid; 2 the command line is wrong; 3 could not "
        "run; 4 the service refused everything; 5 some were accepted, some were not; "
        "130 interrupted."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(validate)
app.command()(upsert)
app.command()(get)


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
    """Run the command line, with output that no file name can break."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app()
