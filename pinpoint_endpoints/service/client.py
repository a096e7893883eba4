"""Opens boto3 Pinpoint clients. Credentials and retries are botocore's.

boto3's clients are made by botocore; boto3 itself, which also imports the transfers of S3, is not
imported: that would take a tenth of the time of a single upsert.
"""

import os
from os import PathLike
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.service.rate_limit import SYSTEM_CLOCK, Clock, limit_rate

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session

LOCAL_URL = "http://pinpoint.local"
"""The address of requests to the local Pinpoint; nothing is ever sent there."""

PINPOINT, CUSTOMER_PROFILES, S3 = "pinpoint", "customer-profiles", "s3"
"""botocore's names of the services."""

CONNECT_SECONDS = 10
READ_SECONDS = 30
CONNECTIONS = 10
"""botocore's default, and the number of single updates that AWS allows in flight."""

_SESSION_VARIABLES = {
    "retry_mode": ("retry_mode", "AWS_RETRY_MODE", "standard", None),
    "aws_region": (None, "AWS_REGION", None, None),
    "aws_default_region": (None, "AWS_DEFAULT_REGION", None, None),
    "pinpoint_url": (None, "AWS_ENDPOINT_URL_PINPOINT", None, None),
    "customer_profiles_url": (None, "AWS_ENDPOINT_URL_CUSTOMER_PROFILES", None, None),
    "s3_url": (None, "AWS_ENDPOINT_URL_S3", None, None),
    "any_url": (None, "AWS_ENDPOINT_URL", None, None),
}
"""A better default for retries, and variables that botocore has no names for."""

_ANY_REGION = "us-east-1"
_ANY_KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
"""What requests are signed with where nobody looks."""


def check_choice(
    *, local: bool, store: str | PathLike[str] | None, endpoint_url: str | None
) -> None:
    """Refuse to choose two targets at once.

    Raises:
        UsageError: a store without the local Pinpoint, or a server besides it.
    """
    if store is not None and not local:
        raise UsageError("a store is only for the local Pinpoint", "add --local, or omit the store")
    if local and endpoint_url is not None:
        raise UsageError("--local and --endpoint-url exclude each other", "leave one of them out")


def open_client(  # noqa: PLR0913 - each is an option of the commands
    *,
    service: str = PINPOINT,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    rate: float | None = None,
    connections: int = CONNECTIONS,
    connect_timeout: float = CONNECT_SECONDS,
    read_timeout: float = READ_SECONDS,
    clock: Clock = SYSTEM_CLOCK,
) -> Any:
    """Return a boto3 client for an AWS account or for a server that speaks the Pinpoint API.

    What is not given comes from boto3's own variables and files. Retries are botocore's, in its
    `standard` mode unless another one is configured. The client keeps to AWS's quotas. A server on
    this machine needs neither a region nor credentials: placeholders sign what is sent there.

    Args:
        service: botocore's name of it.
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
        endpoint_url: a server to use instead of AWS, `http://…` or `https://…`.
        rate: calls a second at most, of each operation that updates; else AWS's quotas, and no
            limit for a server on this machine.
        connections: how many are kept open: as many as there are threads that use the client.
        connect_timeout: in seconds, 0 for no limit.
        read_timeout: in seconds, 0 for no limit.
        clock: what the rate is measured with.

    Raises:
        UsageError: the endpoint URL or the rate is invalid.
        CannotRun: no region, an unknown profile, a broken configuration file.
    """
    from botocore.config import Config

    from pinpoint_endpoints.service.errors import translate_botocore_errors
    from pinpoint_endpoints.service.responses import read_answers_carefully

    with translate_botocore_errors():
        session = _session(profile, endpoint_url)
        is_local = _is_local(session, endpoint_url, service)
        client = _client(
            _with_our_data(session, aws=not is_local),
            service,
            region_name=_region_of(session, region, is_local=is_local),
            endpoint_url=endpoint_url,
            **(_placeholders(session) if is_local else {}),
            config=Config(
                connect_timeout=connect_timeout or None,
                read_timeout=read_timeout or None,
                max_pool_connections=connections,
            ),
        )
    read_answers_carefully(client)
    quotas = not is_loopback(client.meta.endpoint_url)
    limit_rate(client, rate=rate, quotas=quotas, clock=clock)
    return client


