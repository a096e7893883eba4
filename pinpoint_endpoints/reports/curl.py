"""An HTTP request in, a command of curl that signs it and sends it out: for sh, bash, zsh, dash."""

import shlex

from pinpoint_endpoints.delivery.preview import HttpRequest
from pinpoint_endpoints.masking import json_without_controls

SIGNING_NAME = "mobiletargeting"
"""What requests to Pinpoint are signed for. Source: botocore's service model."""

LONGEST_ARGUMENT = 100_000
"""Bytes; Linux takes 128 KiB in one argument (execve(2), MAX_ARG_STRLEN)."""

_CREDENTIALS = (
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    # one expansion a word: zsh splits none
    " ${AWS_SESSION_TOKEN:+--header}"
    ' ${AWS_SESSION_TOKEN:+"x-amz-security-token: $AWS_SESSION_TOKEN"}'
)
_END = "END_OF_BODY"


def curl_command(request: HttpRequest) -> str:
    """Return a command that takes its credentials from the AWS CLI's variables, when it runs.

    The body shows all values: they are what is sent. What is too long for an argument stands in a
    here-document: JSON in one line, of which `--data` leaves out the line break behind it.

    Args:
        request: from `preview`, with a plain path: curl 7.88 signs a percent-encoded one as it
            is, where AWS wants it encoded once more, as curl 8.23 does.
    """
    body = json_without_controls(request.body.decode())
    too_long = len(body.encode()) > LONGEST_ARGUMENT
    words = [
        "curl --fail-with-body --silent --show-error",
        f"--request {request.method}",
        f"--aws-sigv4 {shlex.quote(f'aws:amz:{request.region}:{SIGNING_NAME}')}",
        _CREDENTIALS,
        "--header 'Content-Type: application/json'",
        "--data @-" if too_long else f"--data-binary {shlex.quote(body)}",
        shlex.quote(request.url),
    ]
    command = " ".join(words)
    return f"{command} <<'{_END}'\n{body}\n{_END}" if too_long else command
