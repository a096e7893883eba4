"""`pe convert`: convert endpoint files to the formats of other systems."""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.inputs import Inputs, OptionalInputs
from pinpoint_endpoints.cli.lookup import formats, resolve_choice
from pinpoint_endpoints.cli.options import (
    CheckOptions,
    Ignore,
    Keys,
    KeysOption,
    OptionGroup,
    Output,
    OutputOption,
    Quiet,
    Verbose,
)
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import run
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError, UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.cli.segment_files import Reject
    from pinpoint_endpoints.convert import output as outputs
    from pinpoint_endpoints.convert.formats import ConvertOptions, Format
    from pinpoint_endpoints.documents.model import Document
    from pinpoint_endpoints.segments.definition import Definition


class FileFormat(StrEnum):
    """The format of profile objects."""

    JSONL = "jsonl"
    CSV = "csv"


class FormatOptions(OptionGroup):
    """Options of single formats.

    Attributes:
        rename: new names of columns: COLUMN=NAME.
        topics: the path of the member whose values are topics.
        keys: which attribute keys there may be.
        file_format: the file format of profile objects.
        segments: where the segments of Pinpoint are.
    """

    heading = "Options of single formats"

    rename: Annotated[
        list[str] | None,
        typer.Option(
            "--rename",
            metavar="COLUMN=NAME",
            help="Of the tables users-csv and addresses-csv: rename a column. Repeatable.",
        ),
    ] = None
    topics: Annotated[
        str | None,
        typer.Option(
            "--topics",
            metavar="MEMBER",
            help="Of ses-contacts: the member whose values are topics that a contact has opted in "
            "to, such as User.UserAttributes.Newsletters.",
        ),
    ] = None
    keys: KeysOption = None
    file_format: Annotated[
        FileFormat | None,
        typer.Option(
            "--format",
            help="Of customer-profiles: upload jobs read csv.",
            show_default="jsonl",
        ),
    ] = None

    segments: Annotated[
        list[str] | None,
        typer.Option(
            "--segments",
            metavar="DIR",
            help="Of customer-profiles: files and directories with segments of Pinpoint, which "
            "become segment definitions. Repeatable.",
        ),
    ] = None

    def resolve(
        self, format_: "Format", ignore: list[str] | None, reject: "Reject"
    ) -> "ConvertOptions":
        """Return the options of a format.

        Args:
            format_: the format.
            ignore: rules to leave out.
            reject: called with each segment that is invalid, or cannot be read.

        Raises:
            UsageError: one is not an option of this format, or is wrong.
        """
        from pinpoint_endpoints.convert.formats import ConvertOptions

        given = {
            "rename": ("--rename", self.rename),
            "topics": ("--topics", self.topics),
            "strict_keys": ("--keys", self.keys),
            "csv": ("--format", self.file_format),
            "segments": ("--segments", self.segments),
        }
        for name, (option, value) in given.items():
            if value is not None and name not in format_.options:
                message = f"{option} is not an option of --to {format_.name}"
                raise UsageError(message, "leave it out")
        policy = CheckOptions(ignore=ignore).policy()
        kept = {*policy.ignore} - {codes.NO_ENDPOINT_ID}  # it could not be told from others
        return ConvertOptions(
            policy._replace(ignore=kept),
            rename=dict(map(_renamed, self.rename or ())),
            strict_keys=self.keys is Keys.STRICT,
            topics=self.topics or "",
            csv=self.file_format is FileFormat.CSV,
            segments=_segments(self.segments or [], reject),
        )


def _segments(paths: list[str], reject: "Reject") -> "list[Definition]":
    from pinpoint_endpoints.cli.segment_files import read_bases

    return [segment.definition for segment in read_bases(paths, reject)]


_SEE = "`pe convert --explain FORMAT` explains one"


