"""`pe validate`: paths in, problems out."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pinpoint_endpoints.cli.boundary import say
from pinpoint_endpoints.cli.options import Quiet, Verbose
from pinpoint_endpoints.documents.model import Checked, Verdict
from pinpoint_endpoints.errors import CannotRun, ExitCode
from pinpoint_endpoints.reports.plain import printable
from pinpoint_endpoints.reports.problems import Tally
from pinpoint_endpoints.reports.reporter import (
    Reporter,
    ReportFormat,
    ReportOptions,
    open_reporter,
)


def validate(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, or directories to search for files."),
    ],
    output: Annotated[
        ReportFormat, typer.Option("--output", "-o", help="How results are printed.")
    ] = ReportFormat.TABLE,
    max_problems: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many of each code a table shows.")
    ] = 50,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Check endpoint files, and show each mistake with its place.

    Directories are searched for .json, .yaml and .yml; a named file is read whatever its name.
    """
    tally = Tally()
    on_terminal = sys.stdout.isatty()
    options = ReportOptions(
        max_problems=max_problems,
        quiet=quiet,
        snippets=on_terminal,
        styled=on_terminal or bool(os.environ.get("FORCE_COLOR")),
    )
    reporters = [open_reporter(output, sys.stdout, options)]
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from pinpoint_endpoints.reports.summary import SummaryReporter

        stream = Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8")  # noqa: SIM115
        reporters.append(SummaryReporter(stream))
    error: CannotRun | None = None
    try:
        _check(paths, tally, reporters, verbose=verbose)
    except CannotRun as stopped:
        error = stopped
    for reporter in reporters:
        reporter.close(tally, error)
    if error is not None:
        raise error
    if output is ReportFormat.TEXT and not quiet:
        sys.stdout.flush()
        say(str(tally))
    if tally.unreadable:
        return ExitCode.CANNOT_RUN
    return ExitCode.INVALID if tally.invalid else ExitCode.OK


def _check(paths: list[str], tally: Tally, reporters: list[Reporter], *, verbose: bool) -> None:
    from pinpoint_endpoints.checks.policy import DEFAULT
    from pinpoint_endpoints.checks.validate import validate as check
    from pinpoint_endpoints.checks.validate import verdict_on
    from pinpoint_endpoints.documents.load import load

    for document in load(paths):
        found = check(document)
        checked = Checked(document, tuple(found), verdict_on(document, found, DEFAULT))
        tally.add(checked)
        if verbose and checked.verdict is Verdict.VALID:
            say(f"valid: {printable(document.source)}")
        for reporter in reporters:
            reporter.add(checked)
    if not tally.documents:
        raise CannotRun(
            f"nothing to check: there is no .json, .yaml or .yml file in {', '.join(paths)}",
            "name a file, or a directory that holds endpoint files",
        )
