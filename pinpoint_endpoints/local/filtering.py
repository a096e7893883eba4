"""An application and a filter in, pages of its endpoints out: of a million in milliseconds.

All of it reads inside the transaction that the caller holds. What is filtered by is in the columns
of a row, so that an index finds it; only what is returned is read whole.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import orjson

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local.rows import Application, Rows

PAGE = 50
"""Endpoints on a page."""

MOST_COUNTED = 10_000
"""What fits a filter is counted no further, which takes about a millisecond."""

MOST_SIFTED = 20_000
"""So many ids that begin alike are looked at for one page, where an index finds no more of it: of
more than these, what fits is not counted."""

KEYS = "SELECT {key}, number FROM endpoints WHERE {condition} ORDER BY {key} {direction} LIMIT ?"
COUNT = "SELECT count(*) FROM (SELECT 1 FROM endpoints WHERE {condition} LIMIT ?)"
SIFT = """
SELECT endpoint_key, number, channel_type, endpoint_status FROM endpoints WHERE {condition}
ORDER BY endpoint_key {direction} LIMIT ?
"""
RESPONSE = "SELECT response FROM endpoints WHERE number = ?"
NEXT_CHANNEL_TYPE = """
SELECT channel_type FROM endpoints WHERE application = ? AND channel_type {beyond}
ORDER BY channel_type LIMIT 1
"""
NEXT_STATUS = """
SELECT endpoint_status FROM endpoints
WHERE application = ? AND channel_type IS ? AND endpoint_status {beyond}
ORDER BY endpoint_status LIMIT 1
"""
RESPONSES = "SELECT number, response FROM endpoints WHERE {condition}"
ALL_OF, IN_ORDER = " UNION ALL ", " ORDER BY number LIMIT ?"
ANYTHING, SOMETHING, GREATER = "IS NOT ''", "IS NOT NULL", "> ?"

LAST_CHARACTER = "\U0010ffff"
FIRST_SURROGATE, AFTER_SURROGATES = 0xD800, 0xE000

Key = int | str
"""What an order goes by: the place in the order of creation, or the endpoint's id in lower case."""


class Filter(NamedTuple):
    """Which endpoints are wanted; an empty text wants them all.

    Args:
        id_begin: what the endpoint id begins with, in any case.
        user_id: the user's id, exactly.
        channel_type: such as `SMS`.
        endpoint_status: such as `ACTIVE`.
    """

    id_begin: str = ""
    user_id: str = ""
    channel_type: str = ""
    endpoint_status: str = ""


class Place(NamedTuple):
    """Where a page begins or ends; at most one of the two.

    Args:
        after: the key of the last endpoint of the page before it.
        before: the key of the first endpoint of the page behind it.
    """

    after: Key | None = None
    before: Key | None = None


FIRST_PAGE = Place()


class Page(NamedTuple):
    """Some endpoints that fit a filter.

    Attributes:
        endpoints: in their order. There may be none, and more on the following page.
        previous: leads to the page before this one; None if there is none.
        following: leads to the page behind this one; None if there is none.
        total: how many fit altogether, counted up to `MOST_COUNTED` + 1; None if not counted.
        ahead: how many are before these; counted in the same way.
    """

    endpoints: list[Endpoint]
    previous: Place | None
    following: Place | None
    total: int | None = None
    ahead: int | None = None


class _Range(NamedTuple):
    """Rows that SQLite finds by one index, and reads in order."""

    condition: str
    parameters: tuple[object, ...]
    key: str

    def beyond(self, key: Key | None, *, descending: bool) -> "_Range":
        """Return what comes after a key in an order; all of it if there is no key."""
        if key is None:
            return self
        comparison = f" AND {self.key} {'<' if descending else '>'} ?"
        return _Range(self.condition + comparison, (*self.parameters, key), self.key)


def is_by_id(wanted: Filter) -> bool:
    """Tell whether endpoints come in the order of their ids, and not the last created first."""
    return bool(wanted.id_begin)


