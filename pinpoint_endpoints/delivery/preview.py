"""Shows the HTTP request that boto3 would send for a call; nothing is sent."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit, urlunsplit

from pinpoint_endpoints.delivery.sender import outcome_of
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import UPDATE_ENDPOINT, Call
from pinpoint_endpoints.service.updates import Answer, send, update_endpoints_batch

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSRequest

EVENT = "request-created"
"""botocore's event for what adds to a request, such as its signature: the last one adds nothing."""

HANDLER_ID = "pinpoint_endpoints.preview"

Send = Callable[[Any, str, Call], Answer]

_PORTS = {"http": 80, "https": 443}
_SECRETS = {
    "authorization": "AWS4-HMAC-SHA256 ***",
    "cookie": "***",
    "x-amz-security-token": "***",
}


class HttpRequest(NamedTuple):
    """A request as it would go over the wire.

    Attributes:
        method: such as `PUT`.
        url: with the path as it is sent, percent-encoded.
        headers: in their order; credentials are hidden.
        body: as it is sent.
        region: which it is signed for.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    region: str

    @property
    def path(self) -> str:
        """The path, as in the request line."""
        return urlsplit(self.url).path


class Previewer:
    """Builds the requests that `send` would send; opens a client for the first of them.

    botocore builds and signs a request, which is then intercepted before it is sent.

    Args:
        application_id: the application.
        open_client: returns a client, such as `open_preview_client` or `open_local_client` do.
    """

    def __init__(self, application_id: str, open_client: Callable[[], Any]) -> None:
        self._application_id = application_id
        self._open_client = open_client

    @cached_property
    def _client(self) -> Any:
        return self._open_client()

    def __call__(self, call: Call, *, plain_path: bool = False) -> HttpRequest | Outcome:
        """Return the request of a call, or the outcome if boto3 refuses to make one.

        Args:
            call: from `plan`.
            plain_path: whether an endpoint id that is percent-encoded in the path goes into the
                body instead: in a batch of one.

        Raises:
            CannotRun: no region, an unknown profile, a broken configuration file.
        """
        request = self._intercepted(send, call)
        if isinstance(request, HttpRequest) and plain_path and _is_encoded(request, call):
            request = self._intercepted(update_endpoints_batch, call)
        if isinstance(request, HttpRequest):
            return request
        (item,) = call.items
        return outcome_of(item, State.FAILED, request)._replace(problems=())

    def _intercepted(self, send_call: Send, call: Call) -> HttpRequest | Answer:
        """Return the request that is made, or the answer if boto3 makes none."""
        events = self._client.meta.events
        events.register_last(EVENT, _intercept, unique_id=HANDLER_ID)
        try:
            return send_call(self._client, self._application_id, call)
        except _Intercepted as intercepted:
            return _shown(intercepted.request, self._client.meta.region_name)
        finally:
            events.unregister(EVENT, unique_id=HANDLER_ID)


def _is_encoded(request: HttpRequest, call: Call) -> bool:
    return call.operation == UPDATE_ENDPOINT and "%" in request.path


class _Intercepted(Exception):  # noqa: N818 - not an error
    """Carries a request out of botocore."""

    def __init__(self, request: "AWSPreparedRequest") -> None:
        super().__init__()
        self.request = request


def _intercept(request: "AWSRequest", **_: Any) -> None:
    raise _Intercepted(request.prepare())


def _shown(request: "AWSPreparedRequest", region: str) -> HttpRequest:
    parts = urlsplit(request.url)
    host = parts.netloc.rpartition("@")[2]
    if parts.port == _PORTS[parts.scheme]:
        host = host.rpartition(":")[0]
    # the first two are of Python's http.client, which puts them before all others
    headers = [("Host", host), ("Accept-Encoding", "identity"), *request.headers.items()]
    shown = tuple((name, _SECRETS.get(name.lower(), value)) for name, value in headers)
    url = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    return HttpRequest(request.method, url, shown, cast("bytes", request.body), region)
