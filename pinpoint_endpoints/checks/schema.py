"""A value and the name of its shape in; whether it fits, and what does not, out.

jsonschema-rs decides whether a value fits; jsonschema explains, for the few that do not.
"""

from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.contract.bundled import bundled_schema

if TYPE_CHECKING:
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
    from pinpoint_endpoints.checks.findings import and_more, findings_of

    errors = _explainer(shape).iter_errors(value)
    found = chain.from_iterable(findings_of(error, shape) for error in errors)
    shown = list(dict.fromkeys(islice(found, MOST_FINDINGS)))
    return [*shown, and_more(MOST_FINDINGS)] if next(found, None) else shown


def first_fault(value: object, shape: str) -> str | None:
    """Return one sentence on what does not fit the shape, or None. It holds no values."""
    if fits(value, shape):
        return None
    from pinpoint_endpoints.documents.pointer import json_pointer

    _, finding = explain(value, shape)[0]
    return f"{json_pointer(finding.path) or 'The body'}: {finding.message}"


@cache
def _decider(shape: str) -> "Decider":
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(_schema_of(shape))


@cache
def _explainer(shape: str) -> "Explainer":
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_schema_of(shape))


def _schema_of(shape: str) -> dict[str, Any]:
    schema = bundled_schema()
    return {
        "$schema": schema["$schema"],
        "$ref": f"#/$defs/{shape}",
        "$defs": schema["$defs"],
    }
