"""Show what an upsert would do, without sending anything."""

import sys
from collections.abc import Iterable

from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import say, tell
from pinpoint_endpoints.delivery import plan
from pinpoint_endpoints.delivery.preview import Previewer
from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.plan import PlanFormat, PlanTally, PlanView, planned_steps
from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter


def show_plan(
    steps: Iterable[plan.Step],
    application_id: str,
    target: Target,
    output: PlanFormat,
    options: ReportOptions,
    *,
    verbose: bool,
) -> ExitCode:
    """Print what an upsert would do, step by step.

    Args:
        steps: from `plan_upsert`.
        application_id: the application.
        target: where the endpoints would be sent.
        output: how the plan is printed.
        options: of the report.
        verbose: whether a table gives way to the HTTP requests.

    Raises:
        UsageError: there is no server that curl could send to, or no such target.
        CannotRun: an upsert could not begin: no region, an unknown profile.
    """
    target.preview_client()
    to_curl = output is PlanFormat.CURL
    if to_curl and target.local:
        raise UsageError(
            "-o curl needs a server: the local Pinpoint is none",
            "give --endpoint-url, or leave --local out",
        )
    requests_shown = to_curl or (output is PlanFormat.TABLE and verbose)
    preview = Previewer(application_id, target.preview_client) if requests_shown else None
    reporter = open_reporter(PlanView(options, verbose=verbose), output, sys.stdout)
    tally = PlanTally()
    error: PinpointEndpointsError | None = None
    try:
        for step in planned_steps(steps, preview, plain_path=to_curl):
            tally.add(step)
            reporter.add(step)
    except PinpointEndpointsError as stopped:
        error = stopped
    except KeyboardInterrupt:
        error = Interrupted("interrupted", "what was planned until then is shown")
    reporter.close(tally, error)
    sys.stdout.flush()
    if error is not None:
        tell(error)
    elif not options.quiet:
        _advise(tally, output)
    return tally.exit_code(error)


def _advise(tally: PlanTally, output: PlanFormat) -> None:
    if output in (PlanFormat.TEXT, PlanFormat.CURL):
        say(str(tally))
    if tally.warnings:
        say(f"{counted(tally.warnings, 'warning')}: `pe validate` shows where")
