"""What the tests of plans share: documents that need no file, and the calls that carry them."""

from collections.abc import Mapping

from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.documents.positions import Locator, PositionMap
from pinpoint_endpoints.service.request import Call, Item, batch_item

EMAIL = {"ChannelType": "EMAIL", "Address": "ada@example.com"}


def item(
    endpoint_id: str = "ada",
    request: Mapping[str, object] = EMAIL,
    *,
    source: str = "some/file.json",
    line: int = 0,
    problems: tuple[Problem, ...] = (),
) -> Item:
    """Return a document with its endpoint id; in a stream, if it has a line."""
    locator = Locator(PositionMap, line)
    document = Document(
        source,
        "EndpointRequest",
        request,
        endpoint_id,
        request,
        (),
        locator,
        in_multi_document_file=bool(line),
    )
    return Item(document, endpoint_id, problems)


def call(*items: Item) -> Call:
    """Return the call that carries the items."""
    return Call(items, tuple(map(batch_item, items)))
