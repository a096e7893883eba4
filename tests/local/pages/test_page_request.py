from urllib.parse import urlsplit

import pytest
from endpoints import HARD_TEXTS, IDS
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.local.filtering import Place
from pinpoint_endpoints.local.pages.page_request import (
    BadQuery,
    PageRequest,
    known_application,
    link,
    link_to_place,
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
    asked=st.builds(
        PageRequest,
        app=TEXTS,
        id=TEXTS,
        user=TEXTS,
        channel=st.sampled_from(("", *values_of("channel"))),
        status=st.sampled_from(("", *values_of("status"))),
        after=TEXTS,
        before=st.just(""),
        back=TEXTS,
        show=st.sampled_from(("", "values")),
    )
)
def test_a_link_says_what_it_is_made_of(asked: PageRequest) -> None:
    """What a link asks for is read back as it was, whatever characters it has."""
    url = link("/application", **asked._asdict())
    assert read_query(query_of(url), PageRequest._fields) == asked


@given(key=TEXTS.filter(bool), begin=TEXTS.filter(bool))
def test_a_place_by_ids_is_read_back(key: str, begin: str) -> None:
    """A link to a page among ids leads to that page."""
    asked = PageRequest(app="demo", id=begin)
    for place in (Place(after=key), Place(before=key)):
        url = link_to_place("/application", asked, place)
        assert read_query(query_of(url), PageRequest._fields).place == place


@given(key=st.integers(0, 10**18 - 1))
def test_a_place_by_numbers_is_read_back(key: int) -> None:
    """A link to a page among the newest endpoints leads to that page."""
    for place in (Place(after=key), Place(before=key)):
        url = link_to_place("/application", PageRequest(app="demo"), place)
        assert read_query(query_of(url), PageRequest._fields).place == place


@given(query=st.binary(max_size=30) | st.text("=&%01af+;appid", max_size=20).map(str.encode))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    """No query is too strange: what is understood is what its link asks for again."""
    try:
        asked = read_query(query, PageRequest._fields)
    except BadQuery:
        return
    again = query_of(link("/application", **asked._asdict()))
    assert read_query(again, PageRequest._fields) == asked


@pytest.mark.parametrize(
    ("query", "app"),
    [
        (b"app=demo&after=x&nothing=y", "demo"),
        (b"app=a%20b&app", ""),
        (b"app=a&app=b", ""),
        (b"app=%00", ""),
        (b"app=demo&id=%zz", ""),
        (b"", ""),
    ],
)
def test_the_application_is_known_from_a_wrong_query(query: bytes, app: str) -> None:
    """As long as the query is one, and names one application."""
    assert known_application(query) == app


def test_no_place_has_no_link() -> None:
    """Where there is no other page, there is no link to it."""
    assert link_to_place("/application", PageRequest(app="demo"), None) == ""


@pytest.mark.parametrize("query", [b"", b"&&", b"app=&id="])
def test_nothing_asked_for_is_nothing(query: bytes) -> None:
    """Empty parameters, which a form sends, ask for nothing."""
    assert read_query(query, PageRequest._fields) == PageRequest()
