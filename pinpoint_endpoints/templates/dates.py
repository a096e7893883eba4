"""Parse and format dates by the patterns of Java's SimpleDateFormat, as dateFormat and now do.

Names are English. Source: https://docs.oracle.com/javase/8/docs/api/java/text/SimpleDateFormat.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pinpoint_endpoints.documents.dates import parse_date_time

STYLES = {
    "full": "EEEE, MMMM d, yyyy",
    "long": "MMMM d, yyyy",
    "medium": "MMM d, yyyy",
    "short": "M/d/yy",
}
"""The forms that have names."""

MAX_PATTERN = 200
_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_FIELD = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_SHORT = 3
_PM = 12


def format_date(moment: datetime, style: str, zone: str) -> str:
    """Return a date in one of Java's styles, or by a pattern.

    Args:
        moment: the date.
        style: a name of STYLES, or a pattern such as `yyyy-MM-dd`.
        zone: the time zone to show it in, such as `America/Los_Angeles`.

    Raises:
        ValueError: the pattern or the zone is none; the message says so.
    """
    fields = _fields(STYLES.get(style, style))
    try:
        shown = moment.astimezone(zone_of(zone))
    except OverflowError:
        raise ValueError("the date is out of range in that time zone") from None
    return "".join(_value(shown, field, width) if width else field for field, width in fields)


def parse_date(text: str, pattern: str) -> datetime | None:
    """Return the date that a text has, in UTC where it says no offset; None if it has none.

    Args:
        text: the text.
        pattern: the pattern it is written by; empty for ISO 8601.

    Raises:
        ValueError: the pattern is none; the message says so.
    """
    if not pattern:
        return parse_date_time(text.strip())
    found = _parser(pattern).fullmatch(text.strip())
    return None if found is None else _date_of(found.groupdict())


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name in the tz database, or as an offset such as `GMT+2`.

    Raises:
        ValueError: there is no such zone.
    """
    offset = _OFFSET.fullmatch(name)
    try:
        if offset is None:
            return ZoneInfo(name)
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        return timezone(timedelta(minutes=-minutes if offset["sign"] == "-" else minutes))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("there is no such time zone") from None


_OFFSET = re.compile(r"(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?")


@lru_cache(maxsize=64)
def _parser(pattern: str) -> re.Pattern[str]:
    """Return what matches the texts of a pattern, with a group for each of its fields."""
    parts: list[str] = []
    seen: set[str] = set()
    for field, width in _fields(STYLES.get(pattern, pattern)):
        if width == 0:
            parts.append(re.escape(field))
        elif field in seen:
            raise ValueError(f"{field} is in the date pattern twice")
        else:
            seen.add(field)
            parts.append(f"(?P<{field}>{_matching(field, width)})")
    return re.compile("".join(parts), re.IGNORECASE)


def _matching(field: str, width: int) -> str:
    if field in "ML" and width >= _SHORT:
        return _any_of(_MONTHS)
    return _PATTERNS.get(field, r"\d{1,3}")


def _any_of(names: Iterable[str]) -> str:
    return "|".join(f"{name}|{name[:_SHORT]}" for name in names)


