"""The pages over a store, on the local Pinpoint's server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_pages import Put, Site

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.server.server import serving
from pinpoint_endpoints.local.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store is."""
    return tmp_path / "store.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """Return the fresh store that the pages show."""
    with Store(path) as fresh:
        yield fresh


@pytest.fixture
def site(store: Store, path: Path) -> Iterator[Site]:
    """Return the pages over a fresh store."""
    with serving(path) as server:
        yield Site(server.url)


@pytest.fixture(scope="module")
def one_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return the pages over a store with one endpoint, for tests that only read."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite3"
    request = {"ChannelType": "EMAIL", "Address": "one@example.com"}
    with Store(path) as store:
        LocalPinpoint(store).update_endpoint("demo", "one", request=request, request_id="request-1")
    with serving(path) as server:
        yield Site(server.url)


@pytest.fixture
def put(pinpoint: LocalPinpoint) -> Put:
    """Return a function that stores an e-mail endpoint, unless its members say otherwise."""

    def update(endpoint_id: str, app: str = "demo", **members: object) -> None:
        request = {"ChannelType": "EMAIL", "Address": f"{endpoint_id}@example.com", **members}
        pinpoint.update_endpoint(app, endpoint_id, request=request, request_id="request-1")

    return update
