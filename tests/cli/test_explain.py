"""`pe explain` and `pe rules`: every rule and every member, by whatever name a person types."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import RunPe, envelope_in, run

from pinpoint_endpoints.checks.rules.registry import all_rules
from pinpoint_endpoints.cli.options import CheckOptions
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.members import find_members, member_names

ROOT = Path(__file__).parents[2]
CODES = sorted(value for name, value in vars(codes).items() if name.isupper())


def unwrapped(text: str) -> str:
    """Return a text with every run of spaces and line ends as one space."""
    return " ".join(text.split())


def test_every_code_has_its_rule() -> None:
    """The codes that a problem may have are the codes of the rules."""
    assert list(all_rules()) == CODES


def test_every_rule_is_explained() -> None:
    """Its heading has code, name, severity and title; its text and its members follow."""
    for code, rule in all_rules().items():
        exit_code, out, _ = run("explain", code.lower())
        assert exit_code == 0
        assert unwrapped(out).startswith(f"{code} {rule.name} ({rule.severity}) {rule.title}")
        assert unwrapped(rule.documentation) in unwrapped(out)
        assert all(member in out for member in rule.members)
        assert (f"--ignore {code}" in out) is rule.ignorable


def test_every_rule_has_a_source_and_examples() -> None:
    """A rule says why; one about values says where AWS writes it, and shows wrong and right."""
    for code, rule in all_rules().items():
        assert len(rule.title) < 90
        assert len(rule.documentation.split("\n\n")) > 1
        headings = set(re.findall(r"^(\w+):", rule.documentation, re.MULTILINE))
        assert code.startswith("PE0") or {"Source", "Wrong", "Right"} <= headings, code


def test_the_members_of_rules_are_members() -> None:
    """Every member that a rule names can be explained."""
    named = {member for rule in all_rules().values() for member in rule.members}
    assert named <= set(member_names())


def test_every_member_is_explained() -> None:
    """Title and description are the schema's; exactly the rules about the member are listed."""
    explanations = run("explain", *member_names())[1]
    for name in member_names():
        (member,) = find_members(name)
        code, out, _ = run("explain", name)
        assert code == 0
        assert out.startswith(f"{name}: {member.title}\n")
        assert unwrapped(member.description) in unwrapped(out)
        assert member.kind in out
        about = {rule.code for rule in all_rules().values() if name in rule.members}
        assert set(re.findall(r"^    (PE\d{3}) ", out, re.MULTILINE)) == about
        assert out in explanations


def test_every_definition_is_found() -> None:
    """Each definition of the schema is explained, under its own name or the member's."""
    for name, schema in bundled_schema()["$defs"].items():
        (member,) = find_members(name)
        assert member.description == schema["description"]


def test_values_limits_members_and_examples_are_shown() -> None:
    """What the schema holds a value to is said in words."""
    out = run("explain", "OptOut", "Attributes", "Location.Latitude", "Location")[1]
    for line in (
        "Values: ALL, NONE",
        "Type: names, each with a list of strings",
        "    attribute name: at most 50 characters",
        "    values of an attribute: at most 50 of them",
        "    value of an attribute: at most 100 characters",
        "    from -90 to 90",
        "Members: City, Country, Latitude, Longitude, PostalCode, Region",
        '    {"Interests": ["Technology", "Music", "Travel"]}',
    ):
        assert line in out.splitlines()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Timezone", "Demographic.Timezone"),
        ("demographic.timezone", "Demographic.Timezone"),
        ("/Demographic/Timezone", "Demographic.Timezone"),
        ("EndpointRequest.Demographic.Timezone", "Demographic.Timezone"),
        ("EndpointDemographic", "Demographic"),
        ("Id", "EndpointId"),
        ("country", "Location.Country"),
        ("CHANNELTYPE", "ChannelType"),
    ],
)
def test_a_member_has_many_names(typed: str, meant: str) -> None:
    """The end of a name, another case and a JSON pointer name the same member."""
    assert run("explain", typed) == run("explain", meant)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("PE2100", 'did you mean "PE210"?'),
        ("coordinate_precision", 'did you mean "coordinate-precision"?'),
        ("timzone", 'did you mean "Timezone"?'),
        ("Demographic.Timezon", 'did you mean "Demographic.Timezone"?'),
        ("something else", "`pe rules` lists the rules"),
        ("Item", "there are EndpointBatchRequest.Item and EndpointsResponse.Item"),
        (".", "`pe rules` lists the rules"),
    ],
)
def test_an_unknown_subject_is_a_usage_error(typed: str, hint: str) -> None:
    """The nearest is named, and nothing is printed, also of what is known."""
    code, out, err = run("explain", "PE210", typed)
    assert (code, out) == (2, "")
    assert hint in err


