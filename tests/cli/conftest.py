import errno
import os
from collections.abc import Iterator

import pytest
from deliveries import without_waiting
from faulty_pinpoint import FaultyPinpoint

from pinpoint_endpoints.testing import PinpointLocal


@pytest.fixture
def unhurried(pinpoint_local: PinpointLocal) -> Iterator[None]:
    """Give each test a local Pinpoint of its own, and retries without waiting."""
    with without_waiting():
        yield


@pytest.fixture
def server() -> Iterator[FaultyPinpoint]:
    """Return a Pinpoint that a test lets fail."""
    with FaultyPinpoint() as started:
        yield started


@pytest.fixture
def failed_forks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the system start no more processes; the list gets an item for each attempt."""
    failed: list[str] = []

    def fork() -> int:
        failed.append("fork")
        raise BlockingIOError(errno.EAGAIN, "resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    return failed