def _date_of(values: dict[str, str]) -> datetime | None:
    year = values.get("y") or values.get("Y") or "1970"
    if len(year) <= len("yy"):  # Java: within 80 years before and 20 years after today
        now = datetime.now(UTC).year
        century = int(year) + now // 100 * 100
        year = str(century - 100 if century > now + 20 else century)
    month = values.get("M") or values.get("L") or "1"
    if not month.isdigit():
        names = [name[:_SHORT].lower() for name in _MONTHS]
        month = str(names.index(month[:_SHORT].lower()) + 1)
    hour = int(values.get("H") or values.get("k") or values.get("h") or values.get("K") or 0)
    if "a" in values:
        hour = hour % _PM + (_PM if values["a"].upper() == "PM" else 0)
    zone = values.get("Z") or values.get("X") or values.get("z") or ""
    fraction = (values.get("S") or "0").ljust(_SHORT, "0")[:_SHORT]
    try:
        return datetime(
            int(year),
            int(month),
            int(values.get("d") or 1),
            hour % 24,
            int(values.get("m") or 0),
            int(values.get("s") or 0),
            int(fraction) * 1000,
            tzinfo=UTC if zone.upper() in {"", "Z", "UTC", "GMT"} else zone_of(zone),
        )
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _fields(pattern: str) -> tuple[tuple[str, int], ...]:
    """Return the parts of a pattern: a letter with how often it stands, or a text with 0."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a date pattern has more than {MAX_PATTERN} characters")
    fields: list[tuple[str, int]] = []
    index = 0
    while index < len(pattern):
        found = _FIELD.match(pattern, index)
        if found is None:
            raise ValueError("a ' in a date pattern does not end")
        index = found.end()
        if found[1]:
            if found[1] not in _KNOWN:
                raise ValueError(f"{found[1]} means nothing in a date pattern")
            fields.append((found[1], len(found[0])))
        elif found[0] == "''":
            fields.append(("'", 0))
        else:
            text = found[0]
            fields.append((text[1:-1].replace("''", "'") if text[0] == "'" else text, 0))
    return tuple(fields)


def _value(moment: datetime, field: str, width: int) -> str:
    if field in "ML" and width >= _SHORT:
        name = _MONTHS[moment.month - 1]
        return name if width > _SHORT else name[:_SHORT]
    if field == "E":
        name = _DAYS[moment.weekday()]
        return name if width > _SHORT else name[:_SHORT]
    if field in _TEXTS:
        return _TEXTS[field](moment, width)
    return f"{_NUMBERS[field](moment):0{width}}"


def _year(moment: datetime, width: int) -> str:
    return f"{moment.year % 100:02}" if width == len("yy") else f"{moment.year:0{width}}"


def _half_of_day(moment: datetime, _width: int) -> str:
    return "AM" if moment.hour < _PM else "PM"


def _era(_moment: datetime, _width: int) -> str:
    return "AD"


def _rfc_offset(moment: datetime, _width: int) -> str:
    return moment.strftime("%z")[:5]


def _zone_name(moment: datetime, _width: int) -> str:
    name = moment.tzname() or "UTC"
    return name if name[0].isalpha() else f"GMT{name}"


def _iso_offset(moment: datetime, width: int) -> str:
    offset = moment.strftime("%z")[:5]
    if offset == "+0000":
        return "Z"
    return {1: offset[:3], 2: offset}.get(width, f"{offset[:3]}:{offset[3:]}")


_TEXTS: Mapping[str, Callable[[datetime, int], str]] = {
    "G": _era,
    "y": _year,
    "Y": _year,
    "a": _half_of_day,
    "z": _zone_name,
    "Z": _rfc_offset,
    "X": _iso_offset,
}
_NUMBERS: Mapping[str, Callable[[datetime], int]] = {
    "M": lambda moment: moment.month,
    "L": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "D": lambda moment: moment.timetuple().tm_yday,
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % _PM,
    "h": lambda moment: moment.hour % _PM or _PM,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "S": lambda moment: moment.microsecond // 1000,
    "u": lambda moment: moment.isoweekday(),
    "w": lambda moment: int(moment.strftime("%U")) + 1,
    "W": lambda moment: (moment.day + moment.replace(day=1).isoweekday() % 7 - 1) // 7 + 1,
    "F": lambda moment: (moment.day - 1) // 7 + 1,
}
_KNOWN = frozenset({*_TEXTS, *_NUMBERS, "E"})
_PATTERNS = {
    "E": _any_of(_DAYS),
    "a": "AM|PM",
    "G": "AD",
    **dict.fromkeys("ZXz", r"Z|UTC|GMT|(?:GMT)?[+-]\d\d?(?::?\d\d)?"),
    **dict.fromkeys("yY", r"\d{1,4}"),
    "S": r"\d{1,9}",
}
