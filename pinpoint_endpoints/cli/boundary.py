"""The one place where what a command did becomes an exit code."""

import os
import re
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import typer
from typer._click.exceptions import UsageError as WrongCommandLine
from typer.core import TyperGroup

from pinpoint_endpoints.cli.config import project_defaults
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.reports.plain import printable

_OUTPUT = re.compile(r"(?:--output=|-[qv]*o)(?P<attached>.+)|--output|-[qv]*o")
_ARGUMENTS = f"{__name__}.arguments"


class Boundary(TyperGroup):
    """Ends with the exit code that a command returns, or that the error stands for which it raises.

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

    def _report(self, error: WrongCommandLine, arguments: Sequence[str]) -> None:
        """Write the envelope if it was asked for; Typer tells the person in words."""
        if _output_in(arguments) != "json":
            return
        command = next((word for word in arguments if word in self.commands), "pe")
        hint = f"see {error.ctx.command_path} --help" if error.ctx else ""
        _write_envelope(command, UsageError(error.format_message(), hint))


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


def _output_in(arguments: Sequence[str]) -> str:
    """Return the output that a command line asks for, also one that cannot be read to its end."""
    asked = ""
    words = takewhile(lambda word: word != "--", arguments)
    for word in words:
        found = _OUTPUT.fullmatch(word)
        if found:
            asked = found["attached"] or next(words, "")
    return asked


def _write_envelope(command: str, error: UsageError) -> None:
    from dataclasses import asdict

    from pinpoint_endpoints.reports.envelope import envelope
    from pinpoint_endpoints.reports.outcomes import outcome_counts
    from pinpoint_endpoints.reports.problems import Tally

    nothing = {
        "validate": asdict(Tally()),
        "upsert": outcome_counts(()),
        "rules": {"rules": 0},
        "pe": {},
    }
    if command in nothing:  # `pe get -o json` is the endpoint itself
        write_json(envelope(command, nothing[command], [], succeeded=0, failed=0, error=error))


def _give_up_stdout() -> None:
    """Keep the interpreter from writing again, at its end, what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
