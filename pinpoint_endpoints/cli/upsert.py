"""`pe upsert`: send the endpoints in files, or with --dry-run show what would be sent."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from threading import Lock
from time import monotonic
from typing import Annotated

import typer

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.interrupts import Interrupts
from pinpoint_endpoints.cli.options import (
    OUTPUT,
    AppOrNamed,
    CheckOptions,
    DisplayOptions,
    EndpointId,
)
from pinpoint_endpoints.cli.outputs import OutputFiles
from pinpoint_endpoints.cli.planning import planning
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import ThrowableIterator, end_of_support, new_hints, run
from pinpoint_endpoints.cli.target import UpdateTarget
from pinpoint_endpoints.cli.terminal import leave_at_once, note
from pinpoint_endpoints.delivery.plan import SendOptions, Step, has_invalid
from pinpoint_endpoints.documents.endpoint_ids import IdSource
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.outcomes import OutcomeTally, OutcomeView
from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter
from pinpoint_endpoints.service.outcome import Outcome, State

FORCED_STOP = 2
"""How often Ctrl-C is pressed by a user who does not wait for the calls in flight."""


class UpsertOutput(StrEnum):
    """The output format; curl is only for a dry run."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    CURL = "curl"


def upsert(
    inputs: Inputs,
    *,
    app: AppOrNamed = None,
    endpoint_id: EndpointId = None,
    target: UpdateTarget,
    no_batch: Annotated[
        bool, typer.Option("--no-batch", help="Send endpoints one by one, with UpdateEndpoint.")
    ] = False,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Record the outcome of each endpoint, and skip what the file has as accepted: "
            "the same command resumes a run that was stopped.",
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
            "--verify/--no-verify",
            help="Read back what was accepted, and report what was not stored as sent.",
        ),
    ] = False,
    checks: CheckOptions,
    all_or_nothing: Annotated[
        bool,
        typer.Option(
            "--all-or-nothing/--no-all-or-nothing",
            help="Check everything first, and send nothing if any document is invalid.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Send nothing, and show what would be sent: with -v as HTTP requests, with "
            "-o curl as curl commands. Those have addresses and user data unmasked.",
        ),
    ] = False,
    output: Annotated[
        UpsertOutput,
        typer.Option("--output", "-o", help="The output format.", rich_help_panel=OUTPUT),
    ] = UpsertOutput.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Create or update endpoints from files that are valid.

    Where some documents are invalid, the others are sent nevertheless, and the exit code is 5;
    --all-or-nothing sends none of them.

    What a file leaves out stays as it is in the service. One endpoint is sent with UpdateEndpoint,
    several with UpdateEndpointsBatch.

    Examples:
        pe upsert --local --app demo ada.json
        pe upsert --app 0123456789abcdef --journal sent.ndjson endpoints/
    """
    from pinpoint_endpoints.api import carry_out, plan_upsert

    _check_options(output, dry_run=dry_run, verify=verify)
    if journal is not None and inputs.ids is IdSource.NEW:
        message = "--journal cannot resume a run with --ids new: each run makes other ids"
        raise UsageError(message, "use --ids from-address, or leave --journal out")
    options = SendOptions(checks.sending_policy(), endpoint_id, batch=not no_batch)
    with ExitStack() as opened:
        spooled = opened.enter_context(inputs.spooled(keep=all_or_nothing or app is None))
        written = frozenset(map(os.path.realpath, filter(None, (journal, failures))))
        app = inputs.application(app, spooled, written, quiet=display.quiet)
        files = opened.enter_context(
            OutputFiles(inputs, app, target, journal, failures, read_only=dry_run)
        )
        documents = partial(
            inputs.documents,
            spooled,
            application_id=app,
            endpoint_id=endpoint_id,
            leave_out=files.real_paths,
            note_empty=checks.notes_empty(quiet=display.quiet),
            quiet=display.quiet,
        )
        if all_or_nothing:
            first_read = inputs.unreported_documents(spooled, files.real_paths)
            options = options._replace(withhold=has_invalid(first_read, options))
        elif inputs.may_be_several() and sys.stderr.isatty() and not (dry_run or display.quiet):
            note(
                "valid documents are sent, invalid ones are not; --all-or-nothing sends all or none"
            )
        plan = partial(plan_upsert, app, options=options, journal=files.journal)
        if dry_run:
            return _show_plan(plan(documents()), app, target, output, display, inputs, checks)
        tally = OutcomeTally(verify=verify)
        tally.left_out = inputs.left_out
        counts = LiveCounts(tally)
        style = progress_style(quiet=display.quiet, streams=output is UpsertOutput.TEXT, lines=True)
        report = ReportOptions(quiet=display.quiet, verbose=display.verbose)
        with (
            planning(
                inputs,
                documents,
                plan,
                shows_warnings=output is UpsertOutput.JSON,
                before_reading=files.close,
            ) as steps,
            Progress("sending", inputs.size, counts.__str__, style, counts.done) as progress,
            counts,
        ):
            outcomes = carry_out(
                target.client,
                app,
                steps(progress.meter, counts),
                concurrency=target.concurrent_calls(batch=not no_batch),
                journal=files.journal,
                failures=files.failures,
                monitor=counts,
                verify=verify,
            )
            code = run(
                ThrowableIterator(outcomes),
                open_reporter(OutcomeView(report), output, sys.stdout),
                tally,
                so_far="endpoints sent so far stay sent",
                remarks=partial(
                    _remarks, tally, target, options, inputs, checks, quiet=display.quiet
                ),
                progress=progress,
            )
        if counts.stop_requests >= FORCED_STOP:
            leave_at_once(code)
    return code


def _check_options(output: UpsertOutput, *, dry_run: bool, verify: bool) -> None:
    if output is UpsertOutput.CURL and not dry_run:
        raise UsageError("-o curl shows what would be sent", "add --dry-run, or leave it out")
    if dry_run and verify:
        raise UsageError("--dry-run sends nothing that --verify could read back", "leave one out")


class LiveCounts(Interrupts):
    """Counts what was sent so far, and how often Ctrl-C was pressed.

    Args:
        tally: the tally of the outcomes that were reported: it counts what is not sent.
        things: what is sent.
        total: returns how many things there are, if that is not how many documents were read.
    """

    def __init__(
        self,
        tally: OutcomeTally,
        things: str = "endpoints",
        total: Callable[[], int] | None = None,
    ) -> None:
        self._tally = tally
        self._things = things
        self._total = total
        self._lock = Lock()
        self._started = monotonic()
        self._sent = 0
        self._failed = 0

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Count the outcomes of a call."""
        failed = sum(outcome.state is not State.ACCEPTED for outcome in outcomes)
        with self._lock:
            self._sent += len(outcomes)
            self._failed += failed

    def done(self) -> float:
        """Return the fraction of what was read that is done: calls wait for their turn."""
        unsent = sum(self._tally[state] for state in (State.INVALID, State.DONE, State.SKIPPED))
        total = self.documents_read if self._total is None else self._total()
        return min(1.0, (self._sent + unsent) / max(total, 1))

    def __str__(self) -> str:
        """Return how many endpoints were sent, how many of them failed, and how many a second."""
        rate = self._sent / max(monotonic() - self._started, 0.001)
        return f"{self._sent:,} {self._things} sent, {self._failed:,} failed, {rate:,.0f}/s"


