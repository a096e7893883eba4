"""What answers Pinpoint's requests in; all clients that boto3 makes from now on ask it, out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.in_process import Answering, response_to
from pinpoint_endpoints.testing.environment import NOWHERE

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
    from botocore.httpsession import URLLib3Session

    Send = Callable[[URLLib3Session, AWSPreparedRequest | AWSRequest], AWSResponse]

_answering: list[Answering] = []
"""The last one answers: also clients of earlier ones, which code under test may have kept."""

_standing_in = ExitStack()

_AWS_NAMES = ("pinpoint", "pinpoint-fips")
"""What Pinpoint's hosts begin with. Source: botocore's endpoint rules of the service."""

_SIGNED_FOR_PINPOINT = "/mobiletargeting/aws4_request"
"""How the scope of its signatures ends, whatever the host. Source: botocore's service model."""


@contextmanager
def answered_by(answering: Answering) -> Iterator[None]:
    """Let a function answer the clients that are led to `NOWHERE`, as long as the block lasts.

    Of the others, those that ask Pinpoint beyond this machine get a `CannotRun`, and nothing is
    sent. What other services are asked is sent as ever.

    It stands in for what sends the requests of all sessions, also of those that were made before.
    boto3's default session is a new one inside, since the one from before, which is back after it,
    may have read the user's settings.

    Args:
        answering: from an HTTP method, a path with its query, and a body.
    """
    from unittest.mock import patch

    import boto3
    from botocore.httpsession import URLLib3Session

    outside = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = None
    if not _answering:
        answered = _answered_here(URLLib3Session.send)
        _standing_in.enter_context(patch.object(URLLib3Session, "send", answered))
    _answering.append(answering)
    try:
        yield
    finally:
        _answering.remove(answering)
        if not _answering:
            _standing_in.close()
        boto3.DEFAULT_SESSION = outside


def _answered_here(send: "Send") -> "Send":
    @wraps(send)
    def answer_or_send(
        session: "URLLib3Session", request: "AWSPreparedRequest | AWSRequest"
    ) -> "AWSResponse":
        prepared = cast("AWSPreparedRequest", request)  # botocore gives no other
        if _answering and prepared.url.startswith(f"{NOWHERE}/"):
            return response_to(prepared, _answering[-1])
        if _answering:
            _refuse_pinpoint_elsewhere(prepared)
        return send(session, request)

    return answer_or_send


def _refuse_pinpoint_elsewhere(request: "AWSPreparedRequest") -> None:
    host = urlsplit(request.url).hostname or ""
    if not _is_this_machine(host) and _is_for_pinpoint(host, request):
        raise CannotRun(
            f"a client made before the test, or for a URL of its own, asks Pinpoint at {host} in "
            "the time of a local Pinpoint; nothing was sent",
            "make the client when it is used, or put `client` of the local Pinpoint in its place",
        )


def _is_for_pinpoint(host: str, request: "AWSPreparedRequest") -> bool:
    signature = cast("str | bytes", request.headers.get("Authorization", ""))
    if isinstance(signature, bytes):
        signature = signature.decode("latin-1")
    return host.partition(".")[0] in _AWS_NAMES or _SIGNED_FOR_PINPOINT in signature


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
