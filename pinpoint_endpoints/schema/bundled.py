"""Load the bundled JSON Schema, from the wheel or from a checkout."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

SCHEMA_NAME = "endpoint-request.schema.json"


@cache
def schema_path() -> Path:
    """Return the path of the bundled schema."""
    package = Path(__file__).parent.parent
    bundled = package / "schemas" / SCHEMA_NAME
    return bundled if bundled.exists() else package.parent / "schemas" / SCHEMA_NAME


@cache
def bundled_schema() -> dict[str, Any]:
    """Return the bundled schema: EndpointRequest at its root, the other shapes in `$defs`."""
    schema: dict[str, Any] = orjson.loads(schema_path().read_bytes())
    return schema


def definition(shape: str) -> dict[str, Any]:
    """Return the schema of a shape, from `$defs` of the bundled schema."""
    schema: dict[str, Any] = bundled_schema()["$defs"][shape]
    return schema


@cache
def channel_types() -> frozenset[str]:
    """Return every channel type of the service."""
    return frozenset(definition("ChannelType")["enum"])


def referred_to(reference: str) -> str:
    """Return the name of the shape that a `$ref` of the bundled schema refers to."""
    return reference.removeprefix("#/$defs/")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a `$ref` refers to, or the schema itself."""
    while "$ref" in schema:
        schema = definition(referred_to(schema["$ref"]))
    return schema
