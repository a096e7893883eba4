"""The address that a person wants in; a socket that listens there, and its URL, out."""

import os
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.local.http.faults import Faults
from pinpoint_endpoints.local.http.visitors import Visitors

BACKLOG = 2048
MOST_CONNECTIONS = 60_000
OTHER_FILES = 64
"""What the process has open beside connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the local Pinpoint is served.

    Args:
        host: the name or address to listen on.
        port: the port, 0 for a free one.
        allow_remote: whether others than this machine may connect.
        allowed_hosts: more names by which clients reach the server.
        allowed_origins: of web pages whose requests are answered.
        faults: what shall go wrong.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    faults: Faults = field(default_factory=Faults)


DEFAULT = Settings()


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens.

    Raises:
        UsageError: the host is beyond this machine, and that is not allowed.
        CannotRun: there is no such host, or its port is taken.
    """
    family, address = _resolved(settings)
    if not settings.allow_remote and not ip_address(_without_scope(address[0])).is_loopback:
        raise UsageError(
            f"{settings.host} lets others than this machine connect, and no signature is checked",
            "leave --host out, or add --allow-remote if that is what you want",
        )
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it lets another server take the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotRun(
            f"{settings.host} port {settings.port} cannot be listened on: {error.strerror}",
            "give another one with --port; 0 takes a free one",
        ) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return where clients of this machine reach a server."""
    host, port, *_ = listener.getsockname()
    if ip_address(_without_scope(host)).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def visitors_of(settings: Settings) -> Visitors:
    """Return whom a server answers."""
    try:
        any_address = ip_address(settings.host).is_unspecified
    except ValueError:
        any_address = False
    names = (settings.host, *settings.allowed_hosts)
    return Visitors(names, settings.allowed_origins, any_address=any_address)


def most_connections() -> int:
    """Return how many connections may be open by the limit of this process as it is.

    Source: the soft limit of open files, which is 256 on macOS and 1,024 on Linux unless raised.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(min(soft - OTHER_FILES, MOST_CONNECTIONS), 1)


def _resolved(settings: Settings) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise CannotRun(
            f"{settings.host} is no host: {getattr(error, 'strerror', None) or error}",
            "give an address of this machine, such as 127.0.0.1",
        ) from None
    return family, address


def _without_scope(address: str) -> str:
    return address.partition("%")[0]
