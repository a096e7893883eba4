"""Users become profiles that the service accepts."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

from pinpoint_endpoints import load
from pinpoint_endpoints.convert.account import Account, Action
from pinpoint_endpoints.convert.customer_profiles import PartLimits, write, write_parts
from pinpoint_endpoints.convert.fields import FIXED_FIELDS
from pinpoint_endpoints.convert.formats import ConvertOptions
from pinpoint_endpoints.convert.output import Directory

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
PLAIN = ConvertOptions()


class Converted(NamedTuple):
    """What a conversion wrote, and its account."""

    profiles: list[dict[str, str]]
    object_type: dict[str, Any]
    devices: list[dict[str, Any]]
    suppressed: list[dict[str, str]]
    account: Account
    files: dict[str, bytes]

    def attributes(self, number: int = 0) -> dict[str, str]:
        """Return the attributes of a profile as the object type names them."""
        return self._targets(number, "_profile.Attributes.")

    def standard(self, number: int = 0) -> dict[str, str]:
        """Return the standard fields of a profile."""
        targets = self._targets(number, "_profile.")
        return {name: text for name, text in targets.items() if "Attributes." not in name}

    def rules(self, member: str) -> set[str]:
        """Return the rules that a member was subject to."""
        return {entry.rule.name for entry in self.account.entries() if entry.member == member}

    def _targets(self, number: int, prefix: str) -> dict[str, str]:
        fields = self.object_type["Fields"]
        targets = {fields[name]["Target"]: text for name, text in self.profiles[number].items()}
        return {
            target.removeprefix(prefix): text
            for target, text in targets.items()
            if target.startswith(prefix)
        }


def endpoint(endpoint_id: str, user_id: str | None = "u1", **members: Any) -> dict[str, object]:
    """Return an EndpointBatchItem."""
    user = {"UserId": user_id} if user_id else {}
    return {"Id": endpoint_id, **EMAIL, "User": user, **members}


def converted(
    folder: Path, endpoints: Iterable[Mapping[str, object]], options: ConvertOptions = PLAIN
) -> Converted:
    """Convert endpoints, and read what was written."""
    folder.mkdir(exist_ok=True)
    source = folder / "all.ndjson"
    source.write_bytes(b"".join(orjson.dumps(endpoint) + b"\n" for endpoint in endpoints))
    account = Account()
    with Directory(folder / "out") as output:
        write(load([str(source)]), output, account, options)
        output.commit()
    files = {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}
    for path in (folder / "out").iterdir():
        path.unlink()
    return Converted(
        [orjson.loads(line) for line in files.get("profiles-00001.jsonl", b"").splitlines()],
        orjson.loads(files["object-type.json"]),
        [orjson.loads(line) for line in files["devices.jsonl"].splitlines()],
        [*csv.DictReader(StringIO(files["suppressed.csv"].decode()))],
        account,
        files,
    )


def test_an_endpoint_without_a_user_is_a_profile(tmp_path: Path) -> None:
    """It is not dropped, and does not become part of a user with the same id."""
    result = converted(tmp_path, [endpoint("e1", None), endpoint("u1", None), endpoint("e3")])
    assert [profile["userId"] for profile in result.profiles] == ["e1", "u1", "endpoint:u1"]
    assert result.rules("Id") == {"no-user", "key-clash"}


def test_demographic_becomes_attributes(tmp_path: Path) -> None:
    """They are there, all from the newest endpoint."""
    old = endpoint("a", Demographic={"Make": "apple", "Model": "iPhone"})
    new = endpoint("b", Demographic={"Make": "google"}, EffectiveDate="2026-01-01T00:00:00Z")
    result = converted(tmp_path, [old, new])
    assert result.attributes()["Demographic_Make"] == "google"
    assert "Demographic_Model" not in result.attributes()
    assert result.rules("Demographic.Model") == {"newest-wins"}


@pytest.mark.parametrize("refusal", [{"OptOut": "ALL"}, {"EndpointStatus": "INACTIVE"}])
def test_people_who_are_not_to_be_reached_are_not(tmp_path: Path, refusal: dict[str, Any]) -> None:
    """The address is nowhere but among the suppressed, and an attribute says why."""
    phone = {"ChannelType": "SMS", "Address": "+12065550100"}
    push = {"ChannelType": "GCM", "Address": "token"}
    everywhere = [
        endpoint("a", "u1", **refusal),
        endpoint("b", "u1", **phone, **refusal),
        endpoint("c", "u1", **push, **refusal),
    ]
    result = converted(tmp_path, everywhere)
    assert result.standard() == {"AccountNumber": "u1"}
    assert result.devices == []
    assert {row["address"] for row in result.suppressed} == {
        "ann@example.com",
        "+12065550100",
        "token",
    }
    name = "PinpointOptOut" if "OptOut" in refusal else "PinpointInactive"
    assert result.attributes()[name] == "ALL"
    some = converted(tmp_path, [*everywhere, endpoint("d", "u1", Address="other@example.com")])
    assert some.attributes()[name] == "SOME"
    assert some.standard()["EmailAddress"] == "other@example.com"
    written = b"".join(file for name, file in result.files.items() if name != "suppressed.csv")
    assert not re.search(rb"ann@|5550100|token", written)


def test_an_address_that_was_opted_out_is_reachable_at_no_endpoint(tmp_path: Path) -> None:
    """A family may share an address; one that only was INACTIVE may have moved to its new user."""
    moved = "moved@example.com"
    result = converted(
        tmp_path,
        [
            endpoint("a", "u1", OptOut="ALL"),
            endpoint("b", "u2", Address="Ann@Example.com "),
            endpoint("c", "u3", Address=moved, EndpointStatus="INACTIVE"),
            endpoint("d", "u4", Address=moved),
        ],
    )
    assert [profile.get("email1") for profile in result.profiles] == [None, None, None, moved]
    assert [row["address"] for row in result.suppressed] == ["ann@example.com"]
    assert "opted-out-elsewhere" in result.rules("Address")


def test_long_user_ids_stay_apart(tmp_path: Path) -> None:
    """The service would take two that begin alike for one person."""
    ids = ["x" * 255, "x" * 256, "x" * 300]
    result = converted(tmp_path, [endpoint(f"e{n}", user) for n, user in enumerate(ids)])
    keys = [profile["userId"] for profile in result.profiles]
    assert (keys[0], [len(key) for key in keys], len({*keys})) == (ids[0], [255] * 3, 3)
    assert "long-key" in result.rules("User.UserId")


def test_attributes_do_not_name_addresses_that_were_opted_out(tmp_path: Path) -> None:
    """A column called email would be one to send to; other values of the attribute stay."""
    attributes = {
        "email": ["ANN@example.com"],
        "all": ["bob@a.org,ann@example.com"],
        "phones": ["+1 206 555 0100", "555"],
        "n": ["7"],
    }
    result = converted(
        tmp_path,
        [
            endpoint("a", "ann@example.com", OptOut="ALL", Attributes=attributes),
            endpoint("b", "u2", ChannelType="VOICE", Address="+12065550100", OptOut="ALL"),
        ],
    )
    carried = {k: v for k, v in result.attributes().items() if "Pinpoint" not in k}
    assert carried == {"phones_1": "555", "n": "7"}
    assert result.rules("Attributes.email") == {"opted-out-value"}
    assert result.rules("Attributes.phones") == {"opted-out-value", "split"}
    assert "opted-out-key" in result.rules("User.UserId")


def test_an_address_that_was_opted_out_is_no_other_member(tmp_path: Path) -> None:
    """Neither a name nor a city or a device has it, and the account says where it was."""
    push = {"ChannelType": "GCM", "Address": "token"}
    members = {
        "Attributes": {
            "ann@example.com": ["x"],
            "note": ["https://x.org/?to=ann%40example.com"],
            "kept": ["y"],
        },
        "Metrics": {"+1 206 555 0100": 1, "number": 12065550100},
        "Location": {"City": "Ann@example.com", "Country": "DE"},
        "Demographic": {"Model": "(206) 555-0100", "Make": "apple"},
    }
    result = converted(
        tmp_path,
        [
            endpoint("a", "u1", OptOut="ALL"),
            endpoint("b", "u2", ChannelType="SMS", Address="+12065550100", OptOut="ALL"),
            endpoint("c", "u3", **push, **members),
            endpoint("+12065550100", "u3", **push),
        ],
    )
    assert "opted-out-key" in result.rules("Id")
    written = b"".join(file for name, file in result.files.items() if name != "suppressed.csv")
    written = written.replace(b'"endpointId":"+12065550100"', b"")
    assert not re.search(rb"(?i)ann(@|%40)|206\D*555\D*0100", written)
    carried = {k: v for k, v in result.attributes(2).items() if "Pinpoint" not in k}
    assert carried == {"kept": "y", "Demographic_Make": "apple"}
    assert result.standard(2)["Address.Country"] == "DE"
    assert [device.get("demographic") for device in result.devices] == [None, {"Make": "apple"}]
    for member in ("Attributes.ann@example.com", "Metrics.+1 206 555 0100"):
        assert result.rules(member) == {"opted-out-name"}
    for member in ("Attributes.note", "Metrics.number", "Location.City", "Demographic.Model"):
        assert result.rules(member) == {"opted-out-value"}


@pytest.mark.parametrize(
    ("address", "key", "channel"),
    [
        ("Ann@example.com", "PinpointOptOut_EMAIL", "EMAIL"),
        ("1 206 555 0100", "PinpointOptOut_SMS", "SMS"),
        ("12ab34cd56ef", "", ""),
    ],
)
def test_the_address_tells_the_channel_of_an_opt_out(
    tmp_path: Path, address: str, key: str, channel: str
) -> None:
    """An endpoint without a channel type has opted out too."""
    silent = {"Id": "a", "Address": address, "OptOut": "ALL"}
    result = converted(tmp_path, [silent])
    assert {*result.attributes()} - {key} == {"PinpointOptOut", "PinpointInactive"}
    assert [row["channel"] for row in result.suppressed] == [channel]
    assert result.rules("OptOut") == {"carried", "no-channel"}


def test_addresses_have_stable_places(tmp_path: Path) -> None:
    """Newest first, then by id; what has no place is an attribute."""
    phones = [
        endpoint(f"p{number}", ChannelType="SMS", Address=f"+1206555010{number}")
        for number in range(5)
    ]
    phones.append(endpoint("voice", ChannelType="VOICE", Address="+1 (206) 555-0100"))
    phones[4]["EffectiveDate"] = "2026-01-01T00:00:00Z"
    mails = [endpoint(f"m{number}", Address=f"m{number}@example.com") for number in range(4)]
    everything = [*phones, *mails]
    result = converted(tmp_path, everything)
    assert result.standard() == {
        "AccountNumber": "u1",
        "EmailAddress": "m0@example.com",
        "PersonalEmailAddress": "m1@example.com",
        "BusinessEmailAddress": "m2@example.com",
        "PhoneNumber": "+12065550104",
        "MobilePhoneNumber": "+12065550100",
        "HomePhoneNumber": "+12065550101",
        "BusinessPhoneNumber": "+12065550102",
    }
    attributes = result.attributes()
    assert (attributes["EmailAddress_4"], attributes["PhoneNumber_5"]) == (
        "m3@example.com",
        "+12065550103",
    )
    for seed in range(3):
        shuffled = Random(seed).sample(everything, len(everything))
        assert converted(tmp_path, shuffled).files == result.files


def test_a_name_in_attributes_and_user_attributes_is_two_keys(tmp_path: Path) -> None:
    """Neither replaces the other, and a key means the same in all profiles."""
    user = {"UserId": "u1", "UserAttributes": {"plan": ["gold"]}}
    result = converted(
        tmp_path,
        [
            endpoint("a", User=user, Attributes={"plan": ["device"]}),
            endpoint("b", "u2", Attributes={"plan": ["other"]}),
        ],
    )
    assert result.attributes(0)["plan"] == "gold"
    assert result.attributes(0)["Endpoint_plan"] == "device"
    assert result.attributes(1)["Endpoint_plan"] == "other"
    assert result.rules("Attributes.plan") == {"carried", "name-in-both"}


def test_of_two_endpoints_the_newest_counts(tmp_path: Path) -> None:
    """Not the last one read, and what is lost is in the account."""
    new = endpoint("a", Attributes={"k": ["new"]}, EffectiveDate="2026-01-02T00:00:00Z")
    old = endpoint("b", Attributes={"k": ["old"]}, EffectiveDate="2026-01-01T00:00:00Z")
    result = converted(tmp_path, [new, old])
    assert result.attributes()["k"] == "new"
    assert result.attributes()["PinpointEffectiveDate"] == "2026-01-02T00:00:00Z"
    (loss,) = (entry for entry in result.account.entries() if entry.is_loss)
    assert (loss.rule.name, loss.member, loss.number) == ("newest-wins", "Attributes.k", 1)
    assert loss.places[0].endswith("all.ndjson:2")


def test_files_are_what_imports_read(tmp_path: Path) -> None:
    """JSON Lines, or CSV without a byte order mark or dots, and no long values."""
    long = endpoint("a", Attributes={"a.b": ["x" * 300], "e": [""], "l": ["1", "2"]})
    result = converted(tmp_path, [long, endpoint("b", "ü2")])
    assert [profile["userId"] for profile in result.profiles] == ["u1", "ü2"]
    assert result.attributes()["a_b"] == "x" * 255
    assert (result.attributes()["l_0"], result.attributes()["l_1"]) == ("1", "2")
    assert result.rules("Attributes.a.b") == {"carried", "truncated", "renamed"}
    assert result.rules("Attributes.e") == {"empty"}
    as_csv = converted(tmp_path, [long, endpoint("b", "ü2")], replace(PLAIN, csv=True))
    text = as_csv.files["profiles-00001.csv"].decode()
    rows = [*csv.DictReader(StringIO(text, newline=""))]
    assert "." not in text.splitlines()[0]
    assert [{k: v for k, v in row.items() if v} for row in rows] == result.profiles
    assert as_csv.object_type == result.object_type


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"Country": "USA", "Region": "WA"}, {"Address.Country": "US", "Address.State": "WA"}),
        ({"Country": "us", "Region": "WA"}, {"Address.Country": "US", "Address.State": "WA"}),
        ({"Country": "DE", "Region": "BY"}, {"Address.Country": "DE", "Address.Province": "BY"}),
        ({"Region": "BY"}, {"Address.Province": "BY"}),
        ({"Country": "Utopia"}, {"Address.Country": "Utopia"}),
        (
            {"City": "Bonn", "PostalCode": "53111"},
            {"Address.City": "Bonn", "Address.PostalCode": "53111"},
        ),
    ],
)
def test_location_becomes_the_address(
    tmp_path: Path, location: dict[str, str], expected: dict[str, str]
) -> None:
    """A region is a state in the US alone."""
    standard = converted(tmp_path, [endpoint("e", Location=location)]).standard()
    assert {k: v for k, v in standard.items() if k.startswith("Address.")} == expected


def test_keys_are_strict_if_asked(tmp_path: Path) -> None:
    """Segments accept few characters; equal keys get numbers, in the order of the names."""
    attributes = {"a b": ["1"], "a#b": ["2"], "1st": ["3"], "": ["4"], "a_b": ["5"]}
    documents = [endpoint("e", Attributes=attributes)]
    loose = converted(tmp_path, documents)
    assert loose.attributes()["a b"] == "1"
    assert "not-for-segments" in loose.rules("Attributes.a b")
    strict = converted(tmp_path, documents, replace(PLAIN, strict_keys=True))
    keys = {key: text for key, text in strict.attributes().items() if "Pinpoint" not in key}
    assert keys == {"_": "4", "_1st": "3", "a_b": "1", "a_b_2": "2", "a_b_3": "5"}


def test_fields_that_few_users_have_are_left_out(tmp_path: Path) -> None:
    """An object type has 250 fields; the account names what was left out."""
    common = {f"c{number:03}": ["v"] for number in range(200)}
    rare = {f"r{number:03}": ["v"] for number in range(100)}
    result = converted(
        tmp_path, [endpoint("a", "u1", Attributes=common | rare), endpoint("b", Attributes=common)]
    )
    assert len(result.object_type["Fields"]) == 250
    assert common.keys() <= result.attributes().keys()
    left_out = [entry for entry in result.account.entries() if entry.rule.name == "no-room"]
    assert len(left_out) == 100 - (250 - 200 - len(FIXED_FIELDS))
    assert all(entry.rule.action is Action.LOST for entry in left_out)


def test_a_profile_is_no_larger_than_the_service_accepts(tmp_path: Path) -> None:
    """The longest attributes go first, and each is in the account."""
    members = {f"a{number:03}": ["\u20ac" * 255] for number in range(200)}
    endpoints = [
        endpoint(f"e{n}", Attributes={f"{n}{k}": v for k, v in members.items()}) for n in (1,)
    ]
    result = converted(tmp_path, endpoints)
    assert len(orjson.dumps(result.profiles[0])) <= 250_000


def test_parts(tmp_path: Path) -> None:
    """No part is larger than asked, each begins with the header, and none is without a line."""
    with Directory(tmp_path) as output:
        write_parts(output, "p-{}", [b"1234\n"] * 5, header=b"h\n", limits=PartLimits(12))
        write_parts(output, "none-{}", [], header=b"h\n")
        output.commit()
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert files == {
        "p-00001": b"h\n1234\n1234\n",
        "p-00002": b"h\n1234\n1234\n",
        "p-00003": b"h\n1234\n",
        "none-00001": b"h\n",
    }


FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
STANDARD = re.compile(
    "AccountNumber|(?:Personal|Business|)EmailAddress|(?:Mobile|Home|Business|)PhoneNumber"
    r"|Address\.(?:City|Country|PostalCode|State|Province)|Attributes\..{1,244}"
)
PREDEFINED_KEYS = {"_phone", "_email", "_account", "_fullName"}


def check_object_type(mapping: dict[str, Any]) -> None:
    """Check the rules of AWS's documentation that botocore's model does not have.

    Source: Amazon Connect Administrator Guide, "Object type mapping definitions", "Key
    definitions", "Standard identifiers".
    """
    fields, keys = mapping["Fields"], mapping["Keys"]
    assert len(fields) <= 250
    entries = [(name, entry) for name, several in keys.items() for entry in several]
    assert len(entries) <= 10
    identifiers = [set(entry.get("StandardIdentifiers", ())) for _, entry in entries]
    assert sum("UNIQUE" in one for one in identifiers) == 1
    assert any("PROFILE" in one and not one & {"LOOKUP_ONLY", "NEW_ONLY"} for one in identifiers)
    assert not any("UNIQUE" in one and one & {"LOOKUP_ONLY", "NEW_ONLY"} for one in identifiers)
    for name, field in fields.items():
        assert FIELD_NAME.fullmatch(name)
        assert name.lower() != "tags"
        assert field["Source"].removeprefix("_source.") == name
        assert STANDARD.fullmatch(field["Target"].removeprefix("_profile."))
        assert field["ContentType"] in {"STRING", "NUMBER", "PHONE_NUMBER", "EMAIL_ADDRESS", "NAME"}
    assert len({field["Target"] for field in fields.values()}) == len(fields)
    for name, entry in entries:
        assert not name.startswith("_") or name in PREDEFINED_KEYS
        assert set(entry["FieldNames"]) <= fields.keys()


def test_the_object_type_is_valid(tmp_path: Path) -> None:
    """It passes AWS's rules and botocore's model, whatever the attributes are called."""
    names = [
        "plan",
        "a.b",
        "tags",
        "userId",
        "_x",
        "ü",
        "n" * 50,
        " ",
        "\U0001f600",
        "Demographic_X",
    ]
    attributes = {name: ["1", "2"] for name in names}
    user = {"UserId": "u1", "UserAttributes": attributes}
    document = endpoint("e", User=user, Attributes=attributes, Demographic={"X": "1"})
    for options in (PLAIN, replace(PLAIN, strict_keys=True)):
        result = converted(tmp_path, [document], options)
        check_object_type(result.object_type)
        model = Session().get_service_model("customer-profiles")
        shape = model.operation_model("PutProfileObjectType").input_shape
        assert shape is not None
        request = {"DomainName": "d", **result.object_type}
        assert not ParamValidator().validate(request, shape).has_errors()
        assert len(result.attributes()) == 1 + 2 + 2 * 2 * len(names)
