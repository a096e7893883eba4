"""`pe diff`: paths in, what an upsert would change in the stored endpoints out."""

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.interrupts import Interrupts
from pinpoint_endpoints.cli.options import App, CheckOptions, DisplayOptions, Output, OutputOption
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.target import ConcurrentTarget
from pinpoint_endpoints.cli.terminal import say, tell
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.compare import Comparison
    from pinpoint_endpoints.reports.differences import DifferenceTally
    from pinpoint_endpoints.reports.reporter import Reporter


def diff(
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
    target: ConcurrentTarget,
    checks: CheckOptions,
    output: OutputOption = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Show what an upsert of the files would change.

    Nothing is sent. What a file leaves out stays, and is no difference; nor are EffectiveDate and
    RequestId, which every update sets. Not seen is what an upsert does to other endpoints: one at
    the same address becomes INACTIVE, and those of the same user get its user attributes.

    Exit codes: 0 no difference; 1 differences, or invalid documents; 3 could not run; 4 the service
    refused everything; 5 some were compared, some were not.
    """
    from pinpoint_endpoints.delivery.compare import compare_all
    from pinpoint_endpoints.delivery.plan import SendOptions
    from pinpoint_endpoints.reports.differences import DifferenceTally, DifferenceView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    tally = DifferenceTally()
    options = ReportOptions(
        show_values=display.show_values,
        quiet=display.quiet,
        styled=sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR")),
    )
    reporter = open_reporter(DifferenceView(options), output, sys.stdout)
    with (
        inputs.spooled() as spooled,
        Progress(
            "comparing",
            inputs.size,
            partial(_counts, tally, monotonic()),
            progress_style(quiet=display.quiet, streams=output is not Output.JSON, lines=True),
        ) as progress,
        Interrupts() as interrupts,
    ):
        documents = inputs.documents(spooled, endpoint_id=endpoint_id, meter=progress.meter)
        comparisons = compare_all(
            target.client,
            app,
            documents,
            SendOptions(checks.sending_policy(), endpoint_id),
            target.concurrent_calls(batch=False),
            monitor=interrupts,
        )
        error = _report(comparisons, tally, reporter, verbose=display.verbose)
        progress.close()
        reporter.close(tally, error)
        sys.stdout.flush()
    if error is not None:
        tell(error)
    _advise(tally, output, quiet=display.quiet, stopped=error, at_aws=target.is_aws)
    return tally.exit_code(error)


def _counts(tally: "DifferenceTally", begun: float) -> str:
    rate = tally.total / max(monotonic() - begun, 0.001)
    return f"{tally.total:,} endpoints, {tally.different:,} differ, {rate:,.0f}/s"


def _report(
    comparisons: Iterable["Comparison"],
    tally: "DifferenceTally",
    reporter: "Reporter[Comparison]",
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

    counts = tally.closing_line(stopped)
    if output is Output.TEXT and counts and not quiet:
        say(counts)
    for hint in tally.hints:
        say(hint)
    told = any(END_OF_SUPPORT in hint for hint in (*tally.hints, stopped.hint if stopped else ""))
    if tally.found_nothing and not told and at_aws():
        say(END_OF_SUPPORT)
