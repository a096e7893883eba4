"""The files that a command reads: the options that name them, and the documents in them."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from io import BufferedIOBase, BytesIO
from itertools import chain
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pinpoint_endpoints.cli.lookup import profiles
from pinpoint_endpoints.cli.options import CheckOptions, OptionGroup
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.discovery import (
    NO_PATHS,
    STANDARD_INPUT,
    Selection,
    Source,
    UnreadablePath,
    discover,
    is_s3,
    is_s3_prefix,
)
from pinpoint_endpoints.documents.endpoint_ids import IdSource
from pinpoint_endpoints.documents.gitignore import Pattern
from pinpoint_endpoints.documents.load import expect_any, load, with_ids
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.streams import Meter, Spooled
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.masking import counted, printable

if TYPE_CHECKING:
    from pinpoint_endpoints.service.s3 import S3Files


def _pattern(given: str | Pattern) -> Pattern:
    """Take a pattern of the command line; one of the project's file is complete already."""
    return given if isinstance(given, Pattern) else Pattern(given)


_MAX_APPLICATIONS_NAMED = 10
_MAX_EMPTY_NAMED = 10
_MAX_COMMAND_LENGTH = 500
_MAX_SUFFIXES_NAMED = 3

_PATHS_HELP = (
    "Files, directories to search, s3://BUCKET/KEY, s3://BUCKET/PREFIX/ to search, or - for "
    "standard input."
)


