"""Bodies put in ready made: what is signed, measured and sent is what was put in."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from http_stub import Answer, HttpStub
from signing import signature_fault

from pinpoint_endpoints import connect
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.service.requests import EVENT, HANDLER_ID, ready_body

BODY = '{"Item":[{"Id":"ada","Address":"\N{SNOWMAN}"}]}'.encode()
EMPTY = {"ApplicationId": "app", "EndpointBatchRequest": {"Item": []}}
AS_WRITTEN = b'{"Item": []}'


@pytest.fixture
def server() -> Iterator[HttpStub]:
    """Return a server that accepts everything."""
    with HttpStub() as stub:
        yield stub


@pytest.fixture
def client(aws_variables: None, server: HttpStub) -> Any:
    """Return a client of that server."""
    return connect(endpoint_url=server.url)


def test_the_signature_is_of_the_body_that_was_put_in(client: Any, server: HttpStub) -> None:
    """The bytes arrive as they are, with their own length, type and signature."""
    with ready_body(client, BODY):
        client.update_endpoints_batch(**EMPTY)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("PUT", "/v1/apps/app/endpoints")
    assert asked.body == BODY
    assert asked.headers["Content-Length"] == str(len(BODY))
    assert asked.headers["Content-Type"] == "application/json"
    assert signature_fault(asked) == ""


def test_a_retry_carries_it_again(aws_variables: None) -> None:
    """What is sent a second time is the same body, signed as well."""
    with HttpStub(Answer(503), Answer()) as server:
        client = connect(endpoint_url=server.url)
        with ready_body(client, BODY):
            client.update_endpoints_batch(**EMPTY)
    assert [asked.body for asked in server.asked] == [BODY, BODY]
    assert [signature_fault(asked) for asked in server.asked] == ["", ""]


def test_a_changed_body_would_be_noticed(client: Any, server: HttpStub) -> None:
    """The recomputed signature is one of the body: it tells another body apart."""
    with ready_body(client, BODY):
        client.update_endpoints_batch(**EMPTY)
    (asked,) = server.asked
    changed = type(asked)(asked.method, asked.path, asked.headers, BODY + b" ")
    assert signature_fault(changed) == "another signature"


def test_without_one_the_call_is_as_written(client: Any, server: HttpStub) -> None:
    """Before, and after the block, also one that failed, the client sends its own arguments."""
    client.update_endpoints_batch(**EMPTY)
    with pytest.raises(LookupError), ready_body(client, BODY):
        raise LookupError
    client.update_endpoints_batch(**EMPTY)
    assert [asked.body for asked in server.asked] == [AS_WRITTEN, AS_WRITTEN]
    assert [signature_fault(asked) for asked in server.asked] == ["", ""]


def test_other_operations_are_as_written(client: Any, server: HttpStub) -> None:
    """A single update inside the block sends its own request."""
    with ready_body(client, BODY):
        client.update_endpoint(ApplicationId="app", EndpointId="e", EndpointRequest={})
        client.update_endpoints_batch(**EMPTY)
    assert [asked.body for asked in server.asked] == [b"{}", BODY]


def test_a_body_that_is_not_sent_is_an_error(client: Any, server: HttpStub) -> None:
    """An empty batch that is accepted must not count as the one that was to be sent."""

    def send() -> None:
        with ready_body(client, BODY):
            client.meta.events.unregister(EVENT, unique_id=HANDLER_ID)
            client.update_endpoints_batch(**EMPTY)

    with pytest.raises(CannotRun, match="nothing was sent"):
        send()
    assert [asked.body for asked in server.asked] == [AS_WRITTEN]


def test_threads_do_not_share_a_body(client: Any, server: HttpStub) -> None:
    """Each thread sends what it put in itself, through one client."""
    bodies = [b'{"Item":[%d]}' % number for number in range(40)]

    def send(body: bytes) -> None:
        with ready_body(client, body):
            client.update_endpoints_batch(**EMPTY)

    with ready_body(client, BODY), ThreadPoolExecutor(8) as threads:
        list(threads.map(send, bodies))
        threads.submit(client.update_endpoints_batch, **EMPTY).result()
        client.update_endpoints_batch(**EMPTY)
    assert sorted(asked.body for asked in server.asked) == sorted([*bodies, AS_WRITTEN, BODY])
    assert {signature_fault(asked) for asked in server.asked} == {""}
