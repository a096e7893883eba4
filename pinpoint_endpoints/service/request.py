"""A document in, what is sent of it out: the endpoint's JSON, the calls that carry it, a digest."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.model import Document, Problem

UPDATE_ENDPOINT = "UpdateEndpoint"
UPDATE_ENDPOINTS_BATCH = "UpdateEndpointsBatch"


_DIGEST_BYTES = 16
_BEGIN, _SEPARATOR, _END = b'{"Item":[', b",", b"]}"
BATCH_FRAME_BYTES = len(_BEGIN) + len(_END)


class Item(NamedTuple):
    """A valid document with the endpoint id that it is sent under.

    Attributes:
        document: from `load`.
        endpoint_id: from the command line, the document or the file's name.
        problems: its warnings.
        occurrence: how many documents of the run had the same endpoint id before.
        digest: of the request; empty if nobody keeps a journal.
    """

    document: Document
    endpoint_id: str
    problems: tuple[Problem, ...] = ()
    occurrence: int = 0
    digest: str = ""


class Call(NamedTuple):
    """One request to the service.

    Attributes:
        items: what it carries, in order; no two have the same endpoint id.
        encoded: each item as an EndpointBatchItem in JSON.
    """

    items: tuple[Item, ...]
    encoded: tuple[bytes, ...]

    @property
    def operation(self) -> str:
        """`UpdateEndpoint` for one item, `UpdateEndpointsBatch` for several."""
        return UPDATE_ENDPOINT if len(self.items) == 1 else UPDATE_ENDPOINTS_BATCH

    def part(self, begin: int, end: int | None) -> "Call":
        """Return the call that carries some of the items, counted as in a slice."""
        return Call(self.items[begin:end], self.encoded[begin:end])

    def batch_body(self) -> bytes:
        """Return an EndpointBatchRequest in JSON."""
        return _BEGIN + _SEPARATOR.join(self.encoded) + _END


def json_of(value: Any) -> bytes:
    """Return a value as JSON in UTF-8, also with whole numbers of more than 64 bits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        import json

        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def batch_item(item: Item) -> bytes:
    """Return an item as an EndpointBatchItem."""
    return json_of({"Id": item.endpoint_id, **item.document.request})


def digest_of(request: Mapping[str, object]) -> str:
    """Return what two requests have in common that say the same: 32 hexadecimal digits."""
    try:
        text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        import json

        text = json.dumps(request, sort_keys=True).encode()
    return blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()
