"""Outcomes as they come in; reports, progress and one exit code out."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from threading import Lock
from time import monotonic

from pinpoint_endpoints.cli.interrupts import Interrupts, ThrowableIterator, Value
from pinpoint_endpoints.cli.progress import Progress
from pinpoint_endpoints.cli.terminal import give_up_stdout, leave_at_once, say, tell
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError, reason_of
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.outcomes import OutcomeTally, OutcomeView
from pinpoint_endpoints.reports.reporter import Reporter, ReportOptions, open_reporter
from pinpoint_endpoints.service.errors import END_OF_SUPPORT
from pinpoint_endpoints.service.outcome import Outcome, State

_GIVING_UP = 2


class Counts(Interrupts):
    """Counts what a delivery has sent so far, and Ctrl-C.

    Args:
        tally: of the outcomes that were reported, which counts what is not sent.
    """

    def __init__(self, tally: OutcomeTally) -> None:
        super().__init__()
        self._tally = tally
        self._read = 0
        self._lock = Lock()
        self._begun = monotonic()
        self._sent = 0
        self._failed = 0

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Count the outcomes of a call."""
        failed = sum(outcome.state is not State.ACCEPTED for outcome in outcomes)
        with self._lock:
            self._sent += len(outcomes)
            self._failed += failed

    def reading(self, values: Iterable[Value]) -> Iterator[Value]:
        """Count documents as they are read."""
        for value in super().reading(values):
            self._read += 1
            yield value

    def share(self) -> float:
        """Return how much of what was read is done: calls wait for their turn."""
        unsent = sum(self._tally[state] for state in (State.INVALID, State.DONE, State.SKIPPED))
        return min(1.0, (self._sent + unsent) / self._read) if self._read else 0.0

    def __str__(self) -> str:
        """Return how many endpoints were sent, how many of them failed, and how fast it goes."""
        rate = self._sent / max(monotonic() - self._begun, 0.001)
        return f"{self._sent:,} endpoints sent, {self._failed:,} failed, {rate:,.0f}/s"


def report_outcomes(
    outcomes: Generator[Outcome, None, None],
    tally: OutcomeTally,
    output: str,
    progress: Progress,
    interrupts: Interrupts,
    *,
    quiet: bool,
    at_aws: Callable[[], bool],
) -> ExitCode:
    """Report outcomes until there are none, whatever happens meanwhile.

    Args:
        outcomes: from `upsert_all`.
        tally: counts them.
        output: how they are printed.
        progress: ends before a table is printed.
        interrupts: two of them mean that nothing under way is waited for.
        quiet: whether results and errors only are printed.
        at_aws: asked at the end whether an AWS account was spoken to.
    """
    reporter = open_reporter(OutcomeView(ReportOptions(quiet=quiet)), output, sys.stdout)
    error = _report(outcomes, tally, reporter)
    progress.close()
    error = _close(reporter, tally, error)
    if error is not None:
        tell(error)
    _advise(tally, quiet=quiet, stopped=error, at_aws=at_aws)
    code = tally.exit_code(error)
    if interrupts.stop_requests() >= _GIVING_UP:
        leave_at_once(code)
    return code


def _report(
    outcomes: Generator[Outcome, None, None],
    tally: OutcomeTally,
    reporter: Reporter[Outcome],
) -> PinpointEndpointsError | None:
    """Report what comes; once it cannot be written, let the run end and count what still comes."""
    unwritten = False
    values = ThrowableIterator(outcomes)
    try:
        for outcome in values:
            tally.add(outcome)
            if unwritten:
                continue
            try:
                reporter.add(outcome)
            except OSError as error:
                unwritten = True
                values.throw(_cannot_be_written(error))
    except PinpointEndpointsError as error:
        return error
    return None


def _close(
    reporter: Reporter[Outcome], tally: OutcomeTally, error: PinpointEndpointsError | None
) -> PinpointEndpointsError | None:
    try:
        reporter.close(tally, error)
        sys.stdout.flush()
    except OSError as failure:
        return error or _cannot_be_written(failure)
    return error


def _cannot_be_written(error: OSError) -> CannotRun:
    give_up_stdout()
    return CannotRun(
        f"the output cannot be written: {reason_of(error)}", "what was sent before stays sent"
    )


def _advise(
    tally: OutcomeTally,
    *,
    quiet: bool,
    stopped: PinpointEndpointsError | None,
    at_aws: Callable[[], bool],
) -> None:
    told = "" if stopped is None else stopped.hint
    for hint in tally.hints:
        if hint not in told:
            say(hint)
    if tally[State.FAILED] and END_OF_SUPPORT not in told and at_aws():
        say(END_OF_SUPPORT)
    if stopped is not None and tally.total > 1:
        say(str(tally))
    if quiet:
        return
    if tally[State.INVALID]:
        say(f"{counted(tally[State.INVALID], 'document')} invalid, and not sent")
    if tally.warnings:
        say(f"{counted(tally.warnings, 'warning')}: `pe validate` shows where")
