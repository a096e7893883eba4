"""An error of the jsonschema library in, findings in the words of the service out."""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_id import endpoint_id_fault
from pinpoint_endpoints.documents.personal import shown_name
from pinpoint_endpoints.documents.positions import Path
from pinpoint_endpoints.documents.schema_file import bundled_schema

_LONGEST_SHOWN = 40
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_RIGHT_ANGLE = 90
_HALF_TURN = 180
_GROUPS = {
    "Demographic": "EndpointDemographic",
    "Location": "EndpointLocation",
    "User": "EndpointUser",
}
_IDS = ("Id", "EndpointId")
_KINDS = {
    "string": "a string",
    "number": "a number",
    "array": "a list",
    "object": "an object",
}


class Finding(NamedTuple):
    """What does not fit the schema at one place of a value; the texts hold no personal data.

    Attributes:
        path: leads to the value, from the top of what was checked.
        at_key: whether the key is to blame and not what stands under it.
        code: the code of the problem.
        message: what is wrong.
        hint: what to do about it, or empty.
    """

    path: Path
    at_key: bool
    code: str
    message: str
    hint: str = ""


def findings_of(error: Any, shape: str) -> Iterator[Finding]:
    """Yield the findings that one `jsonschema.ValidationError` stands for."""
    path = tuple(error.absolute_path)
    keyword = str(error.validator)
    if "propertyNames" in error.absolute_schema_path:
        yield _attribute_name(path, error.instance)
    elif keyword == "additionalProperties":
        yield from _unknown_members(path, error, shape)
    elif keyword == "required":
        yield from _missing_members(path, error)
    elif keyword == "enum" and not isinstance(error.instance, str):
        return
    elif isinstance(error.instance, str) and _is_id(path, error):
        fault = endpoint_id_fault(error.instance)
        yield Finding(
            path, False, codes.ENDPOINT_ID, f"not an endpoint id: {fault}", "choose another id"
        )
    else:
        yield _EXPLAINERS.get(keyword, _other)(path, error)


def and_more(shown: int) -> Finding:
    """Return the finding that stands for those that are not shown."""
    message = f"more than {shown} mistakes: the others are not shown"
    return Finding((), False, codes.TOO_LARGE, message, "mend these first")


def _is_id(path: Path, error: Any) -> bool:
    return (
        bool(path) and path[-1] in _IDS and "additionalProperties" not in error.absolute_schema_path
    )


def _unknown_members(path: Path, error: Any, shape: str) -> Iterator[Finding]:
    known = list(error.schema["properties"])
    holder = next((step for step in reversed(path) if isinstance(step, str)), shape)
    for name in error.instance:
        if name not in known:
            message = f'"{shown_name(name)}" is not a member of {holder}'
            yield Finding(
                (*path, name), True, codes.UNKNOWN_MEMBER, message, _nearest_member(name, known)
            )


def _nearest_member(name: str, known: list[str]) -> str:
    for group, definition in _GROUPS.items():
        if name in bundled_schema()["$defs"][definition]["properties"]:
            return f'it belongs under "{group}"'
    near = _nearest(name, known)
    if near:
        return f'did you mean "{near}"?'
    if name == "<<":
        return "YAML 1.2 has no merge keys: write the members out"
    return f"the members are {', '.join(known)}"


def _nearest(word: str, known: list[str]) -> str:
    if len(word) > _LONGEST_SHOWN:
        return ""
    by_folded = {choice.casefold(): choice for choice in known}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.7)
    return by_folded[near[0]] if near else ""


def _missing_members(path: Path, error: Any) -> Iterator[Finding]:
    for name in error.validator_value:
        if name not in error.instance:
            yield Finding(
                path, False, codes.MISSING_MEMBER, f'the member "{name}" is missing', "add it"
            )


def _attribute_name(path: Path, name: str) -> Finding:
    if not name:
        return Finding(
            (*path, name), True, codes.OVER_LIMIT, "an attribute has an empty name", "name it"
        )
    return Finding(
        (*path, name),
        True,
        codes.OVER_LIMIT,
        f"an attribute's name has {len(name)} characters, and the service takes 50",
        "shorten it",
    )


def _wrong_type(path: Path, error: Any) -> Finding:
    wanted = str(error.validator_value)
    found = _kind_of(error.instance)
    message = f"expected {_KINDS.get(wanted, wanted)}, found {found}"
    hint = "give it as text, in quotes" if _is_id(path, error) else ""
    hint = hint or _type_hint(path, wanted, error.instance)
    return Finding(path, False, codes.WRONG_TYPE, message, hint)


def _type_hint(path: Path, wanted: str, value: object) -> str:
    if not path:
        return 'an endpoint is an object; a file holds one, or several as {"Item": [...]}'
    if value is None:
        in_list = isinstance(path[-1], int)
        return "remove it from the list" if in_list else "leave it out: what is left out stays"
    nested = isinstance(value, (dict, list))
    return {
        "array": "write a list of strings" if nested else "wrap it in a list",
        "string": "write the text itself" if nested else "put it in quotes",
        "number": "write it without quotes" if _is_number(value) else "write a number",
        "object": "write members, each with a name and a value",
    }[wanted]


def _is_number(text: object) -> bool:
    return isinstance(text, str) and bool(_NUMBER.fullmatch(text))


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    kinds: dict[type, str] = {
        str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object",
    }  # fmt: skip
    return kinds.get(type(value), "something else")


def _not_in_set(path: Path, error: Any) -> Finding:
    value, choices = error.instance, list(error.validator_value)
    name = path[-1] if path else "value"
    near = _nearest(value.strip(), choices)
    # what is not like a choice may be an address in the wrong place
    shown = f'"{value}"' if near else "this text"
    hint = f'did you mean "{near}"?' if near else f"one of {', '.join(choices)}"
    return Finding(path, False, codes.NOT_IN_SET, f"{shown} is not a value of {name}", hint)


def _too_long(path: Path, error: Any) -> Finding:
    size, limit = len(error.instance), error.validator_value
    message = f"{size} characters, and the service takes {limit}"
    return Finding(path, False, codes.OVER_LIMIT, message, "shorten it")


def _too_many(path: Path, error: Any) -> Finding:
    size, limit = len(error.instance), error.validator_value
    message = f"{size} values, and the service takes {limit} for an attribute"
    return Finding(path, False, codes.OVER_LIMIT, message, "remove some")


def _too_few(path: Path, error: Any) -> Finding:
    if isinstance(error.instance, str):
        return Finding(path, False, codes.OVER_LIMIT, "an empty text", "fill it, or leave it out")
    return Finding(path, False, codes.MISSING_MEMBER, "there is no endpoint in it", "add one")


def _out_of_range(path: Path, error: Any) -> Finding:
    low, high = error.schema["minimum"], error.schema["maximum"]
    exchanged = path[-1:] == ("Latitude",) and _RIGHT_ANGLE < abs(error.instance) <= _HALF_TURN
    return Finding(
        path,
        False,
        codes.OUT_OF_RANGE,
        f"{error.instance} is not between {low} and {high}",
        "are latitude and longitude exchanged?" if exchanged else "give it in degrees",
    )


def _other(path: Path, error: Any) -> Finding:
    return Finding(path, False, codes.WRONG_TYPE, f"does not fit the schema ({error.validator})")


_EXPLAINERS: dict[str, Callable[[Path, Any], Finding]] = {
    "type": _wrong_type,
    "enum": _not_in_set,
    "maxLength": _too_long,
    "maxItems": _too_many,
    "minLength": _too_few,
    "minItems": _too_few,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
}
