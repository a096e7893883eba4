"""The loop of every command that reports results: however it ends, it reports what it has."""

import errno
from collections.abc import Generator

import pytest

from pinpoint_endpoints.cli.run import ThrowableIterator, run
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError
from pinpoint_endpoints.reports.tally import Tally


class Numbers(Tally[int]):
    """Counts numbers, of which those below 0 have failed."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[int] = []

    def add(self, number: int, /) -> None:
        """Count a number."""
        self.counted.append(number)

    @property
    def succeeded(self) -> int:
        """How many numbers are 0 or more."""
        return sum(number >= 0 for number in self.counted)

    @property
    def failed(self) -> int:
        """How many are less."""
        return len(self.counted) - self.succeeded

    def members(self) -> dict[str, int]:
        """Return nothing: there is no envelope."""
        return {}

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the error's."""
        return ExitCode.OK if error is None else error.exit_code


class Report:
    """Keeps what it is given; a number in `refused` cannot be written."""

    def __init__(self, refused: int | None = None) -> None:
        self.refused = refused
        self.reported: list[int] = []
        self.closed: list[PinpointEndpointsError | None] = []

    def add(self, number: int, /) -> None:
        """Keep a number."""
        if number == self.refused:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.reported.append(number)

    def close(self, _tally: object, error: PinpointEndpointsError | None, /) -> None:
        """Keep the error."""
        self.closed.append(error)


def up_to(last: int, end: BaseException | None = None) -> Generator[int, None, None]:
    """Yield numbers, then raise an error if there is one."""
    yield from range(last)
    if end is not None:
        raise end


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (None, ExitCode.OK),
        (CannotRun("no connection"), ExitCode.CANNOT_RUN),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    ],
)
def test_the_report_is_closed_however_the_results_end(
    capsys: pytest.CaptureFixture[str], end: BaseException | None, code: ExitCode
) -> None:
    """Every result is counted and reported; the error is reported, printed, and the exit code."""
    report, tally = Report(), Numbers()
    assert run(up_to(3, end), report, tally, so_far="3 are done") is code
    assert (tally.counted, report.reported) == ([0, 1, 2], [0, 1, 2])
    (error,) = report.closed
    told = capsys.readouterr().err
    assert told == "" if error is None else f"Error: {error}\n" in told
    assert ("3 are done" in told) is isinstance(end, KeyboardInterrupt)


def test_hints_are_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A hint that the error gives is not repeated after it."""
    tally = Numbers()
    tally.hints |= {"wait": None, "check the region": None}
    run(up_to(1, CannotRun("no answer", "wait, then try again")), Report(), tally)
    assert capsys.readouterr().err.splitlines() == [
        "Error: no answer",
        "       wait, then try again",
        "check the region",
    ]


def test_results_with_effects_end_when_they_cannot_be_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The generator gets the error, and what still comes from it is counted."""
    given_up: list[bool] = []
    monkeypatch.setattr("pinpoint_endpoints.cli.terminal.give_up", lambda _: given_up.append(True))

    def sent() -> Generator[int, None, None]:
        try:
            yield from range(100)
        except CannotRun:
            yield -1  # was under way
            raise

    report, tally = Report(refused=1), Numbers()
    code = run(ThrowableIterator(sent()), report, tally, so_far="what was sent stays sent")
    assert (code, tally.counted, report.reported) == (ExitCode.CANNOT_RUN, [0, 1, -1], [0])
    assert str(report.closed[0]) == "the output cannot be written: no space left on device"
    assert given_up
