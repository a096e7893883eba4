"""`pe upsert`: paths in, outcomes out."""

from typing import Annotated

import typer

from pinpoint_endpoints.cli.delivering import Counts, report_outcomes
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.options import App, CheckOptions, DisplayOptions
from pinpoint_endpoints.cli.outputs import OutputFiles
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.target import UpdateTarget
from pinpoint_endpoints.errors import ExitCode, UsageError
from pinpoint_endpoints.reports.outcomes import OutcomeTally
from pinpoint_endpoints.reports.plan import PlanFormat


def upsert(
    inputs: Inputs,
    *,
    app: App,
    endpoint_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            show_default="the document's own, else the file's name",
            help="The endpoint id, for one document.",
        ),
    ] = None,
    target: UpdateTarget,
    no_batch: Annotated[
        bool, typer.Option("--no-batch", help="Send endpoints one by one, with UpdateEndpoint.")
    ] = False,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write what becomes of each endpoint, and skip what the file has as accepted: "
            "the same command goes on where it was stopped.",
        ),
    ] = None,
    failures: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Write refused endpoints to an NDJSON file that can be sent again."
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Read back what was accepted, and report what was not stored as sent."
        ),
    ] = False,
    checks: CheckOptions,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Send nothing, and show what would be sent: with -v as HTTP requests, with "
            "-o curl as commands that send it, addresses and user data unmasked.",
        ),
    ] = False,
    output: Annotated[
        PlanFormat, typer.Option("--output", "-o", help="The output format.")
    ] = PlanFormat.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Create or update endpoints from files that are valid.

    What a file leaves out stays as it is in the service. One endpoint is sent with UpdateEndpoint,
    several with UpdateEndpointsBatch.
    """
    from pinpoint_endpoints.api import plan_upsert, upsert_all
    from pinpoint_endpoints.delivery.plan import SendOptions

    _check_options(output, dry_run=dry_run, verify=verify)
    send_options = SendOptions(checks.sending_policy(), endpoint_id, batch=not no_batch)
    tally = OutcomeTally()
    counts = Counts(tally)
    with (
        inputs.spooled() as spooled,
        OutputFiles(inputs, app, target, journal, failures, read_only=dry_run) as written,
        Progress(
            "sending",
            inputs.size,
            counts.__str__,
            progress_style(
                quiet=display.quiet or dry_run, streams=output is PlanFormat.TEXT, lines=True
            ),
            counts.share,
        ) as progress,
        counts,
    ):
        documents = inputs.documents(
            spooled,
            endpoint_id=endpoint_id,
            meter=progress.meter,
            leave_out=written.contains,
        )
        if dry_run:
            from pinpoint_endpoints.cli.dry_run import show_plan
            from pinpoint_endpoints.reports.reporter import ReportOptions

            steps = plan_upsert(app, documents, send_options, written.journal)
            options = ReportOptions(show_values=display.show_values, quiet=display.quiet)
            return show_plan(steps, app, target, output, options, verbose=display.verbose)
        outcomes = upsert_all(
            target.client,
            app,
            documents,
            send_options,
            concurrency=target.concurrent_calls(batch=not no_batch),
            journal=written.journal,
            failures=written.failures,
            monitor=counts,
            verify=verify,
        )
        return report_outcomes(
            outcomes, tally, output, progress, counts, quiet=display.quiet, at_aws=target.is_aws
        )


def _check_options(output: PlanFormat, *, dry_run: bool, verify: bool) -> None:
    if output is PlanFormat.CURL and not dry_run:
        raise UsageError("-o curl shows what would be sent", "add --dry-run, or leave it out")
    if dry_run and verify:
        raise UsageError("--dry-run sends nothing that --verify could read back", "leave one out")
