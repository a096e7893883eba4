"""The one sentence on why a value does not fit: the same that all findings hold, and soon."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.checks.schema import explain, first_fault, fits
from pinpoint_endpoints.contract.bundled import bundled_schema
from pinpoint_endpoints.documents.pointer import json_pointer

WRONG: list[Any] = [
    None, [], "x", 1, {"Adress": "a"}, {"ChannelType": "sms"}, {"ChannelType": 1},
    {"Attributes": {"a": "x"}}, {"Attributes": {"a": ["x", 1]}}, {"Attributes": {"k" * 60: ["x"]}},
    {"Attributes": {"a": ["x"] * 51}}, {"Attributes": {"a": ["x" * 101]}},
    {"Location": {"Latitude": 91}}, {"Location": {"Latitude": "9"}}, {"Metrics": {"m": True}},
    {"User": {"UserAttributes": {"a": [None]}}}, {"OptOut": None}, {"Demographic": {"Make": []}},
    {"Attributes": {"right": ["x"], "wrong": 1}, "OptOut": "SOME"},
]  # fmt: skip
MEMBERS = [*bundled_schema()["$defs"]["EndpointRequest"]["properties"], "Adress"]


def sentences(value: object, shape: str) -> list[str]:
    """Return a sentence for each finding."""
    return [
        f"{json_pointer(finding.path) or 'The body'}: {finding.message}"
        for _, finding in explain(value, shape)
    ]


@pytest.mark.parametrize("value", WRONG)
def test_it_is_one_of_the_findings(value: object) -> None:
    """Of a wrong request, and of a wrong item of a batch."""
    assert first_fault(value, "EndpointRequest") in sentences(value, "EndpointRequest")
    item = {"Id": "e", **value} if isinstance(value, dict) else value
    batch = {"Item": [{"Id": "right", "OptOut": "ALL"}, item]}
    assert first_fault(batch, "EndpointBatchRequest") in sentences(batch, "EndpointBatchRequest")


@given(
    st.dictionaries(
        st.sampled_from(MEMBERS),
        st.recursive(
            st.none() | st.booleans() | st.floats(-200, 200) | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["a", "Latitude", "UserId", "k" * 51]), inner)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_law(value: dict[str, Any]) -> None:
    """There is one if, and only if, the value does not fit, and it is one of the findings."""
    fault = first_fault(value, "EndpointRequest")
    assert (fault is None) == fits(value, "EndpointRequest")
    assert fault is None or fault in sentences(value, "EndpointRequest")


def test_one_wrong_item_among_very_many() -> None:
    """What fits is not explained: this would take minutes."""
    items = [{"Id": "a", "OptOut": "ALL"}] * 300_000
    batch = {"Item": [*items, {"Id": "a", "OptOut": "SOME"}]}
    fault = first_fault(batch, "EndpointBatchRequest")
    assert fault is not None
    assert fault.startswith("/Item/300000/OptOut: ")


def test_nesting_has_an_end() -> None:
    """A value that is deeper than the library follows it is refused in words."""
    value: object = 1
    for _ in range(600):
        value = [value]
    assert first_fault(value, "EndpointRequest") == "The body is nested too deeply"
    assert first_fault({"Attributes": {"a": value}}, "EndpointRequest") is not None
