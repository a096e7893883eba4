"""`pe upsert`: paths in, outcomes out."""

from functools import partial
from typing import Annotated

import typer

from pinpoint_endpoints.cli.delivering import Counts, report_outcomes
from pinpoint_endpoints.cli.documents_of import documents_of
from pinpoint_endpoints.cli.inputs import spooled_inputs
from pinpoint_endpoints.cli.options import (
    App,
    Concurrency,
    ConnectTimeout,
    Create,
    EndpointUrl,
    Exclude,
    Ignore,
    Local,
    NoIgnore,
    Profile,
    Quiet,
    Rate,
    ReadTimeout,
    Region,
    ShowValues,
    StdinFilename,
    Store,
    Strict,
    Verbose,
)
from pinpoint_endpoints.cli.policy import sending_policy_from
from pinpoint_endpoints.cli.progress import Progress, bytes_in, shown
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.written import WrittenFiles
from pinpoint_endpoints.documents.discovery import Selection, discover
from pinpoint_endpoints.errors import ExitCode, UsageError
from pinpoint_endpoints.reports.outcomes import OutcomeTally
from pinpoint_endpoints.reports.plan import PlanFormat
from pinpoint_endpoints.service.client import CONNECT_SECONDS, READ_SECONDS


def upsert(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files, directories to search for files, or - for standard input.",
        ),
    ],
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
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    local: Local = False,
    store: Store = None,
    no_batch: Annotated[
        bool, typer.Option("--no-batch", help="Send endpoints one by one, with UpdateEndpoint.")
    ] = False,
    rate: Rate = None,
    concurrency: Concurrency = None,
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
            metavar="FILE", help="Write the refused endpoints as NDJSON, to be sent again."
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Read back what was accepted, and report what was not stored as sent."
        ),
    ] = False,
    strict: Strict = False,
    ignore: Ignore = None,
    create: Create = False,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    stdin_filename: StdinFilename = None,
    read_timeout: ReadTimeout = READ_SECONDS,
    connect_timeout: ConnectTimeout = CONNECT_SECONDS,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Send nothing, and show what would be sent: with -v as HTTP requests, with "
            "-o curl as commands that send it, addresses and user data unmasked.",
        ),
    ] = False,
    output: Annotated[
        PlanFormat, typer.Option("--output", "-o", help="How results are printed.")
    ] = PlanFormat.TABLE,
    show_values: ShowValues = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Create or update endpoints from files that are valid.

    What a file leaves out stays as it is in the service. One endpoint is sent with UpdateEndpoint,
    several with UpdateEndpointsBatch.
    """
    from pinpoint_endpoints.api import plan_upsert, upsert_all
    from pinpoint_endpoints.delivery.plan import Wishes

    _check_options(output, dry_run=dry_run, verify=verify)
    policy = sending_policy_from(ignore, strict=strict, create=create)
    wishes = Wishes(policy, endpoint_id, batch=not no_batch)
    selection = Selection(tuple(exclude or ()), respect_gitignore=not no_ignore)
    find = partial(discover, paths, selection)
    target = Target(
        region=region,
        profile=profile,
        endpoint_url=endpoint_url,
        local=local,
        store=store,
        rate=rate,
        concurrency=concurrency,
        read_timeout=read_timeout,
        connect_timeout=connect_timeout,
        verbose=verbose,
    )
    tally = OutcomeTally()
    counts = Counts(tally)
    with (
        spooled_inputs(paths, stdin_filename) as spooled,
        WrittenFiles(paths, find, app, target, journal, failures, read_only=dry_run) as written,
        Progress(
            "sending",
            lambda: bytes_in(find()),
            counts.__str__,
            shown(quiet=quiet or dry_run, streams=output is PlanFormat.TEXT, lines=True),
            counts.share,
        ) as progress,
        counts,
    ):
        documents = documents_of(
            paths,
            spooled,
            selection,
            endpoint_id=endpoint_id,
            meter=progress.meter,
            leave_out=written.holds,
        )
        if dry_run:
            from pinpoint_endpoints.cli.dry_run import show_plan
            from pinpoint_endpoints.reports.plan_report import PlanOptions

            steps = plan_upsert(app, documents, wishes, written.journal)
            options = PlanOptions(verbose, show_values, quiet, local)
            return show_plan(steps, app, target, output, options)
        outcomes = upsert_all(
            target.client,
            app,
            documents,
            wishes,
            concurrency=target.at_once(batch=not no_batch),
            journal=written.journal,
            failures=written.failures,
            monitor=counts,
            verify=verify,
        )
        return report_outcomes(
            outcomes, tally, output, progress, counts, quiet=quiet, at_aws=target.is_aws
        )


def _check_options(output: PlanFormat, *, dry_run: bool, verify: bool) -> None:
    if output is PlanFormat.CURL and not dry_run:
        raise UsageError("-o curl shows what would be sent", "add --dry-run, or leave it out")
    if dry_run and verify:
        raise UsageError("--dry-run sends nothing that --verify could read back", "leave one out")