def find_endpoints(
    rows: Rows, application: Application, wanted: Filter, place: Place = FIRST_PAGE
) -> Page:
    """Return a page of the endpoints that fit a filter.

    They come by their ids if the filter names the begin of an id, else the last created first. A
    key never changes: an endpoint that is there all the time is on one page, whoever writes
    meanwhile.

    Args:
        rows: an open transaction.
        application: where they are.
        wanted: which ones.
        place: which page.
    """
    if wanted.id_begin and not wanted.user_id and (wanted.channel_type or wanted.endpoint_status):
        return _sifted(rows, application.number, wanted, place)
    ranges = list(_ranges(rows, application.number, wanted))
    descending = not is_by_id(wanted)
    total = _count(rows, ranges, MOST_COUNTED + 1)
    found = _found(rows, ranges, place, descending=descending)
    if not found:
        return Page([], None, None, total, 0)
    first, last = found[0][0], found[-1][0]
    before = [one.beyond(first, descending=not descending) for one in ranges]
    behind = [one.beyond(last, descending=descending) for one in ranges]
    ahead = _count(rows, before, MOST_COUNTED + 1)
    return Page(
        _responses(rows, found),
        Place(before=first) if ahead else None,
        Place(after=last) if _count(rows, behind, 1) else None,
        total,
        ahead,
    )


def count_up_to(rows: Rows, application: Application, most: int) -> int:
    """Return how many endpoints an application has, counted up to a limit."""
    return _count(rows, [_Range("application = ?", (application.number,), "number")], most)


def channel_types(rows: Rows, application: Application) -> list[str]:
    """Return the channel types that an application's endpoints have."""
    return [each for each in _channel_types(rows, application.number) if each]


def responses_after(
    rows: Rows, application: Application, number: int, limit: int
) -> list[tuple[int, bytes]]:
    """Return the next endpoints in order of creation: their numbers, and themselves as JSON.

    Args:
        rows: an open transaction.
        application: where they are.
        number: of the last one before them; 0 to begin.
        limit: how many at most; fewer are the last ones.
    """
    groups = _groups(rows, application.number, Filter())
    behind = [group.beyond(number, descending=False) for group in groups]
    if not behind:
        return []
    query = ALL_OF.join(RESPONSES.format(condition=each.condition) for each in behind) + IN_ORDER
    parameters = chain.from_iterable(each.parameters for each in behind)
    return rows.execute(query, (*parameters, limit)).fetchall()


def _found(
    rows: Rows, ranges: list[_Range], place: Place, *, descending: bool
) -> list[tuple[Key, int]]:
    if place.before is not None:
        found = _keys(rows, ranges, place.before, descending=not descending)
        if len(found) == PAGE:
            return found[::-1]
        # too few before it: what came to be since then belongs to the first page too
        place = Place()
    return _keys(rows, ranges, place.after, descending=descending)


def _keys(
    rows: Rows, ranges: list[_Range], beyond: Key | None, *, descending: bool
) -> list[tuple[Key, int]]:
    """Return the keys and the numbers of the next rows of all ranges together."""
    found: list[tuple[Key, int]] = []
    for one in ranges:
        condition, parameters, key = one.beyond(beyond, descending=descending)
        direction = "DESC" if descending else "ASC"
        query = KEYS.format(condition=condition, key=key, direction=direction)
        found += rows.execute(query, (*parameters, PAGE))
    return sorted(found, reverse=descending)[:PAGE]


def _count(rows: Rows, ranges: list[_Range], most: int) -> int:
    count = 0
    for one in ranges:
        query = COUNT.format(condition=one.condition)
        count += rows.execute(query, (*one.parameters, most - count)).fetchone()[0]
        if count == most:
            break
    return count


def _responses(rows: Rows, found: list[tuple[Key, int]]) -> list[Endpoint]:
    read = (rows.execute(RESPONSE, (number,)).fetchone()[0] for _, number in found)
    return [orjson.loads(response) for response in read]


def _sifted(rows: Rows, application: int, wanted: Filter, place: Place) -> Page:
    """Return a page of those that fit among ids that begin alike: it may be short, or empty."""
    (alike,) = _ranges(rows, application, Filter(wanted.id_begin))
    if _count(rows, [alike], MOST_SIFTED + 1) <= MOST_SIFTED:
        query = SIFT.format(condition=alike.condition, direction="ASC")
        fitting = [
            (key, number)
            for key, number, channel_type, status in rows.execute(
                query, (*alike.parameters, MOST_SIFTED)
            )
            if _fits(wanted, channel_type, status)
        ]
        return _page_among(rows, fitting, place)
    if place.before is not None:
        sifted = _sift(rows, alike, wanted, place.before, descending=True)
        if sifted.end is not None:
            found = _responses(rows, sifted.found[::-1])
            return Page(found, Place(before=sifted.end), Place(after=sifted.begin))
    sifted = _sift(rows, alike, wanted, place.after, descending=False)
    following = None if sifted.end is None else Place(after=sifted.end)
    found = _responses(rows, sifted.found)
    if place.after is None:
        return Page(found, None, following, None if following else len(found), 0)
    return Page(found, Place(before=sifted.begin) if sifted.begin else None, following)


