"""Documents in, what is to be done with each out: calls to make, and outcomes of what is not sent.

One planner for what is sent and for what is only shown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.checks.schema_check import fits
from pinpoint_endpoints.delivery.judging import Unfit, judged
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.rule import Scope, rule_of
from pinpoint_endpoints.quotas import MAX_BATCH_ITEMS, MAX_REQUEST_BYTES
from pinpoint_endpoints.service.outcome import Outcome, State, unsent
from pinpoint_endpoints.service.request import (
    BATCH_FRAME_BYTES,
    Call,
    Item,
    batch_item,
    digest_of,
)

Step = Call | Outcome
_MOST_HELD_BACK = 100


class Claim(Protocol):
    """What a journal says of a document."""

    @property
    def done(self) -> bool:
        """Whether it was accepted before, and nothing was sent over it since."""

    @property
    def occurrence(self) -> int:
        """How many documents of this run had the same endpoint id before."""


class Claims(Protocol):
    """A journal, as far as the plan asks it."""

    def claim(self, endpoint_id: str, digest: str) -> Claim:
        """Say whether a document is done; asked once for each, in their order."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How documents become calls.

    Attributes:
        policy: how they are judged.
        endpoint_id: for all of them; else each document's own, else its file's name.
        batch: whether several go in one call.
    """

    policy: Policy = DEFAULT_POLICY
    endpoint_id: str | None = None
    batch: bool = True


AS_THEY_ARE = Wishes()


def plan(
    documents: Iterable[Document], wishes: Wishes, journal: Claims | None = None
) -> Iterator[Step]:
    """Yield what is to be done with documents: calls, and outcomes of those that are not sent.

    Calls are in the order of their documents, and what is INACTIVE is first in its call; an outcome
    may come before or after the call of its neighbours. Two documents of one endpoint are never in
    one call, since its answer names no item.

    Args:
        documents: from `load`.
        wishes: how they become calls.
        journal: what was done before.
    """
    ignores_schema = any(rule_of(code).scope is Scope.SCHEMA for code in wishes.policy.ignore)
    gathering = _Gathering()
    for document in documents:
        decided = _decided(document, wishes, journal)
        if isinstance(decided, Outcome):
            yield from gathering.held_back_with(decided)
            continue
        encoded = batch_item(decided)
        alone = not wishes.batch or (ignores_schema and not _fits_the_schema(decided))
        if alone or not gathering.has_room_for(decided, encoded):
            yield from gathering.pour()
        gathering.add(decided, encoded)
        if alone:
            yield from gathering.pour()
    yield from gathering.pour()


def _decided(document: Document, wishes: Wishes, journal: Claims | None) -> Item | Outcome:
    item = judged(document, wishes.policy, wishes.endpoint_id)
    if isinstance(item, Unfit):
        message = "not sent: the document is invalid"
        return unsent(State.INVALID, item.document, item.endpoint_id, message, item.problems)
    if journal is None:
        return item
    digest = digest_of(item.document.request)
    claim = journal.claim(item.endpoint_id, digest)
    if claim.done:
        message = "accepted in an earlier run"
        return unsent(State.DONE, item.document, item.endpoint_id, message)
    return item._replace(digest=digest, occurrence=claim.occurrence)


def _fits_the_schema(item: Item) -> bool:
    """Tell whether boto3 need not look at an item; what it may refuse is sent alone."""
    return fits(item.document.value, item.document.shape)


class _Gathering:
    """What goes into the next call, and the outcomes that wait until it is made."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._items: list[Item] = []
        self._encoded: list[bytes] = []
        self._keys: set[str] = set()
        self._bytes = BATCH_FRAME_BYTES
        self._held_back: list[Outcome] = []

    def held_back_with(self, outcome: Outcome) -> Iterator[Outcome]:
        """Hold one more outcome back; if they are many, yield them and let the call wait."""
        self._held_back.append(outcome)
        if len(self._held_back) >= _MOST_HELD_BACK:
            held_back, self._held_back = self._held_back, []
            yield from held_back

    def has_room_for(self, item: Item, encoded: bytes) -> bool:
        return (
            len(self._items) < MAX_BATCH_ITEMS
            and self._bytes + len(encoded) + 1 <= MAX_REQUEST_BYTES
            and same_endpoint_key(item.endpoint_id) not in self._keys
        )

    def add(self, item: Item, encoded: bytes) -> None:
        self._items.append(item)
        self._encoded.append(encoded)
        self._keys.add(same_endpoint_key(item.endpoint_id))
        self._bytes += len(encoded) + 1

    def pour(self) -> Iterator[Step]:
        """Yield the call and the outcomes, and begin anew."""
        pairs, held_back = [*zip(self._items, self._encoded, strict=True)], self._held_back
        self._begin()
        if pairs:
            # each update makes the other endpoints at its address INACTIVE: the last one stays
            pairs.sort(key=_is_sent_last)
            items, encoded = zip(*pairs, strict=True)
            yield Call(items, encoded)
        yield from held_back


def _is_sent_last(pair: tuple[Item, bytes]) -> bool:
    return pair[0].document.request.get("EndpointStatus") != "INACTIVE"
