"""`pe validate` finds what is wrong with a segment, and fixes what has one right answer."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import run
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.checks.run import check_all
from pinpoint_endpoints.checks.validate import is_valid, validate
from pinpoint_endpoints.documents.discovery import Source, discover, format_of
from pinpoint_endpoints.documents.load import documents_in, load, of_any_kind, read
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_SHAPES
from pinpoint_endpoints.fixes.rounds import fixed_text
from pinpoint_endpoints.segments.bases import SegmentLibrary
from pinpoint_endpoints.segments.definition import definition_in
from pinpoint_endpoints.segments.evaluate import Settings

EMAIL = {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["EMAIL"]}}}
COUNTRY = {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["DE"]}}}


def attribute(kind: str, *values: object) -> dict[str, Any]:
    """Return a segment with one criterion about an attribute."""
    return {"Dimensions": {"Attributes": {"a": {"AttributeType": kind, "Values": [*values]}}}}


def group(**members: object) -> dict[str, Any]:
    """Return a segment with one group."""
    return {"Name": "x", "SegmentGroups": {"Groups": [members], "Include": "ALL"}}


def recency(duration: str, kind: str = "ACTIVE") -> dict[str, Any]:
    """Return bare dimensions with a recency."""
    return {"Behavior": {"Recency": {"Duration": duration, "RecencyType": kind}}}


def metric(operator: str, value: object) -> dict[str, Any]:
    """Return bare dimensions with a criterion about a metric."""
    return {"Metrics": {"visits": {"ComparisonOperator": operator, "Value": value}}}


def problems_of(text: str, folder: Path, name: str = "a.json") -> list[Problem]:
    """Return the problems of a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return [one for each in check_all(discover([str(path)]), read) for one in each.problems]


def fixed(text: str, name: str) -> str:
    """Return a text after `--fix`."""
    result = fixed_text(text.encode(), Source(name, format_of(name)), validate)
    return result.raw.decode() if result else text


@pytest.mark.parametrize(
    ("shape", "value"),
    {
        "WriteSegmentRequest": {"Name": "x", "Dimensions": EMAIL},
        "by its name alone": {"Name": "everyone"},
        "WriteSegmentInput": {"ApplicationId": "a", "WriteSegmentRequest": group(Type="ALL")},
        "SegmentResponse": {"SegmentResponse": {"Id": "1", "Name": "x", "SegmentType": "IMPORT"}},
        "bare SegmentResponse": {"Id": "1", "Version": 2, "Dimensions": EMAIL},
        "SegmentsResponse": {"SegmentsResponse": {"Item": [{"Id": "1", "Dimensions": EMAIL}]}},
        "Item": {"Item": [{"ApplicationId": "a", "Id": "1", "Dimensions": EMAIL}]},
        "a list": [{"Name": "x", "Dimensions": EMAIL}],
        "SegmentDimensions": EMAIL,
        "SegmentDimensions of a recency": recency("DAY_7"),
        "SegmentDimensions of attributes": attribute("INCLUSIVE", "x")["Dimensions"],
        "SegmentProperties": {"ApplicationId": "a", "Name": "x", "Dimensions": {}, "Tags": {}},
        "CloudFormation": {"Type": "AWS::Pinpoint::Segment", "Properties": {"Name": "x"}},
        "a stack": {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket"},
                "All": {
                    "Type": "AWS::Pinpoint::Segment",
                    "Properties": {"ApplicationId": {"Ref": "App"}, "Name": {"Fn::Sub": "${x}"}},
                },
            }
        },
    }.items(),
)
def test_every_shape_is_a_segment_and_no_endpoint(tmp_path: Path, shape: str, value: Any) -> None:
    """Validation finds nothing wrong; endpoint commands say what it is and who takes it."""
    assert problems_of(json.dumps(value), tmp_path) == []
    (document,) = load(tmp_path / "a.json")
    assert document.other_shape in SEGMENT_SHAPES
    assert document.other_shape == shape or shape not in SEGMENT_SHAPES or "Response" in shape
    assert not document.is_read
    assert [problem.code for problem in document.problems] == ["PE013"]


