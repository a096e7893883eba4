"""PE206 to PE210: countries, locales, time zones, effective dates and coordinates."""

import pycountry
import pytest
from checking import codes_in, only, text_of_fix

from pinpoint_endpoints import Severity
from pinpoint_endpoints.checks.rules.iso_codes import (
    ALPHA_2,
    AREAS,
    FORMER,
    LANGUAGES,
    NUMERIC,
    zones,
)
from pinpoint_endpoints.documents.dates import parse_date_time


def test_the_countries_are_those_of_the_standard() -> None:
    """The codes of every country are those that pycountry takes from Debian's iso-codes."""
    assert {country.alpha_3: country.alpha_2 for country in pycountry.countries} == ALPHA_2
    assert {country.numeric: country.alpha_2 for country in pycountry.countries} == NUMERIC
    assert len(AREAS) == len(NUMERIC) + 31


def test_the_languages_are_those_of_the_standard() -> None:
    """All codes that are in force are there; `sh` was withdrawn, and pycountry keeps it."""
    known = {code for one in pycountry.languages if (code := getattr(one, "alpha_2", None))}
    assert known - {"sh"} == LANGUAGES
    assert set(FORMER.values()) <= LANGUAGES
    assert not FORMER.keys() & LANGUAGES


@pytest.mark.parametrize("text", ["US", "NO", "AX", "ZW", "", "419", "001"])
def test_countries(text: str) -> None:
    """Two upper-case letters are right, an area of the UN, and the empty text, which clears."""
    assert codes_in({"Location": {"Country": text}}) == []


@pytest.mark.parametrize(
    ("text", "right"), [("USA", "US"), ("GBR", "GB"), ("840", "US"), ("004", "AF")]
)
def test_other_codes_of_a_country(text: str, right: str) -> None:
    """The service takes them, but segments compare the text."""
    problem = only("PE206", {"Location": {"Country": text}})
    assert problem.message.startswith(f'"{text}" is not a two-letter code: segments for "{right}"')
    assert text_of_fix(problem) == right
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("text", "begin", "hint", "fixed"),
    [
        ("can", '"can"', 'write "CA"', "CA"),
        ("us", '"us"', 'write "US"', "US"),
        (" US ", "this text", 'write "US"', "US"),
        ("UK", '"UK"', 'did you mean "GB"?', None),
        ("XX", '"XX"', 'such as "US"', None),
        ("United States", "this text", 'such as "US"', None),
        ("Germany", "this text", 'such as "US"', None),
        ("999", '"999"', 'such as "US"', None),
        ("84", '"84"', 'such as "US"', None),
        ("+1206555", "this text", 'such as "US"', None),
        ("ß", "this text", 'such as "US"', None),
    ],
)
def test_other_countries(text: str, begin: str, hint: str, fixed: str | None) -> None:
    """What can only mean one country is named and fixed; what is no code is not shown."""
    problem = only("PE206", {"Location": {"Country": text}})
    assert problem.message == f"{begin} is not a country code"
    assert hint in problem.hint
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize("text", ["en_US", "pt_BR", "nb_NO", "es_419", "en_001", "en_840", ""])
def test_locales(text: str) -> None:
    """A language, an underscore and a country or area are right, and so is the empty text."""
    assert codes_in({"Demographic": {"Locale": text}}) == []


