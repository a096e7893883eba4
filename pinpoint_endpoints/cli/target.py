"""Connects to the Pinpoint that the options select: AWS, another server, or the local one."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from pinpoint_endpoints.cli.lookup import profiles
from pinpoint_endpoints.cli.options import TARGET, OptionGroup, Verbose
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.quotas import (
    CALLS_PER_SECOND,
    CONCURRENT_BATCHES,
    CONCURRENT_CALLS,
    CONCURRENT_LOCAL_CALLS,
    CONCURRENT_LOOPBACK_CALLS,
)
from pinpoint_endpoints.service.client import (
    CONNECT_SECONDS,
    CONNECTIONS,
    CUSTOMER_PROFILES,
    PINPOINT,
    READ_SECONDS,
)

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.journal import JournalTarget

STORE_VARIABLE = "PE_LOCAL_STORE"
IN_MEMORY = Path(":memory:")
"""SQLite's name for a database without a file."""


def _checked_rate(rate: float | None) -> float | None:
    if rate is not None:
        from pinpoint_endpoints.service.rate_limit import check_rate

        check_rate(rate)
    return rate


def _concurrency(default: str) -> Any:
    return typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        max=256,
        show_default=f"{default}; {CONCURRENT_LOOPBACK_CALLS} on loopback; "
        f"{CONCURRENT_LOCAL_CALLS} for --local",
        help="Maximum concurrent calls.",
    )


def _rate(quotas: str, single: str, batch: str) -> Any:
    return typer.Option(
        "--rate",
        metavar="N",
        callback=_checked_rate,
        show_default=f"{quotas}{CALLS_PER_SECOND[single]:g} single, "
        f"{CALLS_PER_SECOND[batch]:g} batch calls; none for --local and on loopback",
        help="Maximum calls per second.",
    )


StoreOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default=f"{STORE_VARIABLE}, else a file in the user's data directory",
        help="The file of the local Pinpoint.",
        rich_help_panel=TARGET,
    ),
]


class Target(OptionGroup):
    """The options that say where endpoints are sent and read; connects when a client is needed.

    Attributes:
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
        endpoint_url: a server instead of AWS.
        local: whether it is the local Pinpoint.
        store: the local Pinpoint's file.
        read_timeout: in seconds, 0 for no limit.
        connect_timeout: in seconds, 0 for no limit.
        verbose: whether to print what is connected to.
        service: boto3's name of it.
        concurrency: how many calls are in flight at most, if it was given.
        rate: calls a second at most, if it was given.
    """

    heading = TARGET

    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="The AWS region, as in the AWS CLI.")
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="PROFILE",
            help="The credentials profile, as in the AWS CLI.",
            autocompletion=profiles,
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A server that speaks the Pinpoint API, instead of AWS."),
    ] = None
    local: Annotated[
        bool,
        typer.Option(
            "--local/--no-local",
            envvar="PE_LOCAL",
            help="Use the local Pinpoint instead of AWS: no account, no credentials, no region.",
        ),
    ] = False
    store: StoreOption = None
    read_timeout: Annotated[
        int,
        typer.Option(
            "--cli-read-timeout",
            metavar="SECONDS",
            min=0,
            help="How long to wait for a response, as in the AWS CLI; 0 for no limit.",
        ),
    ] = READ_SECONDS
    connect_timeout: Annotated[
        int,
        typer.Option(
            "--cli-connect-timeout",
            metavar="SECONDS",
            min=0,
            help="How long to wait for a connection, as in the AWS CLI; 0 for no limit.",
        ),
    ] = CONNECT_SECONDS
    verbose: Verbose = False
    service: ClassVar[str] = PINPOINT
    concurrency: int | None = None
    rate: float | None = None

    def client(self) -> Any:
        """Return the boto3 client; every call returns the same one.

        Raises:
            UsageError: the options exclude each other, or the rate is invalid.
            CannotRun: no region, an unknown profile, a store that cannot be opened.
        """
        return self._client

    @cached_property
    def _client(self) -> Any:
        from pinpoint_endpoints.api import connect
        from pinpoint_endpoints.service.errors import server_of

        client = connect(
            service=self.service,
            region=self.region,
            profile=self.profile,
            endpoint_url=self.endpoint_url,
            local=self.local,
            store=local_store(self.store) if self.local else self.store,
            rate=self.rate,
            connections=max(self.concurrency or 0, CONNECTIONS),
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
        )
        if self.verbose:
            server = "the local Pinpoint" if self.local else server_of(client.meta.endpoint_url)
            note(f"using {server}")
        return client

    def preview_client(self) -> Any:
        """Return a client that builds the requests of `client` without sending them.

        Raises:
            UsageError: the options exclude each other, or the endpoint URL is invalid.
            CannotRun: no region, an unknown profile, a broken configuration file.
        """
        return self._preview_client

    @cached_property
    def _preview_client(self) -> Any:
        from pinpoint_endpoints.service.client import (
            check_choice,
            open_local_client,
            open_preview_client,
        )

        check_choice(local=self.local, store=self.store, endpoint_url=self.endpoint_url)
        if self.local:
            return open_local_client(service=self.service)
        return open_preview_client(
            service=self.service,
            region=self.region,
            profile=self.profile,
            endpoint_url=self.endpoint_url,
        )

    def is_aws(self) -> bool:
        """Return whether an AWS account was connected to."""
        from pinpoint_endpoints.service.errors import is_aws

        return "_client" in self.__dict__ and is_aws(self._client)

    def journal_target(self, application_id: str, *, read_only: bool = False) -> "JournalTarget":
        """Return the target that a journal records. The local Pinpoint's store is made for it.

        Args:
            application_id: the application.
            read_only: whether no store is made.

        Raises:
            UsageError: the options exclude each other, or the endpoint URL is invalid.
            CannotRun: no region, an unknown profile, a store that cannot be opened.
        """
        from pinpoint_endpoints.delivery.journal import JournalTarget
        from pinpoint_endpoints.service.errors import address_of

        meta = self.preview_client().meta
        if not self.local:
            return JournalTarget(application_id, meta.region_name, address_of(meta.endpoint_url))
        from pinpoint_endpoints.local.store import Store, exists

        path = local_store(self.store)
        store_id = ""
        if not read_only or exists(path):
            with Store(path) as store:
                store_id = store.identity()
        server = f"the local Pinpoint in {path.resolve()}"
        return JournalTarget(application_id, "", server, store_id)

    def concurrent_calls(self, *, batch: bool) -> int:
        """Return how many calls may be in flight at once."""
        from pinpoint_endpoints.service.client import is_loopback

        if self.concurrency is not None:
            return self.concurrency
        if self.local:
            return CONCURRENT_LOCAL_CALLS
        own = f"AWS_ENDPOINT_URL_{self.service.upper().replace('-', '_')}"
        named = map(os.environ.get, (own, "AWS_ENDPOINT_URL"))
        if is_loopback(next(filter(None, (self.endpoint_url, *named)), "")):
            return CONCURRENT_LOOPBACK_CALLS
        return CONCURRENT_BATCHES if batch else CONCURRENT_CALLS


