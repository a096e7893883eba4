"""The twelve defects of AWS's sample script for leaving Pinpoint, each with the right outcome.

Source: Amazon Pinpoint User Guide, "Migrate to Amazon Connect", the sample that groups an export by
user. Each case is converted by the command; every profile is compared whole.
"""

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from commands import run

from pinpoint_endpoints.saving import json_line

NEW, OLD = "2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"


def endpoint(name: str, user: str | None = "u", **members: Any) -> dict[str, Any]:
    """Return an endpoint of an export, by default the e-mail endpoint of a user."""
    owner = {} if user is None else {"User": {"UserId": user}}
    return {
        "Id": name, "ChannelType": "EMAIL", "Address": f"{name}@example.com", **owner, **members,
    }  # fmt: skip


def phone(name: str, last: int, **members: Any) -> dict[str, Any]:
    """Return an SMS endpoint."""
    return endpoint(name, ChannelType="SMS", Address=f"+1206555010{last}", **members)


def profile(key: str = "u", **targets: str) -> dict[str, str]:
    """Return a profile by the targets of its fields; `_` stands for the dot in a target."""
    states = {"Attributes.PinpointOptOut": "NONE", "Attributes.PinpointInactive": "NONE"}
    given = {name.replace("__", "."): text for name, text in targets.items()}
    return {"AccountNumber": key, **states, **given}


class Case(NamedTuple):
    """What is converted, and what becomes of it.

    Attributes:
        endpoints: of the export.
        profiles: by the targets of their fields.
        account: pairs of a rule and a member that the account has.
        devices: the tokens in `devices.jsonl`.
        suppressed: pairs of an address and a reason in `suppressed.csv`.
    """

    endpoints: list[dict[str, Any]]
    profiles: list[dict[str, str]]
    account: frozenset[tuple[str, str]] = frozenset()
    devices: tuple[str, ...] = ()
    suppressed: tuple[tuple[str, str], ...] = ()


