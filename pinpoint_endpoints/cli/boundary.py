"""The one place where what a command did becomes an exit code."""

from typing import Any

import typer
from typer.core import TyperGroup

from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.reports.plain import printable


class Boundary(TyperGroup):
    """Ends with the exit code that a command returns, or that the error stands for which it raises.

    Any other exception is a bug, and keeps its traceback.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command and end with its exit code."""
        try:
            code = super().invoke(ctx)
        except PinpointEndpointsError as error:
            say(f"Error: {error.message}")
            if error.hint:
                say(f"       {error.hint}")
            code = error.exit_code
        raise typer.Exit(code or ExitCode.OK)


def say(line: str) -> None:
    """Tell the person at the terminal something that is no result."""
    typer.echo(printable(line), err=True)