@pytest.mark.parametrize(
    ("text", "hint", "fixed"),
    [
        ("en-US", 'did you mean "en_US"?', "en_US"),
        ("en_us", 'did you mean "en_US"?', "en_US"),
        ("EN-us", 'did you mean "en_US"?', "en_US"),
        ("en_USA", 'did you mean "en_US"?', "en_US"),
        (" en_US", 'did you mean "en_US"?', "en_US"),
        ("iw_il", 'did you mean "he_IL"?', "he_IL"),
        ("es-419", 'did you mean "es_419"?', "es_419"),
        ("es_999", "does not end with a country", None),
        ("USA", "write only language and country", None),
        ("en_UK", 'did you mean "en_GB"?', None),
        ("en", "add the country", None),
        ("zz_US", "does not begin with a language", None),
        ("en_ZZ", "does not end with a country", None),
        ("zh_Hans_CN", "write only language and country", None),
        ("en_US.UTF-8", "write only language and country", None),
        ("English", "write only language and country", None),
    ],
)
def test_other_locales(text: str, hint: str, fixed: str | None) -> None:
    """Case, hyphen and three-letter countries have one right answer; other forms get a hint."""
    problem = only("PE207", {"Demographic": {"Locale": text}})
    assert hint in problem.hint
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(("text", "right"), [("iw_IL", "he_IL"), ("in_ID", "id_ID")])
def test_a_former_code_of_a_language_is_a_warning(text: str, right: str) -> None:
    """Java kept writing the codes that were withdrawn in 1989."""
    problem = only("PE207", {"Demographic": {"Locale": text}})
    assert text_of_fix(problem) == right
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize("text", [*sorted(zones())[::60], "UTC", "America/Los_Angeles", ""])
def test_time_zones(text: str) -> None:
    """Every name of the tz database is right, links included, and so is the empty text."""
    assert codes_in({"Demographic": {"Timezone": text}}) == []


@pytest.mark.parametrize(
    ("text", "hint", "fixed"),
    [
        ("america/los_angeles", 'did you mean "America/Los_Angeles"?', "America/Los_Angeles"),
        ("America/Los Angeles", 'did you mean "America/Los_Angeles"?', "America/Los_Angeles"),
        ("Europe/Oslo ", 'did you mean "Europe/Oslo"?', "Europe/Oslo"),
        ("Americas/Los_Angeles", 'did you mean "America/Los_Angeles"?', None),
        ("Berlin", 'did you mean "Europe/Berlin"?', None),
        ("Europe/Belrin", 'did you mean "Europe/Berlin"?', None),
        ("UTC+2", "an offset is not a time zone", None),
        ("GMT+02:00", "an offset is not a time zone", None),
        ("+0200", "an offset is not a time zone", None),
        ("Z", "an offset is not a time zone", None),
        ("PST", "an abbreviation is not a time zone", None),
        ("CEST", "an abbreviation is not a time zone", None),
        ("Pacific Standard Time", "name a place", None),
        (" ", "name a place", None),
    ],
)
def test_other_time_zones(text: str, hint: str, fixed: str | None) -> None:
    """The nearest name is suggested; what differs only in its writing is fixed."""
    problem = only("PE208", {"Demographic": {"Timezone": text}})
    assert hint in problem.hint
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize("degrees", [47.6, -122.3, 0, 90, -0.0, 0.1])
def test_coordinates(degrees: float) -> None:
    """One decimal is what the service keeps."""
    assert codes_in({"Location": {"Longitude": degrees}}) == []


@pytest.mark.parametrize(
    ("degrees", "rounded"),
    [(47.61, "47.6"), (47.65, "47.7"), (-47.65, "-47.7"), (-0.04, "0.0"), (1e-9, "0.0")],
)
def test_other_coordinates(degrees: float, rounded: str) -> None:
    """The message tells what the service will keep: halves go away from zero."""
    problem = only("PE210", {"Location": {"Longitude": degrees}})
    assert problem.message == f"the service rounds this to {rounded}"
    assert problem.severity is Severity.WARNING


