"""A value and its shape → why it does not fit, in one sentence that repeats no value of it."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.positions import Path, json_pointer
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.schema.bundled import definition

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

    from pinpoint_endpoints.checks.finding import CodedFinding

SHAPES_OF_MEMBERS = {
    "Demographic": "EndpointDemographic",
    "Item": "EndpointBatchItem",
    "Location": "EndpointLocation",
    "User": "EndpointUser",
}
"""The service model's names of what stands under these members."""


class Shape:
    """A shape of requests that no file has.

    Args:
        name: in botocore's service model.
        schema: says it, as JSON Schema of draft 2020-12 without references.
        whole: what a sentence calls the value itself.
    """

    def __init__(self, name: str, schema: Mapping[str, Any], whole: str = "The body") -> None:
        self._name = name
        self._schema = dict(schema)
        self._whole = whole

    def fault(self, value: object, path: Path = ()) -> str:
        """Say why a value does not fit, or return an empty string.

        Args:
            value: a part of a request.
            path: leads to it.
        """
        if self._decider.is_valid(value):
            return ""
        from jsonschema import Draft202012Validator

        from pinpoint_endpoints.checks.schema_check import findings_of

        error = next(Draft202012Validator(self._schema).iter_errors(value))
        coded = next(findings_of(error, self._name))
        place = json_pointer((*path, *coded[1].path)) or self._whole
        return f"{place}: {_said(value, coded, self._name)}"

    @cached_property
    def _decider(self) -> "Draft202012Validator":
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(self._schema)


def endpoint_fault(value: object, shape: str, name: str = "") -> str:
    """Say why a value does not fit a shape of the bundled schema, or return an empty string.

    Args:
        value: what a request says.
        shape: such as `EndpointRequest`.
        name: of the shape in the service model, if it is another one.
    """
    from pinpoint_endpoints.checks.schema_check import first_finding

    coded = first_finding(value, shape)
    if coded is None:
        return ""
    return f"{json_pointer(coded[1].path) or 'The body'}: {_said(value, coded, name or shape)}"


def _said(value: object, coded: "CodedFinding", shape: str) -> str:
    code, finding = coded
    if code == codes.UNKNOWN_MEMBER:
        return f"not a member of {_holder(finding.path, shape)}: {finding.hint}"
    if code == codes.NOT_IN_SET:
        return _not_in_set(value, finding.path)
    if code == codes.OUT_OF_RANGE:
        coordinate = definition("EndpointLocation")["properties"][finding.path[-1]]
        return f"expected degrees from {coordinate['minimum']} to {coordinate['maximum']}"
    return finding.message


def _holder(path: Path, shape: str) -> str:
    member = next((step for step in reversed(path[:-1]) if isinstance(step, str)), "")
    return SHAPES_OF_MEMBERS.get(member, member) or shape


def _not_in_set(value: Any, path: Path) -> str:
    for step in path:
        value = value[step]
    choices = definition(str(path[-1]))["enum"]
    near = nearest(value, choices)
    found = f'another text: did you mean "{near}"?' if near else "another text"
    return f"expected one of {', '.join(choices)}, found {found if value else 'an empty text'}"
