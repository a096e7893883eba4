"""`pe stats`: count the endpoints in files or in the local Pinpoint, and chart them."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from pinpoint_endpoints.cli.audience import AudienceReader, StoredAudience
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
from pinpoint_endpoints.cli.terminal import note, print_error
from pinpoint_endpoints.errors import ExitCode
from pinpoint_endpoints.reports.charts import ChartView
from pinpoint_endpoints.reports.reporter import open_reporter
from pinpoint_endpoints.reports.tally import AudienceTally
from pinpoint_endpoints.stats import MAX_TOP, TOP, Audience, Chart


def stats(
    ctx: typer.Context,
    inputs: OptionalInputs,
    *,
    stored: StoredAudience,
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

    Exit codes: 0 done; 1 documents are invalid; 3 could not run, or a file cannot be read; 4 the
    application does not exist.

    Examples:
        pe stats endpoints/
        pe stats --local --app demo --top 5
    """
    checks = CheckOptions(strict=strict, ignore=ignore)
    tally = AudienceTally[Chart]()
    members = AudienceReader(
        ctx, inputs, stored, checks, tally, activity="counting", quiet=quiet, verbose=verbose
    )
    audience = Audience(datetime.now(UTC))
    for member in members:
        audience.add(member.endpoint)
    if members.error is not None and not tally.total:
        raise members.error
    reporter = open_reporter(ChartView(), output, sys.stdout)
    for chart in audience.charts(top):
        reporter.add(chart)
    reporter.close(tally, members.error)
    sys.stdout.flush()
    for remark in members.remarks():
        note(remark)
    if members.error is not None:
        print_error(members.error)
    return tally.exit_code(members.error)
