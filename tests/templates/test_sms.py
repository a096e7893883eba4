"""The parts of an SMS, as AWS counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.templates.sms import characters_outside_gsm_7, sms_parts

GSM_7 = st.sampled_from("aA1 \r\n@£Ω€^{}[]~\\|")
ANY = st.text(st.sampled_from("aé€\u2019漢😀"), max_size=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 0)),
        ("x" * 160, ("GSM-7", 160, 1)),
        ("x" * 180, ("GSM-7", 180, 2)),  # AWS's first example
        ("漢" * 70, ("UCS-2", 70, 1)),
        ("漢" * 71, ("UCS-2", 71, 2)),  # its second
        ("x" * 129 + "\u2019", ("UCS-2", 130, 2)),  # its third
        ("x" * 159 + "€", ("GSM-7", 161, 2)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("€" * 153, ("GSM-7", 306, 3)),  # 76 characters of two fit into 153
        ("😀" * 35, ("UCS-2", 70, 1)),
        ("😀" * 67, ("UCS-2", 134, 3)),
        ("`", ("UCS-2", 1, 1)),
        ("ç", ("UCS-2", 1, 1)),
        ("Ç", ("GSM-7", 1, 1)),
    ],
)
def test_parts_are_counted(text: str, expected: tuple[str, int, int]) -> None:
    """160 characters of GSM-7 or 70 others are one part; more are parts of 153 or 67."""
    assert sms_parts(text) == expected


@given(ANY, ANY)
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    """A longer text takes as many parts, or more; so does one in UCS-2."""
    parts = sms_parts(text).parts
    assert parts <= sms_parts(text + more).parts
    assert parts <= sms_parts(text + "漢").parts


@given(st.text(GSM_7, max_size=400))
def test_gsm_7_has_its_characters(text: str) -> None:
    """A text of GSM-7 is one, with each character of the extension table as two."""
    parts = sms_parts(text)
    assert parts.encoding == "GSM-7"
    assert parts.length == len(text) + sum(map(text.count, "€^{}[]~\\|"))
    assert not characters_outside_gsm_7(text)


@pytest.mark.parametrize(
    ("text", "too_long"),
    [("x" * 1600, False), ("x" * 1601, True), ("漢" * 630, False), ("漢" * 631, True)],
)
def test_pinpoint_refuses_long_messages(text: str, too_long: bool) -> None:
    """A message has 1,600 characters of GSM-7 or 630 others at most."""
    assert sms_parts(text).is_too_long is too_long


def test_the_characters_that_make_a_message_dear_are_named() -> None:
    """Each character that GSM-7 does not have is named once."""
    assert characters_outside_gsm_7("It\u2019s “new”, isn\u2019t it?") == "\u2019“”"
