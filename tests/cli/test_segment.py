"""`pe segment` and `pe find`: counts, lists, saved members, explanations, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Ended, envelope_in, run
from segment_audience import ALL_EMAIL_USERS, DEFINITIONS, ENDPOINTS, among, grouped

NOW = ("--now", "2026-11-29T00:00:00Z")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory with the audience in files and the definitions."""
    monkeypatch.chdir(tmp_path)
    write("all.ndjson", *({"Id": name, **endpoint} for name, endpoint in ENDPOINTS.items()))
    for name, endpoint in ENDPOINTS.items():
        write(f"endpoints/{name}.json", endpoint)
    for name, (definition, _) in DEFINITIONS.items():
        write(f"{name}.json", definition)
    write("bases/emails.json", ALL_EMAIL_USERS)
    return tmp_path


def write(path: str, *values: object) -> None:
    """Write values into a file, one a line."""
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")


def listed(*arguments: str) -> str:
    """Return the ids that `--list` prints."""
    ended = run(*arguments, "--list", "-o", "text")
    assert ended.code == 0, ended.err
    return " ".join(ended.out.split())


def results(ended: Ended) -> list[dict[str, Any]]:
    """Return the results of the envelope."""
    found: list[dict[str, Any]] = envelope_in(ended.out)["results"]
    return found


def counts(ended: Ended) -> dict[str, int]:
    """Return the numbers of the funnel by stage."""
    return {one["stage"]: one["count"] for one in results(ended) if one["kind"] == "stage"}


@pytest.mark.parametrize("name", ["S2", "S4c", "S17"])
def test_a_published_definition_has_its_members(folder: Path, name: str) -> None:
    """As worked out by hand, also through files, base segments and merged users."""
    arguments = ("segment", f"{name}.json", "endpoints", "--segments", "bases", *NOW)
    assert listed(*arguments) == DEFINITIONS[name][1]


def test_the_funnel_adds_up(folder: Path) -> None:
    """Who opted out or is inactive is in the segment, and would not be sent a message."""
    ended = run("segment", "S13.json", "all.ndjson", "-o", "json")
    assert counts(ended) == {
        "endpoints": 7,
        "not_matched": 0,
        "matched": 7,
        "opted_out": 1,
        "inactive": 1,
        "no_address": 0,
        "sent": 5,
    }
    ended = run("segment", "S13.json", "all.ndjson", "-o", "json", "--channel", "push", "--not")
    assert counts(ended)["not_matched"] == 7
    ended = run("segment", "S13.json", "all.ndjson", "-o", "json", "--channel", "push")
    assert (counts(ended)["other_channel"], counts(ended)["sent"]) == (5, 1)
    assert run("segment", "S13.json", "all.ndjson", "--channel", "fax").code == 2


def test_who_would_be_sent_no_message_of_their_own_is_counted(folder: Path) -> None:
    """Of endpoints with one address one gets it, and at local time none without a time zone."""
    address, zone = "+12065550100", {"Demographic": {"Timezone": "Europe/Rome"}}
    write(
        "same.ndjson",
        {"Id": "a", "ChannelType": "SMS", "Address": address, "OptOut": "ALL"},
        {"Id": "b", "ChannelType": "SMS", "Address": address, **zone},
        {"Id": "c", "ChannelType": "SMS", "Address": address},
        {"Id": "d", "ChannelType": "VOICE", "Address": address},
        {"Id": "e", "ChannelType": "VOICE", "Address": [address]},
    )
    found = counts(run("segment", "S13.json", "same.ndjson", "-o", "json"))
    assert (found["opted_out"], found["duplicate"], found["no_address"], found["sent"]) == (
        *(1, 1, 1, 2),
    )
    found = counts(run("find", "Id", "same.ndjson", "--local-time", "-o", "json"))
    assert (found["no_time_zone"], found["sent"], "duplicate" in found) == (2, 1, False)


def test_the_local_pinpoint_has_members_too(folder: Path) -> None:
    """Stored endpoints are evaluated as files are."""
    store = ("--local", "--app", "demo", "--store", "store.sqlite3")
    assert run("upsert", "all.ndjson", *store).code == 0
    for name in ("S3", "S6", "S15"):
        assert listed("segment", f"{name}.json", *store) == DEFINITIONS[name][1]
    assert listed("find", "Location.Country == 'US'", *store) == "e2 e3"
    assert run("segment", "S15.json", *store, "--save", "kept.ndjson").code == 0
    assert listed("segment", "S13.json", "kept.ndjson") == "e1 e2 e3"


