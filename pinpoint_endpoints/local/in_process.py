"""A boto3 client and a local Pinpoint → the client is answered here, and nothing is sent."""

from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.wire import answer

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

EVENT = "before-send.pinpoint"
HANDLER_ID = "pinpoint_endpoints.local"


def attach(client: Any, pinpoint: LocalPinpoint) -> None:
    """Let a local Pinpoint answer all requests of a client, in place of an earlier one if any.

    The client signs as always, so it needs some credentials and a region, of any content.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
        pinpoint: what answers.
    """

    def respond(request: "AWSPreparedRequest", **_: Any) -> "AWSResponse":
        return _respond(pinpoint, request)

    client.meta.events.unregister(EVENT, unique_id=HANDLER_ID)
    client.meta.events.register(EVENT, respond, unique_id=HANDLER_ID)


def _respond(pinpoint: LocalPinpoint, request: "AWSPreparedRequest") -> "AWSResponse":
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders
    from urllib3 import HTTPResponse

    url = urlsplit(request.url)
    target = f"{url.path}?{url.query}" if url.query else url.path
    result = answer(pinpoint, request.method, target, cast("bytes", request.body or b""))
    raw = HTTPResponse(BytesIO(result.body), preload_content=False)
    return AWSResponse(request.url, result.status, HTTPHeaders.from_dict(result.headers), raw)
