"""Files of every shape, and the endpoints in them that can be counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinpoint_endpoints.documents.load import load

SMS = {"ChannelType": "SMS", "OptOut": "ALL"}
READ = {"ApplicationId": "x", "CohortId": "1", "Id": "a", **SMS}


def endpoints_in(path: Path, value: Any) -> list[Any]:
    """Return what is counted of a file with this value."""
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return [each.request if each.has_endpoint else None for each in load(path)]


@pytest.mark.parametrize(
    "value",
    [
        SMS,
        {"Id": "a", **SMS},
        {"ApplicationId": "x", "EndpointId": "a", "EndpointRequest": SMS},
        {"Item": [{"Id": "a", **SMS}]},
        {"ApplicationId": "x", "EndpointBatchRequest": {"Item": [{"Id": "a", **SMS}]}},
        READ,
        {"EndpointResponse": READ},
        {"EndpointsResponse": {"Item": [READ]}},
    ],
    ids="-".join,
)
def test_every_shape_holds_its_endpoint(tmp_path: Path, value: Any) -> None:
    """Whatever is around it."""
    assert endpoints_in(tmp_path / "a.json", value) == [SMS]


@pytest.mark.parametrize(
    "value",
    ["[1]", '"SMS"', "{", "", "5", {"Item": []}, {"Item": {}}, {"EndpointResponse": []},
     {"ApplicationId": "x", "EndpointId": "a"}, {"EndpointRequest": []}, {"Item": [5]}],
    ids=str,
)  # fmt: skip
def test_what_holds_none_is_not_counted(tmp_path: Path, value: Any) -> None:
    """Neither a broken file nor a wrapper around nothing is an endpoint without members."""
    assert endpoints_in(tmp_path / "a.json", value) == [None]


def test_an_invalid_endpoint_is_counted(tmp_path: Path) -> None:
    """Unchanged, and so does an empty one."""
    assert endpoints_in(tmp_path / "a.json", {"Adress": 5}) == [{"Adress": 5}]
    assert endpoints_in(tmp_path / "a.json", {}) == [{}]
