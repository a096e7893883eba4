"""The options that say how a target is spoken to, in a command that has all of them."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pinpoint_endpoints.cli.app import Boundary
from pinpoint_endpoints.cli.options import with_single_options
from pinpoint_endpoints.cli.target import UpdateTarget

command = typer.Typer(cls=Boundary)


@command.callback()
def _group() -> None:
    """Have commands."""


@command.command()
@with_single_options
def connect(target: UpdateTarget) -> None:
    """Print how the client was made."""
    made = target.client().meta.config
    typer.echo(json.dumps([made.max_pool_connections, made.read_timeout, made.connect_timeout]))


def run(*arguments: str) -> Any:
    """Run the command."""
    return CliRunner().invoke(command, ["connect", "--region", "us-east-1", *arguments])


def test_the_options_reach_boto3() -> None:
    """Connections and time-outs are boto3's; 0 seconds are no limit, as in the AWS CLI."""
    chosen = ("--concurrency", "32", "--cli-read-timeout", "0", "--cli-connect-timeout", "3")
    assert json.loads(run(*chosen, "--rate", "0.2").stdout) == [32, None, 3]
    assert json.loads(run().stdout) == [10, 30, 10]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--rate", "fast"),
        ("--concurrency", "0"),
        ("--concurrency", "257"),
        ("--cli-read-timeout", "-1"),
        ("--cli-connect-timeout", "-1"),
    ],
)
def test_a_wrong_value_is_a_wrong_command_line(option: str, value: str) -> None:
    """What cannot be meant is refused before anything is read or sent, in words."""
    result = run(option, value)
    assert result.exit_code == 2
    assert "Error" in result.stderr