def _page_among(rows: Rows, fitting: list[tuple[Key, int]], place: Place) -> Page:
    """Return a page of all that fit, in their order."""
    keys = [key for key, _ in fitting]
    begin = 0
    if place.before is not None:
        begin = max(bisect_left(keys, place.before) - PAGE, 0)
    elif place.after is not None:
        begin = bisect_right(keys, place.after)
    found = fitting[begin : begin + PAGE]
    if not found:
        return Page([], None, None, len(fitting), 0)
    return Page(
        _responses(rows, found),
        Place(before=keys[begin]) if begin else None,
        Place(after=found[-1][0]) if begin + PAGE < len(keys) else None,
        len(fitting),
        begin,
    )


class _Sifted(NamedTuple):
    """What came of looking at rows.

    Attributes:
        found: the keys and numbers of those that fit.
        begin: the key of the first that was looked at; None if there was none.
        end: the key of the last one, if there are more to look at.
    """

    found: list[tuple[Key, int]]
    begin: str | None
    end: str | None


def _sift(
    rows: Rows, alike: _Range, wanted: Filter, beyond: Key | None, *, descending: bool
) -> _Sifted:
    condition, parameters, _ = alike.beyond(beyond, descending=descending)
    query = SIFT.format(condition=condition, direction="DESC" if descending else "ASC")
    found: list[tuple[Key, int]] = []
    begin = end = None
    looked_at = rows.execute(query, (*parameters, MOST_SIFTED + 1))
    for place, (key, number, channel_type, status) in enumerate(looked_at):
        if len(found) == PAGE or place == MOST_SIFTED:
            return _Sifted(found, begin, end)
        begin, end = begin or key, key
        if _fits(wanted, channel_type, status):
            found.append((key, number))
    return _Sifted(found, begin, None)


def _fits(wanted: Filter, channel_type: str | None, status: str | None) -> bool:
    return wanted.channel_type in ("", channel_type) and wanted.endpoint_status in ("", status)


def _ranges(rows: Rows, application: int, wanted: Filter) -> Iterator[_Range]:
    """Yield ranges that make up what is wanted.

    A `+` keeps SQLite from the index of a column: without statistics it cannot know that a user
    has few endpoints, and that many ids begin alike.
    """
    if not wanted.user_id and not wanted.id_begin:
        yield from _groups(rows, application, wanted)
        return
    plus = "+" if wanted.user_id else ""
    key = f"{plus}endpoint_key" if is_by_id(wanted) else "number"
    limits = {
        "application = ?": application,
        "user_id = ?": wanted.user_id,
        f"{plus}endpoint_key >= ?": same_endpoint_key(wanted.id_begin),
        f"{plus}endpoint_key < ?": _after_all_that_begin_with(same_endpoint_key(wanted.id_begin)),
        "+channel_type = ?": wanted.channel_type,
        "+endpoint_status = ?": wanted.endpoint_status,
    }
    limits = {condition: value for condition, value in limits.items() if value}
    yield _Range(" AND ".join(limits), tuple(limits.values()), key)


def _groups(rows: Rows, application: int, wanted: Filter) -> Iterator[_Range]:
    """Yield the rows of each channel type and status: in one index, by their numbers."""
    condition = "application = ? AND channel_type IS ? AND endpoint_status IS ?"
    for channel_type in _channel_types(rows, application):
        if wanted.channel_type not in ("", channel_type):
            continue
        for status in _each(rows, NEXT_STATUS, (application, channel_type)):
            if wanted.endpoint_status in ("", status):
                yield _Range(condition, (application, channel_type, status), "number")


def _channel_types(rows: Rows, application: int) -> Iterator[str | None]:
    return _each(rows, NEXT_CHANNEL_TYPE, (application,))


def _each(rows: Rows, query: str, parameters: tuple[object, ...]) -> Iterator[str | None]:
    """Yield each value of an index's column once, skipping the rows that have the same one."""
    found = rows.execute(query.format(beyond=ANYTHING), parameters).fetchone()
    while found is not None:
        value = found[0]
        yield value
        beyond, known = (SOMETHING, ()) if value is None else (GREATER, (value,))
        found = rows.execute(query.format(beyond=beyond), (*parameters, *known)).fetchone()


def _after_all_that_begin_with(begin: str) -> str:
    """Return the first text, by code points, behind all that begin so; empty if there is none."""
    begin = begin.rstrip(LAST_CHARACTER)
    if not begin:
        return ""
    following = ord(begin[-1]) + 1
    return begin[:-1] + chr(AFTER_SURROGATES if following == FIRST_SURROGATE else following)
