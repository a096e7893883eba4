"""Tables for other systems, and the lists of addresses to be left alone."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import run

from pinpoint_endpoints.convert.run import FORMATS
from pinpoint_endpoints.saving import json_line

MAIL, TEXT = "EMAIL", "SMS"


def endpoint(name: str, channel: str, address: str, user: str = "", **members: Any) -> Any:
    """Return an endpoint, of a user or of none."""
    found = {"Id": name, "ChannelType": channel, "Address": address, **members}
    return {**found, "User": {"UserId": user}} if user else found


OF_ENDPOINTS = {name for name, format_ in FORMATS.items() if not format_.reads_templates}
OUT, INACTIVE = {"OptOut": "ALL"}, {"EndpointStatus": "INACTIVE"}
OLD, NEW = {"EffectiveDate": "2020-01-01T00:00:00Z"}, {"EffectiveDate": "2026-01-01T00:00:00Z"}
INTERESTS = {"I": ["x", "y"], "city": ["n"], "attr_city": ["m"]}
ELSEWHERE = {
    "Attributes": {"DEE@example.com": ["x"], "call": ["home: 206 555 0100"]},
    "Metrics": {"12065550100": 1, "number": 12065550100},
    "Location": {"City": "Dee@example.com"},
}
"""Addresses that are opted out, where they are no addresses."""

AUDIENCE = [
    endpoint("a1", MAIL, "Ada@example.com", "ada", **NEW, Attributes=INTERESTS),
    endpoint("a2", TEXT, "+1 206 555 0100", "ada", **OUT),
    endpoint("b1", MAIL, "ada@example.com", "bob", **INACTIVE),
    endpoint("b2", MAIL, "bob@example.com", "bob", **INACTIVE),
    endpoint("b3", "GCM", "token", "bob"),
    endpoint("c1", "VOICE", "+12065550100", "cy"),
    endpoint("d1", MAIL, "dee@example.com", **OUT),
    endpoint("d2", MAIL, "DEE@example.com", "dee"),
    endpoint("e1", MAIL, "eve@example.com", "eve", **OLD),
    endpoint("e2", MAIL, "eve@example.com", "mallory", **NEW, **ELSEWHERE),
    endpoint("f1", TEXT, "12", "fay", **OUT),
]  # fmt: skip
ALONE = ("dee@example.com", "bob@example.com", "2065550100", "206 555 0100")
"""Addresses of people who opted out, or who are nowhere ACTIVE."""

Convert = Callable[..., dict[str, str]]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Return a function that converts the audience, and returns the files that it gives."""

    def converted(name: str, *arguments: str, audience: list[Any] = AUDIENCE) -> dict[str, str]:
        source, folder = tmp_path / "in.ndjson", tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        source.write_bytes(b"".join(map(json_line, audience)))
        ended = run("convert", source, "--to", name, "-d", folder, *arguments)
        assert ended.code == 0, ended.err
        return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    return converted


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text."""
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("name", sorted(OF_ENDPOINTS - {"ndjson", "csv", "json", "yaml"}))
def test_nobody_is_reachable_who_should_not_be(convert: Convert, name: str) -> None:
    """Opted-out and INACTIVE addresses are only where they are told to be left alone."""
    files = convert(name)
    if name in ("ses-suppression", "sms-opt-outs"):
        return
    for file, text in files.items():
        for line in text.splitlines():
            told = file == "suppressed.csv" or '"unsubscribeAll":true' in line
            assert told or not any(address in line.lower() for address in ALONE), (file, line)


INVALID = [
    endpoint("i1", MAIL, "zoe@example.com", "zoe", OptOut="all"),
    endpoint("i2", "Email", "Max@example.com", **OUT),
    {"id": "i3", "channel_type": TEXT, "address": "(+1) 206-555-0177", "opt_out": "ALL"},
    {"Id": "i5", "ChannelType": MAIL, "Address": ["sue@example.com"], **OUT},
    {"Id": "i6", "channel": MAIL, "Adress": "kim@example.com", "OptOut": "NONE", "opt-out": "ALL"},
    endpoint("i7", MAIL, "lee@example.com", User={"UserId": "lee", **OUT}),
    endpoint("i4", MAIL, "joe@example.com", OptOut="NONE", Attributes={"a": "b"}),
]
SHARING = [
    endpoint("v1", MAIL, "ZOE@example.com", "ann"),
    endpoint("v2", "VOICE", "+12065550177", "bea"),
    endpoint("v3", MAIL, "joe@example.com", "joe"),
    endpoint("v4", MAIL, "sue@example.com", "sue"),
    endpoint("v5", MAIL, "kim@example.com", "kim"),
    endpoint("v6", MAIL, "lee@example.com", "lee"),
]

REFUSED = ("zoe@", "max@", "sue@", "kim@", "lee@", "0177")


@pytest.mark.parametrize(
    ("name", "file", "found"),
    [
        ("customer-profiles", "suppressed.csv", "zoe max sue kim lee 0177"),
        ("users-csv", "suppressed.csv", "zoe max sue kim lee 0177"),
        ("addresses-csv", "suppressed.csv", "zoe max sue kim lee 0177"),
        ("ses-suppression", "ses-suppression-00001.json", "zoe max sue kim lee"),
        ("ses-contacts", "ses-contacts-00001.json", "zoe max sue kim lee joe"),
        ("sms-opt-outs", "sms-opt-outs.txt", "0177"),
    ],
)
def test_a_refusal_in_an_invalid_document_counts(
    tmp_path: Path, name: str, file: str, found: str
) -> None:
    """Whatever else is wrong with it, its address is on the lists, and nobody is reached there."""
    source, folder = tmp_path / "in.ndjson", tmp_path / "out"
    source.write_bytes(b"".join(map(json_line, [*SHARING, *INVALID])))
    ended = run("convert", source, "--to", name, "-d", folder, "-o", "json")
    assert ended.code == 1
    summary = json.loads(ended.out)["summary"]
    assert (summary["endpoints"], summary["invalid"]) == (6, 7)
    texts = {path.name: path.read_text(encoding="utf-8").lower() for path in folder.iterdir()}
    assert all(name in texts[file] for name in found.split())
    for other, text in texts.items():
        assert other == file or not any(name in text for name in REFUSED)
    if name == "ses-contacts":
        contacts = list(map(json.loads, texts[file].splitlines()))
        assert [contact["unsubscribeall"] for contact in contacts] == [False, *[True] * 5]
    assert "opted-out-in-invalid" in ended.out


@pytest.mark.parametrize("name", sorted(OF_ENDPOINTS))
def test_the_order_of_documents_does_not_matter(convert: Convert, name: str) -> None:
    """The same documents give the same bytes."""
    assert convert(name) == convert(name, audience=AUDIENCE[::-1])


def test_a_row_for_each_user(convert: Convert) -> None:
    """Endpoints without a user have their own; an attribute called like a column is told apart."""
    files = convert("users-csv", "--rename", "userId=external_id", "--rename", "email1=email")
    found = {row["external_id"]: row for row in rows(files["users-00001.csv"])}
    assert list(found) == ["ada", "bob", "cy", "d1", "dee", "eve", "fay", "mallory"]
    ada = {name: text for name, text in found["ada"].items() if text}
    assert ada == {
        "external_id": "ada", "email": "Ada@example.com", "optOut": "SOME", "inactive": "NONE",
        "I_0": "x", "I_1": "y", "attr_city": "m", "attr_city_2": "n", "PinpointOptOut_SMS": "ALL",
        "PinpointEffectiveDate": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    assert '"address":"token"' in files["devices.jsonl"]
    assert "." not in files["users-00001.csv"].partition("\n")[0]


def test_a_row_for_each_address(convert: Convert) -> None:
    """An address that several have is the newest one's."""
    files = convert("addresses-csv")
    found = {
        (row["address"], row["userId"]): row["optOut"] for row in rows(files["addresses-00001.csv"])
    }
    assert found == {
        ("Ada@example.com", "ada"): "SOME", ("eve@example.com", "mallory"): "NONE",
        ("token", "bob"): "NONE",
    }  # fmt: skip
    alone = {(row["address"], row["reason"]) for row in rows(files["suppressed.csv"])}
    assert alone == {
        ("+1 206 555 0100", "opted-out"), ("12", "opted-out"), ("bob@example.com", "inactive"),
        ("dee@example.com", "opted-out"),
    }  # fmt: skip


