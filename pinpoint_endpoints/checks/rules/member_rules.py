"""Rules about single members: locale, time zone, country, coordinates and effective date."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from math import isfinite

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.rules.iso_codes import (
    ALPHA_2,
    AREAS,
    COUNTRIES,
    FORMER,
    LANGUAGES,
    NUMERIC,
    zones,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case

_LIKE_A_LOCALE = re.compile(r"([A-Za-z]{2})[_-]([A-Za-z]{2,3}|[0-9]{3})")

_OFFSET = re.compile(r"Z|(?:UTC|GMT)?\s*[+-]\s*[0-9]{1,2}(?::?[0-9]{2})?", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[A-Z]{3,5}")

_MAX_CODE_LENGTH = 3

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    rf"{_DAY.pattern}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
)
_ANY_FORM = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>-?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?:(?P<colon>:?)(?P<minute>[0-9]{2})"
    r"(?:(?P=colon)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?)?"
    r"(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_DAY_LENGTH = 10
_WRITE_IT = 'write it as "2026-01-15T09:30:00Z"'


@rule(codes.LOCALE, Scope.MEMBER, "Demographic.Locale")
def locale(text: str) -> Sequence[Finding]:
    """The locale is not a language, an underscore and a country or area.

    The language is the two lower-case letters of ISO 639-1, the country the two upper-case letters
    of ISO 3166-1 or the three digits of UN M.49: `en_US`, `es_419`. The service refuses other
    texts. A language code that was withdrawn in 1989, which Java kept writing, is a warning:
    segments and templates compare the exact text. An empty string is valid: it clears the member.

    Source: the service's own message, aws-sdk-android#354 and aws-sdk-java#1348; botocore's service
    model, `EndpointDemographic.Locale`.

    Wrong:
        {"Demographic": {"Locale": "en-us"}}

    Right:
        {"Demographic": {"Locale": "en_US"}}
    """
    if not text or (text[2:3] == "_" and text[:2] in LANGUAGES and _is_place(text[3:])):
        return ()
    parts = _LIKE_A_LOCALE.fullmatch(text.strip())
    if not parts:
        message = "this text is not a locale: a language, an underscore and a country"
        alone = text.lower() in LANGUAGES
        hint = "add the country" if alone else "write only language and country"
        return (Finding((), message, f'{hint}, such as "en_US"'),)
    message = f'"{parts[0]}" is not a language, an underscore and a country'
    language, place = parts[1].lower(), parts[2].upper()
    language, place = FORMER.get(language, language), ALPHA_2.get(place, place)
    if language not in LANGUAGES:
        hint = 'it does not begin with a language of ISO 639-1, such as "en"'
    elif place == "UK":
        hint = f'did you mean "{language}_GB"?'
    elif not _is_place(place):
        hint = 'it does not end with a country of ISO 3166-1, such as "US"'
    else:
        right = f"{language}_{place}"
        fix = Fix(Action.REPLACE, ((),), right)
        is_former = FORMER.get(text[:2]) == language and text[2:] == right[2:]
        severity = Severity.WARNING if is_former else None
        return (Finding((), message, f'did you mean "{right}"?', severity=severity, fix=fix),)
    return (Finding((), message, hint),)


def _is_place(code: str) -> bool:
    return code in COUNTRIES or code in AREAS


@rule(codes.TIMEZONE, Scope.MEMBER, "Demographic.Timezone", severity=Severity.WARNING)
def timezone(text: str) -> Sequence[Finding]:
    """The time zone is not a name of the tz database.

    Campaigns and journeys that send at the recipient's local time skip endpoints with an unknown
    time zone. An offset such as `UTC+2` and an abbreviation such as `PST` are not names: they do
    not say when daylight saving time applies. The names are those of the package `tzdata`, the same
    on every machine. An empty string is valid: it clears the member.

    Source: botocore's service model, `EndpointDemographic.Timezone`; AWS, Amazon Pinpoint User
    Guide, "Creating journeys".

    Wrong:
        {"Demographic": {"Timezone": "Americas/Los_Angeles"}}

    Right:
        {"Demographic": {"Timezone": "America/Los_Angeles"}}
    """
    if text in zones() or not text:
        return ()
    hint, right = _suggest_zone(text)
    fix = Fix(Action.REPLACE, ((),), right) if right else None
    return (Finding((), "this text is not a name of the tz database", hint, fix=fix),)


@lru_cache(maxsize=1000)
def _suggest_zone(text: str) -> tuple[str, str]:
    """Return a hint, and the right name if only case or spaces are wrong. Cached, as it is slow."""
    written = text.strip().replace(" ", "_")
    if name := same_but_for_case(written, zones()):
        return f'did you mean "{name}"?', name
    if _OFFSET.fullmatch(text):
        return 'an offset is not a time zone: name a place, such as "Europe/Berlin"', ""
    if _ABBREVIATION.fullmatch(text):
        return 'an abbreviation is not a time zone: use a name such as "America/Los_Angeles"', ""
    city = f"/{written.casefold()}"
    in_city = sorted(name for name in zones() if name.casefold().endswith(city))
    near = in_city[0] if in_city else nearest(text, sorted(zones()))
    return (f'did you mean "{near}"?' if near else 'name a place, such as "Europe/Berlin"'), ""


@rule(codes.COUNTRY, Scope.MEMBER, "Location.Country")
def country(text: str) -> Sequence[Finding]:
    """The country is not a two-letter code of ISO 3166-1.

    The service takes two or three upper-case letters of ISO 3166-1, or the three digits of UN M.49,
    and refuses other texts. Segments compare the exact text: an endpoint in `USA` or `840` is not
    among those in `US`, so other codes of a country are a warning. An empty string is valid: it is
    the only way to clear the member.

    Source: botocore's service model, `EndpointLocation.Country`; ISO 3166-1; UN M.49; AWS, Amazon
    Pinpoint Developer Guide, "Importing segments", whose samples have three letters.

    Wrong:
        {"Location": {"Country": "USA"}}

    Right:
        {"Location": {"Country": "US"}}
    """
    if text in COUNTRIES or not text:
        return ()
    # a text unlike a code may be personal data in the wrong place
    like_a_code = len(text) <= _MAX_CODE_LENGTH and text.isascii() and text.isalnum()
    shown = f'"{text}"' if like_a_code else "this text"
    right = ALPHA_2.get(text) or NUMERIC.get(text)
    if right:
        message = f'{shown} is not a two-letter code: segments for "{right}" leave it out'
        return (_coded(message, right, Severity.WARNING),)
    if text in AREAS:
        return ()
    message = f"{shown} is not a country code"
    word = text.strip().upper() if text.isascii() else ""
    right = word if word in COUNTRIES else ALPHA_2.get(word) or NUMERIC.get(word)
    if right:
        return (_coded(message, right),)
    hint = 'did you mean "GB"?' if word == "UK" else 'write two letters of ISO 3166-1, such as "US"'
    return (Finding((), message, hint),)


def _coded(message: str, right: str, severity: Severity | None = None) -> Finding:
    fix = Fix(Action.REPLACE, ((),), right)
    return Finding((), message, f'write "{right}"', severity=severity, fix=fix)


@rule(
    codes.COORDINATE_PRECISION,
    Scope.MEMBER,
    "Location.Latitude",
    "Location.Longitude",
    severity=Severity.WARNING,
)
def coordinate_precision(degrees: float) -> Sequence[Finding]:
    """A coordinate has more than one decimal.

    The service rounds coordinates to one decimal, about ten kilometres: the stored value differs
    from the one sent, and the further digits are of no use.

    Source: AWS, Amazon Pinpoint Developer Guide, "Adding endpoints": 47.61 is sent, and 47.6 is
    read back; botocore's service model, `EndpointLocation.Latitude`.

    Wrong:
        {"Location": {"Latitude": 47.61, "Longitude": -122.3}}

    Right:
        {"Location": {"Latitude": 47.6, "Longitude": -122.3}}
    """
    if round(degrees, 1) == degrees or not isfinite(degrees):
        return ()
    return _too_precise(degrees)


@lru_cache(maxsize=1024)  # endpoints in one place mostly have the same coordinates
def _too_precise(degrees: float) -> Sequence[Finding]:
    from decimal import ROUND_HALF_UP, Decimal

    # round by the decimal digits as written: in binary, 47.65 is a little less
    rounded = float(Decimal(str(degrees)).quantize(Decimal("0.1"), ROUND_HALF_UP)) or 0.0
    return (Finding((), f"the service rounds this to {rounded}", "write one decimal"),)


@rule(codes.EFFECTIVE_DATE, Scope.MEMBER, "EffectiveDate")
def effective_date(text: str) -> Sequence[Finding]:
    """The effective date is not a date and time of ISO 8601.

    When a user has too many push endpoints, the service retires the one with the oldest effective
    date, so it must be able to compare them. The form is `2026-01-15T09:30:00Z`, with or without
    seconds and their fraction, with `Z` or an offset. The basic format of ISO 8601, which AWS's
    page about imports uses (`20171011T150548Z`), is accepted: a warning, since many parsers refuse
    it. A date alone and a time without an offset are ambiguous: a warning. Week dates and days of
    the year are ISO 8601 too, but AWS documents neither: they are errors. An empty string is valid:
    it clears the member.

    Source: botocore's service model, `EndpointRequest.EffectiveDate`; AWS, Amazon Pinpoint
    Developer Guide, "Importing segments" and the example of UpdateEndpoint, which leaves out the
    seconds.

    Wrong:
        {"EffectiveDate": "15.01.2026 09:30"}

    Right:
        {"EffectiveDate": "2026-01-15T09:30:00Z"}
    """
    moment = _MOMENT.fullmatch(text)
    if not text or (moment and moment[1] and _exists(text)):
        return ()
    usual = text if moment else _canonical_form(text)
    moment = _MOMENT.fullmatch(usual)
    if not (moment or _DAY.fullmatch(usual)):
        return (_unread(text),)
    if not _exists(usual):
        return (Finding((), "there is no such day", "check the month and the day"),)
    fix = None
    if not moment:
        message, hint = "the date has no time", _WRITE_IT
    elif not moment[1]:
        message, hint = "the time has no offset from UTC", 'add "Z" if it is UTC'
    else:
        message = "many parsers do not read this form of ISO 8601"
        hint, fix = f'write it as "{usual}"', Fix(Action.REPLACE, ((),), usual)
    return (Finding((), message, hint, severity=Severity.WARNING, fix=fix),)


def _canonical_form(text: str) -> str:
    """Return a date or time of ISO 8601 with its separators and minutes; "" if it is neither."""
    found = _ANY_FORM.fullmatch(text)
    if not found or (found["colon"] is not None and bool(found["colon"]) != bool(found["dash"])):
        return ""
    day = "-".join(found.group("year", "month", "day"))
    if not found["hour"]:
        return day
    seconds = f":{found['second']}" if found["second"] else ""
    fraction = f".{found['fraction']}" if found["fraction"] else ""
    minute, offset = found["minute"] or "00", found["offset"] or ""
    return f"{day}T{found['hour']}:{minute}{seconds}{fraction}{offset}"


def _unread(text: str) -> Finding:
    message = "this text is not a date and time of ISO 8601, as AWS writes them"
    likely = text.strip().upper().replace(" ", "T", 1)
    moment = _MOMENT.fullmatch(likely)
    if moment and moment[1] and _exists(likely):
        hint = 'put "T" between date and time, and no spaces'
        return Finding((), message, hint, fix=Fix(Action.REPLACE, ((),), likely))
    return Finding((), message, _WRITE_IT)


def _exists(moment: str) -> bool:
    try:
        date.fromisoformat(moment[:_DAY_LENGTH])
    except ValueError:
        return False
    return True