@pytest.mark.parametrize("target", ["kept.ndjson", "kept.csv", "kept"])
def test_saved_members_are_read_by_every_command(folder: Path, target: str) -> None:
    """As lines, as Pinpoint's import CSV, and as a file each."""
    ended = run("segment", "S15.json", "endpoints", "--save", target)
    assert ended.code == 0
    assert f"wrote {target}: 3 records" in ended.err
    assert listed("find", "Id", target) == "e1 e2 e3"


def test_members_are_saved_as_ids_or_printed(folder: Path) -> None:
    """Ids are for other programs, and `-` is standard output."""
    assert run("segment", "S15.json", "endpoints", "--save", "ids.txt").code == 0
    assert Path("ids.txt").read_text(encoding="utf-8") == "e1\ne2\ne3\n"
    ended = run("segment", "S15.json", "endpoints", "--save", "-")
    assert [json.loads(line)["Id"] for line in ended.out.splitlines()] == ["e1", "e2", "e3"]
    assert "3 of 7 endpoints in the segment" in ended.err


def test_members_without_an_id_are_not_saved(folder: Path) -> None:
    """They could not be told apart; an id can be made."""
    write("nameless.ndjson", {"ChannelType": "SMS", "Address": "+12065550100"})
    save = ("--save", "kept.ndjson")
    ended = run("segment", "S13.json", "nameless.ndjson", *save)
    assert (ended.code, "Stage" in ended.out) == (2, False)
    assert "an endpoint in nameless.ndjson has no id" in ended.err
    assert run("segment", "S13.json", "nameless.ndjson", *save, "--ids", "new").code == 0


@pytest.mark.parametrize("target", ["kept.xml", "all.ndjson"])
def test_what_cannot_be_saved_is_refused(folder: Path, target: str) -> None:
    """Other suffixes, and files that are read."""
    assert run("segment", "S15.json", "all.ndjson", "--save", target).code == 2


def test_a_number_may_be_expected(folder: Path) -> None:
    """For CI: another number, or none at all, is a failure, and nothing is saved."""
    assert run("segment", "S15.json", "endpoints", "--expect", "3", "--fail-if-empty").code == 0
    ended = run("segment", "S15.json", "endpoints", "--expect", "4", "--save", "kept.ndjson")
    assert (ended.code, "3 endpoints found, 4 expected" in ended.err) == (1, True)
    assert not Path("kept.ndjson").exists()
    assert run("segment", "S1.json", "endpoints", "--fail-if-empty", *NOW).code == 1


def test_what_cannot_be_decided_is_refused_unless_asked(folder: Path) -> None:
    """A base segment that is not available, and recency without dates, are named."""
    ended = run("segment", "S4c.json", "endpoints", *NOW, "--save", "kept.ndjson")
    assert (ended.code, "the base segment s4a is not available" in ended.err) == (2, True)
    assert not Path("kept.ndjson").exists()
    assert listed("segment", "S4c.json", "endpoints", *NOW, "--undecided", "out") == ""
    write("undated.ndjson", {"Id": "a", "ChannelType": "SMS"})
    ended = run("segment", "S11.json", "undated.ndjson")
    assert (ended.code, "no endpoint has a date" in ended.err) == (2, True)
    assert listed("segment", "S11.json", "undated.ndjson", "--undecided", "in") == "a"
    assert listed("segment", "S11.json", "undated.ndjson", "--recency", "ignore") == "a"
    both = ("undated.ndjson", "endpoints")
    assert listed("segment", "S11.json", *both, *NOW) == "a e2 e3 e5 e6"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('{"Dimensions": {"Location": {"City": {}}}}', 1, "the segment in bases/wrong.json has"),
        ('{"Id":', 3, "bases/wrong.json:1:7: error[PE004]"),
    ],
)
def test_a_wrong_base_segment_is_left_out(folder: Path, text: str, code: int, said: str) -> None:
    """The run continues without it, and fails at the end, as in `pe convert`."""
    Path("bases/wrong.json").write_text(text, encoding="utf-8")
    bases = ("endpoints", "--segments", "bases")
    ended = run("segment", "S15.json", *bases, "--list", "-o", "text")
    assert (ended.code, ended.out.split()) == (code, ["e1", "e2", "e3"])
    assert said in ended.err
    converted = run("convert", "--to", "customer-profiles", *bases, "-d", "out")
    assert (converted.code, len(list(Path("out").glob("segment-*")))) == (code, 1)
    write("based.json", grouped({"SourceSegments": [{"Id": "wrong"}]}))
    assert run("segment", "based.json", *bases).code == 2
    write("bases/based.json", {"Name": "no base", **grouped()})
    assert run("segment", "bases", "endpoints", "--segment", "no base", "--list").code == code
    assert run("segment", "bases", "endpoints", "--segment", "wrong").code == code


