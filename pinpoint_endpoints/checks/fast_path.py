"""Tell quickly which rules may find something in a document.

Most documents break no rule, or one or two, and asking all of them takes longer than reading the
document. The comparisons here repeat the rules, and are stricter than they are.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from pinpoint_endpoints.checks.rules.iso_codes import AREAS, COUNTRIES, LANGUAGES, zones
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.json_reader import as_json
from pinpoint_endpoints.documents.lookalikes import may_be_invisible
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.shapes import ENDPOINT_SHAPES
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, SAFE_ENDPOINT_BYTES
from pinpoint_endpoints.schema.decider import fits

Codes = frozenset[str]

_ABOUT_ADDRESSES = (
    codes.PHONE_NUMBER,
    codes.EMAIL_ADDRESS,
    codes.APNS_ADDRESS,
    codes.MISSING_ADDRESS,
    codes.MISSING_CHANNEL_TYPE,
)
_ABOUT_NAMES = (codes.NAMES_THAT_DIFFER_IN_CASE, codes.SHARED_NAME, codes.TOO_MANY_NAMES)

COVERED_RULES = frozenset(
    {
        *_ABOUT_ADDRESSES,
        *_ABOUT_NAMES,
        codes.ATTRIBUTE_NAME,
        codes.COORDINATE_PRECISION,
        codes.COUNTRY,
        codes.EFFECTIVE_DATE,
        codes.EMPTY_LIST,
        codes.INVISIBLE_CHARACTER,
        codes.LOCALE,
        codes.NO_ENDPOINT_ID,
        codes.READ_ONLY_MEMBERS,
        codes.REQUEST_SIZE,
        codes.TIMEZONE,
    }
)
"""The rules about single documents that are repeated here; others are asked about each document."""

_ROUNDER = 1.5 * 2**52
"""A float of this size has no decimals, so adding it rounds."""

_is_usual_name = re.compile(r"[^#:?\\/]*").fullmatch
_is_moment = re.compile(
    r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z"
).fullmatch
_is_number = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch
_is_email = re.compile(
    r"[A-Za-z0-9_-]{1,30}(?:[.+][A-Za-z0-9_-]{1,16}){0,2}"
    r"@(?:[A-Za-z0-9]{1,60}\.){1,3}[A-Za-z]{2,20}"
).fullmatch
_is_hexadecimal = re.compile(r"[0-9a-fA-F]+").fullmatch
_is_visible = re.compile(r"[!-~]+").fullmatch


def _is_token(address: str) -> bool:
    return len(address) % 2 == 0 and _is_hexadecimal(address) is not None


_ADDRESSES: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("SMS", "VOICE"), _is_number),
    "EMAIL": _is_email,
    **dict.fromkeys(("APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX"), _is_token),
    **dict.fromkeys(("GCM", "ADM", "BAIDU", "CUSTOM", "IN_APP", "PUSH"), _is_visible),
}
"""What tells whether an address surely has the form that its channel needs."""


def has_right_form(document: Document) -> bool:
    """Tell whether a document matches its schema; so must an id that comes from the file's name."""
    endpoint_id = document.endpoint_id
    if endpoint_id is not None and endpoint_id_problem(endpoint_id):
        return False
    return fits(document.value, document.shape)


def suspected_rules(document: Document, covered: Codes = COVERED_RULES) -> Codes:
    """Return the codes of the rules about single documents that may find something in one.

    Args:
        document: with a value that could be read; it may not match its schema.
        covered: codes of the rules that are repeated here.
    """
    if document.shape not in ENDPOINT_SHAPES:
        return codes.of_rules()
    found = _suspected_in(document.request)
    if document.metadata or document.shape == "EndpointResponse":
        found.append(codes.READ_ONLY_MEMBERS)
    if document.endpoint_id is None:
        found.append(codes.NO_ENDPOINT_ID)
    if not document.locator.is_plain:
        written = as_json(document.value)
        if len(written) > SAFE_ENDPOINT_BYTES:
            found.append(codes.REQUEST_SIZE)
        if may_be_invisible(written):
            found.append(codes.INVISIBLE_CHARACTER)
    uncovered = _uncovered(covered)
    return uncovered.union(found) if found else uncovered


@cache
def _uncovered(covered: Codes) -> Codes:
    return codes.of_rules() - covered


def _suspected_in(request: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    member = request.get
    is_fine = _ADDRESSES.get(channel) if isinstance(channel := member("ChannelType"), str) else None
    if is_fine is None or not isinstance(address := member("Address"), str) or not is_fine(address):
        found += _ABOUT_ADDRESSES
    if isinstance(date := member("EffectiveDate"), str) and not _is_moment(date):
        found.append(codes.EFFECTIVE_DATE)
    if isinstance(location := member("Location"), dict):
        _add_of_location(found, location)
    if isinstance(demographic := member("Demographic"), dict):
        _add_of_demographic(found, demographic)
    user, metrics = member("User"), member("Metrics")
    names: list[str] = []
    for attributes in (
        member("Attributes"),
        user.get("UserAttributes") if isinstance(user, dict) else None,
    ):
        if isinstance(attributes, dict):
            names += attributes
            if [] in attributes.values():
                found.append(codes.EMPTY_LIST)
    if isinstance(metrics, dict):
        names += metrics
    found += _about_names(tuple(names))
    return found


def _add_of_location(found: list[str], location: Mapping[str, object]) -> None:
    country = location.get("Country")
    if isinstance(country, str) and country not in COUNTRIES:
        found.append(codes.COUNTRY)
    if _is_long(location.get("Latitude")) or _is_long(location.get("Longitude")):
        found.append(codes.COORDINATE_PRECISION)


def _add_of_demographic(found: list[str], demographic: Mapping[str, object]) -> None:
    locale, timezone = demographic.get("Locale"), demographic.get("Timezone")
    if isinstance(locale, str) and not _is_locale(locale):
        found.append(codes.LOCALE)
    if isinstance(timezone, str) and timezone not in zones():
        found.append(codes.TIMEZONE)


def _is_long(degrees: object) -> bool:
    """Tell whether a coordinate has decimals that `round(degrees, 1)` drops, in a quarter of it."""
    return isinstance(degrees, float) and (degrees * 10 + _ROUNDER - _ROUNDER) / 10 != degrees


@lru_cache(maxsize=64)
def _is_locale(text: str) -> bool:
    language, _, place = text.partition("_")
    return language in LANGUAGES and (place in COUNTRIES or place in AREAS)


@lru_cache(maxsize=64)  # the documents of a run mostly have the same names
def _about_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the codes of the rules that may find something in names of attributes and metrics."""
    found = () if _is_usual_name("".join(names)) else (codes.ATTRIBUTE_NAME,)
    if len(names) > MAX_ATTRIBUTE_NAMES or len(set(map(str.casefold, names))) < len(names):
        return (*found, *_ABOUT_NAMES)
    return found
