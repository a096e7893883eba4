"""Rules about `Demographic`. One text in, findings out."""

import re
from collections.abc import Sequence
from functools import lru_cache

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.rules.countries import ALPHA_2, COUNTRIES
from pinpoint_endpoints.checks.rules.languages import FORMER, LANGUAGES
from pinpoint_endpoints.checks.rules.zones import zones
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case

_LIKE_A_LOCALE = re.compile(r"([A-Za-z]{2})[_-]([A-Za-z]{2,3})")

_OFFSET = re.compile(r"Z|(?:UTC|GMT)?\s*[+-]\s*[0-9]{1,2}(?::?[0-9]{2})?", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[A-Z]{3,5}")


@rule(codes.LOCALE, Scope.MEMBER, "Demographic.Locale", severity=Severity.WARNING)
def locale(text: str) -> Sequence[Finding]:
    """The locale is not a language, an underscore and a country.

    The language is the two lower-case letters of ISO 639-1, the country the two upper-case letters
    of ISO 3166-1: `en_US`. Segments and templates compare the text as it stands, so `en-US` is
    another locale than `en_US`. The empty text clears the member, and is right.

    Source: botocore's service model, `EndpointDemographic.Locale`.

    Wrong:
        {"Demographic": {"Locale": "en-us"}}

    Right:
        {"Demographic": {"Locale": "en_US"}}
    """
    if not text or (text[2:3] == "_" and text[:2] in LANGUAGES and text[3:] in COUNTRIES):
        return ()
    parts = _LIKE_A_LOCALE.fullmatch(text.strip())
    if not parts:
        message = "this text is not a locale: a language, an underscore and a country"
        alone = text.lower() in LANGUAGES
        hint = "add the country" if alone else "write only language and country"
        return (Finding((), message, f'{hint}, such as "en_US"'),)
    message = f'"{parts[0]}" is not a language, an underscore and a country'
    language, country = parts[1].lower(), parts[2].upper()
    language, country = FORMER.get(language, language), ALPHA_2.get(country, country)
    if language not in LANGUAGES:
        hint = 'it does not begin with a language of ISO 639-1, such as "en"'
    elif country == "UK":
        hint = f'did you mean "{language}_GB"?'
    elif country not in COUNTRIES:
        hint = 'it does not end with a country of ISO 3166-1, such as "US"'
    else:
        right = f"{language}_{country}"
        fix = Fix(Action.REPLACE, ((),), right)
        return (Finding((), message, f'did you mean "{right}"?', fix=fix),)
    return (Finding((), message, hint),)


@rule(codes.TIMEZONE, Scope.MEMBER, "Demographic.Timezone", severity=Severity.WARNING)
def timezone(text: str) -> Sequence[Finding]:
    """The time zone is not a name of the tz database.

    Campaigns and journeys that send at the recipient's local time leave out endpoints whose time
    zone they do not know. An offset such as `UTC+2` and an abbreviation such as `PST` are no names:
    they do not say when the clock changes. The names are those of the package `tzdata`, the same
    on every machine. The empty text clears the member, and is right.

    Source: botocore's service model, `EndpointDemographic.Timezone`; AWS, Amazon Pinpoint User
    Guide, "Creating journeys".

    Wrong:
        {"Demographic": {"Timezone": "Americas/Los_Angeles"}}

    Right:
        {"Demographic": {"Timezone": "America/Los_Angeles"}}
    """
    if text in zones() or not text:
        return ()
    hint, right = _zone_meant(text)
    fix = Fix(Action.REPLACE, ((),), right) if right else None
    return (Finding((), "this text is not a name of the tz database", hint, fix=fix),)


@lru_cache(maxsize=1000)
def _zone_meant(text: str) -> tuple[str, str]:
    """Return a hint, and the name if only its writing is wrong. Slow, and asked for it often."""
    written = text.strip().replace(" ", "_")
    if name := same_but_for_case(written, zones()):
        return f'did you mean "{name}"?', name
    if _OFFSET.fullmatch(text):
        return 'an offset is no time zone: name a place, such as "Europe/Berlin"', ""
    if _ABBREVIATION.fullmatch(text):
        return 'an abbreviation is no time zone: name a place, such as "America/Los_Angeles"', ""
    city = f"/{written.casefold()}"
    in_city = sorted(name for name in zones() if name.casefold().endswith(city))
    near = in_city[0] if in_city else nearest(text, sorted(zones()))
    return (f'did you mean "{near}"?' if near else 'name a place, such as "Europe/Berlin"'), ""
