"""Builds what is sent to the service.

An EndpointRequest is the service's own JSON object, the `request` of a document. An `Item` is one
with the endpoint id that it is sent under. A `Call` is one HTTP request: UpdateEndpoint for one
item, UpdateEndpointsBatch for several.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakSet

import orjson

from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import CannotRun

UPDATE_ENDPOINT = "UpdateEndpoint"
UPDATE_ENDPOINTS_BATCH = "UpdateEndpointsBatch"


_DIGEST_BYTES = 16
_BEGIN, _SEPARATOR, _END = b'{"Item":[', b",", b"]}"
BATCH_FRAME_BYTES = len(_BEGIN) + len(_END)


class Item(NamedTuple):
    """An EndpointRequest to send, with its endpoint id and the document that it came from.

    Attributes:
        endpoint_id: from the command line, the document or the file's name.
        key: the same for all spellings of the endpoint id.
        body: the EndpointRequest in JSON.
        source: the file that the document came from.
        channel: the channel type in the document, or empty.
        is_inactive: whether the request makes the endpoint INACTIVE.
        find_line: returns the line where the document begins in a file that holds several, else 0.
        problems: the document's warnings.
        occurrence: how many documents of the run had the same endpoint id before.
        digest: the digest of the request; empty without a journal.
        recorded_as: its name in a journal; empty for its endpoint id.
    """

    endpoint_id: str
    key: str
    body: bytes
    source: str
    channel: str = ""
    is_inactive: bool = False
    find_line: Callable[[], int] = int
    problems: tuple[Problem, ...] = ()
    occurrence: int = 0
    digest: str = ""
    recorded_as: str = ""

    @property
    def request(self) -> dict[str, Any]:
        """The EndpointRequest."""
        request: dict[str, Any] = json.loads(self.body)  # orjson makes floats of large integers
        return request


class Call(NamedTuple):
    """One request to the service.

    Attributes:
        items: what it carries, in order; no two have the same endpoint id.
    """

    items: tuple[Item, ...]

    @property
    def operation(self) -> str:
        """`UpdateEndpoint` for one item, `UpdateEndpointsBatch` for several."""
        return UPDATE_ENDPOINT if len(self.items) == 1 else UPDATE_ENDPOINTS_BATCH

    def part(self, begin: int, end: int | None) -> "Call":
        """Return the call that carries some of the items, counted as in a slice."""
        return self._replace(items=self.items[begin:end])

    def batch_body(self) -> bytes:
        """Return an EndpointBatchRequest in JSON."""
        return _BEGIN + _SEPARATOR.join(map(batch_item, self.items)) + _END


def json_of(value: Any) -> bytes:
    """Return a value as JSON in UTF-8, also with whole numbers of more than 64 bits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def batch_item(item: Item) -> bytes:
    """Return an item as an EndpointBatchItem in JSON."""
    members = item.body[1:]
    return b'{"Id":%b%b%b' % (json_of(item.endpoint_id), b"" if members == b"}" else b",", members)


def digest_of(request: Mapping[str, object]) -> str:
    """Return the digest of a request, whatever the order of its members: 32 hexadecimal digits."""
    try:
        text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        text = json.dumps(request, sort_keys=True).encode()
    return blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()


EVENT = f"before-call.pinpoint.{UPDATE_ENDPOINTS_BATCH}"
HANDLER_ID = "pinpoint_endpoints.ready_body"

_bodies: ContextVar[list[bytes] | None] = ContextVar("ready_bodies", default=None)
_attached: WeakSet[Any] = WeakSet()
_attaching = Lock()


@contextmanager
def ready_body(client: Any, body: bytes) -> Iterator[None]:
    """Let `update_endpoints_batch` send a ready-made body in this thread.

    The body was checked against the schema, so botocore need not check and serialise it again.
    botocore's event comes before the body is measured and signed, and before the first attempt, so
    Content-Length, checksum, signature and every retry are of the ready-made body. The call needs
    an `EndpointBatchRequest` that boto3 accepts: `{"Item": []}`.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
        body: an EndpointBatchRequest as JSON.

    Raises:
        CannotRun: boto3 did not use the body, so an empty batch was sent.
    """
    if client not in _attached:  # to register a handler takes as long as to sign a body
        with _attaching:  # botocore's registry is not made for several threads
            client.meta.events.register(EVENT, _replace_body, unique_id=HANDLER_ID)
            _attached.add(client)
    bodies = [body]
    token = _bodies.set(bodies)
    try:
        yield
    finally:
        _bodies.reset(token)
    if bodies:
        raise CannotRun(
            "this version of boto3 does not send ready-made batches, so nothing was sent",
            "use --no-batch to send endpoints one by one",
        )


def _replace_body(params: dict[str, Any], **_: Any) -> None:
    bodies = _bodies.get()
    if bodies:
        params["body"] = bodies.pop()
