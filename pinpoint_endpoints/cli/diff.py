"""`pe diff`: paths in, what an upsert would change in the stored endpoints out."""

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.console import say, tell
from pinpoint_endpoints.cli.documents_of import documents_of
from pinpoint_endpoints.cli.inputs import spooled_inputs
from pinpoint_endpoints.cli.interrupts import Interrupts
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
    Output,
    OutputOption,
    Profile,
    Quiet,
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
from pinpoint_endpoints.documents.discovery import Selection, discover
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.service.client import CONNECT_SECONDS, READ_SECONDS

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.compare import Comparison
    from pinpoint_endpoints.reports.difference_reporters import DifferenceReporter
    from pinpoint_endpoints.reports.differences import DifferenceTally


def diff(
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
    concurrency: Concurrency = None,
    strict: Strict = False,
    ignore: Ignore = None,
    create: Create = False,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    stdin_filename: StdinFilename = None,
    read_timeout: ReadTimeout = READ_SECONDS,
    connect_timeout: ConnectTimeout = CONNECT_SECONDS,
    output: OutputOption = Output.TABLE,
    show_values: ShowValues = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Show what an upsert of the files would change.

    Nothing is sent. What a file leaves out stays, and is no difference; nor are EffectiveDate and
    RequestId, which every update sets. Not seen is what an upsert does to other endpoints: one at
    the same address becomes INACTIVE, and those of the same user get its user attributes.

    Exit codes: 0 no difference; 1 differences, or invalid documents; 3 could not run; 4 the service
    refused everything; 5 some were compared, some were not.
    """
    from pinpoint_endpoints.delivery.compare import compare_all
    from pinpoint_endpoints.delivery.plan import Wishes
    from pinpoint_endpoints.reports.difference_reporters import open_difference_reporter
    from pinpoint_endpoints.reports.differences import DifferenceTally

    policy = sending_policy_from(ignore, strict=strict, create=create)
    selection = Selection(tuple(exclude or ()), respect_gitignore=not no_ignore)
    target = Target(
        region=region,
        profile=profile,
        endpoint_url=endpoint_url,
        local=local,
        store=store,
        concurrency=concurrency,
        read_timeout=read_timeout,
        connect_timeout=connect_timeout,
        verbose=verbose,
    )
    tally = DifferenceTally()
    reporter = open_difference_reporter(
        output,
        sys.stdout,
        show_values=show_values,
        quiet=quiet,
        styled=sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR")),
    )
    with (
        spooled_inputs(paths, stdin_filename) as spooled,
        Progress(
            "comparing",
            lambda: bytes_in(discover(paths, selection)),
            partial(_counts, tally, monotonic()),
            shown(quiet=quiet, streams=output is not Output.JSON, lines=True),
        ) as progress,
        Interrupts() as interrupts,
    ):
        documents = documents_of(
            paths, spooled, selection, endpoint_id=endpoint_id, meter=progress.meter
        )
        comparisons = compare_all(
            target.client,
            app,
            documents,
            Wishes(policy, endpoint_id),
            target.at_once(batch=False),
            monitor=interrupts,
        )
        error = _report(comparisons, tally, reporter, verbose=verbose)
        progress.close()
        reporter.close(tally, error)
    if error is not None:
        tell(error)
    _advise(tally, output, quiet=quiet, stopped=error, at_aws=target.is_aws)
    return _exit_code(tally, error)


def _counts(tally: "DifferenceTally", begun: float) -> str:
    rate = tally.documents / max(monotonic() - begun, 0.001)
    return f"{tally.documents:,} endpoints, {tally.different:,} differ, {rate:,.0f}/s"


def _report(
    comparisons: Iterable["Comparison"],
    tally: "DifferenceTally",
    reporter: "DifferenceReporter",
    *,
    verbose: bool,
) -> PinpointEndpointsError | None:
    from pinpoint_endpoints.delivery.compare import State

    try:
        for comparison in comparisons:
            tally.add(comparison)
            reporter.add(comparison)
            if verbose and comparison.state is State.SAME:
                say(f"the same: {comparison.endpoint_id} ({comparison.source})")
    except PinpointEndpointsError as error:
        return error
    return None


def _advise(
    tally: "DifferenceTally",
    output: Output,
    *,
    quiet: bool,
    stopped: PinpointEndpointsError | None,
    at_aws: Callable[[], bool],
) -> None:
    from pinpoint_endpoints.service.errors import END_OF_SUPPORT

    sys.stdout.flush()
    if output is Output.TEXT and tally.documents and not quiet:
        say(str(tally))
    for hint in tally.hints:
        say(hint)
    told = any(END_OF_SUPPORT in hint for hint in (*tally.hints, stopped.hint if stopped else ""))
    if tally.found_nothing and not told and at_aws():
        say(END_OF_SUPPORT)


def _exit_code(tally: "DifferenceTally", error: PinpointEndpointsError | None) -> ExitCode:
    if error is not None:
        ended_by_hand = error.exit_code is ExitCode.INTERRUPTED
        return ExitCode.PARTIAL if tally.compared and not ended_by_hand else error.exit_code
    if tally.failed:
        return ExitCode.PARTIAL if tally.compared else ExitCode.REFUSED
    if tally.unreadable:
        return ExitCode.CANNOT_RUN
    return ExitCode.INVALID if tally.different or tally.invalid else ExitCode.OK
