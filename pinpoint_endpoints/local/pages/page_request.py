"""The query of a URL in, what is asked for out; and links to pages, with such queries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from pinpoint_endpoints.local.filtering import Filter, Key, Place, is_by_id
from pinpoint_endpoints.local.wire import BROKEN_ESCAPE
from pinpoint_endpoints.schema.bundled import definition

MOST_PARAMETERS = 20
NOTHING: Mapping[str, str] = MappingProxyType({})
LONGEST_NUMBER = 18
"""Digits: fewer than SQLite's integers have."""

SHOWN = "values"
LIST_PARAMETERS = ("id", "user", "channel", "status", "after", "before")
"""What says which endpoints are listed, beside the application."""

CLOSED = {"channel": "ChannelType", "status": "EndpointStatus"}
"""The parameters whose values are those of a member in the bundled schema."""


class BadQuery(Exception):  # noqa: N818 - says what it means where it is raised
    """The query of a URL asks for what a page does not have."""


class PageRequest(NamedTuple):
    """What a query asks for; an empty text was not given.

    Args:
        app: an application id.
        id: an endpoint id, or the begin of some.
        user: a user id.
        channel: a channel type.
        status: an endpoint status.
        after: the key that the page comes after.
        before: the key that the page comes before.
        back: the query of the list that led to the page, without `app` and `show`.
        show: `values` if personal data is to be shown.
    """

    app: str = ""
    id: str = ""
    user: str = ""
    channel: str = ""
    status: str = ""
    after: str = ""
    before: str = ""
    back: str = ""
    show: str = ""

    @property
    def shows_values(self) -> bool:
        """Tell whether personal data is to be shown."""
        return self.show == SHOWN

    @property
    def listed(self) -> str:
        """Return the query of the list that is asked for, without `app` and `show`."""
        asked = self._asdict()
        return link("", **{name: asked[name] for name in LIST_PARAMETERS})[1:]

    @property
    def list_before(self) -> "PageRequest":
        """Return what asked for the list that led to the page.

        Raises:
            BadQuery: `back` is no query of a list.
        """
        asked = read_query(self.back.encode(), LIST_PARAMETERS)
        return asked._replace(app=self.app, show=self.show)

    @property
    def filter(self) -> Filter:
        """Return which endpoints are wanted."""
        return Filter(self.id, self.user, self.channel, self.status)

    @property
    def place(self) -> Place:
        """Return which page of them is wanted.

        Raises:
            BadQuery: it is none.
        """
        is_text = is_by_id(self.filter)
        return Place(
            _key("after", self.after, is_text=is_text), _key("before", self.before, is_text=is_text)
        )


def read_query(
    query: bytes, allowed: tuple[str, ...], needed: Mapping[str, str] = NOTHING
) -> PageRequest:
    """Return what a query asks for.

    Args:
        query: percent-encoded, without the question mark.
        allowed: the parameters that the page has.
        needed: those of them that it cannot do without, and what they are.

    Raises:
        BadQuery: it is none, has another parameter or one twice, or a value that cannot be.
    """
    given: dict[str, str] = {}
    for name, value in _pairs(query):
        if name not in allowed:
            raise BadQuery(f"This page takes {_listed(allowed)}, and nothing else.")
        if name in given:
            raise BadQuery(f"{name} is given twice.")
        _check(name, value)
        given[name] = value
    for name, what in needed.items():
        if not given.get(name):
            raise BadQuery(f"{name} is missing: it is the id of {what}.")
    asked = PageRequest(**given)
    if asked.after and asked.before:
        raise BadQuery("after and before exclude each other.")
    return asked


def known_application(query: bytes) -> str:
    """Return the application id that a query names, whatever else is wrong with it; or nothing."""
    try:
        named = [value for name, value in _pairs(query) if name == "app"]
    except BadQuery:
        return ""
    return named[0] if len(named) == 1 and "\0" not in named[0] else ""


def link(path: str, **parameters: str) -> str:
    """Return a URL of this server; an empty parameter is left out."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(given, quote_via=quote, safe='')}" if given else path


def link_to_place(path: str, asked: PageRequest, place: Place | None) -> str:
    """Return the URL of another page of what is asked for; empty if there is none."""
    if place is None:
        return ""
    after = "" if place.after is None else str(place.after)
    before = "" if place.before is None else str(place.before)
    return link(path, **asked._replace(after=after, before=before)._asdict())


def values_of(parameter: str) -> tuple[str, ...]:
    """Return the values that a parameter can have."""
    return tuple(definition(CLOSED[parameter])["enum"])


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        text = query.decode("ascii")
        if BROKEN_ESCAPE.search(text):
            raise BadQuery("A % in the URL is not followed by two hexadecimal digits.")
        return parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeError:
        raise BadQuery("The URL is not UTF-8 under its percent-encoding.") from None
    except ValueError:
        raise BadQuery("The URL has too many parameters.") from None


def _check(name: str, value: str) -> None:
    if "\0" in value:
        raise BadQuery(f"{name} has a character that no text has.")
    if name == "show" and value not in ("", SHOWN):
        raise BadQuery(f"show is {SHOWN}, or is left out.")
    if name in CLOSED and value and value not in values_of(name):
        raise BadQuery(f"{name} is one of {_listed(values_of(name))}.")


def _key(name: str, value: str, *, is_text: bool) -> Key | None:
    if not value:
        return None
    if is_text:
        return value
    if not (value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER):
        raise BadQuery(f"{name} is a whole number that a link of these pages has.")
    return int(value)


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
