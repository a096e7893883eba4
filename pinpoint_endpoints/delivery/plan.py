"""Plans which call carries each document, or why it is not sent.

`pe upsert` and its `--dry-run` share this plan.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Finding, Policy
from pinpoint_endpoints.checks.validate import is_valid, problem_at, validate, validate_each
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.load import in_groups, size_of
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.quotas import MAX_BATCH_ITEMS, MAX_REQUEST_BYTES
from pinpoint_endpoints.schema.decider import fits
from pinpoint_endpoints.service.outcome import Outcome, State, channel_of, line_of, unsent
from pinpoint_endpoints.service.requests import (
    BATCH_FRAME_BYTES,
    Call,
    Item,
    batch_item,
    digest_of,
    json_of,
)

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.journal import AcceptedIndex

Step = Call | Outcome
_GROUP = MAX_BATCH_ITEMS // 4
"""How many documents are checked at once; a full batch waits for no others."""

_MAX_HELD = 100
"""How many outcomes wait for the call of their neighbours."""


class SendOptions(NamedTuple):
    """The options for planning calls from documents.

    Attributes:
        policy: which problems keep a document from being sent.
        endpoint_id: for all of them; else each document's own, else its file's name.
        batch: whether several go in one call.
        withhold: whether valid documents are not sent either: `has_invalid` found an invalid one.
    """

    policy: Policy = DEFAULT_POLICY
    endpoint_id: str | None = None
    batch: bool = True
    withhold: bool = False


DEFAULT_OPTIONS = SendOptions()


class InvalidDocument(NamedTuple):
    """A document that is not sent.

    Attributes:
        document: from `load`.
        endpoint_id: from the command line, the document or the file's name; None if none gives one.
        problems: what is wrong with it.
    """

    document: Document
    endpoint_id: str | None
    problems: tuple[Problem, ...]


def plan(
    documents: Iterable[Document],
    options: SendOptions,
    accepted: "AcceptedIndex | None" = None,
    *,
    max_items: int = MAX_BATCH_ITEMS,
    max_bytes: int = MAX_REQUEST_BYTES,
) -> Iterator[Step]:
    """Yield calls, and the outcomes of documents that are not sent.

    Calls are in the order of their documents, and what is INACTIVE is first in its call; an outcome
    may come before or after the call of its neighbours. Two documents of one endpoint are never in
    one call, since the answer to a batch names no item.

    Args:
        documents: from `load`.
        options: how they become calls.
        accepted: what was accepted in earlier runs, if there is a journal.
        max_items: in one call.
        max_bytes: the maximum size of one call's body.
    """
    documents = without_empty(documents, options)
    ignores_schema = not codes.of_schema().isdisjoint(options.policy.ignore)
    batch = BatchBuilder(max_items, max_bytes)
    for group in in_groups(documents, size_of, _GROUP if options.batch else 1):
        for document, item in zip(group, to_items(group, options), strict=True):
            decided = _decided(document, item, options, accepted)
            if isinstance(decided, Outcome):
                yield from batch.hold(decided)
                continue
            # boto3 refuses the whole call if one item does not fit its model
            alone = ignores_schema and not fits(document.value, document.shape)
            size = len(batch_item(decided))
            yield from batch.add(decided, size, alone=alone or not options.batch)
    yield from batch.flush()


def without_empty(documents: Iterable[Document], options: SendOptions) -> Iterator[Document]:
    """Yield documents without those that hold no endpoint; a strict run keeps them as invalid."""
    for document in documents:
        if not document.is_empty or not is_valid(
            validate(document, options.policy), options.policy
        ):
            yield document


def has_invalid(documents: Iterable[Document], options: SendOptions) -> bool:
    """Return whether any document would not be sent because it is invalid."""
    return any(
        isinstance(to_item(document, options), InvalidDocument)
        for document in without_empty(documents, options)
    )


def to_item(document: Document, options: SendOptions) -> Item | InvalidDocument:
    """Validate a document, and return what it has to send, with the id that it is sent under.

    Args:
        document: from `load`.
        options: how it is validated and named.
    """
    return to_items([document], options)[0]


def to_items(documents: Sequence[Document], options: SendOptions) -> list[Item | InvalidDocument]:
    """Return the results of `to_item` for several documents; faster than calling it for each."""
    endpoint_id, policy = options.endpoint_id, options.policy
    if endpoint_id is not None:
        documents = [
            document._replace(endpoint_id=endpoint_id) if document.has_endpoint else document
            for document in documents
        ]
    found = zip(documents, validate_each(documents, policy), strict=True)
    return [_item(document, problems, policy) for document, problems in found]


def _item(document: Document, problems: list[Problem], policy: Policy) -> Item | InvalidDocument:
    endpoint_id = document.endpoint_id
    if is_valid(problems, policy) and document.has_endpoint:
        if endpoint_id is not None:
            request = document.request
            return Item(
                endpoint_id,
                same_endpoint_key(endpoint_id),
                json_of(request),
                document.source,
                channel_of(document),
                request.get("EndpointStatus") == "INACTIVE",
                partial(line_of, document),
                tuple(problems),
            )
        problems.append(_no_id(document))
    return InvalidDocument(document, endpoint_id, tuple(problems))


def _no_id(document: Document) -> Problem:
    from pinpoint_endpoints.checks.rules.document_rules import no_endpoint_id

    for finding in no_endpoint_id(document):  # that it is ignored makes no id
        return problem_at(document, codes.NO_ENDPOINT_ID, Severity.ERROR, finding)
    finding = Finding((), "not an endpoint id: there is none", "name the endpoint with --id")
    return problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding)


def _decided(
    document: Document,
    item: Item | InvalidDocument,
    options: SendOptions,
    accepted: "AcceptedIndex | None",
) -> Item | Outcome:
    if isinstance(item, InvalidDocument):
        message = "not sent: the document is invalid"
        return unsent(State.INVALID, item.document, item.endpoint_id, message, item.problems)
    if options.withhold:
        message = "not sent: other documents are invalid"
        return unsent(State.SKIPPED, document, item.endpoint_id, message, item.problems)
    if accepted is None:
        return item
    digest = digest_of(document.request)
    done, occurrence = accepted.resume(item.key, digest)
    if done:
        message = "accepted in an earlier run"
        return unsent(State.DONE, document, item.endpoint_id, message)
    return item._replace(digest=digest, occurrence=occurrence)


class BatchBuilder:
    """Collects the items of the next call, and the outcomes that wait until it is made.

    Args:
        max_items: in one call.
        max_bytes: the maximum size of one call's body.
        call: the kind of calls that are made.
    """

    def __init__(self, max_items: int, max_bytes: int, call: type[Call] = Call) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._call = call
        self._clear()

    def _clear(self) -> None:
        self._inactive: list[Item] = []
        self._others: list[Item] = []
        self._keys: set[str] = set()
        self._bytes = BATCH_FRAME_BYTES
        self._held: list[Outcome] = []

    def hold(self, outcome: Outcome) -> Iterator[Outcome]:
        """Keep an outcome until the call is made; if there are many, yield them before it."""
        self._held.append(outcome)
        if len(self._held) >= _MAX_HELD:
            held, self._held = self._held, []
            yield from held

    def add(self, item: Item, size: int, *, alone: bool = False) -> Iterator[Step]:
        """Put an item into the call; yield the call before if it has no room, and a full one.

        Args:
            item: the item.
            size: how many bytes it has in the call's body.
            alone: whether the item gets a call of its own.
        """
        size += len(",")
        if alone or item.key in self._keys or self._bytes + size > self._max_bytes:
            yield from self.flush()
        # each update makes the other endpoints at its address INACTIVE: the last one stays
        (self._inactive if item.is_inactive else self._others).append(item)
        self._keys.add(item.key)
        self._bytes += size
        if alone or len(self._keys) == self._max_items:
            yield from self.flush()

    def flush(self) -> Iterator[Step]:
        """Yield the call and the outcomes that waited for it, and start the next call."""
        items, held = (*self._inactive, *self._others), self._held
        self._clear()
        if items:
            yield self._call(items)
        yield from held