@pytest.mark.parametrize("command", ["segment S15.json", "convert --to customer-profiles -d out"])
def test_base_segments_have_to_be_there(folder: Path, command: str) -> None:
    """A directory without segments is most likely the wrong one."""
    Path("empty").mkdir()
    ended = run(*command.split(), "endpoints", "--segments", "empty")
    assert (ended.code, "no segment was found in empty" in ended.err) == (3, True)


def test_functions_of_a_stack_are_in_a_segment(folder: Path) -> None:
    """The texts that they join are evaluated; a function that only the stack knows is refused."""
    country: dict[str, Any] = {"Values": [{"Fn::Join": ["", ["U", {"Fn::Sub": "S"}]]}]}
    named = {"Name": {"Ref": "N"}, "Tags": {"team": {"Ref": "T"}}}
    properties = {**named, "Dimensions": {"Location": {"Country": country}}}
    stack = {"Resources": {"X": {"Type": "AWS::Pinpoint::Segment", "Properties": properties}}}
    write("stack.json", stack)
    assert listed("segment", "stack.json", "endpoints") == "e2 e3"
    country["Values"] = [{"Fn::Sub": "${Country}"}]
    write("stack.json", stack)
    ended = run("segment", "stack.json", "endpoints")
    assert (ended.code, "/Values/0" in ended.err) == (1, True)


def test_user_attributes_are_merged_over_files(folder: Path) -> None:
    """The newest value counts for all endpoints of the user; also in a pipe."""
    user = {"UserId": "u1", "UserAttributes": {"Team": ["Bulls"]}}
    other = {"Id": "e8", "User": user, "EffectiveDate": "2026-11-28T23:30:00Z"}
    write("other.ndjson", other, {"Id": "e9", "User": {"UserId": "u1"}})
    write("bulls.json", {"UserAttributes": {"Team": {"Values": ["Bulls"]}}})
    ended = run("segment", "bulls.json", "all.ndjson", "other.ndjson", "--list", "-o", "text")
    assert ended.out.split() == ["e1", "e8", "e9"]
    assert "1 user with several values of Team" in ended.err
    given = Path("all.ndjson").read_text(encoding="utf-8")
    piped = run("segment", "bulls.json", "-", "other.ndjson", "--list", "-o", "text", given=given)
    assert piped.out == ended.out
    explained = run("segment", "bulls.json", "all.ndjson", "other.ndjson", "--explain", "e9")
    assert "found *** (other.ndjson:1:" in explained.out


@pytest.mark.usefixtures("folder")
def test_counts_are_of_merged_users_beside_an_error() -> None:
    """Two documents of one endpoint are an error, and the newest value of a user counts."""
    team = {"Values": ["a"], "AttributeType": "INCLUSIVE"}
    write("team.json", {"Name": "a", "Dimensions": {"UserAttributes": {"Team": team}}})
    users = [{"UserId": "u", "UserAttributes": {"Team": [value]}} for value in "ab"]
    first, second = ({"Id": f"e{number}", "User": user} for number, user in enumerate(users))
    write("twice.ndjson", first, second, second)
    ended = run("segment", "team.json", "twice.ndjson", "--list", "-o", "json")
    assert ended.code == 1
    assert "PE301" in ended.err
    assert counts(ended)["matched"] == 0


def test_an_imported_segment_is_its_file(folder: Path) -> None:
    """Alone, and as the base of another."""
    imported = {**ALL_EMAIL_USERS, "Id": "list", "SegmentType": "IMPORT", "Dimensions": {}}
    write("imported.json", imported)
    Path("users.csv").write_text("User.UserId\nu2\n", encoding="utf-8")
    write("group.json", grouped({"SourceSegments": [{"Id": "list"}]}))
    for name in ("imported.json", "group.json"):
        assert run("segment", name, "endpoints").code == 2
        assert listed("segment", name, "endpoints", "--import", "list=users.csv") == "e2 e3"
        ended = run("segment", name, "endpoints", "--import", "list=users.csv", "-o", "json")
        assert counts(ended)["from_users"] == 2
    assert run("segment", "group.json", "endpoints", "--import", "users.csv").code == 2


