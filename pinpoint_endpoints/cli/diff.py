"""`pe diff`: show what an upsert of files would change in the stored endpoints."""

import os
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.interrupts import Interrupts
from pinpoint_endpoints.cli.options import (
    AppOrNamed,
    CheckOptions,
    DisplayOptions,
    EndpointId,
    Output,
    OutputOption,
)
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import end_of_support, new_hints, run
from pinpoint_endpoints.cli.target import ConcurrentTarget
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.compare import Comparison
    from pinpoint_endpoints.reports.differences import DifferenceTally


def diff(
    inputs: Inputs,
    *,
    app: AppOrNamed = None,
    endpoint_id: EndpointId = None,
    target: ConcurrentTarget,
    checks: CheckOptions,
    output: OutputOption = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Show what an upsert of the files would change.

    Nothing is sent. What a file leaves out stays, and is not a difference. EffectiveDate and
    RequestId, which every update sets, are not compared. Effects on other endpoints are not shown:
    one at the same address becomes INACTIVE, and those of the same user get its user attributes.

    Exit codes: 0 no difference; 1 differences, or invalid documents; 3 could not run; 4 the service
    refused everything; 5 some were compared, some were not.

    Examples:
        pe diff --local --app demo endpoints/
        pe diff --app 0123456789abcdef --region eu-west-1 ada.json
    """
    from pinpoint_endpoints.delivery.compare import compare_all
    from pinpoint_endpoints.delivery.plan import SendOptions
    from pinpoint_endpoints.reports.differences import DifferenceTally, DifferenceView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    tally = DifferenceTally()
    tally.left_out = inputs.left_out
    options = ReportOptions(
        show_values=display.show_values,
        quiet=display.quiet,
        styled=sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR")),
    )
    style = progress_style(quiet=display.quiet, streams=output is not Output.JSON, lines=True)
    counts = partial(_counts, tally, monotonic())
    with (
        inputs.spooled(keep=app is None) as spooled,
        Progress("comparing", inputs.size, counts, style) as progress,
        Interrupts() as interrupts,
    ):
        app = inputs.application(app, spooled, quiet=display.quiet)
        documents = inputs.documents(
            spooled,
            application_id=app,
            endpoint_id=endpoint_id,
            meter=progress.meter,
            note_empty=checks.notes_empty(quiet=display.quiet),
            quiet=display.quiet,
        )
        comparisons = compare_all(
            target.client,
            app,
            documents,
            SendOptions(checks.sending_policy(), endpoint_id),
            target.concurrent_calls(batch=False),
            monitor=interrupts,
        )

        def remarks(error: PinpointEndpointsError | None) -> Iterator[str]:
            if output is Output.TEXT and not display.quiet:
                yield from filter(None, [tally.closing_line(error)])
            yield from new_hints(tally, error)
            if tally.found_nothing:
                yield from end_of_support(target, tally, error)

        return run(
            _noting_the_same(comparisons) if display.verbose else comparisons,
            open_reporter(DifferenceView(options), output, sys.stdout),
            tally,
            remarks=remarks,
            progress=progress,
        )


def _counts(tally: "DifferenceTally", started: float) -> str:
    rate = tally.total / max(monotonic() - started, 0.001)
    return f"{tally.total:,} endpoints, {tally.different:,} differ, {rate:,.0f}/s"


def _noting_the_same(comparisons: Iterable["Comparison"]) -> Iterator["Comparison"]:
    """Yield comparisons, and print which endpoints are the same: reports leave them out."""
    from pinpoint_endpoints.delivery.compare import ComparisonState

    for comparison in comparisons:
        if comparison.state is ComparisonState.SAME:
            note(f"the same: {comparison.endpoint_id} ({comparison.source})")
        yield comparison
