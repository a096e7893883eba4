"""A plan in, what an upsert would do out: nothing is sent."""

import sys
from collections.abc import Iterable

from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import say, tell
from pinpoint_endpoints.delivery.plan import Step
from pinpoint_endpoints.delivery.preview import Previewer
from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.plan import PlanFormat, open_plan_report
from pinpoint_endpoints.reports.plan_report import PlanOptions, PlanReport
from pinpoint_endpoints.service.outcome import State


def show_plan(
    steps: Iterable[Step],
    application_id: str,
    target: Target,
    output: PlanFormat,
    options: PlanOptions,
) -> ExitCode:
    """Print what an upsert would do, step by step.

    Raises:
        UsageError: there is no server that curl could send to, or no such target.
        CannotRun: an upsert could not begin: no region, an unknown profile.
    """
    target.preview_client()
    preview = Previewer(application_id, target.preview_client)
    report = open_plan_report(output, sys.stdout, preview, options)
    error: PinpointEndpointsError | None = None
    try:
        for step in steps:
            report.add(step)
    except PinpointEndpointsError as stopped:
        error = stopped
    except KeyboardInterrupt:
        error = Interrupted("interrupted", "what was planned until then is shown")
    report.close(error)
    sys.stdout.flush()
    if error is not None:
        tell(error)
        return error.exit_code
    if not options.quiet:
        _advise(report, output)
    return _exit_code(report)


def _advise(report: PlanReport, output: PlanFormat) -> None:
    tally = report.tally
    if output in (PlanFormat.TEXT, PlanFormat.CURL):
        say(str(tally))
    if tally.warnings:
        say(f"{counted(tally.warnings, 'warning')}: `pe validate` shows where")


def _exit_code(report: PlanReport) -> ExitCode:
    tally = report.tally
    if tally.unreadable:
        return ExitCode.CANNOT_RUN
    bad = tally.left_out[State.INVALID] + tally.left_out[State.FAILED]
    return ExitCode.INVALID if bad else ExitCode.OK