def test_one_endpoint_is_explained(folder: Path) -> None:
    """The tree has the rule of each level, what was found, and where; values are masked."""
    arguments = ("segment", "S1.json", "endpoints", *NOW, "--explain", "E4")
    ended = run(*arguments)
    assert ended.out.splitlines() == [
        "e4 is not in the segment",
        "no        all criteria",
        "no          Attributes.Team INCLUSIVE Lakers",
        f"{'':16}the endpoint has none; Team is a user attribute, not an endpoint attribute",
        "yes         Recency ACTIVE DAY_30",
        f"{'':16}found 2026-11-25T12:00:00.000Z (endpoints/e4.json:1:387)",
    ]
    levels = results(run("segment", "S1-user.json", "endpoints", "--explain", "e4", "-o", "json"))
    assert levels[1]["values"] == ["***"]
    assert levels[1]["note"] == "differs from Lakers only in case or white space"
    assert levels[1]["defined_at"].startswith("S1-user.json:1:")
    first = run("segment", "--explain", "E4", "S1.json", "endpoints", *NOW)
    assert first.out == ended.out
    shown = run("segment", "S1-user.json", "endpoints", "--explain", "--id", "e4", "--show-values")
    assert "found lakers (endpoints/e4.json:1:" in shown.out


def test_the_criteria_are_explained(folder: Path) -> None:
    """How many endpoints meet each, how many have nothing there, and what may be meant."""
    write(
        "odd.json",
        {
            "Attributes": {"Team": {"Values": ["Lakers"]}, "promo": {"Values": ["x"]}},
            "UserAttributes": {
                "team": {"Values": ["Lakers"]},
                "LastContactDate": {"AttributeType": "ON", "Values": ["2024-01-14T00:00:00Z"]},
                "Langage": {"Values": ["Spanish"]},
            },
            "Location": {"Country": among("US")},
            "Demographic": {"Platform": among("ios"), "DeviceType": among("phone")},
        },
    )
    found = results(run("segment", "odd.json", "all.ndjson", "--explain", "-o", "json"))
    hints = {one["text"].split()[0]: one["hints"] for one in found}
    assert hints == {
        "Attributes.Team": ["Team is a user attribute, not an endpoint attribute (3 endpoints)"],
        "Attributes.promo": ["its name is Promo: case counts (2 endpoints)"],
        "User.UserAttributes.team": ["its name is Team: case counts (3 endpoints)"],
        "User.UserAttributes.LastContactDate": [
            "cannot be read as a date, such as 20*** (2 endpoints)"
        ],
        "User.UserAttributes.Langage": ["no endpoint has it: did you mean Language?"],
        "Location.Country": ["USA is not US: only two-letter codes match (1 endpoint)"],
        "Demographic.Platform": [
            "differs from ios only in case or white space, such as iOS (1 endpoint)"
        ],
        "Demographic.DeviceType": [
            "endpoints have no DeviceType: use Platform, Make or Model",
        ],
    }


def test_how_segments_are_evaluated_is_explained() -> None:
    """`--explain` alone prints the page."""
    ended = run("segment", "--explain")
    assert (ended.code, "Kleene's logic" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["segment"], 2, "no segment is named"),
        (["segment", "S1.json"], 2, "no endpoints are named"),
        (["segment", "none.json", "endpoints"], 3, "none.json"),
        (["segment", "endpoints/e1.json", "endpoints"], 3, "endpoints/e1.json has no segment"),
        (["segment", "empty.json", "endpoints"], 3, "empty.json has no segment"),
        (["segment", "S1.json", "endpoints", "--import", "x=empty.json"], 3, "lists no endpoint"),
        (["segment", "S1.json", "endpoints", "--import", "x=rows.ndjson"], 3, "rows.ndjson:1:1"),
        (["segment", "several.json", "endpoints"], 2, "has 2 segments"),
        (["segment", "several.json", "endpoints", "--segment", "Z"], 2, "there are A, B"),
        (["segment", "wrong.json", "endpoints"], 1, "wrong.json:1:"),
        (["segment", "S1.json", "endpoints", "--now", "today"], 2, "not a date and time"),
        (["segment", "S1.json", "endpoints", "--recency", "never"], 2, "--recency"),
        (
            ["segment", "S1.json", "endpoints", "--explain", "nobody"],
            3,
            "no endpoint has the id nobody",
        ),
        (["segment", "S1.json", "endpoints", "--id", "e1"], 2, "--id is only for --explain"),
        (["segment", "S1.json", "nowhere", "--explain"], 2, "there is no file nowhere"),
        (["segment", "S1.json", "endpoints", "--explain", "--list"], 2, "--explain excludes"),
        (["segment", "S13.json", "endpoints", "all.ndjson"], 1, "PE301"),
        (["segment", "-", "-"], 2, "standard input"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, arguments: list[str], code: int, message: str) -> None:
    """A wrong command line or definition has a message, and what to do."""
    write("empty.json", {})
    write("rows.ndjson", 1, 2)
    write("several.json", [{"Name": "A", "Dimensions": {}}, {"Name": "B", "Dimensions": {}}])
    write("wrong.json", {"Name": "x", "Dimensions": {"Location": {"City": among("Rome")}}})
    ended = run(*arguments)
    assert (ended.code, message in ended.err) == (code, True), ended.err


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Location.Country == 'US' && OptOut == 'NONE'", "e2"),
        ("Metrics.session_count > `5`", "e1 e4"),
        ("contains(Attributes.PNV_PhoneNumberValidated, 'No')", "e6"),
        ("!contains(Attributes.Promo, 'black-friday')", "e1 e2 e3 e4 e6 e7"),
        ("starts_with(Address, '+1')", "e1 e6 e7"),
        ("Metrics.session_count > 'x' || length(EffectiveDate) > `1`", "e3 e5 e7"),
        ("User.UserAttributes.Stage[?@ == 'Upsell']", "e2 e3 e7"),
    ],
)
def test_an_expression_finds_endpoints(folder: Path, expression: str, expected: str) -> None:
    """What JMESPath takes as true matches; where a value is missing, it does not."""
    assert listed("find", expression, "endpoints") == expected


