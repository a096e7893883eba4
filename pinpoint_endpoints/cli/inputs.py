"""The files that a command reads: the options that name them, and the documents in them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase, BytesIO
from itertools import chain
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Annotated, cast

import typer

from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.discovery import (
    STANDARD_INPUT,
    Selection,
    Source,
    UnreadablePath,
    discover,
)
from pinpoint_endpoints.documents.gitignore import Pattern
from pinpoint_endpoints.documents.load import Meter, read
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.streams import Spooled
from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.masking import printable


def _pattern(given: str | Pattern) -> Pattern:
    """Take a pattern of the command line; one of the project's file is complete already."""
    return given if isinstance(given, Pattern) else Pattern(given)


_MAX_EMPTY_NAMED = 10

PATHS_HELP = "Files, directories to search, or - for standard input."

Paths = Annotated[list[str], typer.Argument(metavar="PATH...", help=PATHS_HELP)]
Exclude = Annotated[
    list[Pattern] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        parser=_pattern,
        show_default=False,
        help="Skip what matches in searched directories: a pattern as in a .gitignore.",
    ),
]
NoIgnore = Annotated[
    bool, typer.Option("--no-ignore", help="Also read files that a .gitignore excludes.")
]
StdinFilename = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A file name for standard input; its suffix sets the format.",
    ),
]


@dataclass(frozen=True)
class Inputs:
    """The files that a command reads.

    Attributes:
        paths: as they were given.
        exclude: patterns of files that are left out of searched directories.
        no_ignore: whether files are read that a .gitignore leaves out.
        stdin_filename: what standard input is called.
    """

    paths: Paths
    exclude: Exclude = None
    no_ignore: NoIgnore = False
    stdin_filename: StdinFilename = None

    def find(self) -> Iterator[Source | UnreadablePath]:
        """Yield the files that the paths name, and those in the directories that they name."""
        selection = Selection(tuple(self.exclude or ()), respect_gitignore=not self.no_ignore)
        return discover(self.paths, selection)

    def size(self) -> int | None:
        """Return how many bytes there are to read; None if standard input is among them."""
        total = 0
        for source in self.find():
            if source.path == STANDARD_INPUT:
                return None
            with suppress(OSError):
                total += Path(source.path).stat().st_size
        return total

    @contextmanager
    def spooled(self) -> Iterator[Mapping[str, Spooled]]:
        """Give what can be read only once, standard input and pipes, kept to be read again.

        Raises:
            UsageError: standard input has a name and is not to be read.
        """
        if self.stdin_filename is not None and STANDARD_INPUT not in self.paths:
            raise UsageError(
                "--stdin-filename is only for standard input", "add - to the paths, or leave it out"
            )
        pipes = filter(is_pipe, self.paths)
        inputs = {path: Spooled(partial(_opened, path), path) for path in pipes}
        if STANDARD_INPUT in self.paths:
            if sys.stdin is not None and sys.stdin.isatty():
                note("reading standard input: end it with Ctrl-D")
            inputs[STANDARD_INPUT] = Spooled(_standard_input, self.stdin_filename or "")
        try:
            yield inputs
        finally:
            for spooled in inputs.values():
                spooled.close()

    def documents(
        self,
        spooled: Mapping[str, Spooled],
        *,
        endpoint_id: str | None = None,
        meter: Meter | None = None,
        leave_out: Callable[[str], bool] = lambda _: False,
        note_empty: bool = True,
    ) -> Iterator[Document]:
        """Yield the documents in the files, one after the other.

        Args:
            spooled: from the method of this name.
            endpoint_id: the value of `--id`, which only one document can have.
            meter: called with the number of bytes that were read.
            leave_out: returns whether the file of a path is not read after all.
            note_empty: whether to print on standard error which files hold no endpoint.

        Raises:
            CannotRun: there is no document.
            UsageError: there are several, and one id.
        """
        sources = (source for source in self.find() if not leave_out(source.path))
        documents = chain.from_iterable(read(source, spooled, meter) for source in sources)
        empty: list[Document] = []
        first = _next_endpoint(documents, empty)
        if first is None and not empty:
            raise CannotRun(
                f"there is no endpoint in {', '.join(map(printable, self.paths))}",
                "name a file, or a directory that holds .json, .yaml, .yml, .ndjson or .jsonl "
                "files",
            )
        second = _next_endpoint(documents, empty)
        if second is not None and endpoint_id is not None:
            raise UsageError(
                "--id names one endpoint, and there are several",
                "leave --id out: each document takes its own id, else its file's name",
            )
        seen = (document for document in (first, second) if document is not None)
        number = 0
        for document in chain(empty, seen, documents):
            number += document.is_empty
            if note_empty and document.is_empty and number <= _MAX_EMPTY_NAMED:
                note(str(document.problems[-1]))
            yield document
        if note_empty and number > _MAX_EMPTY_NAMED:
            note(f"{number - _MAX_EMPTY_NAMED:,} more without an endpoint")


def _next_endpoint(documents: Iterator[Document], empty: list[Document]) -> Document | None:
    """Return the next document with an endpoint; append those before it to `empty`."""
    for document in documents:
        if not document.is_empty:
            return document
        empty.append(document)
    return None


def _opened(path: str) -> BufferedIOBase:
    return Path(path).open("rb")


def _standard_input() -> BufferedIOBase:
    return cast("BufferedIOBase", sys.stdin.buffer) if sys.stdin is not None else BytesIO()


def is_pipe(path: str) -> bool:
    """Return whether a path exists and is neither a file nor a directory: a pipe, or a device."""
    try:
        mode = Path(path).stat().st_mode if path != STANDARD_INPUT else None
    except (OSError, ValueError):
        return False
    return mode is not None and not S_ISREG(mode) and not S_ISDIR(mode)
