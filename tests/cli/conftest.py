from collections.abc import Iterator

import pytest
from deliveries import without_waiting
from faulty_pinpoint import FaultyPinpoint

from pinpoint_endpoints.testing import PinpointLocal


@pytest.fixture
def unhurried(pinpoint_local: PinpointLocal) -> Iterator[None]:
    """Let the local Pinpoint be a test's own, and nobody wait for retries."""
    with without_waiting():
        yield


@pytest.fixture
def server() -> Iterator[FaultyPinpoint]:
    """Return a Pinpoint that a test lets fail."""
    with FaultyPinpoint() as started:
        yield started