PLAIN = profile(EmailAddress="a@example.com")
CASES = {
    "1 no Demographic": Case([endpoint("a")], [PLAIN]),
    "2 no Location": Case(
        [endpoint("a"), endpoint("b", "v", Location={"Country": "DE"})],
        [PLAIN, profile("v", EmailAddress="b@example.com", Address__Country="DE")],
    ),
    "3 Attributes are null": Case(
        [endpoint("a", Attributes=None, Demographic=None)],
        [PLAIN],
        frozenset({("null", "Attributes"), ("null", "Demographic")}),
    ),
    "4 no UserId": Case(
        [endpoint("a", None), endpoint("b", "a")],
        [
            profile("a", EmailAddress="b@example.com"),
            profile("endpoint:a", EmailAddress="a@example.com"),
        ],
        frozenset({("key-clash", "Id")}),
    ),
    "5 Demographic is dropped": Case(
        [endpoint("a", Demographic={"Make": "apple", "Timezone": "Europe/Paris"})],
        [
            profile(
                EmailAddress="a@example.com",
                Attributes__Demographic_Make="apple",
                Attributes__Demographic_Timezone="Europe/Paris",
            )
        ],
    ),
    "6 OptOut and INACTIVE are ignored": Case(
        [
            endpoint("a"),
            endpoint("b", OptOut="ALL"),
            endpoint("c", EndpointStatus="INACTIVE"),
            phone("d", 0, OptOut="ALL", User={"UserId": "v"}),
        ],
        [
            profile(
                EmailAddress="a@example.com",
                Attributes__PinpointOptOut="SOME",
                Attributes__PinpointOptOut_EMAIL="ALL",
                Attributes__PinpointInactive="SOME",
            ),
            profile("v", Attributes__PinpointOptOut="ALL", Attributes__PinpointOptOut_SMS="ALL"),
        ],
        frozenset({("opted-out", "Address"), ("inactive", "Address")}),
        suppressed=(
            ("b@example.com", "opted-out"),
            ("c@example.com", "inactive"),
            ("+12065550100", "opted-out"),
        ),
    ),
    "7 push tokens are lost": Case(
        [endpoint("a", ChannelType="GCM", Address="token")],
        [profile(Attributes__PinpointDevices="1")],
        frozenset({("own-file", "Address of GCM")}),
        devices=("token",),
    ),
    "8 places of phone numbers change": Case(
        [
            *(phone(name, last) for last, name in enumerate("caeb")),
            phone("d", 4, EffectiveDate=NEW),
        ],
        [
            profile(
                PhoneNumber="+12065550104",
                MobilePhoneNumber="+12065550101",
                HomePhoneNumber="+12065550103",
                BusinessPhoneNumber="+12065550100",
                Attributes__PhoneNumber_5="+12065550102",
                Attributes__PinpointEffectiveDate=NEW,
            )
        ],
        frozenset({("more-addresses", "Address")}),
    ),
    "9 Attributes and UserAttributes collide": Case(
        [
            endpoint(
                "a",
                User={"UserId": "u", "UserAttributes": {"plan": ["gold"]}},
                Attributes={"plan": ["device"]},
            )
        ],
        [
            profile(
                EmailAddress="a@example.com",
                Attributes__plan="gold",
                Attributes__Endpoint_plan="device",
            )
        ],
        frozenset({("name-in-both", "Attributes.plan")}),
    ),
    "10 the last line wins": Case(
        [
            endpoint("a", Attributes={"plan": ["new"]}, EffectiveDate=NEW),
            endpoint("b", Attributes={"plan": ["old"]}, EffectiveDate=OLD),
        ],
        [
            profile(
                EmailAddress="a@example.com",
                PersonalEmailAddress="b@example.com",
                Attributes__plan="new",
                Attributes__PinpointEffectiveDate=NEW,
            )
        ],
        frozenset({("newest-wins", "Attributes.plan")}),
    ),
    "11 coordinates are numbers": Case(
        [endpoint("a", Location={"Latitude": 47.6, "Longitude": -122}, Metrics={"visits": 3.0})],
        [
            profile(
                EmailAddress="a@example.com",
                Attributes__Location_Latitude="47.6",
                Attributes__Location_Longitude="-122",
                Attributes__Metrics_visits="3.0",
            )
        ],
    ),
    "12 an array, and values of any length": Case(
        [
            endpoint("a", Attributes={"note": ["x" * 100] * 2}, Location={"City": "x" * 300}),
            endpoint("b", "v", User={"UserId": "v", "UserAttributes": {"a.b": ["1"]}}),
        ],
        [
            profile(
                EmailAddress="a@example.com",
                Attributes__note_0="x" * 100,
                Attributes__note_1="x" * 100,
                Address__City="x" * 255,
            ),
            profile("v", EmailAddress="b@example.com", Attributes__a_b="1"),
        ],
        frozenset(
            {
                ("split", "Attributes.note"),
                ("renamed", "User.UserAttributes.a.b"),
                ("truncated", "Location.City"),
            }
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_the_sample_script_gets_wrong(tmp_path: Path, case: Case) -> None:
    """Every endpoint is in the output, in JSON Lines of texts, or accounted for."""
    source, out = tmp_path / "export.ndjson.txt", tmp_path / "out"
    source.write_bytes(b"".join(map(json_line, case.endpoints)))
    ended = run("convert", source, "--to", "customer-profiles", "-d", out, "-o", "json")
    assert ended.code == 0, ended.err
    envelope = json.loads(ended.out)
    fields = json.loads((out / "object-type.json").read_bytes())["Fields"]
    found = [
        {fields[name]["Target"].removeprefix("_profile."): text for name, text in one.items()}
        for one in map(json.loads, (out / "profiles-00001.jsonl").read_bytes().splitlines())
    ]
    assert found == case.profiles
    assert all(0 < len(text) <= 255 for one in found for text in one.values())
    devices = map(json.loads, (out / "devices.jsonl").read_bytes().splitlines())
    assert tuple(device["address"] for device in devices) == case.devices
    with (out / "suppressed.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["address"], row["reason"]) for row in csv.DictReader(file)]
    assert tuple(rows) == case.suppressed
    members = [result for result in envelope["results"] if result["kind"] == "member"]
    assert case.account <= {(member["rule"], member["member"]) for member in members}
    assert envelope["summary"]["endpoints"] == envelope["summary"]["written"] == len(case.endpoints)
