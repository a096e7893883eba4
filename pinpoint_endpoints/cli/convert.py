"""`pe convert`: convert endpoint files to the formats of other systems."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.cli.inputs import Inputs, OptionalInputs
from pinpoint_endpoints.cli.lookup import formats, resolve_choice
from pinpoint_endpoints.cli.options import (
    CheckOptions,
    DisplayOptions,
    Ignore,
    Output,
    OutputOption,
)
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import run
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.convert import output as outputs
    from pinpoint_endpoints.convert.formats import ConvertOptions, Format


class Keys(StrEnum):
    """What attributes are called: as in Pinpoint, or as Connect's segments surely accept it."""

    KEEP = "keep"
    STRICT = "strict"


class FileFormat(StrEnum):
    """The format of profile objects."""

    JSONL = "jsonl"
    CSV = "csv"


_SEE = "`pe convert --explain FORMAT` explains one"


def convert(
    inputs: OptionalInputs,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help="The format.", autocompletion=formats),
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
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="COLUMN=NAME", help="Rename a column. Repeatable."),
    ] = None,
    keys: Annotated[
        Keys | None,
        typer.Option(
            "--keys",
            help="strict: change attribute keys that Connect's segments may refuse.",
            show_default="keep",
        ),
    ] = None,
    file_format: Annotated[
        FileFormat | None,
        typer.Option(
            "--format", help="Of profile objects: upload jobs read csv.", show_default="jsonl"
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
    output: OutputOption = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Convert endpoint files to the formats of other systems.

    Every run ends with an account: endpoints in and out, and what was changed, split, withheld,
    cut or lost, by member and rule. It goes to standard error where the endpoints go to standard
    output. Invalid documents are not converted. All files get their names at the end, or none.

    Exit codes: 0 done; 1 documents are invalid, or with --strict anything is lost; 3 could not run,
    or a file cannot be read: then nothing is written.

    Examples:
        pe convert --to csv endpoints/ --out segment.csv
        pe convert --explain csv
    """
    from pinpoint_endpoints.convert.account import Account
    from pinpoint_endpoints.convert.run import FORMATS
    from pinpoint_endpoints.convert.run import convert as results_of
    from pinpoint_endpoints.reports.conversion import ConversionTally, ConversionView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    if explain is not None:
        return _explain(explain, output)
    if to is None:
        raise UsageError("no format is named", f"use --to with {', '.join(FORMATS)}; {_SEE}")
    format_ = FORMATS[resolve_choice(to, FORMATS, "format", _SEE)]
    if not inputs.paths:
        raise UsageError("nothing to convert", "name files or directories, or - for standard input")
    options = _options(format_, ignore, rename, keys, file_format)
    writes_to_stdout = directory is None and out in (None, "-")
    stream = sys.stderr if writes_to_stdout else sys.stdout
    account = Account()
    tally = ConversionTally(account, strict=strict)
    tally.left_out = inputs.left_out
    style = progress_style(quiet=display.quiet, streams=False, lines=True)
    with (
        inputs.spooled() as spooled,
        Progress(
            "converting", inputs.size, lambda: f"{account.endpoints:,} endpoints", style
        ) as progress,
    ):
        documents = inputs.documents(
            spooled, meter=progress.meter, note_empty=not display.quiet, quiet=display.quiet
        )
        target = _output(format_, directory, out, inputs)
        return run(
            results_of(documents, format_, target, account, options),
            open_reporter(ConversionView(ReportOptions(quiet=display.quiet)), output, stream),
            tally,
            so_far="nothing was written",
            progress=progress,
        )


def _policy(ignore: list[str] | None) -> Policy:
    """Return how documents are checked: an endpoint without an id cannot be told from others."""
    policy = CheckOptions(ignore=ignore).policy()
    return policy._replace(ignore={*policy.ignore} - {codes.NO_ENDPOINT_ID})


def _options(
    format_: "Format",
    ignore: list[str] | None,
    rename: list[str] | None,
    keys: Keys | None,
    file_format: FileFormat | None,
) -> "ConvertOptions":
    from pinpoint_endpoints.convert.formats import ConvertOptions

    if rename and "rename" not in format_.options:
        raise UsageError(f"--to {format_.name} has no columns to rename", "leave --rename out")
    if keys is not None and "strict_keys" not in format_.options:
        raise UsageError(f"--to {format_.name} keeps all keys", "leave --keys out")
    if file_format is not None and "csv" not in format_.options:
        raise UsageError(f"--to {format_.name} has one format", "leave --format out")
    return ConvertOptions(
        _policy(ignore),
        rename=dict(map(_renamed, rename or ())),
        strict_keys=keys is Keys.STRICT,
        csv=file_format is FileFormat.CSV,
    )


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
    if not out:
        raise UsageError("--out needs a file", "give its name, or - for standard output")
    written = os.path.realpath(out)
    for source in inputs.find():
        if os.path.realpath(source.path) == written:
            raise UsageError(f"{out} is an input: --out would overwrite it", "name another file")
    return outputs.SingleFile(out)


def _explain(name: str, output: Output) -> ExitCode:
    """Print what a format makes of each member, and its rules."""
    from pinpoint_endpoints.convert.run import FORMATS
    from pinpoint_endpoints.reports.conversion import print_format

    format_ = FORMATS[resolve_choice(name, FORMATS, "format")]
    print_format(format_, sys.stdout, as_json=output is Output.JSON)
    return ExitCode.OK
