"""The bundled JSON Schema, as it stands in the wheel or beside the package in a checkout."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

SCHEMA_NAME = "endpoint-request.schema.json"


@cache
def schema_path() -> Path:
    """Return where the bundled schema is."""
    package = Path(__file__).parent.parent
    bundled = package / "schemas" / SCHEMA_NAME
    return bundled if bundled.exists() else package.parent / "schemas" / SCHEMA_NAME


@cache
def bundled_schema() -> dict[str, Any]:
    """Return the bundled schema: an EndpointRequest at its root, the other shapes in `$defs`."""
    schema: dict[str, Any] = orjson.loads(schema_path().read_bytes())
    return schema
