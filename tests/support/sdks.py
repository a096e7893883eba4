"""Three of AWS's own clients, called alike: boto3, the AWS CLI and the SDK for JavaScript."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple, Protocol

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from commands import missing, program
from pe_serve import REGION_AND_CREDENTIALS, PeServe

AWS = Path(sys.executable).parent / "aws"
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


class AwsCli:
    """The installed `aws`."""

    def __init__(self, server: PeServe) -> None:
        self._environment = {**server.environment, "AWS_MAX_ATTEMPTS": "1"}
        self._environment.pop("PYTHONWARNDEFAULTENCODING", None)  # it warns about itself

    def run(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """Run `aws pinpoint` with arguments."""
        return subprocess.run(
            [str(AWS), "pinpoint", *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            env=self._environment,
            check=False,
        )

    def __call__(self, operation: str, **parameters: Any) -> CallResult:
        """Call an operation."""
        with NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as given:
            json.dump(parameters, given)
            given.flush()
            options = ("--cli-input-json", f"file://{given.name}", "--output", "json")
            ended = self.run(xform_name(operation, "-"), *options)
        if ended.returncode == 0:
            return CallResult(json.loads(ended.stdout))
        found = CLI_ERROR.fullmatch(ended.stderr)
        assert found, ended.stderr
        assert found[2] == operation
        return CallResult(None, found[1], found[3])


class JavaScript:
    """The SDK for JavaScript, in a process that lives for many calls."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, operation: str, **parameters: Any) -> CallResult:
        """Call an operation."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([operation, parameters]), file=self._process.stdin, flush=True)
        return CallResult(**json.loads(self._process.stdout.readline()))


@contextmanager
def javascript(server: PeServe) -> Iterator[JavaScript]:
    """Start a process with the SDK for JavaScript; skip the test where it is not to be had."""
    node = program("node")
    found = subprocess.run(
        [node, "-e", f"require.resolve('{JAVASCRIPT_PACKAGE}')"], check=False, capture_output=True
    )
    if found.returncode:
        missing(f"{JAVASCRIPT_PACKAGE} is not in NODE_PATH")
    with subprocess.Popen(
        [node, str(JAVASCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=server.environment,
    ) as process:
        yield JavaScript(process)
