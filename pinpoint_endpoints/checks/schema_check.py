"""Check values against the bundled schema, and explain in the service's words what is wrong.

jsonschema-rs decides whether a value is valid; jsonschema explains the few that are not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

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
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.decider import Decider

if TYPE_CHECKING:
    import jsonschema
    from jsonschema import Draft202012Validator as Explainer

_IDS = ("Id", "EndpointId")

MAX_FINDINGS = 1000
"""More than anyone reads; a hostile file could have millions."""


def fits(value: object, shape: str) -> bool:
    """Tell whether a value matches a shape, a name under `$defs` of the bundled schema."""
    return _decider(shape).is_valid(value)


def explain(value: object, shape: str) -> list[CodedFinding]:
    """Return the first `MAX_FINDINGS` differences between a value and its shape."""
    found = _findings(_explainer(shape).iter_errors(value), shape)
    shown = _with_all_names_or_none(list(dict.fromkeys(islice(found, MAX_FINDINGS))))
    return [*shown, _and_more(MAX_FINDINGS)] if next(found, None) else shown


def first_finding(value: object, shape: str) -> CodedFinding | None:
    """Return one difference between a value and its shape, or None.

    Only the part of the value that is wrong is explained, so that large values cost nothing.
    """
    if fits(value, shape):
        return None
    from jsonschema_rs import ValidationError, ValidationErrorKind

    try:
        _decider(shape).compiled.validate(value)
    except ValidationError as error:
        place, (*rule, _) = error.instance_path, error.schema_path
        is_about_a_name = isinstance(error.kind, ValidationErrorKind.PropertyNames)
    except ValueError:  # the library fails at about 250 nested lists
        return codes.TOO_DEEP, Finding((), "nested too deeply")
    schema: dict[str, Any] = {"$ref": "/".join(["#", *map(str, rule)])}
    explainer = _new_explainer({"propertyNames": schema} if is_about_a_name else schema)
    part: Any = value
    path: list[str | int] = []
    for step in place:
        while isinstance(part, dict) and step not in part:  # jsonschema-rs leaves out empty names
            part = part[""]
            path.append("")
        part = part[step]
        path.append(step)
    return next(_findings(explainer.iter_errors(part), shape, path))


def _findings(
    errors: "Iterable[jsonschema.ValidationError]", shape: str, place: Iterable[str | int] = ()
) -> Iterator[CodedFinding]:
    for error in errors:
        error.path.extendleft(reversed([*place]))
        yield from findings_of(error, shape)


@cache
def _decider(shape: str) -> Decider:
    return Decider(_with_shapes(_reference_to(shape)))


@cache
def _explainer(shape: str) -> "Explainer":
    return _new_explainer(_reference_to(shape))


def _new_explainer(schema: Mapping[str, Any]) -> "Explainer":
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_with_shapes(schema))


def _reference_to(shape: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{shape}"}


def _with_shapes(schema: Mapping[str, Any]) -> dict[str, Any]:
    bundled = bundled_schema()
    return {"$schema": bundled["$schema"], "$defs": bundled["$defs"], **schema}


def findings_of(error: Any, shape: str) -> Iterator[CodedFinding]:
    """Yield the findings for one `jsonschema.ValidationError`."""
    path = tuple(error.absolute_path)
    keyword = str(error.validator)
    if "propertyNames" in error.absolute_schema_path:
        yield codes.OVER_LIMIT, _attribute_name(path, error)
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


def _with_all_names_or_none(findings: list[CodedFinding]) -> list[CodedFinding]:
    """Return findings without the fixes of names, if one name keeps the others from being fixed."""
    if not any(finding.keeps_names for _, finding in findings):
        return findings
    return [
        (code, finding._replace(fix=None))
        if finding.fix and finding.fix.action is Action.RENAME
        else (code, finding)
        for code, finding in findings
    ]


def _and_more(shown: int) -> CodedFinding:
    """Return the finding in place of those that are not shown."""
    message = f"more than {shown} problems: the others are not shown"
    return codes.TOO_LARGE, Finding((), message, "fix these first")


def _is_id(path: ValuePath, error: Any) -> bool:
    return (
        bool(path) and path[-1] in _IDS and "additionalProperties" not in error.absolute_schema_path
    )


def _unknown_members(path: ValuePath, error: Any, shape: str) -> Iterator[CodedFinding]:
    known = list(error.schema["properties"])
    holder = next((step for step in reversed(path) if isinstance(step, str)), shape)
    names = names_by_style(path, error.instance, known, holder)
    for name in error.instance:
        if name not in known:
            right = names.get(without_style(name), "")
            finding = unknown_member((*path, name), right, error.instance, known, holder)
            yield codes.UNKNOWN_MEMBER, finding
            if right and isinstance(error.instance[name], (dict, list)):
                inside = _explainer_of(right, error.schema).iter_errors(error.instance[name])
                yield from _findings(inside, shape, (*path, name))


def _explainer_of(name: str, schema: Mapping[str, Any]) -> "Explainer":
    """Return the explainer for a member of an object, or for a wrapper around endpoints."""
    if name in schema["properties"]:
        return _new_explainer(schema["properties"][name])
    if name == "Item":
        return _new_explainer(bundled_schema()["$defs"]["EndpointBatchRequest"]["properties"][name])
    return _explainer("EndpointId" if name in _IDS else name)


def _attribute_name(path: ValuePath, error: Any) -> Finding:
    name: str = error.instance
    if not name:
        return over_limit((*path, name), "an attribute has an empty name", "name it", at_key=True)
    limit = error.validator_value
    message = f"an attribute name has {len(name)} characters, and the limit is {limit}"
    return over_limit((*path, name), message, "shorten it", at_key=True)


def _wrong_type(path: ValuePath, error: Any) -> CodedFinding:
    return codes.WRONG_TYPE, wrong_type(path, str(error.validator_value), error.instance)


def _not_in_set(path: ValuePath, error: Any) -> CodedFinding:
    return codes.NOT_IN_SET, not_in_set(path, error.instance, list(error.validator_value))


def _too_long(path: ValuePath, error: Any) -> CodedFinding:
    size, limit = len(error.instance), error.validator_value
    message = f"{size} characters, and the limit is {limit}"
    return codes.OVER_LIMIT, over_limit(path, message, "shorten it")


def _too_many(path: ValuePath, error: Any) -> CodedFinding:
    size, limit = len(error.instance), error.validator_value
    message = f"{size} values, and the limit for an attribute is {limit}"
    return codes.OVER_LIMIT, over_limit(path, message, "remove some")


def _too_few(path: ValuePath, error: Any) -> CodedFinding:
    if isinstance(error.instance, str):
        return codes.OVER_LIMIT, over_limit(path, "the string is empty", "fill it, or leave it out")
    return codes.MISSING_MEMBER, missing_member(path, "")


def _out_of_range(path: ValuePath, error: Any) -> CodedFinding:
    low, high = error.schema["minimum"], error.schema["maximum"]
    return codes.OUT_OF_RANGE, out_of_range(path, error.instance, low, high)


def _other(path: ValuePath, error: Any) -> CodedFinding:
    return codes.WRONG_TYPE, Finding(path, f"does not match the schema ({error.validator})")


_EXPLAINERS: dict[str, Callable[[ValuePath, Any], CodedFinding]] = {
    "type": _wrong_type,
    "enum": _not_in_set,
    "maxLength": _too_long,
    "maxItems": _too_many,
    "minLength": _too_few,
    "minItems": _too_few,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
}
