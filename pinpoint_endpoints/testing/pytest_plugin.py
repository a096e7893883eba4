"""pytest's request for the fixture `pinpoint_local` in, a local Pinpoint of the test's own out.

Every start of pytest imports this module where the package is installed, so that it imports
nothing that is not there already.
"""

import os
import sys
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pinpoint_endpoints.testing.fresh import PinpointLocal


@pytest.fixture
def pinpoint_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator["PinpointLocal"]:
    """A local Pinpoint of the test's own: a fresh store, an application, variables that lead there.

    The Pinpoint clients of boto3 that the test makes are answered by it, in this process. `url` is
    for other processes and languages, and `serve(fail_rate=0.1)` lets calls fail. `endpoint(id)`
    and `endpoints()` return what is stored.
    """
    from pinpoint_endpoints.testing.fresh import local_pinpoint

    with local_pinpoint(tmp_path_factory.mktemp("pinpoint_local")) as pinpoint:
        yield pinpoint


_before = pytest.StashKey[dict[str, str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> None:
    """Before the first fixture of a test is made, provide for what comes after it has ended."""
    if fixturedef.scope == "function" and _before not in request.node.stash:
        request.node.stash[_before] = dict(os.environ)
        request.node.addfinalizer(partial(_put_back, request.node.stash))


def _put_back(stash: pytest.Stash) -> None:
    """Take back what `monkeypatch` gave back, where it had seen the variables of a Pinpoint."""
    before = stash[_before]
    del stash[_before]
    environment = sys.modules.get("pinpoint_endpoints.testing.environment")
    if environment is not None:
        environment.put_back(before)
