"""pytest's request for the fixture `pinpoint_local` in, a local Pinpoint of the test's own out.

Every start of pytest imports this module where the package is installed, so that it imports
nothing that is not there already.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pinpoint_endpoints.testing.fresh import PinpointLocal


@pytest.fixture
def pinpoint_local(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["PinpointLocal"]:
    """A local Pinpoint of the test's own: a fresh store, an application, variables that lead there.

    The Pinpoint clients of boto3 that the test makes are answered by it, in this process. `url` is
    for other processes and languages, and `serve(fail_rate=0.1)` lets calls fail. `endpoint(id)`
    and `endpoints()` return what is stored.
    """
    from pinpoint_endpoints.testing.fresh import local_pinpoint

    with local_pinpoint(tmp_path_factory.mktemp("pinpoint_local"), monkeypatch) as pinpoint:
        yield pinpoint
