import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from pinpoint_endpoints.local.server.server import serving


def put(url: str, endpoint_id: str) -> int:
    """Update an e-mail endpoint, and return the status."""
    body = json.dumps({"ChannelType": "EMAIL", "Address": f"{endpoint_id}@example.com"}).encode()
    request = urllib.request.Request(f"{url}/v1/apps/app/endpoints/{endpoint_id}", body)
    request.method = "PUT"
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return int(answer.status)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_damaged_endpoint_is_an_error_of_the_store(tmp_path: Path, method: str) -> None:
    """Its requests get 500 with the file's name; others are served before and after."""
    path = tmp_path / "store"
    with serving(path) as server:
        assert put(server.url, "whole") == put(server.url, "broken") == 202
        with closing(sqlite3.connect(path)) as other:
            other.executescript("UPDATE endpoints SET response = 'x' WHERE endpoint_key = 'broken'")
        request = urllib.request.Request(f"{server.url}/v1/apps/app/endpoints/broken", b"{}")
        request.method = method
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as answer:
            assert answer.code == 500
            assert f"{path} is damaged" in json.load(answer)["Message"]
        assert put(server.url, "whole") == 202
