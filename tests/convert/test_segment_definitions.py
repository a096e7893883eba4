"""Segments become segment definitions of Customer Profiles, and what differs is counted."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from commands import envelope_in, run
from segment_audience import ALL_EMAIL_USERS, DEFINITIONS, ENDPOINTS, among, attribute, grouped


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory with the audience, and a directory for segments."""
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"Id": name, **endpoint}) for name, endpoint in ENDPOINTS.items()]
    Path("all.ndjson").write_text("\n".join(lines), encoding="utf-8")
    Path("segments").mkdir()
    return tmp_path


def converted(**segments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[str, int]]]:
    """Return the requests by name, and by segment what became of it and for how many users."""
    for name, definition in segments.items():
        named = {**definition, "Name": name, "Id": name}
        Path(f"segments/{name}.json").write_text(json.dumps(named), encoding="utf-8")
    arguments = ("--to", "customer-profiles", "--segments", "segments", "-d", "out", "-o", "json")
    ended = run("convert", *arguments, "all.ndjson")
    assert ended.code == 0, ended.err
    found: dict[str, tuple[str, int]] = {}
    for one in envelope_in(ended.out)["results"]:
        if one["kind"] == "member" and one["member"].startswith("segment "):
            found.setdefault(one["member"].removeprefix("segment "), (one["rule"], one["count"]))
    model = botocore.session.get_session().get_service_model("customer-profiles")
    shape = model.operation_model("CreateSegmentDefinition").input_shape
    assert shape is not None
    requests = {}
    for path in sorted(Path("out").glob("segment-*.json")):
        request = json.loads(path.read_text(encoding="utf-8"))
        report = ParamValidator().validate({"DomainName": "domain", **request}, shape)
        assert not report.has_errors(), report.generate_report()
        requests[request["SegmentDefinitionName"]] = request["SegmentGroups"]
    return requests, found


def test_a_list_is_asked_for_in_each_attribute_that_has_its_values(folder: Path) -> None:
    """Values of a list are several attributes of a profile, of which any may match."""
    requests, found = converted(S6={"Dimensions": DEFINITIONS["S6"][0]})
    (group,) = requests["S6"]["Groups"]
    keys = [[*one["ProfileAttributes"]["Attributes"]] for one in group["Dimensions"]]
    assert group["Type"] == "ANY"
    assert keys == [["Stage", "PlanType"], ["Stage", "PlanType_0"], ["Stage", "PlanType_1"]]
    assert found == {"S6": ("segment", 1)}  # no user differs


def test_users_that_differ_are_counted(folder: Path) -> None:
    """u3 has an endpoint without the promotion; the address of u2 opted out."""
    promo = {"Dimensions": DEFINITIONS["S10"][0]}
    mail = {"Dimensions": ALL_EMAIL_USERS["Dimensions"]}
    _, found = converted(promo=promo, mail=mail)
    assert found == {"promo": ("segment-users-differ", 1), "mail": ("segment-users-differ", 1)}


def test_bases_come_first(folder: Path) -> None:
    """A definition can only name one that is there."""
    base = {"Dimensions": {"Location": {"Country": among("CN")}}}
    group = {
        "Type": "NONE",
        "Dimensions": [{"UserAttributes": {"Team": attribute("INCLUSIVE", "Lakers")}}],
        "SourceSegments": [{"Id": "z-base", "Version": 1}],
    }
    requests, _ = converted(**{"z-base": base, "a": grouped(group)})
    assert [*requests] == ["z-base", "a"]
    (converted_group,) = requests["a"]["Groups"]
    assert converted_group["SourceSegments"] == [{"SegmentDefinitionName": "z-base"}]


@pytest.mark.parametrize(
    ("dimensions", "reason"),
    [
        ({"Demographic": {"Channel": among("APNS")}}, "channel"),
        ({"Demographic": {"DeviceType": among("phone")}}, "device-type"),
        ({"Behavior": {"Recency": {"Duration": "DAY_7", "RecencyType": "ACTIVE"}}}, "recency"),
        (DEFINITIONS["S14"][0], "place"),
        ({"Attributes": {"a": attribute("EXCLUSIVE", *map(str, range(51)))}}, "values"),
        ({}, "no-criteria"),
    ],
)
def test_what_has_no_counterpart_is_lost(
    folder: Path, dimensions: dict[str, Any], reason: str
) -> None:
    """The segment is not written, and the account says why."""
    requests, found = converted(x={"Dimensions": dimensions})
    assert requests == {}
    assert [rule for rule, _ in found.values()] == [f"segment-{reason}"]


def test_a_wrong_segment_is_an_error_and_the_others_are_written(folder: Path) -> None:
    """It has errors, cannot be read, or names a version of a base segment that is not there."""
    good = {"Name": "good", "Dimensions": {"Location": {"Country": among("CN")}}}
    Path("segments/good.json").write_text(json.dumps(good), encoding="utf-8")
    old = grouped({"SourceSegments": [{"Id": "good", "Version": 7}]})
    Path("segments/old.json").write_text(json.dumps({**old, "Name": "old"}), encoding="utf-8")
    wrong = {"Name": "wrong", "Dimensions": {"Location": {"City": among("Rome")}}}
    Path("segments/wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    arguments = ("--to", "customer-profiles", "--segments", "segments", "all.ndjson", "-o", "json")
    ended = run("convert", *arguments, "-d", "out")
    summary, results = envelope_in(ended.out)["summary"], envelope_in(ended.out)["results"]
    assert (ended.code, summary["invalid"], summary["written"]) == (1, 1, len(ENDPOINTS))
    assert results[0]["source"] == "segments/wrong.json"
    rules = {one["member"]: one["rule"] for one in results if one["kind"] == "member"}
    assert (rules["segment good"], rules["segment old"]) == ("segment", "segment-base")
    Path("segments/cut.json").write_text('{"Name": ', encoding="utf-8")
    ended = run("convert", *arguments, "-d", "again")
    assert (ended.code, envelope_in(ended.out)["summary"]["unreadable"]) == (3, 1)
    assert [path.name for path in Path("again").glob("segment-*")] == ["segment-001-good.json"]


def test_segments_are_of_customer_profiles_alone(folder: Path) -> None:
    """Other formats have no segments, and a directory without any is a slip."""
    assert run("convert", "--to", "csv", "--segments", "segments", "all.ndjson").code == 2
    arguments = ("--to", "customer-profiles", "--segments", "segments", "-d", "out")
    assert run("convert", *arguments, "all.ndjson").code == 3
