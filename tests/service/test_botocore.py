"""What is used of botocore beyond its documented interface: each of these says when it changes."""

from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from http_stub import HttpStub

from pinpoint_endpoints import connect
from pinpoint_endpoints.service.client import open_client, pinpoint_loader

UPDATE = {"ApplicationId": "app", "EndpointId": "ada", "EndpointRequest": {}}


@pytest.fixture
def client(aws_variables: None) -> Any:
    """Return a client of a server that is not asked."""
    return open_client(endpoint_url="http://127.0.0.1:9")


def test_connections_are_of_our_class(client: Any) -> None:
    """`_endpoint.http_session._pool_classes_by_scheme` decides how answers are read."""
    manager = client._endpoint.http_session._manager  # noqa: SLF001 - what the test is about
    for scheme in ("http", "https"):
        pool = manager.connection_from_host("127.0.0.1", 9, scheme)
        assert pool.ConnectionCls.response_class.__module__.startswith("pinpoint_endpoints.")


def test_service_data_is_loaded_by_our_loader(tmp_path: Path) -> None:
    """`JSONFileLoader._load_file` is what reads a file, packed or not."""
    (tmp_path / "small.json").write_text('{"a": 1}', encoding="utf-8")
    loader = pinpoint_loader().file_loader
    assert type(loader).__mro__[1] is botocore.loaders.JSONFileLoader
    assert "_load_file" in vars(botocore.loaders.JSONFileLoader)
    assert loader.load_file(str(tmp_path / "small")) == {"a": 1}
    assert loader.load_file(str(tmp_path / "none")) is None


def test_our_loader_reads_what_botocores_reads() -> None:
    """The model of the service is the same, and in the version that botocore itself prefers."""
    ours, theirs = pinpoint_loader(), botocore.session.Session().get_component("data_loader")
    assert ours.determine_latest_version("pinpoint", "service-2") == (
        theirs.determine_latest_version("pinpoint", "service-2")
    )
    assert ours.load_service_model("pinpoint", "service-2") == (
        theirs.load_service_model("pinpoint", "service-2")
    )


def test_events_have_the_arguments_that_our_handlers_use(aws_variables: None) -> None:
    """before-parse gives the answer as it came, after-call what was made of it."""
    seen: dict[str, dict[str, Any]] = {}
    with HttpStub() as server:
        client = connect(endpoint_url=server.url)
        for event in ("before-parse", "after-call", "before-call", "request-created"):
            client.meta.events.register(
                f"{event}.pinpoint", lambda event_name, **given: seen.update({event_name: given})
            )
        client.update_endpoint(**UPDATE)
    by_event = {name.partition(".")[0]: given for name, given in seen.items()}
    assert by_event["before-parse"]["response_dict"].keys() >= {"status_code", "headers", "body"}
    assert {"operation_model", "customized_response_dict"} <= by_event["before-parse"].keys()
    assert {"http_response", "parsed"} <= by_event["after-call"].keys()
    assert "body" in by_event["before-call"]["params"]
    assert "request" in by_event["request-created"]