def test_the_suppression_list_of_ses(convert: Convert) -> None:
    """As AWS's guide has it: an object a line, with the reason."""
    named = endpoint("h1", MAIL, "Hal <hal@example.com>, h@example.com", **OUT)
    (text,) = convert("ses-suppression", audience=[*AUDIENCE, named]).values()
    assert [json.loads(line) for line in text.splitlines()] == [
        {"emailAddress": "bob@example.com", "reason": "BOUNCE"},
        {"emailAddress": "dee@example.com", "reason": "COMPLAINT"},
        {"emailAddress": "hal@example.com", "reason": "COMPLAINT"},
        {"emailAddress": "h@example.com", "reason": "COMPLAINT"},
    ]


def test_contacts_of_ses(convert: Convert) -> None:
    """With their topics; who opted out is unsubscribed from all."""
    files = convert("ses-contacts", "--topics", "Attributes.I")
    contacts = [json.loads(line) for line in files["ses-contacts-00001.json"].splitlines()]
    found = {contact["emailAddress"].lower(): contact for contact in contacts}
    ada = found["ada@example.com"]
    assert [topic["topicName"] for topic in ada["topicPreferences"]] == ["x", "y"]
    assert json.loads(ada["attributesData"])["User"]["UserId"] == "ada"
    unsubscribed = {name for name, contact in found.items() if contact["unsubscribeAll"]}
    assert unsubscribed == {"bob@example.com", "dee@example.com"}
    topics = json.loads(files["contact-list.json"])["Topics"]
    assert [topic["TopicName"] for topic in topics] == ["x", "y"]


