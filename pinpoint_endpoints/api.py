"""The steps that the commands and the library share: connect, load, validate, upsert, get."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.policy import DEFAULT, Policy
from pinpoint_endpoints.checks.validate import is_valid, problem_at, validate
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.load import load
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.service.endpoints import update_endpoint
from pinpoint_endpoints.service.ids import check_id
from pinpoint_endpoints.service.outcome import Outcome, State, unanswered
from pinpoint_endpoints.service.reading import get_endpoint as get

__all__ = ["connect", "get", "load", "upsert", "upsert_all", "validate"]


def connect(
    *,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    local: bool = False,
    store: Path | None = None,
) -> Any:
    """Return a boto3 Pinpoint client.

    Args:
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
        endpoint_url: a server that speaks the Pinpoint API, instead of AWS.
        local: the local Pinpoint instead: no account, no credentials, no region, no network.
        store: the file of the local Pinpoint, else one in the user's data directory.

    Raises:
        UsageError: the endpoint URL is none, or the arguments exclude each other.
        CannotRun: no region, an unknown profile, a store that cannot be opened.
    """
    from pinpoint_endpoints.service.client import open_client, open_local_client

    if store is not None and not local:
        raise UsageError(
            "a store is the file of the local Pinpoint", "add --local, or leave it out"
        )
    if not local:
        return open_client(region=region, profile=profile, endpoint_url=endpoint_url)
    if endpoint_url is not None:
        raise UsageError("--local and --endpoint-url exclude each other", "leave one of them out")
    from pinpoint_endpoints.local.in_process import attach
    from pinpoint_endpoints.local.location import default_store_path
    from pinpoint_endpoints.local.operations import LocalPinpoint
    from pinpoint_endpoints.local.store import Store

    client = open_local_client()
    attach(client, LocalPinpoint(Store(store or default_store_path())))
    return client


def upsert(
    client: Any, application_id: str, document: Document, endpoint_id: str | None = None
) -> Outcome:
    """Validate a document, send it if it is valid, and return what became of it.

    Args:
        client: from `connect`, or any boto3 Pinpoint client.
        application_id: the application, called project in the console.
        document: from `load`.
        endpoint_id: else the document's own, else its file's name.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    (outcome,) = upsert_all(lambda: client, application_id, [document], endpoint_id)
    return outcome


def upsert_all(
    connect: Callable[[], Any],
    application_id: str,
    documents: Iterable[Document],
    endpoint_id: str | None = None,
    policy: Policy = DEFAULT,
) -> Iterator[Outcome]:
    """Validate documents, send those that are valid, and yield what became of each, in order.

    What ends the run is raised after the outcome of the document that met it.

    Args:
        connect: called when the first document is to be sent; returns a boto3 Pinpoint client.
        application_id: the application, called project in the console.
        documents: from `load`.
        endpoint_id: for all of them; else each document's own, else its file's name.
        policy: how the documents are judged.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    check_id(application_id, "application id", "--app")
    if endpoint_id is not None:
        check_id(endpoint_id, "endpoint id", "--id")
    client = None
    for loaded in documents:
        renamed = endpoint_id is not None and loaded.is_read
        document = loaded._replace(endpoint_id=endpoint_id) if renamed else loaded
        target = document.endpoint_id if endpoint_id is None else endpoint_id
        problems = validate(document, policy)
        if document.is_read and target is None and is_valid(problems, policy):
            problems.append(_no_id(document))
        if target is None or not is_valid(problems, policy):
            message = "not sent: the document is invalid"
            yield unanswered(State.INVALID, document, target, message, problems)
            continue
        client = client or connect()
        try:
            outcome = update_endpoint(client, application_id, target, document)
        except CannotRun as error:
            yield unanswered(State.FAILED, document, target, error.message, problems)
            raise
        yield replace(outcome, problems=tuple(problems)) if problems else outcome


def _no_id(document: Document) -> Problem:
    finding = Finding((), "not an endpoint id: there is none", "name the endpoint with --id")
    return problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding)
