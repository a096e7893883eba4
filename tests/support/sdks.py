"""Three of AWS's own clients, called alike: boto3, the AWS CLI and the SDK for JavaScript."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from commands import Ended, missing, program
from pe_serve import REGION_AND_CREDENTIALS, PeServe
from processes import opened

AWS_CLI = Path(__file__).parent / "aws_cli.py"
JAVASCRIPT = Path(__file__).parent / "javascript_sdk.cjs"
JAVASCRIPT_PACKAGE = "@aws-sdk/client-pinpoint"
CLI_ERROR = re.compile(
    r"\s*(?:aws: \[ERROR\]: )?"
    r"An error occurred \((\w+)\) when calling the (\w+) operation(?: \([^)]*\))?: (.*)\s*"
)


class CallResult(NamedTuple):
    """What a client returns or raises for one call.

    Attributes:
        value: what the operation returned, None for an error.
        error: the name of the exception, as far as the client knows it as one of Pinpoint's.
        message: the error's.
        request_id: of this call; empty where the client does not tell.
        status: the HTTP status; 0 where the client does not tell.
    """

    value: Any
    error: str = ""
    message: str = ""
    request_id: str = ""
    status: int = 0


class Sdk(Protocol):
    """A client."""

    def __call__(self, operation: str, **parameters: Any) -> CallResult:
        """Call an operation, such as `GetEndpoint`."""


class Boto3:
    """The SDK for Python."""

    def __init__(self, server: PeServe, **settings: Any) -> None:
        self.client = boto3.client(
            "pinpoint",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=REGION_AND_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=REGION_AND_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(**{"retries": {"total_max_attempts": 1}, **settings}),
        )

    def __call__(self, operation: str, **parameters: Any) -> CallResult:
        """Call an operation."""
        try:
            value = getattr(self.client, xform_name(operation))(**parameters)
        except ClientError as error:
            metadata = error.response["ResponseMetadata"]
            return CallResult(
                None,
                type(error).__name__,
                error.response["Error"]["Message"],
                metadata["RequestId"],
                metadata["HTTPStatusCode"],
            )
        metadata = value.pop("ResponseMetadata")
        return CallResult(value, "", "", metadata["RequestId"], metadata["HTTPStatusCode"])


class Client:
    """A client in a process that lives for many calls: a line of JSON for each, and one back."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, question: Any) -> Any:
        """Send a line, and return the answer."""
        print(json.dumps(question), file=opened(self._process.stdin), flush=True)
        return json.loads(opened(self._process.stdout).readline())


class AwsCli(Client):
    """The AWS CLI."""

    def run(self, *arguments: object) -> Ended:
        """Run `aws pinpoint` with arguments."""
        return Ended(*self.ask([*map(str, arguments)]))

    def __call__(self, operation: str, **parameters: Any) -> CallResult:
        """Call an operation."""
        options = ("--cli-input-json", json.dumps(parameters), "--output", "json")
        ended = self.run(xform_name(operation, "-"), *options)
        if ended.code == 0:
            return CallResult(json.loads(ended.out))
        found = CLI_ERROR.fullmatch(ended.err)
        assert found, ended.err
        assert found[2] == operation
        return CallResult(None, found[1], found[3])


class JavaScript(Client):
    """The SDK for JavaScript."""

    def __call__(self, operation: str, **parameters: Any) -> CallResult:
        """Call an operation."""
        return CallResult(**self.ask([operation, parameters]))


def started(command: Sequence[object], server: PeServe) -> "subprocess.Popen[str]":
    """Start a client that finds a server by its environment."""
    return subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**server.environment, "AWS_MAX_ATTEMPTS": "1"},
    )


@contextmanager
def aws_cli(server: PeServe) -> Iterator[AwsCli]:
    """Start a process with the AWS CLI."""
    with started([sys.executable, AWS_CLI], server) as process:
        yield AwsCli(process)


@contextmanager
def javascript(server: PeServe) -> Iterator[JavaScript]:
    """Start a process with the SDK for JavaScript; skip the test where it is not to be had."""
    node = program("node")
    found = subprocess.run(
        [node, "-e", f"require.resolve('{JAVASCRIPT_PACKAGE}')"], check=False, capture_output=True
    )
    if found.returncode:
        missing(f"{JAVASCRIPT_PACKAGE} is not in NODE_PATH")
    with started([node, JAVASCRIPT], server) as process:
        yield JavaScript(process)


@contextmanager
def every_sdk(server: PeServe) -> Iterator[list[Sdk]]:
    """Start each of the three."""
    with aws_cli(server) as by_aws_cli, javascript(server) as by_javascript:
        yield [Boto3(server), by_aws_cli, by_javascript]
