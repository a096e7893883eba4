"""The pytest plug-in: the fixture `pinpoint_local`.

Every start of pytest imports this module where the package is installed, so it imports nothing
that is not loaded already, and it has no hooks.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pinpoint_endpoints.testing.fixture import PinpointLocal


@pytest.fixture
def pinpoint_local(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["PinpointLocal"]:
    """A local Pinpoint for this test: a new store with one application, served on a free port.

    Environment variables direct every Pinpoint client to it: boto3, aioboto3, the AWS CLI,
    subprocesses. `endpoint(id)` and `endpoints()` return what is stored, `serve(fail_rate=0.1)`
    makes calls fail.
    """
    from pinpoint_endpoints.testing.fixture import local_pinpoint

    with local_pinpoint(tmp_path_factory.mktemp("pinpoint_local"), monkeypatch) as pinpoint:
        yield pinpoint
