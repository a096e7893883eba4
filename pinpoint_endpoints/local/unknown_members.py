"""Take members out of a request that its shape does not have, as the service ignores them."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.positions import ValuePath, json_pointer
from pinpoint_endpoints.local.events import EVENT_SCHEMA
from pinpoint_endpoints.local.requests import CREATE_APPLICATION_REQUEST
from pinpoint_endpoints.schema.bundled import definition, resolved

MAX_NAMED = 5
"""Members that a remark names; further ones are counted."""

SCHEMAS: Mapping[str, dict[str, Any]] = {
    "CreateApplicationRequest": CREATE_APPLICATION_REQUEST.schema,
    "EventsRequest": {
        "additionalProperties": False,
        "properties": {
            "BatchItem": {
                "additionalProperties": {
                    "additionalProperties": False,
                    "properties": {
                        "Endpoint": {"$ref": "#/$defs/EndpointRequest"},
                        "Events": {"additionalProperties": EVENT_SCHEMA},
                    },
                }
            }
        },
    },
    "UpdateAttributesRequest": {"additionalProperties": False, "properties": {"Blacklist": {}}},
}
"""The members of shapes that the bundled schema does not have whole."""


class _Members(NamedTuple):
    """The members that a value may have.

    Args:
        names: of an object; None for a list or a map, whose names are free.
        below: of the values of members, where they have names to check.
        each: of every value of a map, every item of a list, if they have names to check.
    """

    names: frozenset[str] | None
    below: Mapping[str, "_Members"]
    each: "_Members | None"


def remove_unknown_members(request: object, shape: str) -> str:
    """Take the unknown members out of a request, and say which ones in a sentence.

    Args:
        request: the value of a body, which is changed. What is not an object is left as it is.
        shape: its name in the service model, such as `EndpointRequest`.
    """
    members = _members_of(shape)
    removed = _remove(request, members) if members else iter(())
    named = [json_pointer(path) for path in islice(removed, MAX_NAMED)]
    more = sum(1 for _ in removed)
    if not named:
        return ""
    others = f" and {more:,} more" if more else ""
    return f"ignored unknown members: {', '.join(named)}{others}"


def _remove(value: Any, members: _Members, path: ValuePath = ()) -> Iterator[ValuePath]:
    """Remove unknown members of a value and below it, and yield their paths."""
    if isinstance(value, dict):
        if members.names is not None:
            for name in [name for name in value if name not in members.names]:
                del value[name]
                yield (*path, name)
        for name, below in members.below.items():
            if name in value:
                yield from _remove(value[name], below, (*path, name))
    if members.each is not None and isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in items:
            yield from _remove(item, members.each, (*path, step))


@cache
def _members_of(shape: str) -> _Members | None:
    return _members_in(SCHEMAS.get(shape) or definition(shape))


def _members_in(schema: dict[str, Any]) -> _Members | None:
    """Return the members that a JSON Schema names, None if it names none."""
    schema = resolved(schema)
    further = schema.get("additionalProperties")
    properties = schema.get("properties", {})
    names = frozenset(properties) if further is False else None
    nested = {name: _members_in(one) for name, one in properties.items()}
    below = {name: one for name, one in nested.items() if one is not None}
    values = further if isinstance(further, dict) else schema.get("items")
    each = _members_in(values) if values else None
    return _Members(names, below, each) if names is not None or below or each else None
