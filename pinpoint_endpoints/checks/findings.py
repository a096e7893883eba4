"""An error of the jsonschema library in, findings in the words of the service out."""

from collections.abc import Callable, Iterator
from typing import Any

from pinpoint_endpoints.checks.finding import Coded, Finding
from pinpoint_endpoints.checks.rules.by_schema import (
    endpoint_id,
    missing_member,
    not_in_set,
    out_of_range,
    over_limit,
    unknown_member,
    wrong_type,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.positions import Path

_IDS = ("Id", "EndpointId")


def findings_of(error: Any, shape: str) -> Iterator[Coded]:
    """Yield the findings that one `jsonschema.ValidationError` stands for."""
    path = tuple(error.absolute_path)
    keyword = str(error.validator)
    if "propertyNames" in error.absolute_schema_path:
        yield codes.OVER_LIMIT, _attribute_name(path, error.instance)
    elif keyword == "additionalProperties":
        yield from _unknown_members(path, error, shape)
    elif keyword == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield codes.MISSING_MEMBER, missing_member(path, name)
    elif keyword == "enum" and not isinstance(error.instance, str):
        return
    elif isinstance(error.instance, str) and _is_id(path, error):
        yield codes.ENDPOINT_ID, endpoint_id(path, error.instance)
    else:
        yield _EXPLAINERS.get(keyword, _other)(path, error)


def and_more(shown: int) -> Coded:
    """Return the finding that stands for those that are not shown."""
    message = f"more than {shown} mistakes: the others are not shown"
    return codes.TOO_LARGE, Finding((), message, "fix these first")


def _is_id(path: Path, error: Any) -> bool:
    return (
        bool(path) and path[-1] in _IDS and "additionalProperties" not in error.absolute_schema_path
    )


def _unknown_members(path: Path, error: Any, shape: str) -> Iterator[Coded]:
    known = list(error.schema["properties"])
    holder = next((step for step in reversed(path) if isinstance(step, str)), shape)
    for name in error.instance:
        if name not in known:
            finding = unknown_member(path, name, error.instance, known, holder)
            yield codes.UNKNOWN_MEMBER, finding


def _attribute_name(path: Path, name: str) -> Finding:
    if not name:
        return over_limit((*path, name), "an attribute has an empty name", "name it", at_key=True)
    message = f"an attribute's name has {len(name)} characters, and the service takes 50"
    return over_limit((*path, name), message, "shorten it", at_key=True)


def _wrong_type(path: Path, error: Any) -> Coded:
    finding = wrong_type(path, str(error.validator_value), error.instance)
    if _is_id(path, error):
        finding = finding._replace(hint="give it as text, in quotes")
    return codes.WRONG_TYPE, finding


def _not_in_set(path: Path, error: Any) -> Coded:
    return codes.NOT_IN_SET, not_in_set(path, error.instance, list(error.validator_value))


def _too_long(path: Path, error: Any) -> Coded:
    size, limit = len(error.instance), error.validator_value
    message = f"{size} characters, and the service takes {limit}"
    return codes.OVER_LIMIT, over_limit(path, message, "shorten it")


def _too_many(path: Path, error: Any) -> Coded:
    size, limit = len(error.instance), error.validator_value
    message = f"{size} values, and the service takes {limit} for an attribute"
    return codes.OVER_LIMIT, over_limit(path, message, "remove some")


def _too_few(path: Path, error: Any) -> Coded:
    if isinstance(error.instance, str):
        return codes.OVER_LIMIT, over_limit(path, "an empty text", "fill it, or leave it out")
    return codes.MISSING_MEMBER, missing_member(path, "")


def _out_of_range(path: Path, error: Any) -> Coded:
    low, high = error.schema["minimum"], error.schema["maximum"]
    return codes.OUT_OF_RANGE, out_of_range(path, error.instance, low, high)


def _other(path: Path, error: Any) -> Coded:
    return codes.WRONG_TYPE, Finding(path, f"does not fit the schema ({error.validator})")


_EXPLAINERS: dict[str, Callable[[Path, Any], Coded]] = {
    "type": _wrong_type,
    "enum": _not_in_set,
    "maxLength": _too_long,
    "maxItems": _too_many,
    "minLength": _too_few,
    "minItems": _too_few,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
}
