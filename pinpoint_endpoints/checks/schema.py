"""A value and the name of its shape in; whether it fits, and what does not, out.

jsonschema-rs decides whether a value fits; jsonschema explains, for the few that do not.
"""

from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.schema.bundled import bundled_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import jsonschema
    from jsonschema import Draft202012Validator as Explainer
    from jsonschema_rs import Draft202012Validator as Decider

    from pinpoint_endpoints.checks.finding import Coded

MOST_FINDINGS = 1000
"""More than anybody reads; a hostile file has millions."""


def fits(value: object, shape: str) -> bool:
    """Tell whether a value fits a shape, a name under `$defs` of the bundled schema."""
    return _decider(shape).is_valid(value)


def explain(value: object, shape: str) -> "list[Coded]":
    """Return what does not fit the shape in a value: everything, or the first `MOST_FINDINGS`."""
    from pinpoint_endpoints.checks.findings import and_more

    found = _findings(_explainer(shape).iter_errors(value), shape)
    shown = list(dict.fromkeys(islice(found, MOST_FINDINGS)))
    return [*shown, and_more(MOST_FINDINGS)] if next(found, None) else shown


def first_finding(value: object, shape: str) -> "Coded | None":
    """Return one thing that does not fit the shape in a value, or None.

    However much of a large value fits, no time is spent on explaining that.
    """
    if fits(value, shape):
        return None
    from jsonschema_rs import ValidationError, ValidationErrorKind

    from pinpoint_endpoints.checks.finding import Finding

    try:
        _decider(shape).validate(value)
    except ValidationError as error:
        place, (*rule, _) = error.instance_path, error.schema_path
        is_about_a_name = isinstance(error.kind, ValidationErrorKind.PropertyNames)
    except ValueError:  # the library follows a value into some 250 lists in each other
        return codes.TOO_DEEP, Finding((), "nested too deeply")
    schema: dict[str, Any] = {"$ref": "/".join(["#", *map(str, rule)])}
    explainer = _new_explainer({"propertyNames": schema} if is_about_a_name else schema)
    part: Any = value
    for step in place:
        part = part[step]
    return next(_findings(explainer.iter_errors(part), shape, place))


def _findings(
    errors: "Iterable[jsonschema.ValidationError]", shape: str, place: "Iterable[str | int]" = ()
) -> "Iterator[Coded]":
    from pinpoint_endpoints.checks.findings import findings_of

    for error in errors:
        error.path.extendleft(reversed([*place]))
        yield from findings_of(error, shape)


@cache
def _decider(shape: str) -> "Decider":
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(_with_shapes(_reference_to(shape)))


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