@pytest.mark.parametrize(
    "value",
    [
        {"ChannelType": "EMAIL", "Address": "a@example.com", "Name": "Ada"},
        {"Attributes": {"Values": ["x"]}, "Location": {"Country": "DE"}},
        {"UserAttributes": {"Team": ["x"]}},
        {"Demographic": {"Make": "apple"}},
        {},
    ],
)
def test_an_endpoint_stays_one(tmp_path: Path, value: Any) -> None:
    """What an endpoint has, or a slip in one, makes no segment of it."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert [document.other_shape for document in load(path)] == [""]


@pytest.mark.parametrize(
    ("code", "at", "value"),
    [
        ("PE006", "/Metrics/visits/Value", metric("EQUAL", float("inf"))),
        ("PE401", "/Dimensions/Attributes/a/DimensionType", {"Dimensions": {"Attributes": {
            "a": {"DimensionType": "INCLUSIVE", "Values": ["x"]}}}}),
        ("PE401", "/Dimensions/Tags", {"Dimensions": {**EMAIL, "Tags": {}}}),
        ("PE401", "/Location/City", {**COUNTRY, "Location": {"City": {"Values": ["x"]}}}),
        ("PE401", "/Attributes", {"Name": "x", "SegmentGroups": {}, "Attributes": {}}),
        ("PE402", "/Metrics/visits/Value", metric("EQUAL", "5")),
        ("PE402", "/Dimensions/Attributes/a/Values/0", attribute("INCLUSIVE", 5)),
        ("PE402", "/Dimensions", {"Name": "x", "Dimensions": [EMAIL]}),
        ("PE403", "/Behavior/Recency/Duration", recency("DAY_3")),
        ("PE403", "/Metrics/visits/ComparisonOperator", metric("BETWEEN", 5)),
        ("PE403", "/SegmentGroups/Groups/0/Type", group(Type="XOR")),
        ("PE404", "/Behavior/Recency", {"Behavior": {"Recency": {"Duration": "DAY_7"}}}),
        ("PE405", "/SegmentGroups/Groups/0/Dimensions", group(Dimensions=EMAIL)),
        ("PE406", "/SegmentGroups", {**group(Type="ALL"), "Dimensions": EMAIL}),
        ("PE407", "/Dimensions/Attributes/a/Values", attribute("INCLUSIVE")),
        ("PE408", "/Dimensions/Attributes/a/Values/0", attribute("BEFORE", "2024-01-14")),
        ("PE409", "/Dimensions/Attributes/a/Values", attribute("BETWEEN", "2024-01-14T00:00:00Z")),
        ("PE410", "/Dimensions/Attributes/a/Values",
         attribute("ON", "2024-01-14T00:00:00Z", "2024-01-15T00:00:00Z")),
        ("PE411", "/Location/GPSPoint", {"Location": {"GPSPoint": {
            "Coordinates": {"Latitude": 1, "Longitude": 2}}}}),
        ("PE412", "/Location/Country", {"Location": {"Country": {"Values": ["DE"]}}}),
        ("PE413", "/Dimensions/Attributes/a/Values/0", attribute("INCLUSIVE", "x" * 101)),
        ("PE413", "/Dimensions/Attributes/a/Values/100",
         attribute("INCLUSIVE", *map(str, range(101)))),
        ("PE414", "/SegmentGroups/Groups", {"SegmentGroups": {"Groups": []}}),
        ("PE414", "/SegmentGroups/Groups/0/Dimensions/1",
         group(Type="ANY", Dimensions=[EMAIL, {}])),
        ("PE415", "/SegmentGroups/Groups/0/Type",
         group(Type="ANY", Dimensions=[{**EMAIL, **COUNTRY}])),
        ("PE416", "/SegmentGroups/Groups/2", {"SegmentGroups": {"Groups": [{}, {}, {}]}}),
        ("PE417", "/SegmentType", {"Name": "x", "SegmentType": "DIMENSIONAL"}),
        ("PE418", "/Tags", {"Name": "x", "Tags": {"team": "a"}}),
        ("PE419", "/Demographic/DeviceType", {"Demographic": {
            "DeviceType": {"DimensionType": "INCLUSIVE", "Values": ["x"]}}}),
        ("PE420", "/Demographic/Channel/Values/0", {"Demographic": {
            "Channel": {"DimensionType": "INCLUSIVE", "Values": ["email"]}}}),
        ("PE219", "/Dimensions/Attributes/a/Values/0", attribute("INCLUSIVE", "x\u00a0")),
    ],
)  # fmt: skip
def test_each_mistake_is_found_once_at_its_place(
    tmp_path: Path, code: str, at: str, value: Any
) -> None:
    """There is one problem, with the code and the pointer."""
    found = problems_of(json.dumps(value), tmp_path)
    assert [(problem.code, problem.pointer) for problem in found] == [(code, at)]
    assert found[0].hint


def test_a_definition_in_another_style_is_renamed_whole() -> None:
    """The CDK's names become the API's, and an object where a list belongs is wrapped."""
    text = (
        '{"name": "x", "segmentGroups": {"include": "ALL", "groups": [{"type": "any", '
        '"dimensions": {"attributes": {"Team": {"attributeType": "INCLUSIVE", "values": ["a"]}}}}'
        "]}}"
    )
    assert json.loads(fixed(text, "a.json")) == {
        "Name": "x",
        "SegmentGroups": {
            "Include": "ALL",
            "Groups": [
                {
                    "Type": "ANY",
                    "Dimensions": [
                        {"Attributes": {"Team": {"AttributeType": "INCLUSIVE", "Values": ["a"]}}}
                    ],
                }
            ],
        },
    }


def test_yaml_in_blocks_is_fixed_in_its_own_style() -> None:
    """A block is indented below a dash, with its comments; the rest of the text stays."""
    text = """\
