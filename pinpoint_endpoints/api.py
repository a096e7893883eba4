"""Provides the functions of the library, which the commands use too."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.delivery.circuit_breaker import CircuitBreaker
from pinpoint_endpoints.delivery.deliver import Send, deliver
from pinpoint_endpoints.delivery.log import DeliveryLog
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import DEFAULT_OPTIONS, SendOptions, Step, plan
from pinpoint_endpoints.delivery.sender import THROTTLE_RETRIES, Sender
from pinpoint_endpoints.delivery.verification import DELAYS, Verification
from pinpoint_endpoints.documents.endpoint_ids import check_id
from pinpoint_endpoints.documents.load import load
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.service.client import (
    CONNECT_SECONDS,
    CONNECTIONS,
    PINPOINT,
    READ_SECONDS,
    check_choice,
    open_client,
    open_local_client,
)
from pinpoint_endpoints.service.endpoints import get_endpoint as get
from pinpoint_endpoints.service.outcome import Outcome, State, unsent

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.journal import Journal
    from pinpoint_endpoints.delivery.log import FailureFile

__all__ = ["connect", "get", "load", "upsert", "upsert_all", "validate"]


def connect(  # noqa: PLR0913 - each is an option of the commands
    *,
    service: str = PINPOINT,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    local: bool = False,
    store: str | PathLike[str] | None = None,
    rate: float | None = None,
    connections: int = CONNECTIONS,
    connect_timeout: float = CONNECT_SECONDS,
    read_timeout: float = READ_SECONDS,
) -> Any:
    """Return a boto3 client of Pinpoint that keeps to AWS's quotas.

    Args:
        service: boto3's name of it; `customer-profiles` is the other one that is known.
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
        endpoint_url: a Pinpoint-compatible server instead of AWS.
        local: use the local Pinpoint: no account, no credentials, no region, no network.
        store: the file of the local Pinpoint; by default one in the user's data directory.
        rate: calls a second at most, of each operation that updates; else AWS's quotas, and no
            limit for the local Pinpoint and a server on this machine.
        connections: how many are kept open: one for each thread that uses the client.
        connect_timeout: in seconds, as in the AWS CLI: 0 for no limit.
        read_timeout: in seconds, as in the AWS CLI: 0 for no limit.

    Raises:
        UsageError: the endpoint URL or the rate is invalid, or the arguments exclude each other.
        CannotRun: no region, an unknown profile, a store that cannot be opened.
    """
    check_choice(local=local, store=store, endpoint_url=endpoint_url)
    if not local:
        return open_client(
            service=service,
            region=region,
            profile=profile,
            endpoint_url=endpoint_url,
            rate=rate,
            connections=connections,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )
    from pinpoint_endpoints.local.in_process import InProcessTransport, attach
    from pinpoint_endpoints.local.store import default_store_path

    client = open_local_client(service=service, rate=rate)
    path = default_store_path() if store is None else Path(store)
    attach(client, InProcessTransport(path).answer)
    return client


def upsert(
    client: Any, application_id: str, document: Document, endpoint_id: str | None = None
) -> Outcome:
    """Validate a document, send it if it is valid, and return the outcome.

    Args:
        client: from `connect`, or any boto3 Pinpoint client.
        application_id: the application, called project in the console.
        document: from `load`.
        endpoint_id: else the document's own, else its file's name.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
    """
    options = SendOptions(endpoint_id=endpoint_id)
    outcomes = [*upsert_all(client, application_id, [document], options, throttle_retries=0)]
    if not outcomes:
        message = "not sent: there is no endpoint"
        return unsent(State.INVALID, document, endpoint_id, message, document.problems)
    return outcomes[0]


def upsert_all(  # noqa: PLR0913 - each is an option of pe upsert
    client: Any,
    application_id: str,
    documents: Iterable[Document],
    options: SendOptions = DEFAULT_OPTIONS,
    *,
    concurrency: int = 1,
    journal: "Journal | None" = None,
    failures: "FailureFile | None" = None,
    monitor: Monitor | None = None,
    verify: bool = False,
    verify_delays: Sequence[float] = DELAYS,
    throttle_retries: int = THROTTLE_RETRIES,
) -> Generator[Outcome, None, None]:
    """Validate documents, send those that are valid, and yield what became of each.

    Documents of one endpoint are sent in their order. What ends the run is raised after all
    outcomes.

    Args:
        client: from `connect`, or any boto3 Pinpoint client; or a function that returns one, called
            when the first document is to be sent.
        application_id: the application, called project in the console.
        documents: from `load`; any number.
        options: how they are validated and named, and whether several go in one call.
        concurrency: how many calls are under way at most.
        journal: what it has as accepted is skipped; outcomes are added as calls are answered.
        failures: gets the endpoints that the service refuses.
        monitor: follows the run, and may end it early.
        verify: whether what was accepted is read back and compared.
        verify_delays: seconds to wait before each further look for what is not stored yet.
        throttle_retries: how often a call is made again that is still throttled after botocore's
            retries.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer, a file that cannot be written.
        Refused: the service refuses whatever is sent.
        Interrupted: by the user.
    """
    monitor = monitor or Monitor()
    return carry_out(
        client,
        application_id,
        plan_upsert(application_id, monitor.reading(documents), options, journal),
        concurrency=concurrency,
        journal=journal,
        failures=failures,
        monitor=monitor,
        verify=verify,
        verify_delays=verify_delays,
        throttle_retries=throttle_retries,
    )


def carry_out(  # noqa: PLR0913 - the options of upsert_all
    client: Any,
    application_id: str,
    steps: Iterable[Step],
    *,
    concurrency: int = 1,
    journal: "Journal | None" = None,
    failures: "FailureFile | None" = None,
    monitor: Monitor | None = None,
    verify: bool = False,
    verify_delays: Sequence[float] = DELAYS,
    throttle_retries: int = THROTTLE_RETRIES,
) -> Generator[Outcome, None, None]:
    """Send what `plan_upsert` has planned, and yield what became of each document.

    The other arguments and the exceptions are those of `upsert_all`.
    """
    if failures is not None:
        steps = failures.truncate_before(steps)
    log = DeliveryLog(journal, failures, monitor)

    def sender(breaker: CircuitBreaker) -> Send:
        connected = client() if callable(client) else client
        verification = (
            Verification(connected, application_id, breaker.wait, verify_delays) if verify else None
        )
        return Sender(
            connected,
            application_id,
            breaker,
            log=log,
            verification=verification,
            throttle_retries=throttle_retries,
        ).send

    return deliver(steps, sender, concurrency, monitor)


def plan_upsert(
    application_id: str,
    documents: Iterable[Document],
    options: SendOptions = DEFAULT_OPTIONS,
    journal: "Journal | None" = None,
) -> Iterator[Step]:
    """Validate documents, and yield what `upsert_all` would do with them: nothing is sent.

    Args:
        application_id: the application.
        documents: from `load`; any number.
        options: how they are validated and named, and whether several go in one call.
        journal: skips what it has as accepted.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
    """
    check_id(application_id, "application id", "--app")
    if options.endpoint_id is not None:
        check_id(options.endpoint_id, "endpoint id", "--id")
    return plan(documents, options, None if journal is None else journal.accepted)
