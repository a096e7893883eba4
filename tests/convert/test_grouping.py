"""Endpoints are grouped by user, whatever their order and number."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import orjson
import pytest
from commands import run
from hypothesis import given, settings
from hypothesis import strategies as st

from pinpoint_endpoints import load
from pinpoint_endpoints.convert.addresses import (
    OptedOut,
    address_key,
    keys_to_find,
    keys_to_keep,
)
from pinpoint_endpoints.convert.grouping import Grouping, User

ENDPOINTS: list[dict[str, object]] = [
    {"Id": "b", "Address": "b@example.com", "ChannelType": "EMAIL", "User": {"UserId": "u\t1"}},
    {
        "Id": "a",
        "Address": "a@example.com",
        "ChannelType": "EMAIL",
        "EffectiveDate": "2026-01-01T00:00:00Z",
        "User": {"UserId": "u\t1"},
    },
    {
        "Id": "c",
        "Address": "c@example.com",
        "ChannelType": "EMAIL",
        "EffectiveDate": "2026-01-02T00:00:00+02:00",
        "User": {"UserId": "u\t1"},
    },
    {"Id": "x", "Address": "X@example.com", "ChannelType": "EMAIL", "OptOut": "ALL"},
    {"Id": "u2", "Address": "+12065550100", "ChannelType": "SMS", "User": {"UserId": "x"}},
]


def _users(
    folder: Path, endpoints: Iterable[object], max_bytes: int = 1_000_000
) -> tuple[list[User], list[tuple[str, str, str]]]:
    path = folder / "all.ndjson"
    path.write_bytes(b"".join(orjson.dumps(endpoint) + b"\n" for endpoint in endpoints))
    changes: list[tuple[str, str, str]] = []
    with Grouping(lambda *change: changes.append(change), max_bytes) as grouping:
        for document in load([str(path)]):
            grouping.add(document)
        users = [*grouping.users()]
        assert users == [*grouping.users()]
        assert grouping.opts_out("EMAIL", " x@EXAMPLE.com")
        assert not grouping.opts_out("EMAIL", "a@example.com")
    return users, changes


def _without_places(users: Iterable[User]) -> list[object]:
    return [
        user._replace(endpoints=tuple(e._replace(place="") for e in user.endpoints))
        for user in users
    ]


def test_groups(tmp_path: Path) -> None:
    """A user's newest endpoint is first, and an endpoint without a user is alone."""
    users, changes = _users(tmp_path, ENDPOINTS)
    assert [(user.key, user.is_user, user.clashes) for user in users] == [
        ("u\t1", True, False),
        ("x", True, False),
        ("x", False, True),
    ]
    assert [endpoint.endpoint_id for endpoint in users[0].endpoints] == ["c", "a", "b"]
    assert users[0].endpoints[0].place.endswith("all.ndjson:3")
    assert changes == []


@pytest.mark.parametrize("max_bytes", [1, 1_000, 1_000_000])
def test_any_order_and_any_memory_give_the_same_groups(tmp_path: Path, max_bytes: int) -> None:
    """Neither the order of documents nor the room for sorting changes anything."""
    expected, _ = _users(tmp_path, ENDPOINTS)
    shuffled = Random(1).sample(ENDPOINTS, len(ENDPOINTS))
    users, _ = _users(tmp_path, shuffled, max_bytes)
    assert _without_places(users) == _without_places(expected)


def test_the_newest_copy_of_an_endpoint_counts(tmp_path: Path) -> None:
    """Two exports may have an endpoint twice, even for two users; a refusal counts in a tie."""
    old = {**ENDPOINTS[0], "OptOut": "ALL", "EffectiveDate": "2026-01-01"}
    new = {**ENDPOINTS[0], "Id": "B", "User": {"UserId": "new"}, "EffectiveDate": "2026-01-02"}
    tie = {**ENDPOINTS[3], "OptOut": "NONE"}
    users, changes = _users(tmp_path, [new, old, tie, ENDPOINTS[3]])
    assert [user.key for user in users] == ["new", "x"]
    assert users[1].endpoints[0].opted_out
    assert [rule for rule, _, _ in changes] == ["older-copy", "older-copy"]


@pytest.mark.parametrize(
    ("request_", "opted_out", "inactive"),
    [
        ({}, False, False),
        ({"OptOut": "NONE", "EndpointStatus": "ACTIVE"}, False, False),
        ({"OptOut": None, "EndpointStatus": " active"}, False, False),
        ({"OptOut": "ALL", "EndpointStatus": "INACTIVE"}, True, True),
        ({"OptOut": "yes", "EndpointStatus": "?"}, True, True),
        ({"OptOut": True, "EndpointStatus": 0}, True, True),
    ],
)
def test_what_is_not_understood_is_a_refusal(
    tmp_path: Path, request_: dict[str, object], opted_out: bool, inactive: bool
) -> None:
    """Only NONE and ACTIVE, or nothing, mean that a person may be reached."""
    endpoints = [{"Id": "e", **request_}, ENDPOINTS[3]]
    (user, _), _ = _users(tmp_path, endpoints)
    assert user.endpoints[0].opted_out is opted_out
    assert user.endpoints[0].inactive is inactive


@pytest.mark.parametrize("part", ["a", "a.", "+1 ", "+1(0", "1-"])
def test_an_address_of_any_length_is_compared(part: str) -> None:
    """An invalid document may have megabytes: the time does not grow with their square."""
    address = f"{part * 200_000} ann@example.com"
    opted_out = OptedOut()
    opted_out.add("SMS", address)
    assert opted_out.have("EMAIL", address.upper())


