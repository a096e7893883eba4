"""PE201 to PE203: which addresses are taken, what is said of the others, and how they are fixed."""

import pytest
from checking import codes_in, only, text_of_fix

from pinpoint_endpoints import Severity

CLEARS = "an empty address clears the stored one"
PUNCTUATION = "remove spaces, punctuation"


@pytest.mark.parametrize("channel", ["SMS", "VOICE"])
@pytest.mark.parametrize("address", ["+12065550100", "+1234567", "+123456789012345", "+4930901820"])
def test_phone_numbers_in_e164_form(channel: str, address: str) -> None:
    """A plus sign and 7 to 15 digits are right."""
    assert codes_in({"ChannelType": channel, "Address": address}) == []


@pytest.mark.parametrize(
    ("address", "hint", "fixed"),
    [
        ("+1 206-555-0100", PUNCTUATION, "+12065550100"),
        ("+1.206.555.0100\n", PUNCTUATION, "+12065550100"),
        ("+1 (206) 555-0100", PUNCTUATION, "+12065550100"),
        ("(+49) 30\u00a0901820", PUNCTUATION, "+4930901820"),
        ("+33 1 42 68 53 00", PUNCTUATION, "+33142685300"),
        ("+7 495 123-45-67", PUNCTUATION, "+74951234567"),
        ("+39 06 6982 0000", PUNCTUATION, "+390669820000"),
        ("+12\u200b065550100", PUNCTUATION, "+12065550100"),
        ("+1 206 555 0100 / 0101", "one number", None),
        ("+49 30 901820/21", "one number", None),
        ("+49 30 901820-21", "one number", None),
        ("+12065550100 (2)", "one number", None),
        ("+44 20 7946 0018 2", "one number", None),
        ("+44 20 7946 0018\n2", "one number", None),
        ("+44 20 7946 0018\u20282", "one number", None),
        ("+44 20 7946 0018\t22", "one number", None),
        ("+44 20 7946  0018", "one number", None),
        ("+1 206 555 0100 0101", "has 11 digits", None),
        ("+7 8 495 123 45 67", "has 11 digits", None),
        ("+44 020 7946 0000", "mostly without the 0", None),
        ("+353 01 123 4567", "mostly without the 0", None),
        ("+44 20 7946 0018, 2", 'write "+", the country code', None),
        ("+44 20 7946 0018 x2", "no letters", None),
        ("+1 206\u2011555\u20110100", PUNCTUATION, "+12065550100"),
        ("\u202a+12065550100\u202c", PUNCTUATION, "+12065550100"),
        ("+44 (0)20 7946 0000", "as dialled from abroad", None),
        ("+39 (06) 6982", "as dialled from abroad", None),
        ("12065550100", 'begin with "+"', None),
        ("(206) 555-0100", 'begin with "+"', None),
        ("001 206 555 0100", 'write "+" instead of 00', None),
        ("+0206555010", "no country code begins with 0", None),
        ("+1234567890123456", "at most 15 digits", None),
        ("+123456", "too short", None),
        ("+1-800-FLOWERS", "no letters", None),
        ("tel:+12065550100", "no letters", None),
        ("+1206555010\u0660", 'write "+", the country code', None),
        ("++12065550100", 'write "+", the country code', None),
        ("", CLEARS, None),
    ],
)
def test_other_phone_numbers(address: str, hint: str, fixed: str | None) -> None:
    """Each way to miss the form is named; only spaces and punctuation have one right answer."""
    problem = only("PE201", {"ChannelType": "SMS", "Address": address})
    assert hint in problem.hint
    assert text_of_fix(problem) == fixed
    assert problem.pointer == "/Address"
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "ada.lovelace+news@mail.example.co.uk",
        "o'brien_1@x-y.example",
        "jörg@bücher.example",
        "परीक्षा@उदाहरण.परीक्षा",
        "用户@例え.テスト",
        "a@xn--bcher-kva.example",
        f"{'a' * 64}@{'b' * 63}.example",
    ],
)
def test_email_addresses(address: str) -> None:
    """Letters of all scripts are right, and each part may be as long as the standard says."""
    assert codes_in({"ChannelType": "EMAIL", "Address": address}) == []


@pytest.mark.parametrize(
    ("address", "hint", "fixed"),
    [
        (" ada@example.com\n", "remove the spaces around it", "ada@example.com"),
        ("Ada Lovelace <ada@example.com>", "without a display name", None),
        ("mailto:ada@example.com", 'remove "mailto:"', None),
        ("ada.example.com", 'it has no "@"', None),
        ("ada@example.com,bo@example.com", 'more than one "@"', None),
        ("ada love@example.com", "remove the space in it", None),
        ("ada\u200b@example.com", "invisible characters", None),
        ("ada@example", "has no dot", None),
        (f"{'a' * 65}@example.com", "more than 64 characters", None),
        (f"a@{'b.' * 126}com", "more than 254 characters", None),
        (f"a@{'b' * 64}.com", "name@example.com", None),
        ("ada..l@example.com", "name@example.com", None),
        (".ada@example.com", "name@example.com", None),
        ("ada@-example.com", "name@example.com", None),
        ("ada@example.com.", "name@example.com", None),
        ("ada@127.0.0.1", "name@example.com", None),
        ("@", "has no dot", None),
        ("", CLEARS, None),
    ],
)
def test_other_email_addresses(address: str, hint: str, fixed: str | None) -> None:
    """Each way to miss the form is named; only spaces around it have one right answer."""
    problem = only("PE202", {"ChannelType": "EMAIL", "Address": address})
    assert hint in problem.hint
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize("channel", ["APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX"])
@pytest.mark.parametrize("address", ["0a", "0A1b" * 16, "f" * 108])
def test_device_tokens(channel: str, address: str) -> None:
    """Any even number of hexadecimal digits is right, in whatever case."""
    assert codes_in({"ChannelType": channel, "Address": address}) == []


@pytest.mark.parametrize(
    ("address", "hint", "fixed"),
    [
        ("<0a1b2c3d 4e5f6071>", "NSData", "0a1b2c3d4e5f6071"),
        ("0a1b2c3d\n", "NSData", "0a1b2c3d"),
        ("0a1b2c3d\n4e5f6071", "are these several", None),
        ("<0a1b2c3d> <4e5f6071>", "are these several", None),
        ("0a1b2c3d4e5f 0a1b2c3d4e5f", "are these several", None),
        ("0a1b2", "its length is odd", None),
        ("<0a1b2>", "its length is odd", None),
        ("{length = 32, bytes = 0x0a1b ... }", "encode the token's bytes", None),
        ("1a2b3c4d5e6f7g8h", "characters other than 0-9 and a-f", None),
        ("0x1a2b", "characters other than 0-9 and a-f", None),
        ("\u0660\u0661", "characters other than 0-9 and a-f", None),
        ("", CLEARS, None),
    ],
)
def test_other_device_tokens(address: str, hint: str, fixed: str | None) -> None:
    """Each way to miss the form is named; what NSData prints has one right answer."""
    problem = only("PE203", {"ChannelType": "APNS_VOIP", "Address": address})
    assert hint in problem.hint
    assert text_of_fix(problem) == fixed
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize("channel", ["GCM", "ADM", "BAIDU", "PUSH", "CUSTOM", "IN_APP"])
def test_addresses_of_other_channels(channel: str) -> None:
    """The form of an address of these channels is not documented, so it is not checked."""
    assert codes_in({"ChannelType": channel, "Address": "what, ever"}) == []
