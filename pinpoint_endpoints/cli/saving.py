"""The option `--save` in, a directory that takes endpoints out, and what is said of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.console import say
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.masking import counted

if TYPE_CHECKING:
    from pinpoint_endpoints.saving.folder import Folder


def _directory(given: str) -> Path:
    if not given:
        raise UsageError("--save names no directory", "give one; . is the working directory")
    return Path(given)


SaveTo = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="DIR",
        parser=_directory,
        help="Write each endpoint into a file of its own there, for `pe upsert DIR`.",
    ),
]


def tell_saved(folder: "Folder", directory: Path, *, quiet: bool, verbose: bool) -> None:
    """Say what was saved, and what a later search of the directory would miss."""
    if verbose:
        for path in folder.saved:
            say(f"saved {path}")
    if not quiet:
        say(f"saved {counted(len(folder.saved), 'endpoint')} to {directory}")
    missed = folder.left_out()
    if missed:
        say(f"a .gitignore leaves out {counted(missed, 'file')} there: --no-ignore reads them too")
