"""The endpoints in values of every shape: lists of them, and answers of the SDKs."""

import json
from pathlib import Path
from typing import Any

import pytest
from checking import codes_in, only, put_right

from pinpoint_endpoints import load, validate

ADA = {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
EVA = {"Id": "eva", "ChannelType": "EMAIL", "Address": "eva@example.com"}


def members(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint as it is sent."""
    return {name: value for name, value in endpoint.items() if name != "Id"}


@pytest.mark.parametrize(
    "value",
    [
        [ADA, EVA],
        [{"EndpointResponse": ADA}, {"EndpointResponse": EVA}],
        [{"EndpointsResponse": {"Item": [ADA, EVA]}}],
        [{"EndpointId": "ada", "EndpointRequest": members(ADA)}, {"Item": [EVA]}],
    ],
    ids=["endpoints", "answers", "pages", "inputs and batches"],
)
def test_a_list_holds_the_endpoints_of_its_items(tmp_path: Path, value: Any) -> None:
    """Whatever the shape of each: `--query`, `--output yaml-stream` and `json.dump` write them."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    documents = list(load(path))
    assert [validate(document) for document in documents] == [[], []]
    assert [(document.endpoint_id, document.request) for document in documents] == [
        ("ada", members(ADA)),
        ("eva", members(EVA)),
    ]


def test_a_list_in_yaml_is_read_by_the_schema(tmp_path: Path) -> None:
    """A scalar has the type that its place in each item has."""
    path = tmp_path / "a.yaml"
    path.write_text("- Id: 007\n  Location: {PostalCode: 02134}\n", encoding="utf-8")
    (document,) = load(path)
    assert (document.endpoint_id, document.request) == (
        "007",
        {"Location": {"PostalCode": "02134"}},
    )


def test_problems_in_a_list_stand_at_their_item(tmp_path: Path) -> None:
    """A list in a list is no endpoint; an item without an id does not get the file's name."""
    path = tmp_path / "ada.json"
    text = '[{"Id": "a", "OptOut": "x"},\n [],\n {"OptOut": "ALL"}]'
    path.write_text(text, encoding="utf-8")
    found = [problem for document in load(path) for problem in validate(document)]
    assert [(problem.line, problem.code, problem.pointer) for problem in found] == [
        (1, "PE103", "/0/OptOut"),
        (2, "PE102", "/1"),
        (3, "PE218", "/2"),
    ]


METADATA = {"RequestId": "f353ea7f", "HTTPStatusCode": 200, "HTTPHeaders": {}}


@pytest.mark.parametrize("name", ["ResponseMetadata", "$metadata"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_what_an_sdk_adds_is_left_out_and_can_be_removed(name: str, *, wrapped: bool) -> None:
    """Beside the endpoint or around it, like the read-only members."""
    value = {name: METADATA, "EndpointResponse": ADA} if wrapped else {**ADA, name: METADATA}
    assert codes_in(value) == ["PE217"]
    assert only("PE217", value).pointer == f"/{name}"
    assert json.loads(put_right(json.dumps(value), "ada.json") or "") == (
        {"EndpointResponse": ADA} if wrapped else ADA
    )


def test_metadata_around_several_endpoints_is_one_problem() -> None:
    """It is reported with the first of them, also where that is complete."""
    assert codes_in({"ResponseMetadata": METADATA, "Item": [ADA, EVA]}) == ["PE217"]
