"""The law of the two validators: jsonschema-rs finds exactly what jsonschema finds."""

import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pinpoint_endpoints.checks.schema_check import explain, first_finding
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.decider import Decider, fits
from pinpoint_endpoints.schema.errors import schema_errors

SHAPES = sorted(
    name
    for name, definition in bundled_schema()["$defs"].items()
    if definition.get("type") == "object" and definition.get("additionalProperties") is False
)
NAMES = sorted(
    {name for shape in SHAPES for name in bundled_schema()["$defs"][shape]["properties"]}
    | {"Interests", "", "n" * 50, "n" * 51, "é" * 50, "😀" * 51, "Adress"}
)
TEXTS = st.sampled_from(
    [
        *(
            "",
            " ",
            "\n",
            "\t",
            "\x7f",
            "\x85",
            "\ufeff",
            ".",
            "..",
            "a$",
            "{",
            "SMS",
            "sms",
            "SMS\n",
            "ALL",
        ),
        *("v" * 100, "v" * 101, "é" * 100, "😀" * 101, "a/b", "\u2028", "ada@example.com"),
    ]
) | st.text(max_size=4)
NUMBERS = (
    st.sampled_from([90, 90.0, 90.000001, -90, -91, 180, 180.5, -180, 2**64, -(2**70), 1e308, -0.0])
    | st.integers(-200, 200)
    | st.floats(-200, 200)
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
WHOLE: dict[str, Any] = {
    "Address": "+12065550100",
    "Attributes": {"Interests": ["a", "b"]},
    "ChannelType": "SMS",
    "Demographic": {"Locale": "en_US", "Timezone": "Europe/Oslo"},
    "EndpointStatus": "ACTIVE",
    "Location": {"Country": "NO", "Latitude": 59.9, "Longitude": 10.7},
    "Metrics": {"visits": 3},
    "OptOut": "NONE",
    "User": {"UserId": "ada", "UserAttributes": {"Tier": ["gold"]}},
}


def mutate(document: Any, data: st.DataObject) -> Any:
    """Put a drawn value somewhere into a copy of the document."""
    document = copy.deepcopy(document)
    place = document
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from([*place, *NAMES]))
        inner = place.get(key)
        if isinstance(inner, dict) and data.draw(st.booleans()):
            place = inner
            continue
        if isinstance(inner, list) and inner and data.draw(st.booleans()):
            size = data.draw(st.sampled_from([1, 50, 51]))
            place[key] = [data.draw(SCALARS)] + ["x"] * (size - 1)
        else:
            place[key] = data.draw(VALUES)
        break
    return document


def found(value: object, shape: str) -> set[tuple[object, str]]:
    """Return the paths and keywords of all that does not match, as jsonschema-rs finds it."""
    schema = {**bundled_schema(), "$ref": f"#/$defs/{shape}"}
    errors = schema_errors(Decider(schema).compiled, schema, value)
    return {(error.path, error.keyword) for error in errors}


def expected(value: object, shape: str) -> set[tuple[object, str]]:
    """Return the same, as jsonschema finds it."""
    schema = {**bundled_schema(), "$ref": f"#/$defs/{shape}"}
    errors = Draft202012Validator(schema).iter_errors(value)
    return {(tuple(error.absolute_path), error.validator) for error in errors}


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=40)
@example(value={"": [], "UserAttributes": {"": None}})
@given(value=VALUES)
def test_the_validators_agree_on_anything(shape: str, value: object) -> None:
    """For any JSON value and any shape, one says no exactly when the other has a reason."""
    assert fits(value, shape) == (explain(value, shape) == [])
    assert found(value, shape) == expected(value, shape)


@given(st.dictionaries(st.sampled_from(["", "7", "+7", "07", "a", "k" * 51]), SCALARS))
def test_errors_are_at_the_names_as_they_are_written(names: dict[str, object]) -> None:
    """jsonschema-rs leaves out empty names, and reads others as numbers."""
    value = {"Attributes": {name: [scalar] for name, scalar in names.items()}, "Metrics": names}
    assert found(value, "EndpointRequest") == expected(value, "EndpointRequest")


@given(st.data())
def test_the_validators_agree_on_almost_endpoints(data: st.DataObject) -> None:
    """For an endpoint with one thing changed, the two never disagree, and there is a sentence."""
    value = mutate(WHOLE, data)
    assert fits(value, "EndpointRequest") == (explain(value, "EndpointRequest") == [])
    assert found(value, "EndpointRequest") == expected(value, "EndpointRequest")
    assert (first_finding(value, "EndpointRequest") is None) == fits(value, "EndpointRequest")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_values_are_decided_as_the_others(shape: str) -> None:
    """What a few lines of Python decide at once, the compiled schema decides too."""
    schema = {**bundled_schema(), "$ref": f"#/$defs/{shape}"}
    at_once, compiled = Decider(schema, first=1_000_000), Decider(schema, first=0)

    @settings(max_examples=40)
    @given(VALUES | st.builds(lambda data: mutate(WHOLE, data), st.data()))
    def agree(value: object) -> None:
        assert at_once.is_valid(value) == compiled.is_valid(value)

    agree()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, True, 2**64, -0.0])
def test_unusual_numbers_are_decided_alike(number: float) -> None:
    """Numbers that JSON cannot write are none, in either way of deciding."""
    value = {"Metrics": {"visits": number}}
    schema = {**bundled_schema(), "$ref": "#/$defs/EndpointRequest"}
    assert Decider(schema).is_valid(value) == Decider(schema, first=0).is_valid(value)


@given(TEXTS)
def test_the_schema_and_the_reason_agree_on_endpoint_ids(endpoint_id: str) -> None:
    """An id fits the schema exactly when no fault is found in it."""
    from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem

    assert fits({"Id": endpoint_id}, "EndpointBatchItem") == (
        endpoint_id_problem(endpoint_id) == ""
    )
