"""The one place where what a command did becomes an exit code."""

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from pinpoint_endpoints.cli.config import project_defaults
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError
from pinpoint_endpoints.reports.plain import printable


class Boundary(TyperGroup):
    """Ends with the exit code that a command returns, or that the error stands for which it raises.

    Any other exception is a bug, and keeps its traceback.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command, with the project's file for its defaults, and end with its exit code."""
        project = project_defaults()
        ctx.obj = project.path
        ctx.default_map = dict.fromkeys(self.commands, project.values)
        try:
            code = self._run(ctx)
        except PinpointEndpointsError as error:
            tell(error)
            code = error.exit_code
        raise typer.Exit(code)

    def _run(self, ctx: Any) -> ExitCode:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _give_up_stdout()
            return ExitCode.CANNOT_RUN
        except OSError as error:
            if error.filename is not None:
                raise
            _give_up_stdout()
            reason = (error.strerror or str(error)).lower()
            raise CannotRun(f"the output cannot be written: {reason}") from None
        return code or ExitCode.OK


def say(line: str) -> None:
    """Tell the person at the terminal something that is no result."""
    typer.echo(printable(line), err=True)


def tell(error: PinpointEndpointsError) -> None:
    """Tell what stopped a run, and what to do about it."""
    say(f"Error: {error.message}")
    if error.hint:
        say(f"       {error.hint}")


def write_json(document: bytes) -> None:
    """Write JSON to standard output: in UTF-8 whatever the terminal's encoding (RFC 8259)."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document)


def _give_up_stdout() -> None:
    """Keep the interpreter from writing again, at its end, what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
