"""Documents to deliver, the runs of `pe upsert` that deliver them, and what was stored."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import connect
from types import SimpleNamespace
from typing import Any, NamedTuple, TextIO
from unittest.mock import patch

from commands import Ended, envelope_in, run
from faulty_pinpoint import FaultyPinpoint
from http_stub import HttpStub

from pinpoint_endpoints.api import upsert_all
from pinpoint_endpoints.delivery.circuit_breaker import CircuitBreaker
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.json_reader import JsonLocator
from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.plan import PlanTally, PlanView, Step
from pinpoint_endpoints.reports.reporter import open_reporter
from pinpoint_endpoints.service.outcome import Outcome, State, channel_of, line_of
from pinpoint_endpoints.service.requests import Call, Item, json_of

EMAIL = {"ChannelType": "EMAIL", "Address": "ada@example.com"}


def document_of(
    endpoint_id: str = "ada",
    request: Mapping[str, object] = EMAIL,
    *,
    source: str = "some/file.json",
    line: int = 0,
) -> Document:
    """Return a document with its endpoint id; in a stream, if it has a line."""
    return Document(
        source,
        "EndpointRequest",
        request,
        endpoint_id,
        request,
        (),
        JsonLocator(b"", line),
        in_multi_document_file=bool(line),
    )


def item(
    endpoint_id: str = "ada",
    request: Mapping[str, object] = EMAIL,
    *,
    problems: tuple[Problem, ...] = (),
    **place: Any,
) -> Item:
    """Return the item of a document with a request, whether it is valid or not."""
    document = document_of(endpoint_id, request, **place)
    return Item(
        endpoint_id,
        same_endpoint_key(endpoint_id),
        json_of(request),
        document.source,
        channel_of(document),
        find_line=partial(line_of, document),
        problems=problems,
    )


def call(*items: Item) -> Call:
    """Return the call that carries the items."""
    return Call(items)


def report_plan(
    view: PlanView,
    output: str,
    stream: TextIO,
    steps: Iterable[Step],
    error: PinpointEndpointsError | None = None,
) -> PlanTally:
    """Write a plan to a stream, as a dry run does; return the counts."""
    reporter = open_reporter(view, output, stream)
    tally = PlanTally()
    for step in steps:
        tally.add(step)
        reporter.add(step)
    reporter.close(tally, error)
    return tally


class Run(NamedTuple):
    """How a delivery ended.

    Attributes:
        outcomes: of the documents, as they came.
        error: what stopped it, if something did.
    """

    outcomes: list[Outcome]
    error: PinpointEndpointsError | None

    @property
    def ids(self) -> list[str]:
        """The endpoint ids, in the order of the outcomes."""
        return [outcome.endpoint_id for outcome in self.outcomes]

    def ids_that(self, *states: State) -> list[str]:
        """Return the endpoint ids of the documents that ended so."""
        return [outcome.endpoint_id for outcome in self.outcomes if outcome.state in states]

    @property
    def messages(self) -> dict[str, str]:
        """The message about each endpoint that was not accepted."""
        return {
            outcome.endpoint_id: outcome.message
            for outcome in self.outcomes
            if outcome.state is not State.ACCEPTED
        }


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let retries take no time, botocore's and ours, nor another look at what is stored."""
    with (
        patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None)),
        patch.object(CircuitBreaker, "wait", lambda breaker, _: not breaker.halted),
    ):
        yield


def request(version: int = 0) -> dict[str, Any]:
    """Return an EndpointRequest that differs from those of other versions."""
    return {**EMAIL, "Attributes": {"version": [str(version)]}}


def document(endpoint_id: str, version: int = 0) -> Document:
    """Return a valid document."""
    return document_of(endpoint_id, request(version))


def names(number: int) -> list[str]:
    """Return endpoint ids that end in their number, counted from 1."""
    return [f"e-{number}" for number in range(1, number + 1)]


def documents(ids: Iterable[str]) -> Iterator[Document]:
    """Yield a valid document for each id; each of them is of another version."""
    for version, endpoint_id in enumerate(ids):
        yield document(endpoint_id, version)


def ended(client: Any, sent: Iterable[Document], **options: Any) -> Run:
    """Deliver documents, and return how that ended."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(upsert_all(client, "app", sent, **options))
    except PinpointEndpointsError as error:
        return Run(outcomes, error)
    return Run(outcomes, None)


def write_lines(path: Path, ids: Iterable[str], version: int = 0) -> Path:
    """Write a file with a document a line."""
    lines = (json.dumps({"Id": name, **request(version)}) for name in ids)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the values in a file of a JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


INVALID = '{"Id": "wrong", "ChannelType": "PIGEON"}\n'
UPDATES = ("UpdateEndpoint", "UpdateEndpointsBatch")


def upsert(
    server: FaultyPinpoint | HttpStub, *arguments: object, given: str | None = None
) -> Ended:
    """Upsert to a server."""
    return run("upsert", "--app", "demo", "--endpoint-url", server.url, *arguments, given=given)


def sent(server: FaultyPinpoint) -> list[tuple[str, tuple[str, ...]]]:
    """Return the updates that came, in their order."""
    return [(call.operation, call.ids) for call in server.calls if call.operation in UPDATES]


def states_in(ended: Ended) -> dict[str, str]:
    """Return what became of each endpoint, by the envelope."""
    return {one["endpoint_id"]: one["state"] for one in envelope_in(ended.out)["results"]}


def stored_in(path: Path) -> set[str]:
    """Return the ids of the endpoints in a store, in small letters; the file must be whole."""
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {key for (key,) in connection.execute("SELECT endpoint_key FROM endpoints")}