UNREAD = "not a date and time of ISO 8601"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15T09:30:00Z",
        "2026-01-15T09:30Z",
        "2018-05-07T19:03:29.963Z",
        "2026-01-15T09:30:00.123456789Z",
        "2026-01-15T09:30:00+02:00",
        "2026-01-15T09:30:00-0730",
        "2026-01-15T09:30:00+02",
        "2024-02-29T23:59:59Z",
        "",
    ],
)
def test_effective_dates(text: str) -> None:
    """Seconds and their fraction may be left out, an offset may not; the empty text clears."""
    assert codes_in({"EffectiveDate": text}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-01-15", "the date has no time"),
        ("2026-01-15T09:30:00", "the time has no offset from UTC"),
        ("2026-01-15T09:30", "the time has no offset from UTC"),
        ("20260115", "the date has no time"),
        ("20260115T093000", "the time has no offset from UTC"),
    ],
)
def test_what_readers_take_differently_is_a_warning(text: str, message: str) -> None:
    """A date without a time, and a time without an offset, can be read, but not surely."""
    problem = only("PE209", {"EffectiveDate": text})
    assert problem.message == message
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("20171011T150548Z", "2017-10-11T15:05:48Z"),
        ("20171011T150548.963Z", "2017-10-11T15:05:48.963Z"),
        ("20171011T150548,963Z", "2017-10-11T15:05:48.963Z"),
        ("20171011T1505Z", "2017-10-11T15:05Z"),
        ("20171011T15Z", "2017-10-11T15:00Z"),
        ("20171011T150548+0200", "2017-10-11T15:05:48+0200"),
        ("20171011T150548-07", "2017-10-11T15:05:48-07"),
        ("2017-10-11T15Z", "2017-10-11T15:00Z"),
        ("2017-10-11T15:05:48,963Z", "2017-10-11T15:05:48.963Z"),
    ],
)
def test_the_other_forms_of_a_date_and_time_are_a_warning(text: str, usual: str) -> None:
    """The basic format, a comma and hours alone are ISO 8601, and the local Pinpoint reads them."""
    problem = only("PE209", {"EffectiveDate": text})
    assert text_of_fix(problem) == usual
    assert problem.severity is Severity.WARNING
    assert codes_in({"EffectiveDate": usual}) == []
    assert parse_date_time(text) == parse_date_time(usual) is not None


@pytest.mark.parametrize(
    ("text", "message", "fixed"),
    [
        ("20260230T093000Z", "no such day", None),
        ("2026-02-30T09:30:00Z", "no such day", None),
        ("2026-13-01T09:30:00Z", "no such day", None),
        ("2023-02-29", "no such day", None),
        ("0000-01-01T00:00:00Z", "no such day", None),
        ("2026-01-15 09:30:00Z", UNREAD, "2026-01-15T09:30:00Z"),
        ("2026-01-15t09:30:00z", UNREAD, "2026-01-15T09:30:00Z"),
        (" 2026-01-15T09:30:00Z", UNREAD, "2026-01-15T09:30:00Z"),
        ("2026-01-15 09:30:00+00:00", UNREAD, "2026-01-15T09:30:00+00:00"),
        ("2026-01-15 09:30:00", UNREAD, None),
        ("2026-02-30 09:30:00Z", UNREAD, None),
        ("2026-01-15T24:00:00Z", UNREAD, None),
        ("2026-01-15T09:30:60Z", UNREAD, None),
        ("2026-01-15T09:30:00+25:00", UNREAD, None),
        ("2026-01-15T09:30:00.Z", UNREAD, None),
        ("20260115T250000Z", UNREAD, None),
        ("20260115T09:30:00Z", UNREAD, None),
        ("2026-01-15T093000Z", UNREAD, None),
        ("2026-0115T09:30:00Z", UNREAD, None),
        ("2026015T093000Z", UNREAD, None),
        ("2026W034T093000Z", UNREAD, None),
        ("2026-W03-4T09:30:00Z", UNREAD, None),
        ("2026-015", UNREAD, None),
        ("1768469400", UNREAD, None),
        ("15.01.2026", UNREAD, None),
        ("Thu Jan 15 09:30:00 UTC 2026", UNREAD, None),
        ("٢٠٢٦-01-15T09:30:00Z", UNREAD, None),
        ("2026-01-15T09:30:00Z\n", UNREAD, "2026-01-15T09:30:00Z"),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, message: str, fixed: str | None) -> None:
    """Days that do not exist, other forms of ISO 8601 and other notations are errors."""
    problem = only("PE209", {"EffectiveDate": text})
    assert message in problem.message
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.ERROR
