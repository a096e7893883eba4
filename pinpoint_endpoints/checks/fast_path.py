"""Decide quickly that a document has no problem, by a compiled schema that repeats the rules.

It is stricter than the rules: a document that it does not accept may still be valid.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from itertools import chain
from typing import Any

from pinpoint_endpoints.checks.identity import names_in
from pinpoint_endpoints.checks.rules.document_rules import bytes_in, invisible_character
from pinpoint_endpoints.checks.rules.iso_codes import AREAS, COUNTRIES, LANGUAGES, zones
from pinpoint_endpoints.checks.rules.member_rules import coordinate_precision
from pinpoint_endpoints.checks.rules.registry import all_rules
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.rule import Scope
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, SAFE_ENDPOINT_BYTES
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.decider import Decider

COVERED_RULES = frozenset(
    {
        codes.PHONE_NUMBER,
        codes.EMAIL_ADDRESS,
        codes.APNS_ADDRESS,
        codes.MISSING_ADDRESS,
        codes.MISSING_CHANNEL_TYPE,
        codes.COUNTRY,
        codes.LOCALE,
        codes.TIMEZONE,
        codes.EFFECTIVE_DATE,
        codes.COORDINATE_PRECISION,
        codes.ATTRIBUTE_NAME,
        codes.NAMES_THAT_DIFFER_IN_CASE,
        codes.SHARED_NAME,
        codes.EMPTY_LIST,
        codes.TOO_MANY_NAMES,
        codes.REQUEST_SIZE,
        codes.READ_ONLY_MEMBERS,
        codes.NO_ENDPOINT_ID,
        codes.INVISIBLE_CHARACTER,
    }
)
"""The rules about single documents that are repeated here.

If there is another one, no document is surely valid.
"""

_RULE_SCOPES = frozenset({Scope.MEMBER, Scope.REQUEST, Scope.CREATE, Scope.DOCUMENT})
_SHAPES = frozenset({"EndpointRequest", "EndpointBatchItem", "UpdateEndpointInput"})
_WHOLE = ("EndpointRequest", "EndpointBatchItem")
_NAME = r"^[^#:?\\/]+$"
_MOMENT = (
    r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?Z$"
)
_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    r"^\+[1-9][0-9]{6,14}$": ("SMS", "VOICE"),
    r"^[A-Za-z0-9_-]{1,64}@([A-Za-z0-9]{1,60}\.){1,3}[A-Za-z]{2,20}$": ("EMAIL",),
    r"^([0-9a-fA-F]{2})+$": ("APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX"),
    r"^[!-~]+$": ("GCM", "ADM", "BAIDU", "CUSTOM", "IN_APP", "PUSH"),
}


def surely_valid(document: Document, covered: frozenset[str] = COVERED_RULES) -> bool:
    """Tell whether a document is certainly valid: a complete endpoint that breaks no rule.

    False means nothing: the rules then decide.

    Args:
        document: with a value that could be read.
        covered: codes of the rules that are repeated here.
    """
    if not _covers_all_rules(covered):
        return False
    if document.shape not in _SHAPES or document.endpoint_id is None or document.metadata:
        return False
    if not _decider(document.shape).is_valid(document.value):
        return False
    return (
        not endpoint_id_problem(document.endpoint_id)
        and _has_one_decimal(document.request.get("Location"))
        and _has_known_locale(document.request.get("Demographic"))
        and _has_distinct_names(document)
        and bytes_in(document.request) <= SAFE_ENDPOINT_BYTES
        and not invisible_character(document)
    )


@cache
def _covers_all_rules(covered: frozenset[str]) -> bool:
    return all(rule.code in covered for rule in all_rules().values() if rule.scope in _RULE_SCOPES)


def _has_one_decimal(location: Any) -> bool:
    if not location:
        return True
    degrees = (location.get("Latitude", 0), location.get("Longitude", 0))
    return not any(map(coordinate_precision, degrees))


def _has_known_locale(demographic: Any) -> bool:
    if not demographic or "Locale" not in demographic:
        return True
    language, _, place = demographic["Locale"].partition("_")
    return language in LANGUAGES and (place in COUNTRIES or place in AREAS)


def _has_distinct_names(document: Document) -> bool:
    """Tell whether the names are few enough, and all different when case is ignored."""
    names = [*chain.from_iterable(names_in(document).values())]
    return len(names) <= MAX_ATTRIBUTE_NAMES and len({name.casefold() for name in names}) == len(
        names
    )


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
    for name in _WHOLE:
        definitions[name]["required"] = [
            *definitions[name].get("required", ()), "Address", "ChannelType",
        ]  # fmt: skip
        definitions[name]["anyOf"] = [
            {"properties": {"ChannelType": {"enum": channels}, "Address": {"pattern": pattern}}}
            for pattern, channels in _ADDRESSES.items()
        ]
    definitions["AttributeName"]["pattern"] = _NAME
    definitions["AttributeValues"]["minItems"] = 1
    location = definitions["EndpointLocation"]["properties"]
    location["Country"] = {"enum": sorted(COUNTRIES)}
    demographic = definitions["EndpointDemographic"]["properties"]
    demographic["Timezone"] = {"enum": sorted(zones())}
    definitions["EffectiveDate"]["pattern"] = _MOMENT
    return definitions
