"""Read what the query of a URL asks for, and make links with such queries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from pinpoint_endpoints.local.browse import Cursor, Filter, Key, is_by_id
from pinpoint_endpoints.local.routes import INVALID_ESCAPE
from pinpoint_endpoints.schema.bundled import definition

MAX_PARAMETERS = 20
NOTHING: Mapping[str, str] = MappingProxyType({})
MAX_DIGITS = 18
"""Fewer than SQLite's integers have."""

SHOWN = "values"
LIST_PARAMETERS = ("id", "user", "channel", "status", "after", "before")
"""The parameters that select the endpoints of an application's list."""

CLOSED = {"channel": "ChannelType", "status": "EndpointStatus"}
"""Parameters whose values are those of a member in the bundled schema."""


class BadQuery(Exception):  # noqa: N818 - reads well where it is raised
    """The query of a URL asks for something that the page does not have."""


class Query(NamedTuple):
    """What a page is asked for; an empty string was not given.

    Args:
        app: an application id.
        id: an endpoint id, or the beginning of ids.
        user: a user id.
        channel: a channel type.
        status: an endpoint status.
        after: the key that the page comes after.
        before: the key that the page comes before.
        back: the query of the list that led to the page, without `app` and `show`.
        where: the query of the selection of an audience.
        show: `values` to show personal data.
    """

    app: str = ""
    id: str = ""
    user: str = ""
    channel: str = ""
    status: str = ""
    after: str = ""
    before: str = ""
    back: str = ""
    where: str = ""
    show: str = ""

    @property
    def shows_values(self) -> bool:
        """Whether personal data is shown."""
        return self.show == SHOWN

    @property
    def list_query(self) -> str:
        """The query of this list, without `app` and `show`: what `back` leads to."""
        parameters = self._asdict()
        return link("", **{name: parameters[name] for name in LIST_PARAMETERS})[1:]

    @property
    def list_before(self) -> "Query":
        """What the list that led to the page was asked for.

        Raises:
            BadQuery: `back` is not the query of a list.
        """
        return read_query(self.back.encode(), LIST_PARAMETERS)._replace(
            app=self.app, show=self.show
        )

    @property
    def filter(self) -> Filter:
        """Which endpoints are listed."""
        return Filter(self.id, self.user, self.channel, self.status)

    @property
    def cursor(self) -> Cursor:
        """Which page of the list is shown.

        Raises:
            BadQuery: a key is not one of this list.
        """
        is_text = is_by_id(self.filter)
        return Cursor(
            _key("after", self.after, is_text=is_text), _key("before", self.before, is_text=is_text)
        )


def read_query(
    query: bytes, allowed: tuple[str, ...], needed: Mapping[str, str] = NOTHING
) -> Query:
    """Return what a query asks for.

    Args:
        query: percent-encoded, without the question mark.
        allowed: the parameters that the page has.
        needed: those of them that are required, and what they are.

    Raises:
        BadQuery: it is malformed, a parameter is unknown, repeated or missing, or a value is
            impossible.
    """
    given: dict[str, str] = {}
    for name, value in _pairs(query):
        if name not in allowed:
            raise BadQuery(f"This page accepts only {_listed(allowed)}.")
        if name in given:
            raise BadQuery(f"{name} is given twice.")
        _check(name, value)
        given[name] = value
    for name, what in needed.items():
        if not given.get(name):
            raise BadQuery(f"{name} is missing: it is the id of {what}.")
    found = Query(**given)
    if found.after and found.before:
        raise BadQuery("after and before cannot be combined.")
    return found


def link(path: str, **parameters: str) -> str:
    """Return a URL of this server; empty parameters are left out."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(given, quote_via=quote, safe='')}" if given else path


def link_to(path: str, query: Query, cursor: Cursor) -> str:
    """Return the URL of another page of a list."""
    after = "" if cursor.after is None else str(cursor.after)
    before = "" if cursor.before is None else str(cursor.before)
    return link(path, **query._replace(after=after, before=before)._asdict())


def values_of(parameter: str) -> tuple[str, ...]:
    """Return the values that a parameter may have."""
    return tuple(definition(CLOSED[parameter])["enum"])


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        text = query.decode("ascii")
        if INVALID_ESCAPE.search(text):
            raise BadQuery("A % in the URL is not followed by two hexadecimal digits.")
        return parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeError:
        raise BadQuery("The URL does not decode to UTF-8.") from None
    except ValueError:
        raise BadQuery("The URL has too many parameters.") from None


def _check(name: str, value: str) -> None:
    if "\0" in value:
        raise BadQuery(f"{name} contains a NUL character.")
    if name == "show" and value not in ("", SHOWN):
        raise BadQuery(f"show must be {SHOWN}, or be left out.")
    if name in CLOSED and value and value not in values_of(name):
        raise BadQuery(f"{name} must be one of {_listed(values_of(name))}.")


def _key(name: str, value: str, *, is_text: bool) -> Key | None:
    if not value:
        return None
    if is_text:
        return value
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise BadQuery(f"{name} must be a whole number, from a link of these pages.")
    return int(value)


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
