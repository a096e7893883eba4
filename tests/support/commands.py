"""The `pe` command in this process or its own, and other programs that a test needs."""

import os
import shutil
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import NamedTuple, NoReturn

import pytest
from typer.testing import CliRunner

from pinpoint_endpoints import Document
from pinpoint_endpoints.cli.app import app

REQUIRE_ALL = bool(os.environ.get("PE_REQUIRE_ALL"))
"""Set where nothing may be skipped; read before the tests clear the environment."""
RunPe = Callable[..., CompletedProcess[str]]
MakeDocument = Callable[..., Document]


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


def program(name: str) -> str:
    """Return the path of a program; skip the test where there is none, or fail if none may be."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    return path


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it if nothing may be skipped."""
    if REQUIRE_ALL:
        pytest.fail(f"{reason}, and PE_REQUIRE_ALL is set")
    pytest.skip(reason)
