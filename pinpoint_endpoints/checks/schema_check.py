"""Check values against the bundled schema, and explain in the service's words what is wrong.

jsonschema-rs finds what does not match.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

from pinpoint_endpoints.checks.finding import CodedFinding, Finding
from pinpoint_endpoints.checks.rules.schema_rules import (
    endpoint_id,
    missing_member,
    names_by_style,
    not_in_set,
    out_of_range,
    over_limit,
    unknown_member,
    wrong_type,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.suggestions import without_style
from pinpoint_endpoints.schema.decider import decider_at
from pinpoint_endpoints.schema.errors import SchemaError, first_schema_error, schema_errors

_IDS = ("Id", "EndpointId")

_MAX_REMEMBERED = 40
"""In characters: longer values may fill the memory."""

MAX_FINDINGS = 1000
"""More than anyone reads; a hostile file could have millions."""


def explain(value: object, shape: str, most: int | None = MAX_FINDINGS) -> list[CodedFinding]:
    """Return the differences between a value and its shape; of very many, the first ones.

    Args:
        value: that does not match.
        shape: a name under `$defs` of the schema.
        most: how many differences are returned; None for all.
    """
    found = _findings(value, shape, "$defs", shape)
    shown = with_all_names_or_none(list(dict.fromkeys(islice(found, most))))
    return [*shown, and_more(MAX_FINDINGS)] if next(found, None) else shown


def first_finding(value: object, shape: str) -> CodedFinding | None:
    """Return one difference between a value and its shape, or None."""
    try:
        decider = decider_at("$defs", shape)
        error = first_schema_error(decider.compiled, decider.schema, value)
    except ValueError:  # the library fails at about 250 nested lists
        return codes.TOO_DEEP, Finding((), "nested too deeply")
    if error is None:
        return None
    return next(findings_of(error, shape), None) or next(
        _findings(value, shape, "$defs", shape), None
    )


def _findings(
    value: object, shape: str, *definition: str | int, place: ValuePath = ()
) -> Iterator[CodedFinding]:
    """Yield the differences between a value and a part of the bundled schema.

    Args:
        value: is, or is in, a value of the shape.
        shape: the name of the whole.
        definition: the path to the part of the schema.
        place: the path to the value in the whole.
    """
    decider = decider_at(*definition)
    for error in schema_errors(decider.compiled, decider.schema, value):
        yield from findings_of(
            error._replace(path=(*place, *error.path)) if place else error, shape
        )


def findings_of(error: SchemaError, shape: str) -> Iterator[CodedFinding]:
    """Yield the findings for one part of a value that does not match."""
    path, part, keyword = error.path, error.part, error.keyword
    if error.is_name:
        yield codes.OVER_LIMIT, _attribute_name(error)
    elif keyword == "additionalProperties":
        yield from _unknown_members(error, shape)
    elif keyword == "required":
        for name in error.wanted:
            if name not in part:
                yield codes.MISSING_MEMBER, missing_member(path, name)
    elif is_reported_otherwise(error):
        return
    elif isinstance(part, str) and path and path[-1] in _IDS and not error.is_free:
        yield codes.ENDPOINT_ID, endpoint_id(path, part)
    else:
        yield _EXPLAINERS.get(keyword, _other)(error)


def is_reported_otherwise(error: SchemaError) -> bool:
    """Tell whether something else says why a value does not match.

    What is not a text has the wrong type, too. A number that JSON cannot write is one to a reader.
    """
    if error.keyword == "enum":
        return not isinstance(error.part, str)
    is_number = isinstance(error.part, (int, float)) and not isinstance(error.part, bool)
    return error.keyword == "type" and error.wanted == "number" and is_number


def with_all_names_or_none(findings: list[CodedFinding]) -> list[CodedFinding]:
    """Return findings without the fixes of names, if one name keeps the others from being fixed."""
    if not any(finding.keeps_names for _, finding in findings):
        return findings
    return [
        (code, finding._replace(fix=None))
        if finding.fix and finding.fix.action is Action.RENAME
        else (code, finding)
        for code, finding in findings
    ]


def and_more(shown: int) -> CodedFinding:
    """Return the finding in place of those that are not shown."""
    message = f"more than {shown} problems: the others are not shown"
    return codes.TOO_LARGE, Finding((), message, "fix these first")


def _unknown_members(error: SchemaError, shape: str) -> Iterator[CodedFinding]:
    path, members = error.path, error.part
    known = tuple(error.schema["properties"])
    holder = next((step for step in reversed(path) if isinstance(step, str)), shape)
    names = names_by_style(path, members, known, holder)
    for name in members:
        if name not in known:
            right = names.get(without_style(name), "")
            finding = unknown_member((*path, name), right, members, known, holder)
            yield codes.UNKNOWN_MEMBER, finding
            if right and isinstance(members[name], (dict, list)):
                definition = _definition_of(right, error)
                yield from _findings(members[name], shape, *definition, place=(*path, name))


def _definition_of(name: str, error: SchemaError) -> tuple[str | int, ...]:
    """Return the path to the schema of a member of an object, or of a wrapper around endpoints."""
    if name in error.schema["properties"]:
        return (*error.schema_path, "properties", name)
    if name == "Item":
        return ("$defs", "EndpointBatchRequest", "properties", name)
    return ("$defs", "EndpointId" if name in _IDS else name)


def _attribute_name(error: SchemaError) -> Finding:
    path, name = error.path, error.part
    if not name:
        return over_limit((*path, name), "an attribute has an empty name", "name it", at_key=True)
    message = f"an attribute name has {len(name)} characters, and the limit is {error.wanted}"
    return over_limit((*path, name), message, "shorten it", at_key=True)


def _wrong_type(error: SchemaError) -> CodedFinding:
    return codes.WRONG_TYPE, wrong_type(error.path, str(error.wanted), error.part)


def _not_in_set(error: SchemaError) -> CodedFinding:
    find = _choice if len(error.part) <= _MAX_REMEMBERED else not_in_set
    return codes.NOT_IN_SET, find(error.path, error.part, tuple(error.wanted))


@lru_cache(maxsize=64)  # the documents of a run mostly have the same mistakes
def _choice(path: ValuePath, value: str, choices: tuple[str, ...]) -> Finding:
    return not_in_set(path, value, choices)


def _too_long(error: SchemaError) -> CodedFinding:
    message = f"{len(error.part)} characters, and the limit is {error.wanted}"
    return codes.OVER_LIMIT, over_limit(error.path, message, "shorten it")


def _too_many(error: SchemaError) -> CodedFinding:
    message = f"{len(error.part)} values, and the limit for an attribute is {error.wanted}"
    return codes.OVER_LIMIT, over_limit(error.path, message, "remove some")


def _too_few(error: SchemaError) -> CodedFinding:
    if isinstance(error.part, str):
        hint = "fill it, or leave it out"
        return codes.OVER_LIMIT, over_limit(error.path, "the string is empty", hint)
    return codes.MISSING_MEMBER, missing_member(error.path, "")


def _out_of_range(error: SchemaError) -> CodedFinding:
    low, high = error.schema["minimum"], error.schema["maximum"]
    return codes.OUT_OF_RANGE, out_of_range(error.path, error.part, low, high)


def _other(error: SchemaError) -> CodedFinding:
    return codes.WRONG_TYPE, Finding(error.path, f"does not match the schema ({error.keyword})")


_EXPLAINERS: dict[str, Callable[[SchemaError], CodedFinding]] = {
    "type": _wrong_type,
    "enum": _not_in_set,
    "maxLength": _too_long,
    "maxItems": _too_many,
    "minLength": _too_few,
    "minItems": _too_few,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
}
