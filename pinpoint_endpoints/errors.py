"""What stops a run: one family of exceptions, each with the exit code that it ends the run with.

What is wrong with one document is never an exception, but a `Problem` or an `Outcome`.

    PinpointEndpointsError
    ├── UsageError     the command line, or an argument of the library, is wrong
    ├── CannotRun      nothing to read, no credentials, no region, no connection, a damaged store
    ├── CheckFailed    what the run checked is not as it has to be
    ├── Interrupted    a person stopped the run
    └── Refused        the service refused the one thing that was asked
        └── NoApplication   there is no such application
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the `pe` command tells the shell."""

    OK = 0
    INVALID = 1
    USAGE = 2
    CANNOT_RUN = 3
    REFUSED = 4
    PARTIAL = 5
    INTERRUPTED = 130


class PinpointEndpointsError(Exception):
    """A run cannot go on: what happened, and what to do about it.

    Args:
        message: one sentence that says what happened.
        hint: what to do about it, one or two sentences, or empty.
    """

    exit_code = ExitCode.CANNOT_RUN

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(hint)  # a traceback shows it too


class UsageError(PinpointEndpointsError):
    """The command line, or an argument of the library, is wrong."""

    exit_code = ExitCode.USAGE


class CannotRun(PinpointEndpointsError):  # noqa: N818 - says what it means where it is raised
    """Nothing to read, no credentials, no region, no connection, a damaged store."""

    exit_code = ExitCode.CANNOT_RUN


class CheckFailed(PinpointEndpointsError):  # noqa: N818 - says what it means where it is raised
    """What the run checked is not as it has to be."""

    exit_code = ExitCode.INVALID


class Interrupted(PinpointEndpointsError):  # noqa: N818 - says what it means where it is raised
    """A person stopped the run."""

    exit_code = ExitCode.INTERRUPTED


class Refused(PinpointEndpointsError):  # noqa: N818 - says what it means where it is raised
    """The service refused the one thing that was asked.

    Args:
        message: one sentence that says what happened.
        hint: what to do about it, or empty.
        status: the HTTP status, 0 if there is no single one.
        code: the service's error code, or empty.
    """

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, hint: str = "", *, status: int = 0, code: str = "") -> None:
        super().__init__(message, hint)
        self.status = status
        self.code = code


class NoApplication(Refused):
    """The service has no such application."""


def reason_of(error: OSError) -> str:
    """Return why the system refused, without the path that the message would repeat."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
