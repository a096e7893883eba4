"""The bundled schema and the service model of the installed botocore say the same."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from botocore.loaders import Loader
from jsonschema import Draft202012Validator

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
SCHEMA: Json = json.loads(
    (ROOT / "schemas" / "endpoint-request.schema.json").read_text(encoding="utf-8")
)
SEGMENT_SCHEMA: Json = json.loads(
    (ROOT / "schemas" / "segment.schema.json").read_text(encoding="utf-8")
)
MODEL: Json = Loader().load_service_model("pinpoint", "service-2")
OPERATIONS: Json = MODEL["operations"]

SHAPES: dict[str, str] = {
    "#": "EndpointRequest",
    "#/$defs/EndpointRequest": "EndpointRequest",
    "#/$defs/EndpointBatchItem": "EndpointBatchItem",
    "#/$defs/EndpointBatchRequest": "EndpointBatchRequest",
    "#/$defs/EndpointResponse": "EndpointResponse",
    "#/$defs/EndpointsResponse": "EndpointsResponse",
    "#/$defs/UpdateEndpointInput": OPERATIONS["UpdateEndpoint"]["input"]["shape"],
    "#/$defs/UpdateEndpointsBatchInput": OPERATIONS["UpdateEndpointsBatch"]["input"]["shape"],
    "#/$defs/GetEndpointOutput": OPERATIONS["GetEndpoint"]["output"]["shape"],
    "#/$defs/GetUserEndpointsOutput": OPERATIONS["GetUserEndpoints"]["output"]["shape"],
}

SEGMENT_SHAPES: dict[str, str] = {
    "#": "WriteSegmentRequest",
    "#/$defs/WriteSegmentRequest": "WriteSegmentRequest",
    "#/$defs/SegmentDimensions": "SegmentDimensions",
    "#/$defs/SegmentResponse": "SegmentResponse",
    "#/$defs/SegmentsResponse": "SegmentsResponse",
    "#/$defs/WriteSegmentInput": OPERATIONS["UpdateSegment"]["input"]["shape"],
}
"""Beside these, SegmentProperties is CloudFormation's."""

# the model types these members as any string and names their values in its prose only
CLOSED_HERE_OPEN_IN_MODEL: dict[str, set[str]] = {
    "EndpointStatus": {"ACTIVE", "INACTIVE"},
    "OptOut": {"ALL", "NONE"},
    "ComparisonOperator": {
        "GREATER_THAN",
        "LESS_THAN",
        "GREATER_THAN_OR_EQUAL",
        "LESS_THAN_OR_EQUAL",
        "EQUAL",
    },
}

# --app and --id may replace what a file leaves out, but nothing replaces an item's own id
REQUIRED_HERE_OTHERWISE_IN_MODEL: dict[str, set[str]] = {
    "EndpointBatchItem": {"Id"},
    "UpdateEndpointRequest": {"EndpointRequest"},
    "UpdateEndpointsBatchRequest": {"EndpointBatchRequest"},
    "SegmentResponse": set(),  # a file may leave out what only the service needs
    "UpdateSegmentRequest": {"WriteSegmentRequest"},
}

TYPES = {
    "structure": "object",
    "map": "object",
    "list": "array",
    "string": "string",
    "double": "number",
    "integer": "integer",
}

DROPPED = object()
BREAKAGES = {
    "a member dropped": ("EndpointRequest/properties/Address", DROPPED),
    "a nested member dropped": ("EndpointDemographic/properties/Timezone", DROPPED),
    "a member added": ("EndpointUser/properties/Email", {"type": "string"}),
    "a member that points at another's definition": (
        "EndpointBatchItem/properties/Location",
        {"$ref": "#/$defs/EndpointUser"},
    ),
    "a text made a number": ("EndpointLocation/properties/PostalCode/type", "number"),
    "a number made a text": ("EndpointLocation/properties/Latitude/type", "string"),
    "metrics made texts": ("Metrics/additionalProperties/type", "string"),
    "attributes made single values": ("Attributes/additionalProperties", {"type": "string"}),
    "attributes of any type": ("EndpointUser/properties/UserAttributes/additionalProperties", True),
    "an enum value missing": ("ChannelType/enum", ["SMS", "EMAIL"]),
    "an enum value too many": ("OptOut/enum", ["ALL", "NONE", "SOME"]),
    "an enum opened": ("EndpointStatus/enum", DROPPED),
    "a text closed": ("Address/enum", ["+12065550100"]),
    "unknown members let in": ("EndpointResponse/additionalProperties", DROPPED),
    "a member required": ("EndpointRequest/required", ["Address"]),
    "a member no longer required": ("GetEndpointOutput/required", DROPPED),
}


