"""Take members out of a request that its shape does not have, as the service ignores them."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from pinpoint_endpoints.documents.positions import ValuePath, json_pointer
from pinpoint_endpoints.local.events import EVENT_SCHEMA
from pinpoint_endpoints.local.requests import CREATE_APPLICATION_REQUEST
from pinpoint_endpoints.schema.bundled import SEGMENT, AllowedMembers, allowed_members, definition

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


def _remove(value: Any, members: AllowedMembers, path: ValuePath = ()) -> Iterator[ValuePath]:
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
def _members_of(shape: str) -> AllowedMembers | None:
    if shape == "WriteSegmentRequest":
        return allowed_members(definition(shape, SEGMENT), SEGMENT)
    return allowed_members(SCHEMAS.get(shape) or definition(shape))
