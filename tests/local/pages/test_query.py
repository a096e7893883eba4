from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import HARD_TEXTS, IDS

from pinpoint_endpoints.local.browse import Cursor
from pinpoint_endpoints.local.pages.query import (
    BadQuery,
    Query,
    link,
    link_to,
    read_query,
    values_of,
)

TEXTS = (
    st.sampled_from([text for text in HARD_TEXTS if "\0" not in text])
    | IDS
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
)


def query_of(url: str) -> bytes:
    """Return the query that a browser sends for a link."""
    assert url.isascii()
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("", "", "")
    assert parts.path == "/application"
    return parts.query.encode()


@given(
    query=st.builds(
        Query,
        app=TEXTS,
        id=TEXTS,
        user=TEXTS,
        channel=st.sampled_from(("", *values_of("channel"))),
        status=st.sampled_from(("", *values_of("status"))),
        after=TEXTS,
        before=st.just(""),
        back=TEXTS,
        where=TEXTS,
        show=st.sampled_from(("", "values")),
    )
)
def test_a_link_says_what_it_is_made_of(query: Query) -> None:
    """What a link asks for is read back as it was, whatever characters it has."""
    url = link("/application", **query._asdict())
    assert read_query(query_of(url), Query._fields) == query


@given(key=TEXTS.filter(bool), begin=TEXTS.filter(bool))
def test_a_place_by_ids_is_read_back(key: str, begin: str) -> None:
    """A link to a page among ids leads to that page."""
    query = Query(app="demo", id=begin)
    for cursor in (Cursor(after=key), Cursor(before=key)):
        url = link_to("/application", query, cursor)
        assert read_query(query_of(url), Query._fields).cursor == cursor


@given(key=st.integers(0, 10**18 - 1))
def test_a_place_by_numbers_is_read_back(key: int) -> None:
    """A link to a page among the newest endpoints leads to that page."""
    for cursor in (Cursor(after=key), Cursor(before=key)):
        url = link_to("/application", Query(app="demo"), cursor)
        assert read_query(query_of(url), Query._fields).cursor == cursor


@given(query=st.binary(max_size=30) | st.text("=&%01af+;appid", max_size=20).map(str.encode))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    """No query is too strange: what is understood is what its link asks for again."""
    try:
        read = read_query(query, Query._fields)
    except BadQuery:
        return
    again = query_of(link("/application", **read._asdict()))
    assert read_query(again, Query._fields) == read


@pytest.mark.parametrize("query", [b"", b"&&", b"app=&id="])
def test_nothing_query_for_is_nothing(query: bytes) -> None:
    """Empty parameters, which a form sends, ask for nothing."""
    assert read_query(query, Query._fields) == Query()
