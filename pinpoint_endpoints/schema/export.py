"""Export the bundled schemas, and single shapes as self-contained JSON Schemas."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from pinpoint_endpoints.schema.bundled import (
    ENDPOINT,
    SEGMENT,
    bundled_schema,
    definition,
    referred_to,
    schema_path,
)

_ENDING = ".schema.json"


def schema_titles() -> Mapping[str, str]:
    """Return the names that `schema_text` accepts, with the titles of their schemas."""
    titles = {shape: definition(shape, name)["title"] for shape, name in _shapes().items()}
    for name, path in _files().items():
        titles[name] = orjson.loads(path.read_bytes())["title"]
    return titles


def schema_text(name: str) -> bytes:
    """Return a JSON Schema (draft 2020-12) as UTF-8 text.

    Args:
        name: a bundled schema, such as `endpoint-request`, which is returned byte for byte; or a
            shape in its `$defs`, which is returned with the definitions that it refers to.
    """
    files = _files()
    if name in files:
        return files[name].read_bytes()
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(_schema_of_shape(name), option=options)


def _shapes() -> Mapping[str, str]:
    """Return the shapes that are objects, each with the name of its bundled schema."""
    return {
        shape: name
        for name in (ENDPOINT, SEGMENT)
        for shape, schema in bundled_schema(name)["$defs"].items()
        if "properties" in schema
    }


def _files() -> Mapping[str, Path]:
    """Return the paths of the bundled schemas by name: their file names without the ending."""
    paths = sorted(schema_path().parent.glob(f"*{_ENDING}"))
    return {path.name.removesuffix(_ENDING): path for path in paths}


def _schema_of_shape(shape: str) -> dict[str, Any]:
    bundled = _shapes()[shape]
    schema = bundled_schema(bundled)
    definitions = schema["$defs"]
    needed = set(_needed_by(definitions[shape], bundled))
    return {
        "$schema": schema["$schema"],
        "$id": f"{schema['$id']}:{shape}",
        **definitions[shape],
        "$defs": {name: definitions[name] for name in definitions if name in needed},
    }


def _needed_by(part: Any, bundled: str) -> Iterator[str]:
    """Yield the names of the definitions that a part of a schema refers to, also indirectly."""
    if isinstance(part, dict):
        if "$ref" in part:
            name = referred_to(part["$ref"])
            yield name
            yield from _needed_by(definition(name, bundled), bundled)
        for inner in part.values():
            yield from _needed_by(inner, bundled)
