from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.local.moto_plugin import install
from pinpoint_endpoints.local.requests import MAX_ID_LENGTH

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
ODD_IDS = [
    "a/b",
    "/",
    "a//b",
    "a+b@x.org",
    "100%",
    "%2F",
    "a#b?c=d&Action=GetApps",
    "é ü",
    "日本",
    "e;f",
    "\U0001f600" * MAX_ID_LENGTH,
]
UNUSUAL = "/+@%#?&=;: .~aBßİé日\U0001f600"


@pytest.fixture(scope="module")
def moto_server() -> Iterator[str]:
    """Run moto's own server with the plug-in, and return its address."""
    pytest.importorskip("flask_cors", reason="moto's server needs the packages of moto[server]")
    from moto.server import ThreadedMotoServer

    install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto_server_client(moto_server: str, make_client: Callable[..., Any]) -> Iterator[Any]:
    """Return a boto3 client of moto's server."""
    client = make_client(endpoint_url=moto_server, config=Config(retries={"total_max_attempts": 1}))
    yield client
    client.close()


@pytest.fixture(params=["local_client", "moto_client", "moto_server_client"])
def client(request: pytest.FixtureRequest) -> Any:
    """Return a boto3 client through every door there is."""
    return request.getfixturevalue(request.param)


def assert_round_trip(client: Any, app: str, endpoint_id: str) -> None:
    """Store, read, list and delete an endpoint whose id and user id are the given one."""
    where = {"ApplicationId": app, "EndpointId": endpoint_id}
    user = {"User": {"UserId": endpoint_id}}
    client.update_endpoint(**where, EndpointRequest={**EMAIL, **user})
    stored = client.get_endpoint(**where)["EndpointResponse"]
    assert (stored["Id"], stored["User"]["UserId"]) == (endpoint_id, endpoint_id)
    found = client.get_user_endpoints(ApplicationId=app, UserId=endpoint_id)
    assert found["EndpointsResponse"]["Item"] == [stored]
    deleted = client.delete_endpoint(**where)
    assert deleted["EndpointResponse"] == stored


@pytest.mark.parametrize("odd_id", ODD_IDS, ids=lambda odd_id: ascii(odd_id[:20]))
def test_odd_ids_arrive_as_they_are(client: Any, app: str, odd_id: str) -> None:
    """Slashes, percent signs and letters of all scripts survive the path of every door."""
    assert_round_trip(client, app, odd_id)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(st.sampled_from(UNUSUAL), min_size=1).filter(lambda text: not endpoint_id_problem(text))
)
def test_any_id_arrives_as_it_is(client: Any, app: str, odd_id: str) -> None:
    """Whatever id the service takes, every door stores, finds and deletes it."""
    assert_round_trip(client, app, odd_id)


def test_errors_reach_the_client_through_every_door(client: Any, app: str) -> None:
    """A refusal has the service's exception, status and members at the client."""
    with pytest.raises(client.exceptions.BadRequestException) as caught:
        client.update_endpoint(
            ApplicationId=app, EndpointId="e", EndpointRequest={"Address": "ann@example.com"}
        )
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Message"] == "Missing ChannelType"
    assert response["RequestID"] == response["ResponseMetadata"]["RequestId"]


def test_an_empty_id_is_refused_through_every_door(client: Any, app: str) -> None:
    """An empty id, which addresses the batch with a slash, answers 400."""
    with pytest.raises(client.exceptions.BadRequestException, match="it is empty"):
        client.update_endpoint(ApplicationId=app, EndpointId="", EndpointRequest=EMAIL)


def test_events_and_removals_reach_every_door(client: Any, app: str) -> None:
    """PutEvents and RemoveAttributes are answered wherever the endpoint operations are."""
    endpoint = {**EMAIL, "Attributes": {"color": ["red"]}}
    items = {"a/b": {"Endpoint": endpoint, "Events": {}}, "e": {"Endpoint": EMAIL, "Events": {}}}
    answer = client.put_events(ApplicationId=app, EventsRequest={"BatchItem": items})
    assert answer["EventsResponse"]["Results"].keys() == items.keys()
    removed = client.remove_attributes(
        ApplicationId=app,
        AttributeType="endpoint-custom-attributes",
        UpdateAttributesRequest={"Blacklist": ["*"]},
    )
    assert removed["AttributesResource"]["Attributes"] == ["color"]
