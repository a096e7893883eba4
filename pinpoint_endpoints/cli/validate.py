"""`pe validate`: paths in, problems out."""

import os
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pinpoint_endpoints.cli.fixing import (
    check_options,
    fix_files,
    nothing_to_check,
    refuse_pipes,
    show_differences,
)
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.options import CheckOptions, DisplayOptions
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.reporting import Reports
from pinpoint_endpoints.cli.terminal import say, tell
from pinpoint_endpoints.documents.discovery import (
    STANDARD_INPUT,
    Source,
    UnreadablePath,
)
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.model import Checked, Verdict
from pinpoint_endpoints.errors import CannotRun, ExitCode, Interrupted, PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.problems import ProblemTally, ReportFormat
from pinpoint_endpoints.reports.reporter import ReportOptions


def validate(
    inputs: Inputs,
    *,
    output: Annotated[
        ReportFormat, typer.Option("--output", "-o", help="The output format.")
    ] = ReportFormat.TABLE,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT=FILE",
            help="Also write a report to a file. Repeatable.",
        ),
    ] = None,
    checks: CheckOptions,
    list_files: Annotated[
        bool, typer.Option("--list-files", help="Print the paths that would be read, and exit.")
    ] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Fix what has one right answer, and write the files back."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what --fix would change; write nothing.")
    ] = False,
    max_problems: Annotated[
        int,
        typer.Option(
            "--max-problems",
            metavar="N",
            min=0,
            help="How many problems the table lists.",
        ),
    ] = 50,
    display: DisplayOptions,
) -> ExitCode:
    """Check endpoint files, and show where each mistake is.

    Directories are searched for .json, .yaml, .yml, .ndjson, .jsonl and .gz of the last two.
    A file that you name is always read.
    """
    from pinpoint_endpoints.checks.run import check_all

    policy = checks.policy()
    others = {
        "--list-files": list_files,
        "--report": bool(report),
        "--output": output is not ReportFormat.TABLE,
    }
    check_options(fix=fix, diff=diff, others=others)
    if list_files:
        return _list(inputs.find())
    if fix or diff:
        refuse_pipes(inputs.paths)
    if diff:
        return show_differences(inputs.find(), policy, display)
    written = not fix or fix_files(inputs.find(), policy, quiet=display.quiet)
    on_terminal = sys.stdout.isatty()
    options = ReportOptions(
        max_problems=max_problems,
        show_values=display.show_values,
        quiet=display.quiet,
        snippets=on_terminal,
        styled=on_terminal or bool(os.environ.get("FORCE_COLOR")),
    )
    tally = ProblemTally()
    with (
        inputs.spooled() as spooled,
        Reports(output, report or (), options, inputs.paths) as reports,
        Progress(
            "checking",
            inputs.size,
            lambda: f"{tally.total:,} documents",
            progress_style(
                quiet=display.quiet, streams=output in (ReportFormat.TEXT, ReportFormat.GITHUB)
            ),
        ) as progress,
    ):
        sources = inputs.find()
        if report:
            sources = (source for source in sources if not reports.writes(source.path))
        reader = partial(read, spooled=spooled, meter=progress.meter)
        checked_documents = check_all(sources, reader, policy)
        if display.verbose:
            checked_documents = _naming_the_valid(checked_documents)
        error = _check(checked_documents, tally, reports)
        progress.close()
        reports.close(tally, error)
    if error is not None:
        tell(error)
    elif output is ReportFormat.TEXT and not display.quiet:
        sys.stdout.flush()
        say(str(tally))
    if error is None and not written:
        return ExitCode.CANNOT_RUN
    return tally.exit_code(error)


def _list(sources: Iterable[Source | UnreadablePath]) -> ExitCode:
    """Print what would be read, a path a line."""
    found = False
    for source in sources:
        if isinstance(source, UnreadablePath):
            raise CannotRun(f"{source.path} cannot be read: {source.reason}")
        if source.path != STANDARD_INPUT and not Path(source.path).exists():
            raise CannotRun(f"{source.path} cannot be read: it is not there")
        sys.stdout.write(f"{printable(source.path)}\n")
        found = True
    if not found:
        raise nothing_to_check()
    return ExitCode.OK


def _check(
    checked_documents: Iterable[Checked], tally: ProblemTally, reports: Reports
) -> PinpointEndpointsError | None:
    try:
        for checked in checked_documents:
            tally.add(checked)
            reports.add(checked)
    except PinpointEndpointsError as error:
        return error
    except KeyboardInterrupt:
        return Interrupted("interrupted", "what was found until then is reported")
    if tally.total:
        return None
    return nothing_to_check()


def _naming_the_valid(checked_documents: Iterable[Checked]) -> Iterator[Checked]:
    for checked in checked_documents:
        if checked.verdict is Verdict.VALID and not checked.again:
            say(f"valid: {checked.document.source}")
        yield checked
