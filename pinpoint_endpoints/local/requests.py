"""Validate the bodies and parameters of requests before an operation uses them."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.positions import Path, json_pointer
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.local.attribute_names import TYPES
from pinpoint_endpoints.local.generated_values import date_fault
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.quotas import (
    MAX_BATCH_ITEMS,
    MAX_TAG_KEY_LENGTH,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS,
)
from pinpoint_endpoints.schema.bundled import definition

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

    from pinpoint_endpoints.checks.finding import CodedFinding

MAX_ID_LENGTH = 2_048  # whatever its characters, a path with it is no longer than a request's head
MAX_NAME_LENGTH = 1024  # of an application: so that a page of them has an end

MAX_NUMBER = 999_999_999  # more than any page or token has, less than SQLite's integers
MAX_DIGITS = len(str(MAX_NUMBER))

Body = dict[str, Any]

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


CREATE_APPLICATION_REQUEST = Shape(
    "CreateApplicationRequest",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["Name"],
        "properties": {
            "Name": {"type": "string"},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
)


def checked(request: object, name: str = "EndpointRequest") -> Body:
    """Return what a request says of one endpoint.

    Args:
        request: has to fit EndpointRequest.
        name: of its shape in the service model: those of EndpointRequest are the members of others.
    """
    fault = endpoint_fault(request, "EndpointRequest", name)
    if fault:
        raise bad_request(fault)
    found = cast("Body", request)
    _refuse_date(found)
    return found


def refuse_endpoint_id(endpoint_id: str) -> None:
    """Refuse an id that the service cannot take."""
    fault = endpoint_id_problem(endpoint_id)
    if fault:
        raise bad_request(f"The endpoint id cannot be used: {fault}.")
    if len(endpoint_id) > MAX_ID_LENGTH:
        raise bad_request(f"The endpoint id has over {MAX_ID_LENGTH:,} characters.")


def refuse_application_id(application_id: str) -> None:
    """Refuse an id that no application can have: it cannot be in a path."""
    fault = endpoint_id_problem(application_id)
    if fault:
        raise bad_request(f"The application id cannot be used: {fault}.")


def batch_items(request: object) -> list[tuple[str, Body]]:
    """Return the ids and the requests of an EndpointBatchRequest."""
    fault = endpoint_fault(request, "EndpointBatchRequest")
    if fault:
        raise bad_request(fault)
    items = cast("Body", request)["Item"]
    if len(items) > MAX_BATCH_ITEMS:
        raise bad_request(f"A batch has at most {MAX_BATCH_ITEMS} items.")
    for index, item in enumerate(items):
        _refuse_date(item, f"/Item/{index}")
    return [_id_and_request(item) for item in items]


def name_and_tags(request: object) -> tuple[str, dict[str, str]]:
    """Return what a CreateApplicationRequest says."""
    fault = CREATE_APPLICATION_REQUEST.fault(request)
    if fault:
        raise bad_request(fault)
    application = cast("Body", request)
    name, tags = application["Name"], application.get("tags", {})
    if len(name) > MAX_NAME_LENGTH:
        raise bad_request(f"/Name: at most {MAX_NAME_LENGTH} characters.")
    if len(tags) > MAX_TAGS:
        raise bad_request(f"An application has at most {MAX_TAGS} tags.")
    for key, value in tags.items():
        if len(key) > MAX_TAG_KEY_LENGTH or len(value) > MAX_TAG_VALUE_LENGTH:
            raise bad_request(
                f"The key of a tag has at most {MAX_TAG_KEY_LENGTH} characters, "
                f"its value {MAX_TAG_VALUE_LENGTH}."
            )
    return name, tags


def blacklist(request: object) -> list[str]:
    """Return the names and globs of an UpdateAttributesRequest."""
    if not isinstance(request, dict) or not request.keys() <= {"Blacklist"}:
        raise bad_request("The body is an object with the member Blacklist only.")
    patterns = request.get("Blacklist", [])
    if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
        raise bad_request("/Blacklist: expected a list of strings.")
    return patterns


def refuse_attribute_type(attribute_type: str) -> None:
    """Refuse a type of attributes that RemoveAttributes does not know."""
    if attribute_type not in TYPES:
        raise bad_request(f"The attribute type is none of {', '.join(TYPES)}.")


def whole_number(digits: str | None, name: str, *, least: int, default: int) -> int:
    """Return a number of a query, or the default if the query does not have it."""
    if digits is None:
        return default
    if not (
        digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS and int(digits) >= least
    ):
        raise bad_request(f"{name} is not a whole number from {least} to {MAX_NUMBER}.")
    return int(digits)


def _refuse_date(request: Body, place: str = "") -> None:
    fault = date_fault(request.get("EffectiveDate", ""))
    if fault:
        raise bad_request(f"{place}/EffectiveDate: {fault}")


def _id_and_request(item: Body) -> tuple[str, Body]:
    request = dict(item)
    endpoint_id = request.pop("Id")
    refuse_endpoint_id(endpoint_id)
    return endpoint_id, request


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
