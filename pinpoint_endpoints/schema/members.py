"""Look up what the bundled schema says about a member."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pinpoint_endpoints.schema.bundled import bundled_schema, resolved

_REQUEST = "EndpointRequest."


@dataclass(frozen=True, slots=True)
class Member:
    """What the schema says about one member, or about one shape.

    Attributes:
        name: dotted path from the EndpointRequest, such as `Demographic.Timezone`; for members of
            other shapes only, the path starts with the shape's name.
        title: a few words.
        description: what it is, in sentences.
        kind: the type of its value, such as `a string`.
        values: the allowed values, if the set is closed.
        limits: limits of numbers, lengths and names, each in a few words.
        members: the names of its own members.
        examples: JSON values.
    """

    name: str
    title: str
    description: str
    kind: str
    values: tuple[str, ...]
    limits: tuple[str, ...]
    members: tuple[str, ...]
    examples: tuple[Any, ...]


def find_members(word: str) -> tuple[Member, ...]:
    """Return the members that match a name: one, unless it is unknown or ambiguous.

    Case does not matter. The name may be a full path or its end, joined by dots or, as in a JSON
    pointer, by slashes.
    """
    wanted = f".{word.strip().replace('/', '.').strip('.').casefold()}"
    found = {
        id(schema): schema
        for name, schema in _named_schemas().items()
        if f".{name.casefold()}".endswith(wanted)
    }
    return tuple(_member(schema) for schema in found.values())


def member_names() -> list[str]:
    """Return the names of all members and shapes, each once."""
    return list(_canonical_names().values())


@cache
def _named_schemas() -> Mapping[str, dict[str, Any]]:
    """Return every schema by all its names, the canonical name first."""
    definitions: dict[str, dict[str, Any]] = bundled_schema()["$defs"]
    named = dict(_under("EndpointRequest", definitions["EndpointRequest"])) | definitions
    for name, schema in definitions.items():
        named.update(_under(name, schema))
    return named


def _under(name: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, member in schema.get("properties", {}).items():
        schema_of_it = resolved(member)
        yield f"{name}.{key}", schema_of_it
        yield from _under(f"{name}.{key}", schema_of_it)


@cache
def _canonical_names() -> Mapping[int, str]:
    """Return the canonical name of each schema, by the schema's `id()`."""
    names: dict[int, str] = {}
    for name, schema in _named_schemas().items():
        names.setdefault(id(schema), name.removeprefix(_REQUEST))
    return names


def _member(schema: dict[str, Any]) -> Member:
    return Member(
        name=_canonical_names()[id(schema)],
        title=schema["title"],
        description=schema["description"],
        kind=_kind(schema),
        values=tuple(schema.get("enum", ())),
        limits=tuple(_limits(schema)),
        members=tuple(schema.get("properties", ())),
        examples=tuple(schema.get("examples", ())),
    )


def _kind(schema: dict[str, Any], *, many: bool = False) -> str:
    match schema["type"]:
        case "array":
            return f"a list of {_kind(resolved(schema['items']), many=True)}"
        case "object" if "properties" not in schema:
            return f"names, each with {_kind(resolved(schema['additionalProperties']))}"
        case "object":
            return "objects" if many else "an object"
        case kind:
            return f"{kind}s" if many else f"a {kind}"


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the limits of a schema and, after their titles, of the schemas inside it."""
    if "minimum" in schema:
        yield f"from {schema['minimum']} to {schema['maximum']}"
    if "required" in schema:
        yield f"{', '.join(schema['required'])} required"
    if "minLength" in schema or "minItems" in schema:
        yield "not empty"
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']} characters"
    if "maxItems" in schema:
        yield f"at most {schema['maxItems']} of them"
    for keyword in ("propertyNames", "additionalProperties", "items"):
        if isinstance(inner := schema.get(keyword), dict):
            inner = resolved(inner)
            outer = inner["title"].lower()
            yield from (limit if ": " in limit else f"{outer}: {limit}" for limit in _limits(inner))
