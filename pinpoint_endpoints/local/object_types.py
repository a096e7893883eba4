"""Check the mapping of an object type, and apply it to profile objects."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pinpoint_endpoints.local.model_check import service_model
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.quotas import (
    MAX_OBJECT_TYPE_FIELDS,
    MAX_OBJECT_TYPE_KEYS,
    MAX_PROFILE_VALUE_LENGTH,
)

_FIELD_NAME = re.compile("[A-Za-z][A-Za-z0-9_.-]*")
_SOURCE = re.compile(r"_source((?:\.[^.{}]+)+)")
_ADDRESSES = frozenset({"Address", "ShippingAddress", "MailingAddress", "BillingAddress"})
_NOT_FIELDS = frozenset({"ProfileId", "FoundByItems", "EngagementPreferences", "Attributes"})
_PREDEFINED_KEYS = frozenset({"_phone", "_email", "_account", "_fullName"})
_RESERVED = frozenset({"tags"})
_LIMITED = frozenset({"LOOKUP_ONLY", "NEW_ONLY"})


class Key(NamedTuple):
    """A key of an object, with its value.

    Attributes:
        name: the name of the key.
        value: the values of its fields, joined.
        identifiers: the standard identifiers of the key.
    """

    name: str
    value: str
    identifiers: frozenset[str]


class MappedObject(NamedTuple):
    """A profile object, as its object type reads it.

    Attributes:
        members: the members of the profile, by path such as ("Address", "City"); no value is empty.
        keys: those whose fields all have a value.
    """

    members: dict[tuple[str, ...], str]
    keys: list[Key]

    @property
    def unique(self) -> Key | None:
        """The key that tells one object from another."""
        return next((key for key in self.keys if "UNIQUE" in key.identifiers), None)


def check_object_type(request: Mapping[str, Any]) -> None:
    """Refuse a mapping that the service refuses.

    Source: Amazon Connect Administrator Guide, "Object type mapping definitions", "Key
    definitions" and "Standard identifiers".

    Raises:
        ServiceError: 400.
    """
    problem = next(_problems(request.get("Fields") or {}, request.get("Keys") or {}), "")
    if problem:
        raise bad_request(problem)


def check_fields(fields: Mapping[str, Any]) -> None:
    """Refuse fields that the service refuses in a mapping.

    Raises:
        ServiceError: 400.
    """
    problem = next((each for name in fields for each in _field_problems(name, fields[name])), "")
    if problem or not fields:
        raise bad_request(problem or "Fields are required")


def _problems(fields: Mapping[str, Any], keys: Mapping[str, Any]) -> Iterator[str]:
    entries = [(name, entry) for name, several in keys.items() for entry in several]
    if not fields or not entries:
        yield "Fields and Keys are required: the local service has no templates"
    if len(fields) > MAX_OBJECT_TYPE_FIELDS:
        yield f"Fields must have at most {MAX_OBJECT_TYPE_FIELDS} fields"
    if len(entries) > MAX_OBJECT_TYPE_KEYS:
        yield f"Keys must have at most {MAX_OBJECT_TYPE_KEYS} keys"
    for name, field in fields.items():
        yield from _field_problems(name, field)
    yield from _key_problems(entries, fields)


def _field_problems(name: str, field: Mapping[str, Any]) -> Iterator[str]:
    if not _FIELD_NAME.fullmatch(name) or name.lower() in _RESERVED:
        yield "a field's name must begin with a letter, and must not be Tags"
    if not _SOURCE.fullmatch(field.get("Source", "")):
        yield "a Source must be a path such as _source.name"
    target = field.get("Target", "")
    if target and not _is_target(target):
        yield "a Target must be a standard field, as in _profile.EmailAddress, or an attribute"


def _is_target(target: str) -> bool:
    start, *path = target.split(".")
    shapes = service_model()["shapes"]
    if start != "_profile" or not path:
        return False
    if path[0] == "Attributes":
        return len(path) > 1 and bool(path[1])
    if path[0] in _ADDRESSES:
        return len(path) == len(("Address", "City")) and path[1] in shapes["Address"]["members"]
    return len(path) == 1 and path[0] in shapes["Profile"]["members"].keys() - _NOT_FIELDS


def _key_problems(
    entries: list[tuple[str, Mapping[str, Any]]], fields: Mapping[str, Any]
) -> Iterator[str]:
    identifiers = [frozenset(entry.get("StandardIdentifiers") or ()) for _, entry in entries]
    if sum("UNIQUE" in one for one in identifiers) != 1:
        yield "exactly one key must be UNIQUE"
    if not any("PROFILE" in one and not one & _LIMITED for one in identifiers):
        yield "a key must be PROFILE, and neither LOOKUP_ONLY nor NEW_ONLY"
    if any("UNIQUE" in one and one & _LIMITED for one in identifiers):
        yield "a UNIQUE key must be neither LOOKUP_ONLY nor NEW_ONLY"
    for name, entry in entries:
        if name.startswith("_") and name not in _PREDEFINED_KEYS:
            known = ", ".join(sorted(_PREDEFINED_KEYS))
            yield f"a key that begins with an underscore must be one of {known}"
        if name.lower() in _RESERVED:
            yield "a key must not be called Tags"
        names = entry.get("FieldNames") or ()
        if not names or not fields.keys() >= set(names):
            yield "the FieldNames of a key must be names of fields"


def map_object(value: Mapping[str, Any], object_type: Mapping[str, Any]) -> MappedObject:
    """Return what an object adds to its profile, and its keys.

    Raises:
        ServiceError: 400 if a value is too long for its field.
    """
    texts: dict[str, str] = {}
    members: dict[tuple[str, ...], str] = {}
    for name, field in object_type["Fields"].items():
        text = _text_at(value, field["Source"])
        if not text:
            continue
        texts[name] = text
        target = field.get("Target", "").removeprefix("_profile.")
        if target:
            if len(text) > MAX_PROFILE_VALUE_LENGTH:
                raise bad_request(
                    f"the value of field {name} has more than {MAX_PROFILE_VALUE_LENGTH} characters"
                )
            members[tuple(target.split(".", 1))] = text
    keys = [
        Key(
            name,
            "|".join(texts[field] for field in entry["FieldNames"]),
            frozenset(entry.get("StandardIdentifiers") or ()),
        )
        for name, several in object_type["Keys"].items()
        for entry in several
        if texts.keys() >= set(entry["FieldNames"])
    ]
    return MappedObject(members, keys)


def _text_at(value: Any, source: str) -> str:
    for step in source.split(".")[1:]:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""
