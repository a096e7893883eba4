"""Refuse calls to the server of a local Pinpoint that has ended: its port would not answer."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pinpoint_endpoints.errors import CannotRun

if TYPE_CHECKING:
    from botocore.session import Session

_ended: set[str] = set()
"""Addresses with ports; of this process, as clients are too."""


@contextmanager
def refused_after_the_end(url: str) -> Iterator[None]:
    """Refuse calls to a server when the block has ended, until its port is taken again.

    A client that the code under test keeps would repeat a call to the closed port for ten seconds.
    This concerns boto3, botocore and aiobotocore, where the session was created after this was
    first called in the process.

    Args:
        url: the URL of the server.
    """
    _watch_new_sessions()
    address = urlsplit(url).netloc
    _ended.discard(address)
    try:
        yield
    finally:
        _ended.add(address)


@cache
def _watch_new_sessions() -> None:
    """Let botocore call `_watch` with every session that it creates; once a process."""
    import botocore

    botocore.register_initializer(_watch)


def _watch(session: "Session") -> None:
    for service in ("pinpoint", "customer-profiles"):
        session.register(f"before-send.{service}", _refuse_ended)


def _refuse_ended(**event: Any) -> None:
    """Handle botocore's event before a request is sent.

    Raises:
        CannotRun: the server has ended.
    """
    server = urlsplit(event["request"].url)
    if server.netloc not in _ended:
        return
    if _is_taken(server.hostname or "", server.port or 0):
        _ended.discard(server.netloc)  # by a server that knows nothing of the one that ended
    else:
        raise CannotRun(
            "this client was created for a local Pinpoint that has ended",
            "create clients in the test that uses them, or replace this one with "
            "`pinpoint_local.client`",
        )


def _is_taken(host: str, port: int) -> bool:
    """Return whether a server listens on a port of this machine, which cannot be bound then."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # so that connections that were closed just now do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
