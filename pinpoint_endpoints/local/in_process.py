"""Let a boto3 client call a local Pinpoint in the same process, without a server or a socket."""

import threading
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pinpoint_endpoints.local.applications import NO_APPLICATION
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import NO_HEADERS, Answer, answer, message_of, refusal
from pinpoint_endpoints.local.service_error import not_found
from pinpoint_endpoints.local.store import Store, exists, open_for_reading

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

HANDLER_ID = "pinpoint_endpoints.local"
METHODS_WITHOUT_CREATION = frozenset({"GET", "DELETE"})

AnswerRequest = Callable[[str, str, bytes, Mapping[str, str]], Answer]


class InProcessTransport:
    """Answer HTTP requests from a store file. Threads may share it.

    Every request that writes is one transaction: it is on the disk when `answer` returns.

    Args:
        path: the store's file. If it does not exist, the first update creates it.

    Raises:
        CannotRun: the store cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._pinpoint = LocalPinpoint(Store(self._path)) if exists(self._path) else None
        self._lock = threading.Lock()

    def answer(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str] = NO_HEADERS
    ) -> Answer:
        """Answer one HTTP request. If there is no such application, the answer names the store.

        Args:
            method: such as `PUT`.
            target: the encoded path, with the query if there is one.
            body: JSON in UTF-8, or empty.
            headers: the headers of the request.

        Raises:
            CannotRun: the store cannot be used.
        """
        pinpoint = self._pinpoint_for(method)
        found = answer(pinpoint, method, target, body, headers)
        if message_of(found) != NO_APPLICATION:
            return found
        absent = "" if self._pinpoint else ", which does not exist yet"
        message = f"{NO_APPLICATION} in the local store {self._path}{absent}"
        return refusal(not_found(message), pinpoint.new_request_id(), target)

    def _pinpoint_for(self, method: str) -> LocalPinpoint:
        with self._lock:
            if self._pinpoint is None and method in METHODS_WITHOUT_CREATION:
                return LocalPinpoint(open_for_reading(self._path))
            self._pinpoint = self._pinpoint or LocalPinpoint(Store(self._path))
            return self._pinpoint


def attach(client: Any, answer_request: AnswerRequest) -> None:
    """Let a function answer all requests of a client, instead of an earlier one if any.

    The client still signs its requests, so it needs a region and credentials (any value).

    Args:
        client: a boto3 (botocore) client of `pinpoint` or `customer-profiles`.
        answer_request: takes an HTTP method, an encoded path with its query, a body, and headers.
    """

    def respond(request: "AWSPreparedRequest", **_: Any) -> "AWSResponse":
        url = urlsplit(request.url)
        target = f"{url.path}?{url.query}" if url.query else url.path
        body = request.body or b""
        content = cast("bytes", body.read() if hasattr(body, "read") else body)
        headers = cast("Mapping[str, str]", request.headers)
        answered = answer_request(request.method, target, content, headers)
        return _as_botocore(request.url, answered)

    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.unregister(event, unique_id=HANDLER_ID)
    client.meta.events.register(event, respond, unique_id=HANDLER_ID)


def _as_botocore(url: str, answered: Answer) -> "AWSResponse":
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders
    from urllib3 import HTTPResponse

    raw = HTTPResponse(BytesIO(answered.body), preload_content=False)
    return AWSResponse(url, answered.status, HTTPHeaders.from_dict(answered.headers), raw)
