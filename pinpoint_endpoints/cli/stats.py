"""`pe stats`: paths or the local Pinpoint in, charts of the audience out."""

import sys
from typing import Annotated

import typer

from pinpoint_endpoints.cli.counting import AudienceCount, count_files, count_stored
from pinpoint_endpoints.cli.inputs import OptionalInputs
from pinpoint_endpoints.cli.options import (
    CheckOptions,
    Ignore,
    Output,
    OutputOption,
    Quiet,
    Strict,
    Verbose,
)
from pinpoint_endpoints.cli.target import Store, local_store
from pinpoint_endpoints.cli.terminal import note, print_error
from pinpoint_endpoints.documents.endpoint_ids import check_id
from pinpoint_endpoints.errors import ExitCode, UsageError
from pinpoint_endpoints.reports.charts import ChartView
from pinpoint_endpoints.reports.reporter import open_reporter
from pinpoint_endpoints.service.client import check_choice
from pinpoint_endpoints.stats import MAX_TOP, TOP


def stats(
    inputs: OptionalInputs,
    *,
    app: Annotated[
        str | None,
        typer.Option("--app", metavar="ID", envvar="PE_APP", help="The application, with --local."),
    ] = None,
    local: Annotated[
        bool,
        typer.Option("--local", help="Count the endpoints in the local Pinpoint instead of files."),
    ] = False,
    store: Store = None,
    top: Annotated[
        int,
        typer.Option(
            "--top",
            metavar="N",
            min=1,
            max=MAX_TOP,
            help="How many values have bars of their own; the others have one together. Channels, "
            "statuses and opt-outs that AWS documents always have theirs.",
        ),
    ] = TOP,
    strict: Strict = False,
    ignore: Ignore = None,
    output: OutputOption = Output.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Show charts of the audience in files or the local Pinpoint.

    By channel type, status, country, platform, opt-out and age, and how many have each attribute.
    Invalid endpoints count too, and an endpoint in two documents counts twice: `pe validate`
    finds both.

    Exit codes: 0 done; 1 documents are invalid; 3 could not run, or a file cannot be read; 4 there
    is no such application.
    """
    _check_source(inputs.paths, local=local)
    check_choice(local=local, store=store, endpoint_url=None)
    if local:
        application_id, path = _application(app), local_store(store)
        if verbose:
            note(f"using the local Pinpoint in {path}")
        found = count_stored(path, application_id, quiet=quiet)
    else:
        policy = CheckOptions(strict, ignore).policy()
        found = count_files(inputs, policy, quiet=quiet, verbose=verbose)
    if found.error is not None and not found.tally.total:
        raise found.error
    _print(found, top, output)
    for remark in found.remarks:
        note(remark)
    if found.error is not None:
        print_error(found.error)
    return found.tally.exit_code(found.error)


def _check_source(paths: list[str], *, local: bool) -> None:
    if paths and local:
        raise UsageError("files and --local exclude each other", "leave one of them out")
    if not paths and not local:
        raise UsageError(
            "nothing is named to be counted",
            "name files or directories, or give --local and --app for what the local Pinpoint has",
        )


def _application(app: str | None) -> str:
    if app is None:
        raise UsageError("--local needs an application", "give --app, or set PE_APP")
    check_id(app, "application id", "--app")
    return app


def _print(found: AudienceCount, top: int, output: Output) -> None:
    reporter = open_reporter(ChartView(), output, sys.stdout)
    for chart in found.audience.charts(top):
        reporter.add(chart)
    reporter.close(found.tally, found.error)
    sys.stdout.flush()
