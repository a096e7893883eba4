"""Decide whether values match a schema, at once for the first few and fast for many."""

import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.schema.bundled import ENDPOINT, bundled_schema

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

FIRST = 100
"""Until the library is imported and the schema compiled, this many values can be decided here."""

_Schema = dict[str, Any]


class Decider:
    """Decides whether values match a schema of draft 2020-12.

    jsonschema-rs is the fastest by far, but it is one sixth of the time of a run over one document.
    So the first values are decided by a few lines of Python, which know the keywords that our
    schemas have.

    Args:
        schema: with references only to its own `$defs`.
        first: how many values are decided in Python.
    """

    def __init__(self, schema: _Schema, first: int = FIRST) -> None:
        self.schema = schema
        self._left = first

    @cached_property
    def compiled(self) -> "Draft202012Validator":
        """The compiled schema."""
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(self.schema, mask="")  # its messages, unused, have no values

    def is_valid(self, value: object) -> bool:
        """Tell whether a value matches the schema."""
        if self._left > 0:
            self._left -= 1
            return _matches(value, self.schema, self.schema)
        return self.compiled.is_valid(value)


def fits(value: object, shape: str) -> bool:
    """Tell whether a value matches a shape, a name under `$defs` of the bundled schema."""
    return decider_at("$defs", shape).is_valid(value)


@cache
def decider_at(*definition: str | int, name: str = ENDPOINT) -> Decider:
    """Return what decides about values of a part of a bundled schema.

    Args:
        definition: the path to the part.
        name: the name of the schema.
    """
    bundled = bundled_schema(name)
    reference = "/".join(["#", *map(str, definition)])
    return Decider({"$schema": bundled["$schema"], "$defs": bundled["$defs"], "$ref": reference})


def _matches(value: Any, schema: _Schema, top: _Schema) -> bool:
    return all(
        keyword in _ANNOTATIONS or _KEYWORDS[keyword](value, wanted, schema, top)
        for keyword, wanted in schema.items()
    )


def _is_type(value: Any, name: str, _schema: _Schema, _top: _Schema) -> bool:
    if name == "number":
        is_finite = not isinstance(value, float) or isfinite(value)
        return isinstance(value, (int, float)) and not isinstance(value, bool) and is_finite
    return isinstance(value, _TYPES[name])


def _referred(value: Any, reference: str, _schema: _Schema, top: _Schema) -> bool:
    return _matches(value, top["$defs"][reference.removeprefix("#/$defs/")], top)


def _properties(value: Any, properties: _Schema, _schema: _Schema, top: _Schema) -> bool:
    if not isinstance(value, dict):
        return True
    return all(
        _matches(value[name], schema, top) for name, schema in properties.items() if name in value
    )


def _additional(value: Any, wanted: _Schema | bool, schema: _Schema, top: _Schema) -> bool:
    if not isinstance(value, dict):
        return True
    others = value.keys() - schema.get("properties", {}).keys()
    if isinstance(wanted, bool):
        return wanted or not others
    return all(_matches(value[name], wanted, top) for name in others)


def _names(value: Any, wanted: _Schema, _schema: _Schema, top: _Schema) -> bool:
    return not isinstance(value, dict) or all(_matches(name, wanted, top) for name in value)


def _items(value: Any, wanted: _Schema, _schema: _Schema, top: _Schema) -> bool:
    return not isinstance(value, list) or all(_matches(item, wanted, top) for item in value)


def _pattern(value: Any, pattern: str, _schema: _Schema, _top: _Schema) -> bool:
    if pattern.endswith("$"):  # in Python, it also matches before a line feed at the end
        pattern = pattern[:-1] + r"\Z"
    return not isinstance(value, str) or re.search(pattern, value) is not None


_TYPES: Mapping[str, type] = {"string": str, "object": dict, "array": list}

_ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})

_KEYWORDS: Mapping[str, Callable[[Any, Any, _Schema, _Schema], bool]] = {
    "$ref": _referred,
    "additionalProperties": _additional,
    "anyOf": lambda value, wanted, _, top: any(_matches(value, one, top) for one in wanted),
    "enum": lambda value, wanted, *_: isinstance(value, str) and value in wanted,
    "items": _items,
    "maxItems": lambda value, wanted, *_: not isinstance(value, list) or len(value) <= wanted,
    "maxLength": lambda value, wanted, *_: not isinstance(value, str) or len(value) <= wanted,
    "maximum": lambda value, wanted, *_: not isinstance(value, (int, float)) or value <= wanted,
    "minItems": lambda value, wanted, *_: not isinstance(value, list) or len(value) >= wanted,
    "minLength": lambda value, wanted, *_: not isinstance(value, str) or len(value) >= wanted,
    "minimum": lambda value, wanted, *_: not isinstance(value, (int, float)) or value >= wanted,
    "not": lambda value, wanted, _, top: not _matches(value, wanted, top),
    "pattern": _pattern,
    "properties": _properties,
    "propertyNames": _names,
    "required": lambda value, wanted, *_: not isinstance(value, dict) or value.keys() >= {*wanted},
    "type": _is_type,
}
