"""Documents and a URL in; out, the seconds of cpu that sending them in batches takes.

    python ready_batches.py boto3 URL FILE      as boto3's documentation shows
    python ready_batches.py pe URL FILE         through our client: the documents are checked before
    python ready_batches.py library URL FILE    as the library does it: all rules check them

The clock starts when the documents are parsed: start-up and reading are not in it.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence

import boto3

from pinpoint_endpoints.api import connect, load, upsert_all
from pinpoint_endpoints.delivery.deliver import deliver
from pinpoint_endpoints.delivery.plan import DEFAULT_OPTIONS, to_item
from pinpoint_endpoints.delivery.sender import Sender
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call, Item, batch_item

_APPLICATION = "benchmark"
_BATCH = 100

Send = Callable[[], int]
"""Sends everything, and returns how many endpoints were accepted."""


def with_boto3(url: str, documents: Sequence[Document]) -> Send:
    """Prepare calls with dictionaries, which boto3 validates and serialises."""
    client = boto3.client("pinpoint", endpoint_url=url)
    items = [document.value for document in documents]

    def send() -> int:
        for begin in range(0, len(items), _BATCH):
            client.update_endpoints_batch(
                ApplicationId=_APPLICATION,
                EndpointBatchRequest={"Item": items[begin : begin + _BATCH]},
            )
        return len(items)

    return send


def with_pe(url: str, documents: Sequence[Document]) -> Send:
    """Prepare what was checked: it is serialised, sent and accounted for."""
    client = connect(endpoint_url=url)
    judged = (to_item(document, DEFAULT_OPTIONS) for document in documents)
    items = [item for item in judged if isinstance(item, Item)]

    def calls() -> Iterator[Call]:
        for begin in range(0, len(items), _BATCH):
            batch = items[begin : begin + _BATCH]
            yield Call(tuple(batch), tuple(map(batch_item, batch)))

    def send() -> int:
        outcomes = deliver(
            calls(), lambda breaker: Sender(client, _APPLICATION, breaker).send, concurrency=1
        )
        return sum(map(_is_accepted, outcomes))

    return send


def with_library(url: str, documents: Sequence[Document]) -> Send:
    """Prepare the whole way of a document: checked, planned, serialised, sent, accounted for."""
    client = connect(endpoint_url=url)
    return lambda: sum(map(_is_accepted, upsert_all(client, _APPLICATION, documents)))


def _is_accepted(outcome: Outcome) -> bool:
    return outcome.state is State.ACCEPTED


_WAYS = {"boto3": with_boto3, "pe": with_pe, "library": with_library}


def main(way: str, url: str, file: str) -> None:
    """Send the documents of a file, and print how many were accepted and what that took."""
    send = _WAYS[way](url, list(load(file)))
    begin = time.process_time()
    accepted = send()
    sys.stdout.write(f"{accepted} accepted\n{time.process_time() - begin}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
