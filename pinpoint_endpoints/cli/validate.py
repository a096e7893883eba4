"""`pe validate`: paths in, problems out."""

import sys
from typing import Annotated

import typer

from pinpoint_endpoints.cli.boundary import say, write_json
from pinpoint_endpoints.cli.options import Output, OutputOption, Quiet, Verbose
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import CannotRun, ExitCode
from pinpoint_endpoints.reports.plain import printable
from pinpoint_endpoints.reports.problems import Tally, print_problem_table, problem_lines


def validate(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, or directories to search for files."),
    ],
    output: OutputOption = Output.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Check endpoint files, and show each mistake with its place.

    Directories are searched for .json, .yaml and .yml; a named file is read whatever its name.
    """
    tally = Tally()
    problems: list[Problem] = []
    error: CannotRun | None = None
    try:
        _check(paths, tally, problems, verbose=verbose)
    except CannotRun as stopped:
        error = stopped
    _print(tally, problems, output, quiet=quiet, error=error)
    if error is not None:
        raise error
    if tally.unreadable:
        return ExitCode.CANNOT_RUN
    return ExitCode.INVALID if tally.invalid else ExitCode.OK


def _check(paths: list[str], tally: Tally, problems: list[Problem], *, verbose: bool) -> None:
    from pinpoint_endpoints.checks.validate import is_valid
    from pinpoint_endpoints.checks.validate import validate as check
    from pinpoint_endpoints.documents.load import load

    for document in load(paths):
        found = check(document)
        tally.documents += 1
        if not found or is_valid(found):
            tally.valid += 1
            if verbose:
                say(f"valid: {printable(document.source)}")
        elif found[0].code == codes.UNREADABLE:
            tally.unreadable += 1
        else:
            tally.invalid += 1
        if found:
            tally.count_problems(found)
            problems.extend(found)
    if not tally.documents:
        raise CannotRun(
            f"nothing to check: there is no .json, .yaml or .yml file in {', '.join(paths)}",
            "name a file, or a directory that holds endpoint files",
        )


def _print(
    tally: Tally,
    problems: list[Problem],
    output: Output,
    *,
    quiet: bool,
    error: CannotRun | None,
) -> None:
    if output is Output.JSON:
        from dataclasses import asdict

        from pinpoint_endpoints.reports.envelope import envelope

        failed = tally.invalid + tally.unreadable
        write_json(
            envelope(
                "validate",
                asdict(tally),
                problems,
                succeeded=tally.valid,
                failed=failed,
                error=error,
            )
        )
        return
    if output is Output.TEXT:
        sys.stdout.write(problem_lines(problems))
    elif problems:
        print_problem_table(problems, sys.stdout)
    if not quiet and error is None:
        stream = sys.stderr if output is Output.TEXT else sys.stdout
        stream.write(f"{tally}\n")