def resolved(part: Json, schema: Json) -> Json:
    """Follow the references from one part of the schema to what it says."""
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].removeprefix("#/$defs/")]
    return part


def differences(part: Any, shape_name: str, at: str, schema: Json) -> Iterator[str]:
    """Tell every way in which a part of the schema and a shape of the model disagree."""
    shape: Json = MODEL["shapes"][shape_name]
    if not isinstance(part, dict):
        yield f"{at}: the model says {shape['type']}, the schema {part}"
        return
    part = resolved(part, schema)
    if part.get("type") != TYPES.get(shape["type"], "(a type new to this test)"):
        yield f"{at}: the model says {shape['type']}, the schema {part.get('type')}"
        return
    match shape["type"]:
        case "structure":
            yield from structure_differences(part, shape_name, at, schema)
        case "map":
            names = part.get("propertyNames", {"type": "string"})
            yield from differences(names, shape["key"]["shape"], f"{at}.(name)", schema)
            values = part.get("additionalProperties")
            yield from differences(values, shape["value"]["shape"], f"{at}.(value)", schema)
        case "list":
            items = part.get("items")
            yield from differences(items, shape["member"]["shape"], f"{at}[]", schema)
        case "string":
            member = at.rpartition(".")[2]
            values = set(shape.get("enum", CLOSED_HERE_OPEN_IN_MODEL.get(member, ())))
            if set(part.get("enum", ())) != values:
                yield f"{at}: the values should be {sorted(values)}, not {part.get('enum')}"


def structure_differences(part: Json, shape_name: str, at: str, schema: Json) -> Iterator[str]:
    """Tell how an object of the schema and a structure of the model disagree."""
    shape: Json = MODEL["shapes"][shape_name]
    members: Json = shape["members"]
    properties: Json = part.get("properties", {})
    for missing in sorted(members.keys() - properties.keys()):
        yield f"{at}.{missing}: in the model, not in the schema"
    for unknown in sorted(properties.keys() - members.keys()):
        yield f"{at}.{unknown}: in the schema, not in the model"
    if part.get("additionalProperties") is not False:
        yield f"{at}: unknown members are not refused"
    required = REQUIRED_HERE_OTHERWISE_IN_MODEL.get(shape_name, set(shape.get("required", ())))
    if set(part.get("required", ())) != required:
        yield f"{at}: {sorted(required)} should be required, not {part.get('required')}"
    for name in sorted(members.keys() & properties.keys()):
        yield from differences(properties[name], members[name]["shape"], f"{at}.{name}", schema)


def all_differences(schema: Json, shapes: dict[str, str] = SHAPES) -> list[str]:
    """Compare every shape of a schema with the model."""
    return [
        difference
        for pointer, shape_name in shapes.items()
        for difference in differences(
            schema if pointer == "#" else {"$ref": pointer}, shape_name, pointer, schema
        )
    ]


