"""The one finding on why a value does not fit: one of all the findings, and soon."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.checks.schema_check import explain, first_finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.decider import fits

WRONG: list[Any] = [
    None, [], "x", 1, {"Adress": "a"}, {"ChannelType": "sms"}, {"ChannelType": 1},
    {"Attributes": {"a": "x"}}, {"Attributes": {"a": ["x", 1]}}, {"Attributes": {"k" * 60: ["x"]}},
    {"Attributes": {"a": ["x"] * 51}}, {"Attributes": {"a": ["x" * 101]}},
    {"Location": {"Latitude": 91}}, {"Location": {"Latitude": "9"}}, {"Metrics": {"m": True}},
    {"User": {"UserAttributes": {"a": [None]}}}, {"OptOut": None}, {"Demographic": {"Make": []}},
    {"Attributes": {"right": ["x"], "wrong": 1}, "OptOut": "SOME"},
]  # fmt: skip
MEMBERS = [*bundled_schema()["$defs"]["EndpointRequest"]["properties"], "Adress"]


@pytest.mark.parametrize("value", WRONG)
def test_it_is_one_of_the_findings(value: object) -> None:
    """Of a wrong request, and of a wrong item of a batch."""
    assert first_finding(value, "EndpointRequest") in explain(value, "EndpointRequest")
    item = {"Id": "e", **value} if isinstance(value, dict) else value
    batch = {"Item": [{"Id": "right", "OptOut": "ALL"}, item]}
    assert first_finding(batch, "EndpointBatchRequest") in explain(batch, "EndpointBatchRequest")


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
    found = first_finding(value, "EndpointRequest")
    assert (found is None) == fits(value, "EndpointRequest")
    assert found is None or found in explain(value, "EndpointRequest")


def test_one_wrong_item_among_very_many() -> None:
    """What fits is not explained: this would take minutes."""
    items = [{"Id": "a", "OptOut": "ALL"}] * 300_000
    batch = {"Item": [*items, {"Id": "a", "OptOut": "SOME"}]}
    found = first_finding(batch, "EndpointBatchRequest")
    assert found is not None
    code, finding = found
    assert (code, finding.path) == (codes.NOT_IN_SET, ("Item", 300_000, "OptOut"))


def test_nesting_has_an_end() -> None:
    """A value that is deeper than the library follows it is refused in words."""
    value: object = 1
    for _ in range(600):
        value = [value]
    found = first_finding(value, "EndpointRequest")
    assert found is not None
    code, finding = found
    assert (code, finding.message) == (codes.TOO_DEEP, "nested too deeply")
    assert first_finding({"Attributes": {"a": value}}, "EndpointRequest") is not None