SegmentGroups:
  Groups:
    - Dimensions:
        # readers
        Attributes:
          Team: {AttributeType: inclusive, Values: red}

        Metrics:
          visits: {ComparisonOperator: ">=", Value: "5.50"}
      Type: ALL  # of one
"""
    assert (
        fixed(text, "a.yaml")
        == """\
SegmentGroups:
  Groups:
    - Dimensions:
        # readers
        - Attributes:
            Team: {AttributeType: INCLUSIVE, Values: [red]}

          Metrics:
            visits: {ComparisonOperator: "GREATER_THAN_OR_EQUAL", Value: 5.50}
      Type: ALL  # of one
"""
    )


@pytest.mark.parametrize(
    ("kind", "text", "becomes"),
    [
        ("ON", "2024-01-14", "2024-01-14T00:00:00Z"),
        ("BEFORE", "2024-01-14", "2024-01-14"),
        ("BEFORE", "2024-01-14T09:00:00+02:00", "2024-01-14T07:00:00Z"),
        ("AFTER", "2024-01-14t09:00:00z", "2024-01-14T09:00:00Z"),
        ("AFTER", "2024-01-14T09:00Z", "2024-01-14T09:00:00Z"),
        ("AFTER", "2024-01-14T09:00:00", "2024-01-14T09:00:00"),
        ("AFTER", "soon", "soon"),
    ],
)
def test_a_date_is_rewritten_only_as_the_same_instant(kind: str, text: str, becomes: str) -> None:
    """What does not name one instant stays for a person to decide."""
    result = json.loads(fixed(json.dumps(attribute(kind, text)), "a.json"))
    assert result == attribute(kind, becomes)


def test_yaml_scalars_are_read_as_a_segment_needs_them(tmp_path: Path) -> None:
    """Values are strings, and what a metric is compared with is a number."""
    text = """\
Name: norway
Dimensions:
  Location: {Country: {DimensionType: INCLUSIVE, Values: ["NO"]}}
  Attributes: {Plan: {AttributeType: INCLUSIVE, Values: [12]}}
  Metrics: {visits: {ComparisonOperator: EQUAL, Value: 5}}
"""
    assert [problem.code for problem in problems_of(text, tmp_path, "a.yaml")] == ["PE011"]


def test_properties_in_yaml_are_read_as_a_segment_needs_them(tmp_path: Path) -> None:
    """Those of a CloudFormation resource, too."""
    text = """\
Type: AWS::Pinpoint::Segment
Properties:
  Dimensions: {Location: {Country: {DimensionType: INCLUSIVE, Values: [NO]}}}
"""
    assert [problem.code for problem in problems_of(text, tmp_path, "a.yaml")] == ["PE011"]


def test_functions_of_a_stack_are_known(tmp_path: Path) -> None:
    """Joined texts are checked, nested ones too; outside of stacks, tags are errors."""
    text = """\
Resources:
  Hello:
    Type: AWS::Pinpoint::EmailTemplate
    Properties:
      TemplateName: !Join ["-", [a]]
      Subject: !Sub "Hi {{Id}}"
      TextPart: !Join ["", ["Hi ", !Sub ["{{Nam}}", {}]]]
      HtmlPart: !If [a, b, c]
  Empty:
    Type: AWS::Pinpoint::SmsTemplate
    Properties: {TemplateName: !Join ["-", [!Ref x, !Sub "${y}"]]}
  Push:
    Type: AWS::Pinpoint::PushTemplate
    Properties: {APNS: !If [x, y, z], GCM: {Body: !Sub "${y}"}}
  Germans:
    Type: AWS::Pinpoint::Segment
    Properties:
      ApplicationId: !Ref App
      Name: !Sub ["${x}", {x: a}]
      Dimensions:
        Location: {Country: {DimensionType: INCLUSIVE, Values: [!Ref Country]}}
        Attributes: {Team: {AttributeType: INCLUSIVE, Values: [!Join ["", [!Sub "${x}", a]]]}}
        Metrics: !If [a, b, c]
