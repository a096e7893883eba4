"""What answers Pinpoint's requests in; all clients that boto3 makes from now on ask it, out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.local.in_process import EVENT, Answering, response_to
from pinpoint_endpoints.testing.environment import NOWHERE

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

_answering: list[Answering] = []
"""The last one answers: also clients of earlier ones, which code under test may have kept."""


@contextmanager
def answered_by(answering: Answering) -> Iterator[None]:
    """Let a function answer the clients that are led to `NOWHERE`, as long as the block lasts.

    A session takes botocore's built-in handlers over when it is made (moto builds on the same), so
    boto3's default session is a new one inside, and that from before is back after it.

    Args:
        answering: from an HTTP method, a path with its query, and a body.
    """
    import boto3
    from botocore.handlers import BUILTIN_HANDLERS

    handler = (EVENT, _respond)
    outside = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = None
    if not _answering:
        BUILTIN_HANDLERS.append(handler)
    _answering.append(answering)
    try:
        yield
    finally:
        _answering.remove(answering)
        if not _answering:
            BUILTIN_HANDLERS.remove(handler)
        boto3.DEFAULT_SESSION = outside


def _respond(request: "AWSPreparedRequest", **_: Any) -> "AWSResponse | None":
    if not _answering or not request.url.startswith(f"{NOWHERE}/"):
        return None
    return response_to(request, _answering[-1])