def test_an_address_or_a_user_is_found(folder: Path) -> None:
    """Alone and with an expression, over files without any."""
    assert listed("find", "--address", "ada@example.com", "endpoints") == "e3"
    assert listed("find", "--user", "u2", "all.ndjson") == "e2 e3"
    assert listed("find", "OptOut == 'ALL'", "--user", "u2", "all.ndjson") == "e3"


@pytest.mark.parametrize(
    ("expression", "column", "hint"),
    [
        ("Location.Country = 'DE'", 18, "write == to compare"),
        ("Metrics.visits > 5", 18, "numbers have backquotes"),
        ("OptOut == 'NONE' and Id", 18, "write && for and"),
        ("contians(Id, 'x')", 1, "did you mean contains()?"),
        ("contains(Id)", 1, "1 argument, and needs 2"),
        ("(Id", 4, "it ends too early"),
        ("!Attributes.Promo", 1, "write !(Attributes.NAME)"),
        ("[?OptOut == 'ALL']", 1, "write the condition alone"),
    ],
)
def test_a_wrong_expression_is_shown(folder: Path, expression: str, column: int, hint: str) -> None:
    """With a caret at the place, and what is most often meant."""
    ended = run("find", expression, "endpoints")
    assert (ended.code, hint in ended.err) == (2, True), ended.err
    assert f"at column {column}" in ended.err
    assert ended.err.splitlines()[:2] == [f"  {expression}", f"  {'^':>{column}}"]


@pytest.mark.parametrize(
    ("expression", "remark"),
    [
        ("Country == 'DE'", "no endpoint has the member Country: did you mean Location.Country?"),
        ("Location.Country == US", "no endpoint has the member US: texts have quotes: 'US'"),
        ("Location.Contry == 'DE'", "Location.Contry: did you mean Location.Country?"),
        (
            "User.UserAttributes.team[0]",
            "UserAttributes.team: did you mean User.UserAttributes.Team",
        ),
        ("Metrics.session_count > '5'", "a number in quotes is text"),
        ("User.UserAttributes.Team == 'Lakers'", "User.UserAttributes.Team is a list"),
    ],
)
def test_find_says_why_an_expression_matches_nothing(
    folder: Path, expression: str, remark: str
) -> None:
    """A misspelled name, or a list compared with a text, would find nothing without a reason."""
    assert remark in run("find", expression, "endpoints").err


def test_find_counts_what_differs_only_in_case(folder: Path) -> None:
    """Addresses and user ids are compared exactly, which is easily overlooked."""
    ended = run("find", "--address", "Ada@Example.com", "endpoints")
    assert "1 endpoint left out because of a difference in upper and lower case" in ended.err


def test_ids_that_are_addresses_are_masked(folder: Path) -> None:
    """Unless values are asked for."""
    write("mail.ndjson", {"Id": "ada@example.com", "ChannelType": "EMAIL"})
    assert listed("find", "Id", "mail.ndjson") == "a***@example.com"
    assert listed("find", "Id", "mail.ndjson", "--show-values") == "ada@example.com"
