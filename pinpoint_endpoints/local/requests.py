"""What a request says, as JSON values → what the operations work with, or 400."""

from typing import Any, cast

from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.local.attribute_names import TYPES
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.local.shapes import Shape, endpoint_fault
from pinpoint_endpoints.local.stamps import date_fault
from pinpoint_endpoints.quotas import (
    MAX_BATCH_ITEMS,
    MAX_TAG_KEY_LENGTH,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS,
)

LONGEST_ID = 2_048  # whatever its characters, a path with it is no longer than a request's head
LONGEST_NAME = 1024  # of an application: so that a page of them has an end

LARGEST_NUMBER = 999_999_999  # more than any page or token has, less than SQLite's integers
MOST_DIGITS = len(str(LARGEST_NUMBER))

Body = dict[str, Any]

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
    if len(endpoint_id) > LONGEST_ID:
        raise bad_request(f"The endpoint id has over {LONGEST_ID:,} characters.")


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
    if len(name) > LONGEST_NAME:
        raise bad_request(f"/Name: at most {LONGEST_NAME} characters.")
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
        digits.isascii()
        and digits.isdigit()
        and len(digits) <= MOST_DIGITS
        and int(digits) >= least
    ):
        raise bad_request(f"{name} is not a whole number from {least} to {LARGEST_NUMBER}.")
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
