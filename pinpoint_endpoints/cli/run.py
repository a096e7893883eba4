"""Runs a command that reports results one by one: counts them, and says how it ended."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pinpoint_endpoints.cli.progress import Progress
from pinpoint_endpoints.cli.terminal import cannot_write_output, note, print_error
from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError
from pinpoint_endpoints.reports.reporter import Reporter
from pinpoint_endpoints.reports.tally import Tally

if TYPE_CHECKING:
    from pinpoint_endpoints.cli.target import Target

Result = TypeVar("Result")

Remarks = Callable[[PinpointEndpointsError | None], Iterable[str]]


class ThrowableIterator(Generic[Result]):
    """Iterates over a generator, and can raise an error in it when the next value is requested.

    Args:
        values: the generator.
    """

    def __init__(self, values: Generator[Result, None, None]) -> None:
        self._values = values
        self._error: Exception | None = None

    def throw(self, error: Exception) -> None:
        """Raise an error in the generator when its next value is requested."""
        self._error = error

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Result:
        error, self._error = self._error, None
        return next(self._values) if error is None else self._values.throw(error)


def run(
    results: Iterable[Result],
    reporter: Reporter[Result],
    tally: Tally[Result],
    *,
    so_far: str = "",
    remarks: Remarks | None = None,
    progress: Progress | None = None,
) -> ExitCode:
    """Report all results, and how the run ended, whatever stops it.

    Args:
        results: may raise what stops the run. Where results have effects, pass a
            `ThrowableIterator`: when the output cannot be written, the error is raised in it, and
            the results that still come are counted.
        reporter: prints the results.
        tally: counts them, and knows the exit code.
        so_far: the hint if the run is stopped, about the results until then.
        remarks: returns what to print on standard error at the end, given what stopped the run;
            by default the hints of the tally.
        progress: ends before the last results are printed.
    """
    error = _report(results, reporter, tally, so_far)
    if progress is not None:
        progress.close()
    try:
        reporter.close(tally, error)
        sys.stdout.flush()
    except OSError as failure:
        if not isinstance(results, ThrowableIterator):
            raise
        error = error or cannot_write_output(failure, so_far)
    except KeyboardInterrupt:
        error = Interrupted("interrupted", "the output is cut short")
    if error is not None:
        print_error(error)
    for remark in remarks(error) if remarks is not None else new_hints(tally, error):
        note(remark)
    return tally.exit_code(error)


def _report(
    results: Iterable[Result], reporter: Reporter[Result], tally: Tally[Result], so_far: str
) -> PinpointEndpointsError | None:
    can_write = True
    try:
        for result in results:
            try:
                if can_write:
                    reporter.add(result)
            except OSError as failure:
                if not isinstance(results, ThrowableIterator):
                    raise
                can_write = False
                results.throw(cannot_write_output(failure, so_far))
            tally.add(result)
    except PinpointEndpointsError as error:
        return error
    except KeyboardInterrupt:
        return Interrupted("interrupted", so_far)
    return None


def new_hints(tally: Tally[Any], error: PinpointEndpointsError | None) -> Iterator[str]:
    """Yield the hints of a tally that the error has not given."""
    given = "" if error is None else error.hint
    return (hint for hint in tally.hints if hint not in given)


def end_of_support(
    target: "Target", tally: Tally[Any], error: PinpointEndpointsError | None
) -> Iterator[str]:
    """Yield that AWS has ended Pinpoint, if an AWS account refused and nothing said so yet."""
    from pinpoint_endpoints.service.errors import END_OF_SUPPORT

    given = (*tally.hints, "" if error is None else error.hint)
    if not any(END_OF_SUPPORT in hint for hint in given) and target.is_aws():
        yield END_OF_SUPPORT