def subschemas(part: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    """Yield a schema and all schemas inside it, each with its pointer."""
    yield pointer, part
    for keyword in ("$defs", "properties"):
        for name, child in part.get(keyword, {}).items():
            yield from subschemas(child, f"{pointer}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames", "not"):
        if isinstance(child := part.get(keyword), dict):
            yield from subschemas(child, f"{pointer}/{keyword}")
    for index, child in enumerate(part.get("anyOf", ())):
        yield from subschemas(child, f"{pointer}/anyOf/{index}")


SUBSCHEMAS = dict(subschemas(SCHEMA, "#"))
EXPLAINED = {
    pointer: part
    for pointer, part in SUBSCHEMAS.items()
    if "/not" not in pointer and (pointer == "#" or part.keys() != {"$ref"})
}


def schema_of(pointer: str) -> Json:
    """Return a schema that says only what is at the pointer."""
    return SCHEMA if pointer == "#" else {**SCHEMA, "$ref": pointer}


def test_the_schema_says_what_the_service_model_says() -> None:
    """Members, types, closed sets and requirements are the model's, in both directions."""
    assert all_differences(SCHEMA) == []
    assert all_differences(SEGMENT_SCHEMA, SEGMENT_SHAPES) == []


@pytest.mark.parametrize(("path", "value"), BREAKAGES.values(), ids=BREAKAGES)
def test_a_schema_that_drifts_from_the_model_is_noticed(path: str, value: object) -> None:
    """The comparison is worth its green: each way to break the schema turns it red."""
    broken = copy.deepcopy(SCHEMA)
    *parents, last = path.split("/")
    place = broken["$defs"]
    for parent in parents:
        place = place[parent]
    if value is DROPPED:
        del place[last]
    else:
        place[last] = value
    assert all_differences(broken) != []


def test_the_sets_closed_here_are_those_in_the_prose_of_the_model() -> None:
    """Where the model takes any string, its prose still names exactly the values taken here."""
    for shape_name in ("EndpointRequest", "EndpointBatchItem", "EndpointResponse"):
        for member in ("EndpointStatus", "OptOut"):
            values = CLOSED_HERE_OPEN_IN_MODEL[member]
            described: Json = MODEL["shapes"][shape_name]["members"][member]
            assert "enum" not in MODEL["shapes"][described["shape"]]
            assert set(re.findall(r"\b[A-Z][A-Z_]+\b", described["documentation"])) == values
    described = MODEL["shapes"]["MetricDimension"]["members"]["ComparisonOperator"]
    named = set(re.findall(r"\b[A-Z][A-Z_]+\b", described["documentation"]))
    assert named == CLOSED_HERE_OPEN_IN_MODEL["ComparisonOperator"]


def test_the_segment_schema_is_complete() -> None:
    """Everything is explained, each definition is used, and each example is valid in its place."""
    parts = dict(subschemas(SEGMENT_SCHEMA, "#"))
    referred = {part["$ref"] for part in parts.values() if "$ref" in part}
    own = SEGMENT_SHAPES.keys() - {"#"} | {"#/$defs/SegmentProperties"}
    assert {f"#/$defs/{name}" for name in SEGMENT_SCHEMA["$defs"]} == referred | own
    for pointer, part in parts.items():
        if part.keys() == {"$ref"}:
            continue
        assert part["title"], pointer
        assert part["description"].endswith("."), pointer
        assert part.get("type") not in ("string", "number", "integer") or part["examples"], pointer
        schema = SEGMENT_SCHEMA if pointer == "#" else {**SEGMENT_SCHEMA, "$ref": pointer}
        validator = jsonschema_rs.Draft202012Validator(schema)
        assert all(validator.is_valid(example) for example in part.get("examples", ())), pointer
    Draft202012Validator.check_schema(SEGMENT_SCHEMA)


def test_every_definition_is_one_of_the_shapes_or_used_by_one() -> None:
    """No definition is left over: each is a shape of its own or is in one."""
    referred = {part["$ref"] for part in SUBSCHEMAS.values() if "$ref" in part}
    assert {f"#/$defs/{name}" for name in SCHEMA["$defs"]} == referred | (SHAPES.keys() - {"#"})


def test_everything_is_explained() -> None:
    """Each definition and member has a title and a sentence, and each leaf an example."""
    unexplained = [
        pointer
        for pointer, part in EXPLAINED.items()
        if not part["title"].strip()
        or len(part["description"]) < 20
        or not part["description"].endswith(".")
        or (part.get("type") in ("string", "number") and not part["examples"])
    ]
    assert unexplained == []


def test_every_example_is_valid_in_its_place() -> None:
    """What the schema shows as an example, it accepts itself, in both validators."""
    refused = [
        (pointer, example)
        for pointer, part in SUBSCHEMAS.items()
        for example in part.get("examples", ())
        if not Draft202012Validator(schema_of(pointer)).is_valid(example)
        or not jsonschema_rs.Draft202012Validator(schema_of(pointer)).is_valid(example)
    ]
    assert refused == []


def test_the_example_at_the_root_is_the_file_in_the_examples() -> None:
    """The schema and the folder of examples show the same iPhone in Seattle."""
    example = json.loads((ROOT / "examples" / "seattle-iphone.json").read_text(encoding="utf-8"))
    assert SCHEMA["examples"] == [example]


def test_the_schema_is_a_valid_schema() -> None:
    """The metaschema of draft 2020-12 accepts the schema, in both validators."""
    Draft202012Validator.check_schema(SCHEMA)
    jsonschema_rs.meta.validate(SCHEMA)


def test_every_shape_compiles_and_refuses_an_unknown_member() -> None:
    """Both validators take each shape alone, and neither lets an unknown member through."""
    unknown = {"Adress": "x"}
    accepting = [
        pointer
        for pointer in SHAPES
        if Draft202012Validator(schema_of(pointer)).is_valid(unknown)
        or jsonschema_rs.Draft202012Validator(schema_of(pointer)).is_valid(unknown)
    ]
    assert accepting == []


def test_no_keyword_is_used_that_validators_read_differently() -> None:
    """Nothing hangs on `format` or on anchors: only ids have patterns, without anchors."""
    patterns = {at: part["pattern"] for at, part in SUBSCHEMAS.items() if "pattern" in part}
    assert patterns == {
        "#/$defs/EndpointId": "[^ ]",
        "#/$defs/EndpointId/not/anyOf/0": r"[${}\u0000-\u001f\u007f-\u009f]",
    }
    assert not [at for at, part in SUBSCHEMAS.items() if "format" in part]