class ConcurrentTarget(Target):
    """A target that several calls at a time are made to."""

    concurrency: Annotated[
        int | None,
        _concurrency(f"{CONCURRENT_BATCHES} batch calls, {CONCURRENT_CALLS} others"),
    ] = None


class ProfilesTarget(ConcurrentTarget):
    """A target whose profiles are updated: Customer Profiles, at AWS or the local one."""

    service: ClassVar[str] = CUSTOMER_PROFILES

    endpoint_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A server that speaks the Customer Profiles API, instead of AWS; Amazon S3 has "
            "AWS_ENDPOINT_URL_S3.",
        ),
    ] = None
    local: Annotated[
        bool,
        typer.Option(
            "--local/--no-local",
            envvar="PE_LOCAL",
            help="Use the local Customer Profiles instead of AWS: no account, no credentials, no "
            "region.",
        ),
    ] = False
    concurrency: Annotated[int | None, _concurrency(f"{CONCURRENT_CALLS}")] = None
    rate: Annotated[float | None, _rate("", "PutProfileObject", "BatchPutProfileObject")] = None


class UpdateTarget(ConcurrentTarget):
    """A target whose endpoints are updated: AWS has quotas for that."""

    rate: Annotated[
        float | None, _rate("AWS's quotas: ", "UpdateEndpoint", "UpdateEndpointsBatch")
    ] = None


def local_store(given: Path | None) -> Path:
    """Return the local Pinpoint's file: the option's, else the variable's, else the user's.

    Raises:
        UsageError: the store is in memory, where a command would lose it.
        CannotRun: the user has no home directory, and nothing names a file.
    """
    from pinpoint_endpoints.local.store import default_store_path

    if is_in_memory(given):
        raise UsageError(
            f"a store in memory ({IN_MEMORY}) ends with the command", "name a file for the store"
        )
    return _store(given) or default_store_path()


def is_in_memory(given: Path | None) -> bool:
    """Return whether the store of the option, else of the variable, is in memory."""
    return _store(given) == IN_MEMORY


def _store(given: Path | None) -> Path | None:
    named = os.environ.get(STORE_VARIABLE)
    if given is not None or not named:
        return given
    from pinpoint_endpoints.local.store import named_store_path

    return named_store_path(named)