def _remarks(
    tally: OutcomeTally,
    target: UpdateTarget,
    options: SendOptions,
    inputs: Inputs,
    checks: CheckOptions,
    error: PinpointEndpointsError | None,
    *,
    quiet: bool,
) -> Iterator[str]:
    yield from new_hints(tally, error)
    if tally[State.FAILED]:
        yield from end_of_support(target, tally, error)
    if error is not None and tally.total > 1:
        yield str(tally)
    if quiet:
        return
    if tally[State.INVALID]:
        invalid = f"{counted(tally[State.INVALID], 'document')} invalid"
        yield f"{invalid}: nothing was sent" if options.withhold else f"{invalid}, and not sent"
    yield from _warnings(tally.warnings, inputs, checks)


def _warnings(number: int, inputs: Inputs, checks: CheckOptions) -> Iterator[str]:
    if number:
        yield f"{counted(number, 'warning')}; run `{inputs.validation(checks)}` for details"


def _show_plan(
    steps: Iterable[Step],
    application_id: str,
    target: UpdateTarget,
    output: UpsertOutput,
    display: DisplayOptions,
    inputs: Inputs,
    checks: CheckOptions,
) -> ExitCode:
    """Print what an upsert would do.

    Raises:
        UsageError: curl cannot reach the local Pinpoint, or the target's options are wrong.
        CannotRun: an upsert could not start: no region, an unknown profile.
    """
    from pinpoint_endpoints.delivery.preview import Previewer
    from pinpoint_endpoints.reports.plan import PlanTally, PlanView, planned_steps

    target.preview_client()
    to_curl = output is UpsertOutput.CURL
    if to_curl and target.local:
        raise UsageError(
            "-o curl needs a server, and --local has none",
            "use --endpoint-url, or leave --local out",
        )
    has_requests = to_curl or (output is UpsertOutput.TABLE and display.verbose)
    preview = Previewer(application_id, target.preview_client) if has_requests else None
    options = ReportOptions(show_values=display.show_values, quiet=display.quiet)
    tally = PlanTally()
    tally.left_out = inputs.left_out

    def remarks(error: PinpointEndpointsError | None) -> Iterator[str]:
        if error is None and not display.quiet:
            if output in (UpsertOutput.TEXT, UpsertOutput.CURL):
                yield str(tally)
            yield from _warnings(tally.warnings, inputs, checks)

    return run(
        planned_steps(steps, preview, plain_path=to_curl),
        open_reporter(PlanView(options, verbose=display.verbose), output, sys.stdout),
        tally,
        so_far="the plan so far is shown",
        remarks=remarks,
    )
