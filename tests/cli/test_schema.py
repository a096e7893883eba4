"""`pe schema`: what it prints is complete in itself, and judges as `pe` does."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from pinpoint_endpoints.cli.app import app
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.decider import fits
from pinpoint_endpoints.schema.export import schema_text, schema_titles

ROOT = Path(__file__).parents[2]
FILES = {path.name.partition(".")[0]: path for path in (ROOT / "schemas").iterdir()}
SHAPES = [name for name in schema_titles() if name in bundled_schema()["$defs"]]
VALUES = [
    json.loads(path.read_text(encoding="utf-8-sig"))
    for folder in ("tests/data/valid", "examples")
    for path in sorted((ROOT / folder).glob("*.json"))
]


def validator_of(name: str) -> Draft202012Validator:
    """Return a validator that has nothing but the printed schema."""
    return Draft202012Validator(json.loads(schema_text(name)))


VALIDATORS = {shape: validator_of(shape) for shape in SHAPES}


def run(*arguments: str) -> tuple[int, bytes, str]:
    """Run `pe schema`; return its exit code, standard output and standard error."""
    result = CliRunner().invoke(app, ["schema", *arguments])
    return result.exit_code, result.stdout_bytes, result.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_bundled_schema_is_printed_byte_for_byte(name: str) -> None:
    """Also the envelope's, which lies beside the endpoints'."""
    assert run("--shape", name) == (0, FILES[name].read_bytes(), "")


def test_the_endpoints_schema_is_the_default() -> None:
    """`pe schema` alone prints what `pe validate` checks against."""
    assert run()[1] == FILES["endpoint-request"].read_bytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_has_a_schema_of_its_own(shape: str) -> None:
    """It is draft 2020-12, has a title, and refers only to itself."""
    code, out, _ = run("--shape", shape)
    schema = json.loads(out)
    definition = bundled_schema()["$defs"][shape]
    assert code == 0
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:pinpoint-endpoints:endpoint-request:{shape}"
    assert {name: schema[name] for name in definition} == definition
    assert references_in(schema) == {f"#/$defs/{name}" for name in schema["$defs"]}


def test_the_shapes_of_segments_have_schemas_too() -> None:
    """A group refers to the definitions of the segment schema."""
    schema = json.loads(run("--shape", "SegmentGroup")[1])
    assert schema["$id"] == "urn:pinpoint-endpoints:segment:SegmentGroup"
    assert references_in(schema) == {f"#/$defs/{name}" for name in schema["$defs"]}
    Draft202012Validator.check_schema(schema)


def references_in(part: Any) -> set[str]:
    """Return what the references in a schema point at."""
    if isinstance(part, list):
        return set().union(*map(references_in, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if "$ref" in part else set()
    return own.union(*map(references_in, part.values()))


def values() -> st.SearchStrategy[Any]:
    """Return a strategy for values that come near an endpoint of some shape."""
    members = st.sampled_from(sorted({name for value in VALUES for name in value}))
    leaves = st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.sampled_from(VALUES)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(members, inner, max_size=4),
        max_leaves=8,
    )


@pytest.mark.parametrize("shape", SHAPES)
@given(value=values())
def test_a_schema_judges_as_the_validator_does(shape: str, value: Any) -> None:
    """Whatever the value: what fits the printed schema fits the shape, and the other way round."""
    assert VALIDATORS[shape].is_valid(value) == fits(value, shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_schema_judges_the_data_as_the_validator_does(shape: str) -> None:
    """The valid files of all shapes fit the printed schema of their own shape."""
    verdicts = [fits(value, shape) for value in VALUES]
    assert [VALIDATORS[shape].is_valid(value) for value in VALUES] == verdicts
    assert any(verdicts) or shape.startswith(("EndpointDem", "EndpointLoc", "EndpointUser"))


@pytest.mark.parametrize(
    ("typed", "meant"), [("endpointbatchitem", "EndpointBatchItem"), ("ENVELOPE", "envelope")]
)
def test_the_case_of_a_shape_does_not_matter(typed: str, meant: str) -> None:
    """A name in another case is the same name."""
    assert run("--shape", typed) == run("--shape", meant)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("EndpointBatchItm", 'did you mean "EndpointBatchItem"?'), ("x", "one of EndpointRequest, ")],
)
def test_an_unknown_shape_is_a_usage_error(typed: str, hint: str) -> None:
    """The nearest is named, else all."""
    code, out, err = run("--shape", typed)
    assert (code, out) == (2, b"")
    assert f'there is no shape "{typed}"' in err
    assert hint in err
