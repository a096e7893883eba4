"""A boto3 client and a local Pinpoint → the client is answered here, and nothing is sent."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.wire import Answer, answer

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

EVENT = "before-send.pinpoint"
HANDLER_ID = "pinpoint_endpoints.local"

Answering = Callable[[str, str, bytes], Answer]


def attach(client: Any, pinpoint: LocalPinpoint) -> None:
    """Let a local Pinpoint answer all requests of a client, in place of an earlier one if any.

    The client signs as always, so it needs some credentials and a region, of any content.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
        pinpoint: what answers.
    """
    attach_answering(client, partial(answer, pinpoint))


def attach_answering(client: Any, answering: Answering) -> None:
    """Let a function answer all requests of a client: as `attach`.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
        answering: from an HTTP method, a path with its query, and a body.
    """

    def respond(request: "AWSPreparedRequest", **_: Any) -> "AWSResponse":
        return response_to(request, answering)

    client.meta.events.unregister(EVENT, unique_id=HANDLER_ID)
    client.meta.events.register(EVENT, respond, unique_id=HANDLER_ID)


def response_to(request: "AWSPreparedRequest", answering: Answering) -> "AWSResponse":
    """Return what a function answers a request of a client of botocore, as botocore has it."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders
    from urllib3 import HTTPResponse

    url = urlsplit(request.url)
    target = f"{url.path}?{url.query}" if url.query else url.path
    result = answering(request.method, target, cast("bytes", request.body or b""))
    raw = HTTPResponse(BytesIO(result.body), preload_content=False)
    return AWSResponse(request.url, result.status, HTTPHeaders.from_dict(result.headers), raw)