"""
    problems = problems_of(text, tmp_path, "stack.yaml")
    found = {(one.code, text.splitlines()[one.line - 1][one.column - 1 :]) for one in problems}
    assert found == {
        ("PE503", '!Join ["", ["Hi ", !Sub ["{{Nam}}", {}]]]'),
        ("PE510", "!If [a, b, c]"),
        ("PE510", '!If [x, y, z], GCM: {Body: !Sub "${y}"}}'),
        ("PE510", '{TemplateName: !Join ["-", [!Ref x, !Sub "${y}"]]}'),
        ("PE420", "!Ref Country]}}"),
    }
    tagged = problems_of("ChannelType: !Ref Channel", tmp_path, "a.yaml")
    assert [one.code for one in tagged] == ["PE008"]


def test_hostile_values_are_problems_and_no_traceback(tmp_path: Path) -> None:
    """Wrong types anywhere are found at their places."""
    wrongs: list[Any] = [None, 1, "x", [], [[]], True, {"a": {"b": []}}]
    for wrong in wrongs:
        for value in (
            {"SegmentGroups": wrong},
            {"Dimensions": wrong, "Name": wrong},
            {"SegmentGroups": {"Groups": wrong, "Include": wrong}},
            group(Type=wrong, Dimensions=wrong, SourceSegments=wrong),
            {"Dimensions": {"Attributes": wrong, "Metrics": wrong, "Location": wrong}},
            {"Dimensions": {"Attributes": {"a": {"AttributeType": wrong, "Values": wrong}}}},
            {"Dimensions": {"Location": {"GPSPoint": {"Coordinates": wrong}}}},
            {"SegmentsResponse": wrong},
            {"SegmentResponse": wrong},
            {"WriteSegmentRequest": wrong},
            {"Type": "AWS::Pinpoint::Segment", "Properties": wrong},
        ):
            problems_of(json.dumps(value), tmp_path)


WHOLE: dict[str, Any] = {
    "Name": "x",
    "SegmentGroups": {
        "Include": "ALL",
        "Groups": [
            {
                "Type": "ANY",
                "Dimensions": [
                    {**EMAIL, **COUNTRY, **recency("DAY_7"), **metric("EQUAL", 5)},
                    attribute("BETWEEN", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")[
                        "Dimensions"
                    ],
                ],
                "SourceSegments": [{"Id": "x", "Version": 1}],
            }
        ],
    },
}
"""A segment with criteria of all kinds."""

REPLACEMENTS: list[Any] = [
    None, 1, -1.5, "", True, "x", [], {}, ["x"], [[]], [1], {"a": {}}, "2024-01-14", "any",
]  # fmt: skip
NAMES = ["Dimensions", "Groups", "Type", "Values", "Tags", "dimensions", "City", "Value", "", "Id"]


def parts_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of all values below a value."""
    inner: Any = ()
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [at for step, one in inner for at in ((*path, step), *parts_of(one, (*path, step)))]


@given(data=st.data())
def test_a_segment_without_errors_can_be_evaluated(data: st.DataObject) -> None:
    """Whatever is changed in a segment: validation finds it, or evaluation takes it."""
    value = copy.deepcopy(WHOLE)
    *above, last = data.draw(st.sampled_from(parts_of(value)))
    holder: Any = value
    for step in above:
        holder = holder[step]
    kind = data.draw(st.sampled_from(["replace", "rename", "add"]))
    new = data.draw(st.sampled_from(REPLACEMENTS))
    if kind == "replace" or not isinstance(holder, dict):
        holder[last] = new
    else:
        name = data.draw(st.sampled_from(NAMES))
        holder[name] = holder.pop(last) if kind == "rename" else new
    source = Source("a.json", format_of("a.json"))
    for document in of_any_kind(documents_in(source, json.dumps(value).encode())):
        if document.shape in SEGMENT_SHAPES and is_valid(validate(document)):
            library = SegmentLibrary(Settings(datetime(2026, 1, 1, tzinfo=UTC)))
            definition = definition_in(document.value, document.path)
            node = library.compile(definition)
            assert node.decide({"ChannelType": "EMAIL"}) in (True, False, None)


def test_stats_says_that_a_segment_is_none_of_its_files(tmp_path: Path) -> None:
    """The command names what the file is, and the commands that take it."""
    path = tmp_path / "berlin.json"
    path.write_text(json.dumps({"Name": "x", "Dimensions": EMAIL}), encoding="utf-8")
    ran = run("stats", path)
    assert "not an endpoint: this is a segment: `pe segment` evaluates it" in ran.err
