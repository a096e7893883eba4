"""Doors to the local Pinpoint: a boto3 client in-process, the same under moto, and raw requests."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import orjson
import pytest

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer, answer
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.testing import PinpointLocal, mock_aws

Send = Callable[..., Answer]


@cache
def session() -> boto3.Session:
    """Return one session for all tests: making it takes longer than most of them."""
    return boto3.Session()


def new_client(**settings: Any) -> Any:
    """Make a Pinpoint client that knows no real account."""
    return session().client(
        "pinpoint",
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        **settings,
    )


@pytest.fixture
def store() -> Iterator[Store]:
    """Return a fresh store in memory."""
    with Store(None) as fresh:
        yield fresh


@pytest.fixture
def pinpoint(store: Store) -> LocalPinpoint:
    """Return a local Pinpoint over a fresh store in memory, which refuses unknown members."""
    return LocalPinpoint(store, strict_requests=True)


@pytest.fixture
def send(pinpoint: LocalPinpoint) -> Send:
    """Return a function that sends a raw request: method, target, and a value or raw bytes."""

    def send_raw(method: str, target: str, body: Any = b"") -> Answer:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return answer(pinpoint, method, target, raw)

    return send_raw


@pytest.fixture
def local_client(pinpoint_local: PinpointLocal) -> Any:
    """Return a boto3 client that a local Pinpoint answers in-process."""
    return pinpoint_local.client


@pytest.fixture
def moto_client() -> Iterator[Any]:
    """Return a boto3 client under `mock_aws` with endpoint operations."""
    with mock_aws():
        yield new_client()


@pytest.fixture(params=["local_client", "moto_client"])
def client(request: pytest.FixtureRequest) -> Any:
    """Return a boto3 client through one door after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def app(client: Any) -> str:
    """Return the id of a fresh application behind the client."""
    request = {"Name": "newsletter"}
    created = client.create_app(CreateApplicationRequest=request)
    return str(created["ApplicationResponse"]["Id"])


@pytest.fixture
def put(client: Any, app: str) -> Callable[..., Any]:
    """Return a function that updates one endpoint: its id, and the members of the request."""

    def update(endpoint_id: str, **members: Any) -> Any:
        return client.update_endpoint(
            ApplicationId=app, EndpointId=endpoint_id, EndpointRequest=members
        )

    return update


@pytest.fixture
def get(client: Any, app: str) -> Callable[[str], dict[str, Any]]:
    """Return a function that reads one endpoint by its id."""

    def read(endpoint_id: str) -> dict[str, Any]:
        found = client.get_endpoint(ApplicationId=app, EndpointId=endpoint_id)
        return dict(found["EndpointResponse"])

    return read


@pytest.fixture
def make_client() -> Callable[..., Any]:
    """Return a function that makes a Pinpoint client, with settings of boto3's own."""
    return new_client