def test_several_are_explained_in_their_order() -> None:
    """An empty line is between two explanations."""
    both = run("explain", "PE210", "Timezone")[1]
    assert both == f"{run('explain', 'PE210')[1]}\n{run('explain', 'Timezone')[1]}"


def test_a_pipe_gets_plain_text(pe: RunPe) -> None:
    """Styles are for terminals, unless FORCE_COLOR asks for them."""
    assert "\x1b" not in pe("explain", "PE210", "Address").stdout
    assert "\x1b[1m" in pe("explain", "PE210", FORCE_COLOR="1").stdout


def test_the_rules_as_lines() -> None:
    """-o text is a line each: code, severity, name, title, members."""
    code, out, _ = run("rules", "-o", "text")
    lines = out.splitlines()
    assert (code, [line[:5] for line in lines]) == (0, CODES)
    assert (
        "PE210 warning coordinate-precision: A coordinate has more than one decimal "
        "(Location.Latitude, Location.Longitude)"
    ) in lines


def test_the_rules_as_a_table() -> None:
    """The table has each code and name uncut."""
    out = run("rules")[1]
    for rule in all_rules().values():
        assert f"│ {rule.code} │ {rule.name} " in out


def test_the_rules_as_json() -> None:
    """The envelope fits its published schema, and holds the documentation too."""
    for arguments in (["-o", "json"], ["-o", "json", "--no-such-option"]):
        envelope = envelope_in(run("rules", *arguments).out)
        assert envelope["summary"]["rules"] == len(envelope["results"])
    results = json.loads(run("rules", "-o", "json")[1])["results"]
    assert [result["code"] for result in results] == CODES
    assert [result["documentation"] for result in results] == [
        rule.documentation for rule in all_rules().values()
    ]


def test_a_rule_to_ignore_has_two_names() -> None:
    """A code and a rule's name mean the rule, in any case."""
    options = CheckOptions(ignore=["pe203", "APNS-Token", "coordinate-precision"])
    assert options.policy().ignore == {"PE203", "PE210"}
    assert CheckOptions().policy().ignore == frozenset()


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("PE2033", 'there is no rule "PE2033"', 'did you mean "PE203"?'),
        ("apns-tokens", 'there is no rule "apns-tokens"', 'did you mean "apns-token"?'),
        ("Nonsense", 'there is no rule "Nonsense"', "`pe rules` lists them"),
        ("PE004", "PE004 cannot be ignored", "what this rule finds keeps the file from being read"),
    ],
)
def test_what_cannot_be_ignored_is_a_usage_error(word: str, message: str, hint: str) -> None:
    """An unknown rule is reported with the nearest one, and a rule of reading with the reason."""
    with pytest.raises(UsageError) as caught:
        CheckOptions(ignore=["PE210", word]).policy()
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_ignoring_reaches_the_command() -> None:
    """`pe validate --ignore` takes names, and ends with exit code 2 for what is none."""
    assert run("validate", "--ignore", "apns-token", ROOT / "examples" / "ada-email.json")[0] == 0
    code, _, err = run("validate", "--ignore", "PE999", ROOT / "examples" / "ada-email.json")
    assert code == 2
    assert 'there is no rule "PE999"' in err


def test_no_command_imports_another() -> None:
    """Each command pays only for what it needs itself."""
    program = """import sys; from pinpoint_endpoints.cli import main
try: main()
finally: print([name for name in sys.modules if name.endswith(("cli.validate", "cli.upsert"))])
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, "validate", "-q", "-"],
        capture_output=True,
        encoding="utf-8",
        input="{}",
        check=True,
    )
    assert ended.stdout == "['pinpoint_endpoints.cli.validate']\n"
