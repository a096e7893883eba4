"""Sockets that listen, and how many connections there may be."""

import os
import resource
import socket
from collections.abc import Iterator

import pytest

from pinpoint_endpoints.local.http.listening import (
    MOST_CONNECTIONS,
    OTHER_FILES,
    Settings,
    listen,
    most_connections,
)
from pinpoint_endpoints.local.http.server import serving

Limits = tuple[int, int]


@pytest.fixture
def limits() -> Iterator[Limits]:
    """Return the limits of open files, and set them again afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_server_leaves_the_limits_of_its_process(limits: Limits) -> None:
    """It may run in a test of somebody, whose limit is none of its business."""
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (500, hard))
    with serving(None):
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (500, hard)
    assert most_connections() == 500 - OTHER_FILES


@pytest.mark.parametrize(
    ("soft", "most"),
    [
        (1_024, 1_024 - OTHER_FILES),
        (OTHER_FILES, 1),
        (10_000_000, MOST_CONNECTIONS),
        (resource.RLIM_INFINITY, MOST_CONNECTIONS),
    ],
)
def test_connections_have_the_files_that_are_left(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int
) -> None:
    """One at least, and never more than a server can keep."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, resource.RLIM_INFINITY))
    assert most_connections() == most


@pytest.mark.parametrize(("system", "is_set"), [("posix", True), ("nt", False)])
def test_no_other_server_may_take_the_port(
    monkeypatch: pytest.MonkeyPatch, system: str, is_set: bool
) -> None:
    """SO_REUSEADDR frees the port of a server that ended, but lets Windows give it to two."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", system)
        listener = listen(Settings())
    with listener:
        assert bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)) is is_set
