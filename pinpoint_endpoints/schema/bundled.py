"""Load the bundled JSON Schema, from the wheel or from a checkout."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

ENDPOINT = "endpoint-request"
SEGMENT = "segment"


def schema_path(name: str = ENDPOINT) -> Path:
    """Return the path of a bundled schema."""
    package = Path(__file__).parent.parent
    bundled = package / "schemas" / f"{name}.schema.json"
    return bundled if bundled.exists() else package.parent / "schemas" / bundled.name


def bundled_schema(name: str = ENDPOINT) -> dict[str, Any]:
    """Return a bundled schema, with its main shape at the root, and the others in `$defs`."""
    return _loaded(name)


@cache
def _loaded(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = orjson.loads(schema_path(name).read_bytes())
    return schema


def definition(shape: str, name: str = ENDPOINT) -> dict[str, Any]:
    """Return the schema of a shape, from `$defs` of a bundled schema."""
    schema: dict[str, Any] = bundled_schema(name)["$defs"][shape]
    return schema


@cache
def channel_types() -> frozenset[str]:
    """Return every channel type of the service."""
    return frozenset(definition("ChannelType")["enum"])


def referred_to(reference: str) -> str:
    """Return the name of the shape that a `$ref` of the bundled schema refers to."""
    return reference.removeprefix("#/$defs/")


def resolved(schema: dict[str, Any], name: str = ENDPOINT) -> dict[str, Any]:
    """Return the schema that a `$ref` in a bundled schema refers to, or the schema itself."""
    while "$ref" in schema:
        schema = definition(referred_to(schema["$ref"]), name)
    return schema


class AllowedMembers(NamedTuple):
    """The members that a value may have.

    Attributes:
        names: the names of an object's members; None for a list or a map, whose names are free.
        below: the members that the values of members may have, if these are to be checked.
        each: the members that each value of a map or item of a list may have, likewise.
    """

    names: frozenset[str] | None
    below: Mapping[str, "AllowedMembers"]
    each: "AllowedMembers | None"


def allowed_members(schema: dict[str, Any], bundled: str = ENDPOINT) -> AllowedMembers | None:
    """Return the members that a schema names and those below it; None if it names none.

    Args:
        schema: a part of a bundled schema.
        bundled: the name of that.
    """
    schema = resolved(schema, bundled)
    further = schema.get("additionalProperties")
    properties = schema.get("properties", {})
    names = frozenset(properties) if further is False else None
    nested = {name: allowed_members(one, bundled) for name, one in properties.items()}
    below = {name: one for name, one in nested.items() if one is not None}
    values = further if isinstance(further, dict) else schema.get("items")
    each = allowed_members(values, bundled) if values else None
    return AllowedMembers(names, below, each) if names is not None or below or each else None
