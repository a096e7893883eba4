"""The one place where what a command did becomes an exit code."""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer._click.exceptions import UsageError as WrongCommandLine
from typer.core import TyperGroup

from pinpoint_endpoints.cli.config import project_defaults
from pinpoint_endpoints.cli.console import give_up_stdout, tell
from pinpoint_endpoints.errors import (
    CannotRun,
    ExitCode,
    PinpointEndpointsError,
    UsageError,
    reason_of,
)

_ARGUMENTS = f"{__name__}.arguments"


class Boundary(TyperGroup):
    """Ends with the exit code that a command returns, or that the error stands for which it raises.

    A command that raises has printed nothing: the envelope of a machine format is written here.
    Any other exception is a bug, and keeps its traceback.
    """

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Read what stands before the command."""
        arguments = list(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except WrongCommandLine as error:
            self._report(error, arguments)
            raise
        except OSError as error:  # `pe --help` prints here
            tell(_cannot_be_written(error))
            raise typer.Exit(ExitCode.CANNOT_RUN) from None
        context.meta[_ARGUMENTS] = arguments
        return context

    def invoke(self, ctx: Any) -> Any:
        """Run the command, with the project's file for its defaults, and end with its exit code."""
        project = project_defaults()
        ctx.obj = project.path
        ctx.default_map = dict.fromkeys(self.commands, project.values)
        try:
            code = self._run(ctx)
        except WrongCommandLine as error:
            self._report(error, ctx.meta[_ARGUMENTS])
            raise
        except PinpointEndpointsError as error:
            self._write_envelope(error, ctx.meta[_ARGUMENTS])
            tell(error)
            code = error.exit_code
        raise typer.Exit(code)

    def _run(self, ctx: Any) -> ExitCode:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            give_up_stdout()
            return ExitCode.CANNOT_RUN
        except OSError as error:
            if error.filename is not None:
                raise
            raise _cannot_be_written(error) from None
        return code or ExitCode.OK

    def _report(self, error: WrongCommandLine, arguments: Sequence[str]) -> None:
        """Write the envelope if it was asked for; Typer tells the person in words."""
        hint = f"see {error.ctx.command_path} --help" if error.ctx else ""
        self._write_envelope(UsageError(error.format_message(), hint), arguments)

    def _write_envelope(self, error: PinpointEndpointsError, arguments: Sequence[str]) -> None:
        from pinpoint_endpoints.cli.early_failure import write_envelope

        write_envelope(arguments, self.commands, error)


def _cannot_be_written(error: OSError) -> CannotRun:
    give_up_stdout()
    return CannotRun(f"the output cannot be written: {reason_of(error)}")