def test_several_addresses_in_one_text_are_opted_out_each() -> None:
    """A form may have let people name two."""
    opted_out = OptedOut()
    opted_out.add("EMAIL", "ann@example.com; Bob <bob@example.com>")
    assert opted_out.have("EMAIL", "BOB@example.com")
    assert opted_out.have("EMAIL", "eve@example.com,ann@example.com")
    assert not opted_out.have("EMAIL", "eve@example.com")


DATED = {"EffectiveDate": "2026-01-01T00:00:00Z"}
FULL = {"ChannelType": "EMAIL", "Address": "e@example.com", "Attributes": {"a": ["b"]}}


@pytest.mark.parametrize(
    ("opt_out", "copy", "opted_out"),
    [
        ({"OptOut": "ALL"}, {**FULL, **DATED}, True),
        ({"OptOut": "ALL", **DATED}, {**FULL, "OptOut": "NONE"}, True),
        ({"OptOut": "ALL"}, FULL, True),
        ({"OptOut": "ALL", "EffectiveDate": "2025-01-01T00:00:00Z"}, {**FULL, **DATED}, False),
    ],
)
def test_an_opt_out_that_is_a_document_of_its_own_counts(
    tmp_path: Path, opt_out: dict[str, object], copy: dict[str, object], *, opted_out: bool
) -> None:
    """Unless it is older: the address is in the other document, and its opt-out is lost nowhere."""
    endpoints = [{"Id": "e", **copy}, {"Id": "E", **opt_out}, ENDPOINTS[3]]
    (user, _), changes = _users(tmp_path, endpoints)
    (found,) = user.endpoints
    assert (found.address, found.opted_out) == ("e@example.com", opted_out)
    assert ("opted-out-copy" in {rule for rule, _, _ in changes}) is opted_out
    path = tmp_path / "all.ndjson"
    (line, _) = map(orjson.loads, run("convert", path, "--to", "ndjson").out.splitlines())
    assert (line["Attributes"], line.get("OptOut") == "ALL") == ({"a": ["b"]}, opted_out)


@pytest.mark.parametrize(
    ("channel", "spelling", "other"),
    [
        ("EMAIL", "Ann@example.com ", "ann@example.com"),
        ("EMAIL", "Ann <ann@example.com>", "ann@example.com"),
        ("EMAIL", "mailto:ann@example.com", "ann@example.com"),
        ("EMAIL", '"ann"@example.com', "ann@example.com"),
        ("EMAIL", "ann@example.com.", "ann@example.com"),
        ("EMAIL", "ann&#64;example.com", "ann@example.com"),
        ("EMAIL", "ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("EMAIL", "ann\u00e9@example.com", "anne\u0301@example.com"),
        ("EMAIL", "ann@example\uff0ecom\u200b", "ann@example.com"),
        ("SMS", "+1 (206) 555-0100", "+12065550100"),
        ("SMS", "\uff0b\uff11\uff12\uff10\uff16\u00a0555\u20110100", "+12065550100"),
        ("SMS", "tel:0012065550100", "+12065550100"),
    ],
)
def test_spellings_of_an_address_are_one(channel: str, spelling: str, other: str) -> None:
    """Somebody who opts out in one spelling is not to be reached in another."""
    assert address_key(channel, spelling) == address_key(channel, other)


@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("(206) 555-0108", "+12065550108"),
        ("1-206-555-0108", "+12065550108"),
        ("1-206-555-0108", "206.555.0108"),
        ("011 1 206 555 0108", "+12065550108"),
        ("+1 206 555 0108 ext. 5", "tel:+1-206-555-0108;ext=7"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("020 7946 0958", "+442079460958"),
        ("011 44 20 7946 0958", "(020) 7946 0958"),
        ("8 (912) 345-67-89", "+79123456789"),
        ("06 30 123 4567", "+36301234567"),
        ("06 1234 5678", "0039 06 1234 5678"),
        ("0171/1234567", "+49 171 1234567"),
        ("12065550108.0", "+12065550108"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("0054 9 11 2345 6789", "+54 11 2345 6789"),
        ("206-555-0107; +1 206-555-0108", "+12065550108"),
        ("206-555-0107/206-555-0108", "+12065550108"),
    ],
)
def test_numbers_that_may_be_dialled_alike_are_one(spelling: str, number: str) -> None:
    """Without a country code, a number may be that of any country."""
    for one, other in ((spelling, number), (number, spelling)):
        opted_out = OptedOut()
        opted_out.add("SMS", one)
        assert opted_out.have("VOICE", other)


DIALLED = st.lists(st.sampled_from(["+", "00", "44", "354", "1", "5"]), max_size=8).map("".join)


@settings(max_examples=100, deadline=None)
@given(DIALLED, st.sampled_from(["SMS", ""]), DIALLED, st.integers(0, 12))
def test_the_filter_on_endings_finds_what_keys_find(
    number: str, channel: str, other: str, end: int
) -> None:
    """A number is ruled out by its last digits only if none of its keys is opted out."""
    other = (other + number[-end:]) if end else number.replace("0", "")
    opted_out = OptedOut()
    opted_out.add(channel, number)
    expected = not set(keys_to_keep(channel, number)).isdisjoint(keys_to_find("SMS", other))
    assert opted_out.have("SMS", other) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+12065550108", "+442065550108"),
        ("+12065550108", "555-0108"),
        ("(206) 555-0108", "+12065550109"),
        ("12345", "+112345"),
        ("+34606550100", "1606550100"),
        ("+4520260101", "2026-01-01"),
        ("011 555 1234", "+5551234"),
        ("+5215512345678", "+5215512345679"),
        ("+521551234567", "+52551234567"),
    ],
)
def test_other_numbers_are_not(one: str, other: str) -> None:
    """A person who did not opt out stays reachable."""
    opted_out = OptedOut()
    opted_out.add("SMS", one)
    assert not opted_out.have("", other)
