"""The `pe` command in this process, through Typer's runner."""

from typing import NamedTuple

from typer.testing import CliRunner

from pinpoint_endpoints.cli.app import app


class Ended(NamedTuple):
    """How a command ended.

    Attributes:
        code: its exit code.
        out: its standard output.
        err: its standard error.
    """

    code: int
    out: str
    err: str


def run(*arguments: object, given: str | bytes | None = None) -> Ended:
    """Run `pe`; an exception that it does not handle is raised.

    Args:
        arguments: after `pe`, as text.
        given: standard input.
    """
    result = CliRunner().invoke(app, list(map(str, arguments)), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)