class Inputs(OptionGroup):
    """The files that a command reads.

    Attributes:
        paths: as they were given.
        exclude: patterns of files that are left out of searched directories.
        no_ignore: whether files are read that a .gitignore leaves out.
        stdin_filename: the name of standard input.
        ids: how ids are made for endpoints that have none.
        region: the region of Amazon S3; commands with a target have one option for both.
        profile: for Amazon S3, likewise.
    """

    heading = "Files"

    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help=_PATHS_HELP)]
    exclude: Annotated[
        list[Pattern] | None,
        typer.Option(
            metavar="GLOB",
            parser=_pattern,
            show_default=False,
            help="Skip what matches in searched directories: a pattern as in a .gitignore.",
        ),
    ] = None
    no_ignore: Annotated[
        bool, typer.Option("--no-ignore", help="Also read files that a .gitignore excludes.")
    ] = False
    stdin_filename: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A file name for standard input; its suffix sets the format."
        ),
    ] = None
    ids: Annotated[
        IdSource | None,
        typer.Option(
            help="Make an id for each endpoint in a file of several that has none: a new one on "
            "each run, or the same one on each run, from its channel type and address.",
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(metavar="REGION", help="The AWS region of s3:// paths, as in the AWS CLI."),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="PROFILE",
            help="The credentials profile for s3:// paths, as in the AWS CLI.",
            autocompletion=profiles,
        ),
    ] = None

    @cached_property
    def s3(self) -> "S3Files | None":
        """Amazon S3, if any of the paths is there."""
        if not any(map(is_s3, self.paths)):
            return None
        from pinpoint_endpoints.service.s3 import S3Files

        return S3Files(self.region, self.profile)

    @cached_property
    def left_out(self) -> Counter[str] | None:
        """How many files of the searched directories are not read for their suffix, by suffix.

        None if no directory is searched.
        """
        searched = (*map(os.path.isdir, self.paths), *map(is_s3_prefix, self.paths))
        return Counter() if any(searched) else None

    def may_be_several(self) -> bool:
        """Return whether more than one file is named, or a directory."""
        return len(self.paths) > 1 or self.left_out is not None

    def validation(self, checks: CheckOptions) -> str:
        """Return the command that shows what is wrong with the files."""
        words = ["pe", "validate"]
        for pattern in self.exclude or ():
            if pattern.base == os.curdir:  # the project's file has the others
                words += ("--exclude", pattern.glob)
        words += ["--no-ignore"] if self.no_ignore else []
        words += ["--stdin-filename", self.stdin_filename] if self.stdin_filename else []
        words += ["--ids", self.ids] if self.ids else []
        if self.s3 is not None:
            words += ["--region", self.region] if self.region else []
            words += ["--profile", self.profile] if self.profile else []
        words += chain.from_iterable(("--ignore", code) for code in checks.ignore or ())
        words += ["--create"] if checks.create else []
        words += ["--"] if any(path.startswith("-") and path != "-" for path in self.paths) else []
        command = shlex.join([*words, *self.paths])
        return command if len(command) <= _MAX_COMMAND_LENGTH else f"{shlex.join(words)} PATH..."

    def find(self) -> Iterator[Source | UnreadablePath]:
        """Yield the files that the paths name, and those in the directories that they name."""
        return discover(self.paths, self._selection(NO_PATHS))

    def find_here(self) -> Iterator[Source | UnreadablePath]:
        """Yield the files of `find` that could be overwritten: all but objects in Amazon S3."""
        here = [path for path in self.paths if not is_s3(path)]
        return discover(here, self._selection(NO_PATHS))

    def check_output(self, option: str, path: str, *others: str) -> None:
        """Refuse a file that is to be written and that is read.

        Args:
            option: gives the file.
            path: the path of the file.
            others: more files that are read.

        Raises:
            UsageError: the file is read.
        """
        written = os.path.realpath(path)
        for read in chain(others, (source.path for source in self.find_here())):
            if os.path.realpath(read) == written:
                raise UsageError(
                    f"{path} is an input: {option} would overwrite it", "name another file"
                )

    def _selection(
        self, leave_out: frozenset[str], unread: Counter[str] | None = None
    ) -> Selection:
        patterns = tuple(self.exclude or ())
        return Selection(patterns, not self.no_ignore, leave_out, unread, self.s3)

    def find_and_count(self, leave_out: frozenset[str]) -> Iterator[Source | UnreadablePath]:
        """Yield the files as `find` does, and count others that the directories hold.

        Args:
            leave_out: real paths of files in those directories that are not read.
        """
        return discover(self.paths, self._selection(leave_out, self.left_out))

    def noting_left_out(
        self, sources: Iterator[Source | UnreadablePath], *, quiet: bool
    ) -> Iterator[Source | UnreadablePath]:
        """Yield files of `find_and_count`, then print how many others there are, unless quiet."""
        yield from sources
        if not quiet:
            self._note_left_out()

    def _note_left_out(self, say: Callable[[str], None] = note) -> None:
        if not self.left_out:
            return
        number = counted(self.left_out.total(), "file")
        common = self.left_out.most_common(_MAX_SUFFIXES_NAMED)
        kinds = ", ".join(f"{count:,} {suffix or 'without suffix'}" for suffix, count in common)
        more = ", …" if len(self.left_out) > _MAX_SUFFIXES_NAMED else ""
        say(f"left out {number} that pe does not read: {printable(kinds)}{more}")

    def once_only(self) -> frozenset[str]:
        """Return the inputs that can be read only once: standard input and pipes."""
        return frozenset(filter(is_pipe, self.paths)) | {STANDARD_INPUT}

    def size(self) -> int | None:
        """Return how many bytes there are to read; None if standard input is among them."""
        total = 0
        for source in self.find():
            if source.path == STANDARD_INPUT:
                return None
            if isinstance(source, Source) and source.s3_object is not None:
                total += source.s3_object.size()
                continue
            with suppress(OSError):
                total += Path(source.path).stat().st_size
        return total

    @contextmanager
    def spooled(self, *, keep: bool = False) -> Iterator[Mapping[str, Spooled]]:
        """Provide the inputs that can be read only once: standard input and pipes.

        Args:
            keep: whether it is kept, so that it can be read again.

        Raises:
            UsageError: standard input has a name, but is not among the paths.
        """
        if self.stdin_filename is not None and STANDARD_INPUT not in self.paths:
            raise UsageError(
                "--stdin-filename is only for standard input", "add - to the paths, or leave it out"
            )
        pipes = filter(is_pipe, self.paths)
        inputs = {path: Spooled(partial(_opened, path), path, keep=keep) for path in pipes}
        if STANDARD_INPUT in self.paths:
            if sys.stdin is not None and sys.stdin.isatty():
                note("reading standard input: end it with Ctrl-D")
            inputs[STANDARD_INPUT] = Spooled(_standard_input, self.stdin_filename or "", keep=keep)
        try:
            yield inputs
        finally:
            for spooled in inputs.values():
                spooled.close()

    def application(
        self,
        app: str | None,
        spooled: Mapping[str, Spooled],
        leave_out: frozenset[str] = NO_PATHS,
        *,
        quiet: bool = False,
    ) -> str:
        """Return the application of a run: that of `--app`, else the one that all files name.

        Args:
            app: the value of `--app`.
            spooled: from the method of this name; kept, if no application is given.
            leave_out: real paths of files in searched directories that are not read.
            quiet: whether not to print what the files name.

        Raises:
            UsageError: no application is given, and the files do not all name the same one.
        """
        if app is not None:
            return app
        with_endpoint = filter(_has_endpoint, self.unreported_documents(spooled, leave_out))
        named: dict[str, str] = {}
        unnamed = ""
        for document in with_endpoint:
            if document.application_id:
                named.setdefault(document.application_id, document.source)
            else:
                unnamed = unnamed or document.source
            if len(named) > 1 or (named and unnamed):
                break
        if not named:
            message = "no application is given, and no file names one"
            raise UsageError(message, "use --app, or set PE_APP, or set app in pe.toml")
        (application_id, source), *others = named.items()
        says = f"{printable(source)} names the application {printable(application_id)}"
        if others:
            raise UsageError(
                f"{says}, {printable(others[0][1])} {printable(others[0][0])}",
                "name those of one application, or send all to one with --app",
            )
        if unnamed:
            message = f"{says}, {printable(unnamed)} none"
            raise UsageError(message, f"use --app {printable(application_id)} for all of them")
        if not quiet:
            note(says)
        return application_id

    def documents(
        self,
        spooled: Mapping[str, Spooled],
        *,
        application_id: str = "",
        endpoint_id: str | None = None,
        meter: Meter | None = None,
        leave_out: frozenset[str] = NO_PATHS,
        note_empty: bool = True,
        quiet: bool = False,
        say: Callable[[str], None] = note,
    ) -> Iterator[Document]:
        """Return the documents in the files, one after the other.

        Args:
            spooled: from the method of this name.
            application_id: the application of the run: of documents that name another one, the
                first of each application is printed on standard error.
            endpoint_id: the value of `--id`, which only one document can have.
            meter: counts the bytes that are read.
            leave_out: real paths of files in searched directories that are not read.
            note_empty: whether to print on standard error which files hold no endpoint.
            quiet: whether not to print there how many files of the directories are left out.
            say: prints a line on standard error.

        The iterator raises `CannotRun` if there is no document, and `UsageError` if there are
        several and one id.
        """
        selection = self._selection(leave_out, self.left_out)
        documents = load(self.paths, spooled, selection=selection, meter=meter)
        on_empty = partial(_note_empty, say) if note_empty else None
        documents = with_ids(documents, self.ids)
        documents = expect_any(documents, self.paths, endpoint_id, on_empty)
        if quiet:
            return documents
        if application_id:
            documents = _noting_other_applications(documents, application_id, say)
        return chain(documents, self._noting_left_out(say))

    def _noting_left_out(self, say: Callable[[str], None]) -> Iterator[Document]:
        """Print how many files were left out, and yield nothing: the end of the documents."""
        self._note_left_out(say)
        yield from ()

    def unreported_documents(
        self,
        spooled: Mapping[str, Spooled],
        leave_out: frozenset[str] = NO_PATHS,
        *,
        meter: Meter | None = None,
    ) -> Iterator[Document]:
        """Yield the documents before they are read for the run; count and print nothing."""
        documents = load(self.paths, spooled, selection=self._selection(leave_out), meter=meter)
        return with_ids(documents, self.ids)


