"""Validate the bodies and parameters of requests before an operation uses them."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.positions import ValuePath, json_pointer
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.local.attribute_names import TYPES
from pinpoint_endpoints.local.bodies import TOO_DEEP
from pinpoint_endpoints.local.generated_values import date_problem, has_error
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.quotas import (
    MAX_BATCH_ITEMS,
    MAX_TAG_KEY_LENGTH,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS,
)
from pinpoint_endpoints.schema.bundled import definition
from pinpoint_endpoints.schema.decider import fits
from pinpoint_endpoints.schema.errors import schema_errors

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

    from pinpoint_endpoints.checks.finding import CodedFinding

MAX_ID_LENGTH = 2_048
"""The limit of an id, so that a path with it fits into the head of a request when escaped."""

MAX_NAME_LENGTH = 1_024
"""The limit of an application's name, which bounds the size of a page."""

MAX_NUMBER = 999_999_999
"""More than any page or token needs, and less than SQLite's largest integer."""
MAX_DIGITS = len(str(MAX_NUMBER))

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000

Body = dict[str, Any]

SHAPES_OF_MEMBERS = {
    "Demographic": "EndpointDemographic",
    "Item": "EndpointBatchItem",
    "Location": "EndpointLocation",
    "User": "EndpointUser",
}
"""The service model's names for the values of these members."""

INVALID_LOCALE = (
    "Locale should be in the following format: The ISO 639-1 alpha-2 code, followed by an "
    "underscore, followed by an ISO 3166-1 alpha-2 value or UN M.49 numeric-3 area code."
)
"""The service's own message. Source: aws-sdk-android#354, aws-sdk-java#1348."""

INVALID_COUNTRY = (
    "Country should be an ISO 3166-1 alpha-2 or alpha-3 value or a UN M.49 numeric-3 area code."
)

ENDPOINT_STRUCTURES = ("Demographic", "Location", "User")
"""Members of an endpoint that are structures in the service model; the others are maps or text."""


class Shape:
    """A shape of requests that the bundled schema does not have.

    Args:
        name: in botocore's service model.
        schema: a JSON Schema of draft 2020-12, without references.
        whole: how a message calls the whole value.
    """

    def __init__(self, name: str, schema: Mapping[str, Any], whole: str = "The body") -> None:
        self._name = name
        self.schema = dict(schema)
        self._whole = whole

    def problem(self, value: object, path: ValuePath = ()) -> str:
        """Say why a value is invalid, or return an empty string.

        Args:
            value: a part of a request.
            path: the path to it.
        """
        from pinpoint_endpoints.checks.schema_check import findings_of

        try:
            if self._decider.is_valid(value):
                return ""
            error = next(schema_errors(self._decider, self.schema, value))
        except ValueError:  # the library fails at about 250 nested lists
            return TOO_DEEP
        coded = next(findings_of(error, self._name))
        place = json_pointer((*path, *coded[1].path)) or self._whole
        return f"{place}: {_message(value, coded, self._name)}"

    @cached_property
    def _decider(self) -> "Draft202012Validator":
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(self.schema)


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


def validated_request(request: object, name: str = "EndpointRequest") -> Body:
    """Return the update of one endpoint that a request contains.

    Args:
        request: an EndpointRequest.
        name: the name of its shape in the service model, if another one has the same members.
    """
    found = without_nulls(request, ENDPOINT_STRUCTURES)
    problem = endpoint_problem(found, "EndpointRequest", name)
    if problem:
        raise bad_request(problem)
    _check_texts(found)
    return cast("Body", found)


def without_nulls(value: Any, structures: Collection[str] = ()) -> Any:
    """Return a structure without the members that are null: they count as absent.

    Source: smithy's protocol restJson1, which the service speaks.

    Args:
        value: a structure of a request; anything else is returned as it is.
        structures: the members that are structures themselves.
    """
    if not isinstance(value, dict):
        return value
    if None in value.values():
        value = {name: member for name, member in value.items() if member is not None}
    for name in structures:
        inner = value.get(name)
        if isinstance(inner, dict) and None in inner.values():
            value = {**value, name: without_nulls(inner)}
    return value


def check_endpoint_id(endpoint_id: str) -> None:
    """Refuse an endpoint id that the service cannot accept."""
    problem = endpoint_id_problem(endpoint_id)
    if problem:
        raise bad_request(f"The endpoint id cannot be used: {problem}.")
    if len(endpoint_id) > MAX_ID_LENGTH:
        raise bad_request(f"The endpoint id has more than {MAX_ID_LENGTH:,} characters.")


def check_application_id(application_id: str) -> None:
    """Refuse an application id that cannot be in a path."""
    problem = endpoint_id_problem(application_id)
    if problem:
        raise bad_request(f"The application id cannot be used: {problem}.")


def batch_items(request: object) -> list[tuple[str, Body]]:
    """Return the ids and the requests of an EndpointBatchRequest."""
    request = without_nulls(request)
    if isinstance(request, dict) and isinstance(request.get("Item"), list):
        items = [without_nulls(item, ENDPOINT_STRUCTURES) for item in request["Item"]]
        request = {**request, "Item": items}
    problem = endpoint_problem(request, "EndpointBatchRequest")
    if problem:
        raise bad_request(problem)
    items = cast("Body", request)["Item"]
    if len(items) > MAX_BATCH_ITEMS:
        raise bad_request(f"A batch has at most {MAX_BATCH_ITEMS} items.")
    for index, item in enumerate(items):
        _check_texts(item, f"/Item/{index}")
    return [_id_and_request(item) for item in items]


