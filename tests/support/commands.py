"""The `pe` command in this process or its own, and other programs that a test needs."""

import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, NamedTuple, NoReturn

import jsonschema_rs
import pytest
from typer.testing import CliRunner

from pinpoint_endpoints import Document
from pinpoint_endpoints.cli.app import app

REQUIRE_ALL = bool(os.environ.get("PE_REQUIRE_ALL"))
"""Whether missing programs fail tests; read before the tests clear the environment."""
RunPe = Callable[..., CompletedProcess[str]]
MakeDocument = Callable[..., Document]


class Ended(NamedTuple):
    """The result of a command.

    Attributes:
        code: its exit code.
        out: its standard output.
        err: its standard error.
    """

    code: int
    out: str
    err: str


def run(*arguments: object, given: str | bytes | None = None) -> Ended:
    """Run `pe` in this process; raise an exception that it does not handle.

    Args:
        arguments: after `pe`, as text.
        given: standard input.
    """
    result = CliRunner().invoke(app, list(map(str, arguments)), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


@cache
def _envelope_schema() -> jsonschema_rs.Draft202012Validator:
    path = Path(__file__).parents[2] / "schemas" / "envelope.schema.json"
    return jsonschema_rs.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def envelope_in(text: str) -> dict[str, Any]:
    """Return the envelope that was printed, which its schema accepts."""
    envelope: dict[str, Any] = json.loads(text)
    _envelope_schema().validate(envelope)
    return envelope


def program(name: str) -> str:
    """Return the path of a program; skip the test if it is not installed (see `missing`)."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    return path


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it with `PE_REQUIRE_ALL`."""
    if REQUIRE_ALL:
        pytest.fail(f"{reason}, and PE_REQUIRE_ALL is set")
    pytest.skip(reason)
