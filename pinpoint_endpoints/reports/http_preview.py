"""Show HTTP requests before they are sent: as text, or as curl commands that send them."""

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from pinpoint_endpoints.delivery.preview import HttpRequest
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import json_without_controls, masked, shown_member
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.service.outcome import Outcome

if TYPE_CHECKING:
    from pinpoint_endpoints.reports.plan import Step

SIGNING_NAME = "mobiletargeting"
"""The service name in signatures. Source: botocore's service model."""

MAX_ARGUMENT_BYTES = 100_000
"""Linux takes 128 KiB in one argument (execve(2), MAX_ARG_STRLEN)."""

_CREDENTIALS = (
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    # one expansion for each word: zsh does not split them
    " ${AWS_SESSION_TOKEN:+--header}"
    ' ${AWS_SESSION_TOKEN:+"x-amz-security-token: $AWS_SESSION_TOKEN"}'
)
_END = "END_OF_BODY"
_PERSONAL = ("Address", "User")


class CurlReporter:
    """Prints a command for each call, and nothing else, so that a shell can run the output.

    What would not be sent is only counted.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, step: "Step", /) -> None:
        """Write the command of a call."""
        if not isinstance(step, Outcome) and step.request is not None:
            self._stream.flush()
            self._stream.buffer.write(f"{curl_command(step.request)}\n".encode())

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write nothing more."""


def curl_command(request: HttpRequest) -> str:
    """Return a curl command that signs the request with credentials from the AWS CLI's variables.

    The body is not masked: it is sent. A body that is too long for an argument is a here-document:
    one line of JSON, whose line end `--data` removes.

    Args:
        request: from `Previewer`, with a plain path: curl 7.88 signs a percent-encoded path
            as it is, but AWS expects it encoded once more, as curl 8.23 does.
    """
    body = json_without_controls(request.body).decode()
    too_long = len(body.encode()) > MAX_ARGUMENT_BYTES
    parts = [
        "curl --fail-with-body --silent --show-error",
        f"--request {request.method}",
        f"--aws-sigv4 {shlex.quote(f'aws:amz:{request.region}:{SIGNING_NAME}')}",
        _CREDENTIALS,
        "--header 'Content-Type: application/json'",
        "--data @-" if too_long else f"--data-binary {shlex.quote(body)}",
        shlex.quote(request.url),
    ]
    command = " ".join(parts)
    return f"{command} <<'{_END}'\n{body}\n{_END}" if too_long else command


def request_text(request: HttpRequest, *, show_values: bool) -> str:
    """Return the request line, the headers, an empty line and the body.

    The body is JSON in one line. If it is masked, `Content-Length` is still that of the real one.

    Args:
        request: from `Previewer`.
        show_values: whether addresses, user ids and user attributes are shown.
    """
    body = request.body if show_values else _masked(request.body).encode()
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\n".join([*lines, "", json_without_controls(body).decode()])


def _masked(body: bytes) -> str:
    value = json.loads(body)
    if "Item" in value:
        return _object([("Item", f"[{','.join(map(_endpoint, value['Item']))}]")])
    return _endpoint(value)


def _endpoint(request: Mapping[str, Any]) -> str:
    return _object(
        (name, _member(value, hidden=name in _PERSONAL)) for name, value in request.items()
    )


def _member(value: Any, *, hidden: bool) -> str:
    if isinstance(value, Mapping):
        return _object(
            (shown_member(name), _member(member, hidden=hidden)) for name, member in value.items()
        )
    if isinstance(value, list):
        return f"[{','.join(_member(member, hidden=hidden) for member in value)}]"
    return _json(masked(str(value)) if hidden and value is not None else value)


def _object(members: Iterable[tuple[str, str]]) -> str:
    """Return a JSON object of names and of the JSON of values: two masked names may be the same."""
    return f"{{{','.join(f'{_json(name)}:{value}' for name, value in members)}}}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
