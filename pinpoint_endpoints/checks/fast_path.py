"""Decide quickly which rules may find something in a document, by a compiled schema.

The schema repeats the rules, and is stricter than they are. Most documents break none of them, or
one or two, and asking all of them takes longer than reading the document.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from pinpoint_endpoints.checks.rules.iso_codes import AREAS, COUNTRIES, LANGUAGES, zones
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.json_reader import as_json
from pinpoint_endpoints.documents.lookalikes import may_be_invisible
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, SAFE_ENDPOINT_BYTES
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.decider import Decider

Codes = frozenset[str]

_NONE: Codes = frozenset()
_ABOUT_ADDRESSES = frozenset(
    {
        codes.PHONE_NUMBER,
        codes.EMAIL_ADDRESS,
        codes.APNS_ADDRESS,
        codes.MISSING_ADDRESS,
        codes.MISSING_CHANNEL_TYPE,
    }
)
_BY_SCHEMA: Mapping[tuple[str, ...], Codes] = {
    ("EndpointRequest", "anyOf"): _ABOUT_ADDRESSES,
    ("EndpointBatchItem", "anyOf"): _ABOUT_ADDRESSES,
    ("EndpointResponse", "anyOf"): _ABOUT_ADDRESSES,
    ("EndpointLocation", "properties", "Country", "enum"): frozenset({codes.COUNTRY}),
    ("EndpointDemographic", "properties", "Timezone", "enum"): frozenset({codes.TIMEZONE}),
    ("EffectiveDate", "pattern"): frozenset({codes.EFFECTIVE_DATE}),
    ("AttributeName", "pattern"): frozenset({codes.ATTRIBUTE_NAME}),
    ("AttributeValues", "minItems"): frozenset({codes.EMPTY_LIST}),
}
"""The rules that may find something where a document breaks what `_stricter` adds to the schema."""

_ABOUT_NAMES = frozenset({codes.NAMES_THAT_DIFFER_IN_CASE, codes.SHARED_NAME, codes.TOO_MANY_NAMES})
COVERED_RULES = frozenset().union(
    *_BY_SCHEMA.values(),
    _ABOUT_NAMES,
    {
        codes.LOCALE,
        codes.COORDINATE_PRECISION,
        codes.REQUEST_SIZE,
        codes.INVISIBLE_CHARACTER,
        codes.READ_ONLY_MEMBERS,
        codes.NO_ENDPOINT_ID,
    },
)
"""The rules about single documents that are repeated here; others are asked about each document."""

_MAX_ERRORS = 10
"""With more, asking all rules takes less time than reading the errors."""

_ROUNDER = 1.5 * 2**52
"""A float of this size has no decimals, so adding it rounds."""

_SHAPES = frozenset(
    {"EndpointRequest", "EndpointBatchItem", "EndpointResponse", "UpdateEndpointInput"}
)
_NAME = r"^[^#:?\\/]+$"
_MOMENT = (
    r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?Z$"
)
_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    r"^\+[1-9][0-9]{6,14}$": ("SMS", "VOICE"),
    (
        r"^[A-Za-z0-9_-]{1,30}([.+][A-Za-z0-9_-]{1,16}){0,2}"
        r"@([A-Za-z0-9]{1,60}\.){1,3}[A-Za-z]{2,20}$"
    ): ("EMAIL",),
    r"^([0-9a-fA-F]{2})+$": ("APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX"),
    r"^[!-~]+$": ("GCM", "ADM", "BAIDU", "CUSTOM", "IN_APP", "PUSH"),
}


def suspected_rules(document: Document, covered: Codes = COVERED_RULES) -> Codes | None:
    """Return the codes of the rules that may find something in a document.

    None means that anything may be wrong: then the schema has to be asked, too.

    Args:
        document: with a value that could be read.
        covered: codes of the rules that are repeated here.
    """
    endpoint_id = document.endpoint_id
    if document.shape not in _SHAPES:
        return None
    if endpoint_id is not None and endpoint_id_problem(endpoint_id):
        return None
    suspected = _suspected_by_schema(document)
    if suspected is None:
        return None
    found = _suspected_in(document.request)
    if document.metadata or document.shape == "EndpointResponse":
        found.append(codes.READ_ONLY_MEMBERS)
    if endpoint_id is None:
        found.append(codes.NO_ENDPOINT_ID)
    if not document.locator.is_plain:
        written = as_json(document.value)
        if len(written) > SAFE_ENDPOINT_BYTES:
            found.append(codes.REQUEST_SIZE)
        if may_be_invisible(written):
            found.append(codes.INVISIBLE_CHARACTER)
    uncovered = _uncovered(covered)
    return suspected.union(found, uncovered) if found or uncovered else suspected


@cache
def _uncovered(covered: Codes) -> Codes:
    return codes.of_rules() - covered


def _suspected_by_schema(document: Document) -> Codes | None:
    decider = _decider(document.shape)
    if decider.is_valid(document.value):
        return _NONE
    from pinpoint_endpoints.checks.schema_check import fits  # with rules: for few documents

    if not fits(document.value, document.shape):
        return None
    suspected = _NONE
    for number, error in enumerate(decider.compiled.iter_errors(document.value)):
        _, *rule = error.schema_path  # under `$defs`
        found = _BY_SCHEMA.get(tuple(map(str, rule)))
        if found is None or number > _MAX_ERRORS:
            return None
        suspected |= found
    return suspected


def _suspected_in(request: Mapping[str, Any]) -> list[str]:
    """Return the codes of the rules that a schema cannot repeat; the types are right."""
    found: list[str] = []
    location, demographic, user = map(request.get, ("Location", "Demographic", "User"))
    if location:
        north, east = location.get("Latitude", 0), location.get("Longitude", 0)
        if _one_decimal(north) != north or _one_decimal(east) != east:
            found.append(codes.COORDINATE_PRECISION)
    if demographic and "Locale" in demographic:
        language, _, place = demographic["Locale"].partition("_")
        if language not in LANGUAGES or not (place in COUNTRIES or place in AREAS):
            found.append(codes.LOCALE)
    names = [
        *request.get("Attributes", ()),
        *request.get("Metrics", ()),
        *(user.get("UserAttributes", ()) if user else ()),
    ]
    if len(names) > MAX_ATTRIBUTE_NAMES or len(set(map(str.casefold, names))) < len(names):
        found += _ABOUT_NAMES
    return found


def _one_decimal(degrees: float) -> float:
    """Round a coordinate as `round(degrees, 1)` does, in a quarter of its time."""
    return (degrees * 10 + _ROUNDER - _ROUNDER) / 10


@cache
def _decider(shape: str) -> Decider:
    schema = bundled_schema()
    return Decider(
        {
            "$schema": schema["$schema"],
            "$ref": f"#/$defs/{shape}",
            "$defs": _stricter(deepcopy(schema["$defs"])),
        }
    )


def _stricter(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return definitions that allow only what breaks no rule; `_BY_SCHEMA` names what is added."""
    for name in ("EndpointRequest", "EndpointBatchItem", "EndpointResponse"):
        definitions[name]["anyOf"] = [
            {
                "required": ["Address", "ChannelType"],
                "properties": {"ChannelType": {"enum": channels}, "Address": {"pattern": pattern}},
            }
            for pattern, channels in _ADDRESSES.items()
        ]
    definitions["AttributeName"]["pattern"] = _NAME
    definitions["AttributeValues"]["minItems"] = 1
    location = definitions["EndpointLocation"]["properties"]
    location["Country"]["enum"] = sorted(COUNTRIES)
    demographic = definitions["EndpointDemographic"]["properties"]
    demographic["Timezone"]["enum"] = sorted(zones())
    definitions["EffectiveDate"]["pattern"] = _MOMENT
    return definitions
