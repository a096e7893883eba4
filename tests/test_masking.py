"""What is personal is masked in texts of somebody else, however they spell it."""

import json
from collections.abc import Callable
from functools import partial
from html import escape
from unicodedata import normalize
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.masking import (
    looks_like_address,
    mask_values,
    masked,
    masked_apart,
    without_addresses,
)

Spelling = Callable[[str], str]

VALUES = st.text(
    st.sampled_from("adAD0é\u0301ßﬁ\uff21\uff20@+-_.:;%&#\\/\"'<> \n\u00a0漢😀\u1100\u1161가"),
    min_size=1,
    max_size=12,
)
SURROUNDINGS = st.text("xyz {}:,=☂", max_size=5)
CASES: list[Spelling] = [str, str.upper, str.lower, str.swapcase, str.casefold]
FORMS: list[Spelling] = [
    str,
    partial(normalize, "NFC"),
    partial(normalize, "NFD"),
    partial(normalize, "NFKC"),
    partial(normalize, "NFKD"),
]
ESCAPES: list[Spelling] = [
    str,
    quote,
    lambda text: quote(text, safe="").lower(),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    escape,
]


@given(
    VALUES,
    st.tuples(
        st.sampled_from(CASES),
        st.sampled_from(FORMS),
        st.sampled_from(ESCAPES),
        st.sampled_from([*ESCAPES, quote_plus]),
    ),
    SURROUNDINGS,
    SURROUNDINGS,
    st.lists(VALUES, max_size=3),
)
def test_a_value_is_masked_in_every_spelling(
    value: str, spellings: tuple[Spelling, ...], before: str, after: str, others: list[str]
) -> None:
    """Whatever a server did to a value, other values and the text around it do not save it."""
    spelled = value
    for spell in spellings:
        spelled = spell(spelled)
    if len(value) < 3:  # masked as a whole word only
        before, after = before.rstrip("xyz"), after.lstrip("xyz")
    shown = mask_values(f"☂{before}{spelled}{after}☂", [*others, value])
    assert f"{before}{spelled}{after}" not in shown


@given(st.lists(st.text("abc", min_size=2, max_size=4), min_size=1), st.text("abcd", max_size=30))
def test_all_that_values_cover_is_masked(values: list[str], text: str) -> None:
    """In one pass and in any order, also where values overlap or one is a part of another."""
    values = [value for value in values if len(value) >= 3]
    covered = {
        place
        for value in values
        for start in range(len(text))
        if text.startswith(value, start)
        for place in range(start, start + len(value))
    }
    left = "".join(one for place, one in enumerate(text) if place not in covered)
    assert mask_values(text, values).replace("***", "") == left
    assert mask_values(text, reversed(values)) == mask_values(text, values)


@given(st.text())
def test_a_text_without_the_values_stays(text: str) -> None:
    """Escapes, case and forms of what is not masked are those of the text."""
    assert mask_values(text, ["\ue000\ue001", ""]) == text


@pytest.mark.parametrize(
    ("text", "values", "shown"),
    [
        ("Ada Lovelace-Byron", ["Ada", "Ada Lovelace-Byron"], "Ad***"),
        ("id ADA%20LOVELACE is bad", ["Ada Lovelace"], "id Ad*** is bad"),
        ("ada+lovelace", ["Ada Lovelace"], "Ad***"),
        ("Jose\u0301 and JOS\\u00c9", ["José"], "*** and ***"),
        ("100%41da", ["41da"], "100%***"),
        ("%252B12065550100", ["+12065550100"], "+1***0100"),
        ("Ada Lovelace Byron", ["Lovelace Byron", "Ada Lovelace"], "Ad***"),
        ("user a is bad: /users/a, %61", ["a"], "user *** is bad: /users/***, ***"),
        ("no 12 in 1200 or a12", ["12"], "no *** in 1200 or a12"),
        ("é, e and école", ["e"], "é, *** and école"),
    ],
)
def test_values_are_masked_whole(text: str, values: list[str], shown: str) -> None:
    """Of overlapping values, the longest is masked."""
    assert mask_values(text, values) == shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no ada@example.com here", "no a***@example.com here"),
        ("no ada%40example.com here", "no a***@example.com here"),
        ("no ada%2540example.com here", "no a***@example.com here"),
        ("no ada\uff20example.com here", "no a***@example.com here"),
        ("no ada\\u0040example.com here", "no a***@example.com here"),
        ("call +1 (206) 555-0100 now", "call +1***0100 now"),
        ("call %2B12065550100 now", "call +1***0100 now"),
        (
            "call \uff0b\uff11\uff12\uff10\uff16\uff15\uff15\uff15\uff10\uff11\uff10\uff10 now",
            "call +1***0100 now",
        ),
        ('to <ada@example.com>, "Adam@example.org".', 'to <a***@example.com>, "A***@example.org".'),
        ("expired: 20261130T020711Z, account 123456789012", None),
        ("100% of 7000000 bytes \\u00e9", None),
    ],
)
def test_addresses_are_masked_in_every_spelling(message: str, shown: str | None) -> None:
    """What looks like an address, and nothing else."""
    assert without_addresses(message) == (message if shown is None else shown)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ada@example.com", True),
        ("ada%40example.com", True),
        ("ada\uff20example.com", True),
        ("1-206-555-0100", True),
        ("١٢٠٦٥٥٥٠١٠٠", True),
        ("2026-01-01T00:00:00Z", False),
        ("20171011T150548Z", False),
        ("0bb6a1c4-1234-1234-1234-123456789012", False),
        ("seattle-iphone", False),
    ],
)
def test_what_looks_like_an_address(name: str, expected: bool) -> None:
    """An address in any spelling; ids and dates are none."""
    assert looks_like_address(name) is expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ada@example.com", "a***@example.com"),
        ("ad@example.com", "***@example.com"),
        ("ada@12065550100.com", "ad***"),
        ("ada@example.com, ada", "ad***"),
        ("+12065550100", "+1***0100"),
        ("+1 (206) 555-0100", "+1***0100"),
        ("+4512345", "+4***"),
        ("ada.lovelace", "ad***"),
        ("a@b.de", "***"),
        ("+12065", "***"),
        ("Ada", "***"),
    ],
)
def test_a_masked_value_can_be_told_from_others(value: str, shown: str) -> None:
    """By the parts that many share; of a short value nothing is shown."""
    assert masked(value) == shown
    message = f"no {shown}: /Attributes/{shown}, {shown}."
    assert without_addresses(message) == message


MASKABLE = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"\+[0-9]{9,15}", fullmatch=True),
    st.from_regex(r"[a-c.]{1,5}@[a-z]{2,4}\.(com|de)", fullmatch=True),
)


@given(st.lists(MASKABLE, max_size=6))
def test_different_values_never_look_the_same_beside_each_other(values: list[str]) -> None:
    """And equal ones always do; none is shown whole, and of a short one nothing."""
    shown = masked_apart(values)
    assert len(set(shown.values())) == len(set(values))
    for value in values:
        assert "***" in shown[value]
        assert len(value) > 6 or shown[value].startswith("***")
        hidden = len(value) - len(masked(value).replace("***", ""))
        assert hidden >= min(len(value), 1)