def name_and_tags(request: object) -> tuple[str, dict[str, str]]:
    """Return the name and the tags of a CreateApplicationRequest."""
    request = without_nulls(request)
    problem = CREATE_APPLICATION_REQUEST.problem(request)
    if problem:
        raise bad_request(problem)
    application = cast("Body", request)
    name, tags = application["Name"], application.get("tags", {})
    if len(name) > MAX_NAME_LENGTH:
        raise bad_request(f"/Name: at most {MAX_NAME_LENGTH} characters.")
    check_tags(tags, "An application")
    return name, tags


def check_tags(tags: Mapping[str, str], of_what: str) -> None:
    """Refuse more or longer tags than the service accepts.

    Args:
        tags: values by key.
        of_what: what has them, with its article.
    """
    if len(tags) > MAX_TAGS:
        raise bad_request(f"{of_what} has at most {MAX_TAGS} tags.")
    for key, value in tags.items():
        if len(key) > MAX_TAG_KEY_LENGTH or len(value) > MAX_TAG_VALUE_LENGTH:
            raise bad_request(
                f"The key of a tag has at most {MAX_TAG_KEY_LENGTH} characters, "
                f"its value {MAX_TAG_VALUE_LENGTH}."
            )


def page_limits(page_size: str | None, token: str | None) -> tuple[int, int]:
    """Return how many items a page has at most, and the number of the item before it.

    Args:
        page_size: as digits.
        token: the `NextToken` of the page before.
    """
    wanted = whole_number(page_size, "page-size", least=1, default=DEFAULT_PAGE_SIZE)
    after = whole_number(token, "token", least=0, default=0)
    return min(wanted, MAX_PAGE_SIZE), after


def blacklist(request: object) -> list[str]:
    """Return the names and globs of an UpdateAttributesRequest."""
    request = without_nulls(request)
    if not isinstance(request, dict) or not request.keys() <= {"Blacklist"}:
        raise bad_request("The body must be an object with the single member Blacklist.")
    patterns = request.get("Blacklist", [])
    if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
        raise bad_request("/Blacklist: expected a list of strings.")
    return patterns


def check_attribute_type(attribute_type: str) -> None:
    """Refuse a type of attributes that RemoveAttributes does not have."""
    if attribute_type not in TYPES:
        raise bad_request(f"The attribute type must be one of {', '.join(TYPES)}.")


def whole_number(digits: str | None, name: str, *, least: int, default: int) -> int:
    """Return a whole number of a query, or the default if the query does not have it."""
    if digits is None:
        return default
    if not (
        digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS and int(digits) >= least
    ):
        raise bad_request(f"{name} must be a whole number from {least} to {MAX_NUMBER}.")
    return int(digits)


def _check_texts(request: Body, place: str = "") -> None:
    """Refuse texts that the service reads and cannot: a date, a locale, a country.

    The rules PE206, PE207 and PE209 know which; their warnings are accepted.
    """
    problem = date_problem(request.get("EffectiveDate", ""))
    if problem:
        raise bad_request(f"{place}/EffectiveDate: {problem}")
    locale = request.get("Demographic", {}).get("Locale")
    country = request.get("Location", {}).get("Country")
    if locale or country:
        from pinpoint_endpoints.checks.rules import member_rules

        if has_error(member_rules.locale(locale or "")):
            raise bad_request(INVALID_LOCALE)
        if has_error(member_rules.country(country or "")):
            raise bad_request(INVALID_COUNTRY)


def _id_and_request(item: Body) -> tuple[str, Body]:
    request = dict(item)
    endpoint_id = request.pop("Id")
    check_endpoint_id(endpoint_id)
    return endpoint_id, request


def endpoint_problem(value: object, shape: str, name: str = "") -> str:
    """Say why a value does not match a shape of the bundled schema, or return an empty string.

    Args:
        value: the body of a request.
        shape: such as `EndpointRequest`.
        name: the name of the shape in the service model, if it is another one.
    """
    with suppress(ValueError):  # the library fails at about 250 nested lists
        if fits(value, shape):
            return ""
    from pinpoint_endpoints.checks.schema_check import first_finding

    coded = first_finding(value, shape)
    if coded is None:
        return ""
    return f"{json_pointer(coded[1].path) or 'The body'}: {_message(value, coded, name or shape)}"


def _message(value: object, coded: "CodedFinding", shape: str) -> str:
    code, finding = coded
    if code == codes.UNKNOWN_MEMBER:
        return f"not a member of {_holder(finding.path, shape)}: {finding.hint}"
    if code == codes.NOT_IN_SET:
        return _not_in_set(value, finding.path)
    if code == codes.OUT_OF_RANGE:
        coordinate = definition("EndpointLocation")["properties"][finding.path[-1]]
        return f"expected degrees from {coordinate['minimum']} to {coordinate['maximum']}"
    return finding.message


def _holder(path: ValuePath, shape: str) -> str:
    member = next((step for step in reversed(path[:-1]) if isinstance(step, str)), "")
    return SHAPES_OF_MEMBERS.get(member, member) or shape


def _not_in_set(value: Any, path: ValuePath) -> str:
    for step in path:
        value = value[step]
    choices = definition(str(path[-1]))["enum"]
    near = nearest(value, choices)
    found = f'another text: did you mean "{near}"?' if near else "another text"
    return f"expected one of {', '.join(choices)}, found {found if value else 'an empty text'}"