def convert(
    inputs: OptionalInputs,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="The format: ndjson, csv, json, yaml, customer-profiles, users-csv, "
            "addresses-csv, ses-contacts, ses-suppression, sms-opt-outs, connect or ses. The last "
            "two are of --templates.",
            autocompletion=formats,
        ),
    ] = None,
    templates: Annotated[
        list[Path] | None,
        typer.Option(
            "--templates",
            metavar="PATH",
            help="Convert the message templates in a directory or a file, not endpoints. "
            "Repeatable.",
        ),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", "-d", metavar="DIR", help="Write into a directory, new or empty."
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            show_default="standard output",
            help="Write the format's only file here; - is standard output.",
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="FORMAT",
            help="Print what a format makes of each member, and exit.",
            autocompletion=formats,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict/--no-strict", help="Fail with exit code 1 if anything is lost."),
    ] = False,
    ignore: Ignore = None,
    format_options: FormatOptions,
    output: OutputOption = Output.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = False,  # noqa: ARG001 - names the project's file
) -> ExitCode:
    """Convert endpoint files to the formats of other systems.

    Every run ends with an account: endpoints in and out, and what was changed, split, withheld,
    cut or lost, by member and rule. It goes to standard error where the endpoints go to standard
    output. Invalid documents are not converted, but the addresses that they opt out are withheld
    where an address could be reached: in all formats but ndjson, csv, json and yaml, which carry
    endpoints as they are; the account counts those at such an address. All files get their names at
    the end, or none.

    Exit codes: 0 done; 1 documents are invalid, or with --strict anything is lost; 3 could not run,
    or a file cannot be read, even in part. If it is one of endpoints, nothing is written; of
    segments and templates, the others are.

    Examples:
        pe convert --to csv endpoints/ --out segment.csv
        pe convert --to connect --templates templates/ -d connect/
    """
    from pinpoint_endpoints.convert.account import ENDPOINT, TEMPLATE, Account
    from pinpoint_endpoints.convert.run import FORMATS, Rejected, reject
    from pinpoint_endpoints.convert.run import convert as results_of
    from pinpoint_endpoints.reports.conversion import (
        ConversionTally,
        ConversionView,
        carried_together,
    )
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    if explain is not None:
        return _explain(explain, output)
    if to is None:
        raise UsageError("no format is named", f"use --to with {', '.join(FORMATS)}; {_SEE}")
    format_ = FORMATS[resolve_choice(to, FORMATS, "format", _SEE)]
    _check_what_is_read(format_, inputs, templates)
    account = Account(TEMPLATE if format_.reads_templates else ENDPOINT)
    rejected: list[Rejected] = []
    options = format_options.resolve(format_, ignore, partial(reject, rejected, account))
    writes_to_stdout = directory is None and out in (None, "-")
    stream = sys.stderr if writes_to_stdout else sys.stdout
    tally = ConversionTally(account, strict=strict)
    tally.left_out = inputs.left_out
    style = progress_style(quiet=quiet, streams=False, lines=True)

    def remarks(error: PinpointEndpointsError | None) -> Iterator[str]:
        if output is Output.TABLE and error is None and not quiet:
            yield from tally.files()

    is_all_read = False

    def counts() -> str:
        read = f"{account.endpoints:,} {account.thing}s"
        return f"{read}, {target.records:,} records written" if is_all_read else read

    def reading(documents: Iterable["Document"]) -> Iterator["Document"]:
        nonlocal is_all_read
        yield from documents
        is_all_read = True
        progress.begin_part("sorting and writing")

    with (
        inputs.spooled() as spooled,
        Progress("reading", inputs.size, counts, style) as progress,
    ):
        documents = (
            inputs.documents(spooled, meter=progress.meter, note_empty=not quiet, quiet=quiet)
            if not templates
            else _documents_in(templates)
        )
        target = _output(format_, directory, out, inputs)
        results = chain(rejected, results_of(reading(documents), format_, target, account, options))
        return run(
            carried_together(results) if output is Output.TABLE else results,
            open_reporter(ConversionView(ReportOptions(quiet=quiet)), output, stream),
            tally,
            so_far="nothing was written",
            remarks=remarks,
            progress=progress,
        )


def _check_what_is_read(format_: "Format", inputs: Inputs, templates: list[Path] | None) -> None:
    """Refuse endpoints for a format of templates, and the other way round."""
    if format_.reads_templates and (not templates or inputs.paths):
        message = f"--to {format_.name} converts message templates"
        raise UsageError(message, "name their directory with --templates, and no endpoint files")
    if templates and not format_.reads_templates:
        raise UsageError(f"--to {format_.name} converts endpoints", "leave --templates out")
    if not templates and not inputs.paths:
        raise UsageError("nothing to convert", "name files or directories, or - for standard input")


def _documents_in(templates: list[Path]) -> "Iterator[Document]":
    """Yield what is in directories and files with templates, texts of templates too."""
    from pinpoint_endpoints.documents.load import load
    from pinpoint_endpoints.documents.template_shapes import is_template_text

    for path in templates:
        if not path.exists():
            raise CannotRun(f"{path} does not exist", "name the directory of the templates")
    found = {path for folder in templates for path in folder.rglob("*")}
    texts = sorted(path for path in found if is_template_text(path.name))
    yield from load([*templates, *texts])


def _renamed(text: str) -> tuple[str, str]:
    column, equals, name = text.partition("=")
    if not column or not equals or not name:
        raise UsageError(f"not a new name for a column: {text}", "write COLUMN=NAME")
    return column, name


def _output(
    format_: "Format", directory: Path | None, out: str | None, inputs: Inputs
) -> "outputs.Output":
    """Return where the format is written.

    Raises:
        UsageError: the format writes several files, and no directory is named; the file is read.
        CannotRun: the directory cannot be written, or is not empty.
    """
    from pinpoint_endpoints.convert import output as outputs

    if directory is not None and out is not None:
        raise UsageError("-d and --out exclude each other", "leave one of them out")
    if directory is not None:
        return outputs.Directory(directory)
    if not format_.file:
        raise UsageError(f"--to {format_.name} writes several files", "name a directory with -d")
    if out in (None, outputs.STANDARD_OUTPUT):
        return outputs.Output()
    inputs.check_output("--out", out)
    return outputs.SingleFile(out)


def _explain(name: str, output: Output) -> ExitCode:
    """Print what a format makes of each member, and its rules."""
    from pinpoint_endpoints.convert.run import FORMATS
    from pinpoint_endpoints.reports.conversion import print_format

    format_ = FORMATS[resolve_choice(name, FORMATS, "format")]
    print_format(format_, sys.stdout, as_json=output is Output.JSON)
    return ExitCode.OK