def open_s3_client(*, region: str | None = None, profile: str | None = None) -> Any:
    """Return a boto3 client of Amazon S3, or of the server that variables or files name instead.

    A server on this machine needs neither a region nor credentials, and buckets are in its paths.

    Args:
        region: as in the AWS CLI.
        profile: as in the AWS CLI.

    Raises:
        CannotRun: no region, an unknown profile, a broken configuration file.
    """
    from botocore.config import Config
    from botocore.session import Session

    from pinpoint_endpoints.service.errors import translate_botocore_errors

    with translate_botocore_errors(has_local=False):
        session = Session(session_vars=_SESSION_VARIABLES, profile=profile)
        is_local = _is_local(session, None, S3)
        return _client(
            _with_our_data(session),
            S3,
            region_name=_region_of(session, region, is_local=is_local),
            **(_placeholders(session) if is_local else {}),
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                s3={"addressing_style": "path"} if is_local else None,
            ),
        )


def open_local_client(
    *,
    service: str = PINPOINT,
    rate: float | None = None,
    session: "Session | None" = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Any:
    """Return a boto3 client that no variable or file of the user can change.

    It signs nothing and its region has no meaning, so it works without credentials. Its requests
    have to be answered before they are sent: see `pinpoint_endpoints.local.in_process.attach`.

    Args:
        service: botocore's name of it.
        rate: calls a second at most, of each operation that updates; else no limit.
        session: from `local_session`, for callers that need many clients; else a new one.
        clock: what the rate is measured with.

    Raises:
        UsageError: the rate is invalid.
    """
    from botocore import UNSIGNED
    from botocore.config import Config

    client = _client(
        session or local_session(),
        service,
        region_name="us-east-1",
        endpoint_url=LOCAL_URL,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )
    limit_rate(client, rate=rate, quotas=False, clock=clock)
    return client


def local_session() -> "Session":
    """Return a session that no variable or file of the user can change."""
    import botocore.session

    variables = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    variables["config_file"] = variables["credentials_file"] = (None, None, os.devnull, None)
    return _with_our_data(_new_session(session_vars=variables), aws=False)


def open_preview_client(
    *,
    service: str = PINPOINT,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> Any:
    """Return a boto3 client like that of `open_client`, for requests that are not sent.

    It needs no credentials: it signs with made-up ones.

    Args:
        service: botocore's name of it.
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
        endpoint_url: a server to use instead of AWS, `http://…` or `https://…`.

    Raises:
        UsageError: the endpoint URL is invalid.
        CannotRun: no region, an unknown profile, a broken configuration file.
    """
    from pinpoint_endpoints.service.errors import translate_botocore_errors

    with translate_botocore_errors():
        session = _session(profile, endpoint_url)
        return _client(
            _with_our_data(session),
            service,
            region_name=_region_of(
                session, region, is_local=_is_local(session, endpoint_url, service)
            ),
            endpoint_url=endpoint_url,
            **_ANY_KEYS,
        )


def _session(profile: str | None, endpoint_url: str | None) -> "Session":
    if endpoint_url is not None:
        _check_url(endpoint_url)
    return _new_session(session_vars=_SESSION_VARIABLES, profile=profile)


def _new_session(**arguments: Any) -> "Session":
    """Return a botocore session with those of botocore's handlers that our services use.

    It has 130, nearly all for other services, and inspects each: a thirtieth of a cold call.
    """
    from botocore.handlers import BUILTIN_HANDLERS
    from botocore.session import Session

    session = Session(include_builtin_handlers=False, **arguments)
    for event, handler, *_ in BUILTIN_HANDLERS:
        kind, service = [*event.split("."), ""][:2]
        if kind != "docs" and service in ("", *_SERVICES):
            session.register(event, handler)
    return session


def _region_of(session: "Session", region: str | None, *, is_local: bool) -> str:
    """Return the region, with the precedence of the AWS CLI v2: boto3 ignores AWS_REGION.

    An empty variable counts as unset. A server on this machine needs no region.

    Raises:
        NoRegionError: there is none.
    """
    from botocore.exceptions import NoRegionError

    named = map(session.get_config_variable, ("aws_region", "aws_default_region"))
    in_file = session.get_scoped_config().get("region")
    known: str = next(filter(None, (region, *named, in_file)), "")
    if not known and not is_local:
        raise NoRegionError
    known = known or _ANY_REGION
    session.set_config_variable("region", known)  # for the services that give credentials
    return known


def _is_local(session: "Session", endpoint_url: str | None, service: str) -> bool:
    """Return whether a client of a service would connect to this machine."""
    return is_loopback(endpoint_url or _configured_url(session, service.replace("-", "_")))


def _configured_url(session: "Session", service_id: str) -> str:
    """Return the server that variables or the configuration file name for a service, or "".

    Source: AWS SDKs reference guide, "Service-specific endpoints".
    """
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return ""
    profile = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(profile.get("services"), {})
    service = services.get(service_id, {})
    named = map(session.get_config_variable, (f"{service_id}_url", "any_url"))
    in_files = (service.get("endpoint_url"), profile.get("endpoint_url"))
    return next(filter(None, (*named, *in_files)), "")


def _placeholders(session: "Session") -> dict[str, Any]:
    """Return made-up credentials if the session has none, else nothing.

    The metadata service of EC2 is not asked: where there is none, that takes seconds.
    """
    session.get_component("credential_provider").remove("iam-role")
    return _ANY_KEYS if session.get_credentials() is None else {}


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise UsageError(
            "invalid endpoint URL", "include the scheme, for example http://127.0.0.1:7467"
        )


def is_loopback(url: str) -> bool:
    """Return whether a server is on this machine, where AWS's quotas do not apply."""
    from ipaddress import ip_address

    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _with_our_data(session: "Session", *, aws: bool = True) -> "Session":
    session.register_component("data_loader", pinpoint_loader(aws=aws))
    return session


def _client(session: "Session", service: str, **arguments: Any) -> Any:
    from pinpoint_endpoints.service.responses import make_answers_parsable

    client = session.create_client(service, **arguments)
    if service == PINPOINT:
        make_answers_parsable(client)
    return client


_API_VERSION = "2016-12-01"
_SERVICES = (PINPOINT, CUSTOMER_PROFILES, "sts", "sso", "sso-oidc", "signin")
"""The last four are for botocore's credential providers: roles, web identities and logins."""


def pinpoint_loader(*, aws: bool = True) -> "Loader":
    """Return a loader of botocore's service data that saves a fifth of a cold call.

    It parses with orjson, and does not list botocore's 430 other services.

    Args:
        aws: whether clients may connect to AWS; else its table of regions is not read.
    """
    import orjson
    from botocore.loaders import JSONFileLoader, Loader

    class OrjsonFileLoader(JSONFileLoader):
        def _load_file(self, full_path: str, open_method: Any) -> Any:
            try:
                with open_method(full_path, "rb") as file:
                    return orjson.loads(file.read())
            except FileNotFoundError:
                return None

    class PinpointLoader(Loader):
        def list_available_services(self, type_name: str) -> list[str]:
            return [*_SERVICES, S3] if type_name == "service-2" else [S3]

        def determine_latest_version(self, service_name: str, type_name: str) -> str:
            if service_name == PINPOINT:
                return _API_VERSION
            return max(self.list_api_versions(service_name, type_name))

        def load_data_with_path(self, name: str) -> Any:
            if name == "endpoints" and not aws:
                return {"version": 3, "partitions": []}, ""
            return super().load_data_with_path(name)

    return PinpointLoader(file_loader=OrjsonFileLoader())