def _has_endpoint(document: Document) -> bool:
    return document.has_endpoint


def _noting_other_applications(
    documents: Iterator[Document], application_id: str, say: Callable[[str], None]
) -> Iterator[Document]:
    """Yield documents, and print before each which other application it is the first to name."""
    known = {"", application_id}
    for document in documents:
        named = document.application_id
        if named not in known and len(known) <= _MAX_APPLICATIONS_NAMED:
            known.add(named)
            say(
                f"{printable(document.source)} names the application {printable(named)}, "
                f"but this run uses {printable(application_id)}"
            )
        yield document


class OptionalInputs(Inputs):
    """The files of a command that may also run without any."""

    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="[PATH...]", default_factory=list, show_default=False, help=_PATHS_HELP
        ),
    ]


def _note_empty(say: Callable[[str], None], document: Document | None, number: int) -> None:
    """Print that a document holds no endpoint; of many, only how many more there were."""
    if document is None:
        if number > _MAX_EMPTY_NAMED:
            say(f"{number - _MAX_EMPTY_NAMED:,} more without an endpoint")
    elif number <= _MAX_EMPTY_NAMED:
        say(str(document.problems[-1]))


def _opened(path: str) -> BufferedIOBase:
    return Path(path).open("rb")


def _standard_input() -> BufferedIOBase:
    return cast("BufferedIOBase", sys.stdin.buffer) if sys.stdin is not None else BytesIO()


def is_path(word: str) -> bool:
    """Return whether a word on the command line names something to read."""
    return word == STANDARD_INPUT or "://" in word or os.path.lexists(word)


def is_pipe(path: str) -> bool:
    """Return whether a path exists and is neither a file nor a directory: a pipe, or a device."""
    try:
        mode = Path(path).stat().st_mode if path != STANDARD_INPUT else None
    except (OSError, ValueError):
        return False
    return mode is not None and not S_ISREG(mode) and not S_ISDIR(mode)