def test_contacts_do_not_name_addresses_that_were_opted_out(convert: Convert) -> None:
    """Other members of a contact stay."""
    members = {"dee@example.com": ["x"], "note": ["Dee@example.com", "y"]}
    fan = endpoint("g1", MAIL, "gus@example.com", "gus", Attributes=members)
    text = convert("ses-contacts", audience=[*AUDIENCE, fan])["ses-contacts-00001.json"]
    (gus,) = (contact for contact in map(json.loads, text.splitlines()) if "gus@" in str(contact))
    assert json.loads(gus["attributesData"])["Attributes"] == {"note": ["y"]}


def test_opted_out_numbers(convert: Convert) -> None:
    """In E.164 form, each once; what is no number is accounted for."""
    assert convert("sms-opt-outs") == {"sms-opt-outs.txt": "+12065550100\n"}
    dialled = [
        endpoint("a", TEXT, "0044 20 7946 0958", **OUT),
        endpoint("b", "VOICE", "+44 (0)20 7946 0958"),
        endpoint("c", TEXT, "(206) 555-0100", **OUT),
        endpoint("d", TEXT, "+12065550100"),
        endpoint("e", TEXT, "(206) 555-0177", **OUT, Location={"Country": "CAN"}),
        endpoint("f", TEXT, "1-206-555-0177", **OUT, Location={"Country": "US"}),
        endpoint("g", TEXT, "+525512345678, +1 206 555 0188", **OUT),
        endpoint("h", TEXT, "+5215512345678"),
    ]
    files = convert("sms-opt-outs", audience=dialled)
    numbers = "+12065550100 +12065550177 +12065550188 +442079460958 +5215512345678 +525512345678"
    assert sorted(files["sms-opt-outs.txt"].split()) == numbers.split()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["users-csv", "--rename", "userid=x"], 'did you mean "userId"?'),
        (["users-csv", "--rename", "userId=email1"], 'two columns would be called "email1"'),
        (["ses-contacts", "--topics", "Attributes"], "not a member"),
        (["ses-suppression", "--topics", "Attributes.I"], "not an option of --to ses-suppression"),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: list[str], message: str) -> None:
    """Each is refused with what to do, and nothing is written."""
    source = tmp_path / "in.ndjson"
    source.write_bytes(b"".join(map(json_line, AUDIENCE)))
    ended = run("convert", source, "-d", tmp_path / "out", "--to", *arguments)
    assert (ended.code, message in ended.err) == (2, True), ended.err
    assert not (tmp_path / "out").exists()


def test_the_help_lists_all_formats() -> None:
    """It is not made of the table, which takes a while to import."""
    text = " ".join(run("convert", "--help").out.split())
    names = (
        text.partition("The format: ")[2]
        .partition(".")[0]
        .replace(" or ", ", ")
        .replace("- ", "-")
        .split(", ")
    )
    assert names == list(FORMATS)
