"""Rules that the schema decides: each describes what does not match, in the service's words."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.lookalikes import in_ascii, named, odd_character
from pinpoint_endpoints.documents.model import Action, Fix
from pinpoint_endpoints.documents.positions import ValuePath, shown_name
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.shapes import READ_ONLY, WRAPPERS
from pinpoint_endpoints.documents.suggestions import (
    by_style,
    nearest,
    same_but_for_case,
    same_but_for_style,
    without_style,
)
from pinpoint_endpoints.schema.bundled import bundled_schema

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_RIGHT_ANGLE = 90
_HALF_TURN = 180
_GROUPS = {
    "Demographic": "EndpointDemographic",
    "Location": "EndpointLocation",
    "User": "EndpointUser",
}
_CLOSED_SETS = ("ChannelType", "EndpointStatus", "OptOut")
_CHANNELS_CALLED = {
    "GCM": ("fcm", "firebase", "firebasecloudmessaging"),
    "APNS or APNS_SANDBOX": ("apn", "apple", "ios", "ipad", "iphone"),
    "GCM, ADM or BAIDU": ("android",),
    "ADM": ("amazon", "fireos", "kindle"),
    "SMS": ("cell", "mms", "mobile", "msisdn", "phone", "text", "textmessage"),
    "VOICE": ("call", "landline"),
    "EMAIL": ("mail", "ses", "smtp"),
    "IN_APP": ("inappmessage", "inappmessaging"),
    "CUSTOM": ("lambda", "messenger", "slack", "telegram", "webhook", "whatsapp"),
}
"""What people and other tools call the channels, without case and punctuation."""
_CHOICE_HINTS = {
    "OptOut": 'write "ALL" (the user has opted out) or "NONE"',
    "EndpointStatus": 'write "ACTIVE" or "INACTIVE"',
}
_LIKE_A_CHOICE = 0.6
"""Of three letters, one may come from another alphabet."""
_IDS = ("Id", "EndpointId")
KINDS = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "array": "a list",
    "object": "an object",
}
"""The types of the schema, with their articles."""

_KINDS_OF_VALUES: Mapping[type, str] = {
    type(None): "null",
    bool: "a boolean",
    str: "a string",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


@rule(codes.UNKNOWN_MEMBER, Scope.SCHEMA)
def unknown_member(
    place: ValuePath, right: str, members: Mapping[str, object], known: Sequence[str], holder: str
) -> Finding:
    """A member that the service does not have.

    boto3 and the AWS CLI refuse the whole request (`Unknown parameter in EndpointRequest`). Names
    are case-sensitive: `address` is not `Address`. The output of `get-endpoint` has members that
    cannot be sent back: they are read-only.

    Source: botocore's service model, `EndpointRequest` and the shapes in it.

    Wrong:
        {"Adress": "ada@example.com", "ChannelType": "EMAIL"}

    Right:
        {"Address": "ada@example.com", "ChannelType": "EMAIL"}
    """
    name = str(place[-1])
    message = f'"{shown_name(name)}" is not a member of {holder}{_with_odd(name)}'
    if name in (*READ_ONLY, "Id") and "ChannelType" in known:
        removal = Fix(Action.REMOVE, (place,))
        return Finding(place, message, "it is read-only: remove it", at_key=True, fix=removal)
    if right and right not in members:
        fix = Fix(Action.RENAME, (place,), right)
        return Finding(place, message, f'did you mean "{right}"?', at_key=True, fix=fix)
    if right:
        hint = f'"{right}" is there already: remove one of the two'
        return Finding(place, message, hint, at_key=True, keeps_names=True)
    level, exact = _other_level(name, known)
    if level:
        hint = level if name == exact else f'{level} as "{exact}"'
        return Finding(place, message, hint, at_key=True, keeps_names=name != exact)
    return Finding(place, message, _nearest_member(name, known), at_key=True)


def names_by_style(
    path: ValuePath, members: Mapping[str, object], known: Sequence[str], holder: str
) -> Mapping[str, str]:
    """Return the names that members of an object may have, by their letters and digits only.

    At the top of an endpoint without an id, these are also the names of wrappers and the id.
    """
    if path or holder != "EndpointRequest":
        return by_style(known)
    wrappers = by_style((*WRAPPERS,))
    wrapped = any(without_style(member) in wrappers for member in members)
    ids = ("EndpointId", "ApplicationId") if wrapped else ("Id", *READ_ONLY)
    return {"endpointid": "Id", **by_style((*known, *WRAPPERS, *ids))}


def _other_level(name: str, known: Sequence[str]) -> tuple[str, str]:
    """Return where a member of another level belongs, and its name there; else empty strings."""
    for group, definition in _GROUPS.items():
        if exact := same_but_for_style(name, _members_of(definition)):
            return f'it belongs under "{group}"', exact
    if "ChannelType" in known:
        return "", ""
    exact = same_but_for_style(name, _members_of("EndpointRequest"))
    return ("it belongs beside User, Location and Demographic", exact) if exact else ("", "")


def _nearest_member(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    if near:
        return f'did you mean "{near}"?'
    if name.partition(":")[0] in known:
        return "a space is missing after the colon"
    if name == "<<":
        return "YAML 1.2 has no merge keys: write the members out"
    return f"the members are {', '.join(known)}"


@rule(codes.WRONG_TYPE, Scope.SCHEMA)
def wrong_type(path: ValuePath, wanted: str, value: object) -> Finding:
    """A value of the wrong type.

    boto3 and the AWS CLI refuse the whole request (`Invalid type for parameter`). Each attribute
    is a list of strings, even with a single value: some of AWS's own pages leave out the list.
    A metric is a number: boto3 sends `true` unchanged, and its effect is not documented. `null`
    does not clear a member: a member that is left out keeps its value, and an empty list empties an
    attribute.

    Source: botocore's service model; botocore's parameter validation.

    Wrong:
        {"User": {"UserAttributes": {"FirstName": "Wang"}}}

    Right:
        {"User": {"UserAttributes": {"FirstName": ["Wang"]}}}
    """
    message = f"expected {KINDS.get(wanted, wanted)}, found {kind_of(value)}"
    hint = _type_hint(path, wanted, value)
    return Finding(path, message, hint, fix=_type_fix(path, wanted, value))


def _type_hint(path: ValuePath, wanted: str, value: object) -> str:
    if not path:
        return 'an endpoint is an object; a file holds one, or several as {"Item": [...]}'
    if _is_batch(path):
        return 'write a list of endpoints: {"Item": [{...}]}'
    if value is None and (wanted != "string" or path[-1] not in _IDS):
        in_list = isinstance(path[-1], int)
        return "remove it from the list" if in_list else "leave it out to keep the stored value"
    find = _TYPE_HINTS.get(wanted)
    return find(path, value) if find else ""


def _string_hint(path: ValuePath, value: object) -> str:
    name = path[-1]
    if name in _IDS:
        return "write the endpoint's id" if value is None else "write it as a string, in quotes"
    if name in _CLOSED_SETS:
        return _choice_hint(str(name), _choices(str(name)))
    return "write the text itself" if isinstance(value, (dict, list)) else "put it in quotes"


def _number_hint(path: ValuePath, value: object) -> str:
    if isinstance(value, bool) and path[-2:-1] == ("Metrics",):
        return "a metric is a number: write 1 or 0"
    if isinstance(value, str) and not value.isascii() and is_number(in_ascii(value)):
        return f"write it in ASCII: it has {named(odd_character(value))}"
    return "write it without quotes" if is_number(value) else "write a number, such as 7"


def _is_batch(path: ValuePath) -> bool:
    return path[-1] == "Item" and path[-2:-1] not in (("Attributes",), ("UserAttributes",))


def _object_hint(path: ValuePath, value: object) -> str:
    name = str(path[-1])
    if value == []:
        return "write {}: some languages write an empty map as []"
    if name in ("Attributes", "UserAttributes"):
        return 'write names with lists of strings: {"name": ["value"]}'
    if name == "Metrics":
        return 'write names with numbers: {"name": 1}'
    if name in _GROUPS:
        return f"write its members: {', '.join(_members_of(_GROUPS[name]))}"
    return "write members, each with a name and a value"


def _list_hint(_path: ValuePath, value: object) -> str:
    if value == {}:
        return "write [], which empties the attribute, or leave it out"
    if isinstance(value, (dict, list)):
        return "write a list of strings"
    return "wrap it in a list" if isinstance(value, str) else "write it in a list and in quotes"


_TYPE_HINTS: Mapping[str, Callable[[ValuePath, object], str]] = {
    "string": _string_hint,
    "number": _number_hint,
    "array": _list_hint,
    "object": _object_hint,
}


def _type_fix(path: ValuePath, wanted: str, value: object) -> Fix | None:
    if path and wanted == "object" and value == []:
        return Fix(Action.EMPTY, (path,))
    if not path or value is None or isinstance(value, (dict, list)) or _is_batch(path):
        return None
    if wanted == "array":
        return Fix(Action.WRAP, (path,))
    if wanted == "string" and not isinstance(value, bool) and path[-1] not in _CLOSED_SETS:
        return Fix(Action.QUOTE, (path,))
    return None


@cache
def _members_of(shape: str) -> Sequence[str]:
    return tuple(bundled_schema()["$defs"][shape]["properties"])


def _choices(name: str) -> Sequence[str]:
    choices: Sequence[str] = bundled_schema()["$defs"][name]["enum"]
    return choices


def is_number(text: object) -> bool:
    """Tell whether a value is the text of a number in JSON that is not too large."""
    return isinstance(text, str) and bool(_NUMBER.fullmatch(text)) and isfinite(float(text))


def kind_of(value: object) -> str:
    """Return what a value is, with its article."""
    return _KINDS_OF_VALUES.get(type(value), "something else")


@rule(codes.NOT_IN_SET, Scope.SCHEMA, "ChannelType", "EndpointStatus", "OptOut")
def not_in_set(path: ValuePath, value: str, choices: Sequence[str]) -> Finding:
    """Not one of the allowed values.

    boto3 sends any string, and the service answers 202. An endpoint with an unknown channel type,
    opt-out or status gets no messages, or gets messages that its user opted out of. The values are
    documented in upper case only.

    Source: botocore's service model, `ChannelType`, `EndpointRequest.OptOut` and
    `EndpointRequest.EndpointStatus`.

    Wrong:
        {"ChannelType": "sms", "Address": "+12065550100"}

    Right:
        {"ChannelType": "SMS", "Address": "+12065550100"}
    """
    name = path[-1] if path else "value"
    channel = _channel_called(value) if name == "ChannelType" else ""
    near = nearest(value, choices) if value.isascii() else nearest(value, choices, _LIKE_A_CHOICE)
    # a value unlike any choice may be an address in the wrong place
    shown = f'"{value}"' if near or channel else "this text"
    hint = _choice_hint(str(name), choices)
    if channel:
        hint = f"write {channel}"
    elif near:
        hint = f'did you mean "{near}"?'
        shown += _with_odd(value)
    right = same_but_for_case(value, choices)
    fix = Fix(Action.REPLACE, (path,), right) if right else None
    return Finding(path, f"{shown} is not a value of {name}", hint, fix=fix)


def _with_odd(text: str) -> str:
    """Name the character among ASCII ones that is not ASCII: it may look like one that is."""
    odd = "" if text.isascii() or not re.search("[A-Za-z]", text) else odd_character(text)
    return f", with {named(odd)}" if odd else ""


def _choice_hint(name: str, choices: Sequence[str]) -> str:
    return _CHOICE_HINTS.get(name) or f"one of {', '.join(choices)}"


def _channel_called(value: str) -> str:
    """Return the channel, or the channels, that go by another name; an empty string if none do."""
    word = "".join(filter(str.isalnum, value.casefold()))
    return next((channel for channel, names in _CHANNELS_CALLED.items() if word in names), "")


@rule(codes.OVER_LIMIT, Scope.SCHEMA, "Attributes", "User.UserAttributes")
def over_limit(path: ValuePath, message: str, hint: str, *, at_key: bool = False) -> Finding:
    """A name, a value or a list is too long, or empty where it must not be.

    An attribute's name has at most 50 characters, a value at most 100, and an attribute at most 50
    values. These quotas cannot be raised.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", endpoint quotas.

    Wrong:
        {"Attributes": {"a name that goes on and on, far beyond fifty characters": ["yes"]}}

    Right:
        {"Attributes": {"a name": ["yes"]}}
    """
    return Finding(path, message, hint, at_key=at_key)


@rule(codes.OUT_OF_RANGE, Scope.SCHEMA, "Location.Latitude", "Location.Longitude")
def out_of_range(path: ValuePath, value: float, low: float, high: float) -> Finding:
    """Coordinate out of range.

    A latitude is between -90 and 90 degrees, a longitude between -180 and 180. A latitude beyond
    90 is usually a longitude in the wrong place.

    Source: botocore's service model, `EndpointLocation`; ISO 6709.

    Wrong:
        {"Location": {"Latitude": -122.3, "Longitude": 47.6}}

    Right:
        {"Location": {"Latitude": 47.6, "Longitude": -122.3}}
    """
    swapped = path[-1:] == ("Latitude",) and _RIGHT_ANGLE < abs(value) <= _HALF_TURN
    hint = "are latitude and longitude swapped?" if swapped else "write it in degrees"
    return Finding(path, f"{value} is not between {low} and {high}", hint)


@rule(codes.MISSING_MEMBER, Scope.SCHEMA)
def missing_member(path: ValuePath, name: str) -> Finding:
    """A required member is missing.

    Each endpoint of a batch needs its own `Id`, and the input of `update-endpoint` an
    `EndpointRequest`.

    Source: botocore's service model, `EndpointBatchRequest` and `UpdateEndpointRequest`.

    Wrong:
        {"Item": [{"ChannelType": "EMAIL", "Address": "ada@example.com"}]}

    Right:
        {"Item": [{"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}]}
    """
    if not name:
        return Finding(path, "the list has no endpoint", "add one")
    return Finding(path, f'the member "{name}" is missing', "add it")


@rule(codes.ENDPOINT_ID, Scope.SCHEMA)
def endpoint_id(path: ValuePath, value: str) -> Finding:
    """An endpoint id that the service cannot accept.

    An id is a string that is not empty, without `$`, `{` and `}`. `.` and `..` are path segments,
    which servers on the way may remove. Ids are case-insensitive.

    Source: botocore's service model, `UpdateEndpointRequest.EndpointId`; RFC 3986, section 5.2.4.

    Wrong:
        {"Id": "${user}", "ChannelType": "EMAIL", "Address": "ada@example.com"}

    Right:
        {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    return Finding(path, f"not an endpoint id: {endpoint_id_problem(value)}", "choose another id")
