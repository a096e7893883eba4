"""`pe preview`: one message, those of an audience, and what is wrong with them."""

import json
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from commands import Ended, envelope_in, run

NAME = "User.UserAttributes.FirstName"
MAIL = {"Subject": "For {{Address}}", "HtmlPart": f"<p>Hi {{{{{NAME}}}}}</p>"}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def endpoint(number: int, channel: str, first_name: str = "", **members: Any) -> dict[str, Any]:
    """Return an endpoint with a user of its own."""
    address = f"e{number}@example.com" if channel == "EMAIL" else f"+1206555{number:04}"
    names = {"FirstName": [first_name]} if first_name else {}
    user = {"UserId": f"user-{number}", "UserAttributes": names}
    of_all = {"Id": f"e{number}", "ChannelType": channel, "Address": address, "User": user}
    return {**of_all, **members}


def preview(template: Any, endpoints: list[Any], *arguments: object) -> Ended:
    """Run `pe preview` on a template and endpoints."""
    Path("t.json").write_text(json.dumps(template), encoding="utf-8")
    lines = "".join(f"{json.dumps(one)}\n" for one in endpoints)
    Path("a.ndjson").write_text(lines, encoding="utf-8")
    return run("preview", "t.json", "a.ndjson", *arguments)


def entries_in(ended: Ended, about: str) -> list[tuple[Any, ...]]:
    """Return the subject, number and first endpoint of each entry of a kind."""
    results = envelope_in(ended.out)["results"]
    entries = [each for each in results if each.get("about") == about]
    return [(each["subject"], each["number"], each["first"]) for each in entries]


SMS = {"Body": f"Hi {{{{{NAME}}}}}"}
PEOPLE = [endpoint(1, "SMS", "Jane"), endpoint(2, "SMS"), endpoint(3, "SMS", "Zoë"),
          endpoint(4, "SMS", "Łucja")]  # fmt: skip


def test_missing_variables_are_counted_with_the_first_endpoint() -> None:
    """In an SMS template they are a warning; for e-mail they end the run with 1."""
    ended = preview(SMS, PEOPLE)
    assert ended.code == 0
    assert "1 of 4" in ended.out
    assert "4 messages: 3 complete, 1 with a missing variable, 0 that cannot be sent" in ended.out
    assert entries_in(preview(SMS, PEOPLE, "-o", "json"), "missing") == [(NAME, 1, "e2")]
    mails = [endpoint(number, "EMAIL", "Jane" if number else "") for number in range(3)]
    assert preview(MAIL, mails).code == 1
    assert preview(MAIL, mails, "--missing", "warn").code == 0
    assert preview(SMS, PEOPLE, "--missing", "error").code == 1


@pytest.mark.parametrize(
    ("channel", "parts"),
    [
        ("APNS_SANDBOX", ["APNS.Body"]),
        ("GCM", ["GCM.RawContent"]),
        ("ADM", ["Default.Title", "Default.Body"]),
    ],
)
def test_an_endpoint_gets_the_parts_of_its_platform(channel: str, parts: list[str]) -> None:
    """They replace the default ones, and raw content replaces both: the others lack nothing."""
    template = {
        "Default": {"Title": "Hi", "Body": "{{Id}}"},
        "APNS": {"Body": "{{Id}}"},
        "GCM": {"Body": "{{OTP}}", "RawContent": '{"data": "{{Id}}"}'},
    }
    ended = preview(template, [endpoint(1, channel)], "-o", "json")
    message = envelope_in(ended.out)["results"][-1]
    assert [part["name"] for part in message["parts"]] == parts
    assert message["attributesNotInterpolated"] == []


def test_a_platform_without_a_text_is_noted() -> None:
    """Neither its own nor a default one: the message would be empty."""
    people = [endpoint(1, "APNS"), endpoint(2, "GCM"), endpoint(3, "GCM")]
    ended = preview({"APNS": {"Body": "Hi"}}, people, "-o", "json")
    assert entries_in(ended, "note") == [("GCM", 2, "e2")]


def test_of_endpoints_with_one_address_one_gets_the_message() -> None:
    """As `pe segment` counts them: each SMS costs."""
    people = [{**endpoint(number, "SMS", "Jane"), "Address": "+12065550100"} for number in (1, 2)]
    ended = preview(SMS, people, "-o", "text")
    assert "2 endpoints: 1 message; 1 with the address of another" in ended.out + ended.err


def test_an_in_app_message_is_shown_as_it_is() -> None:
    """It has no variables, so that none is missing; it is said that they are shown."""
    content = [{"BodyConfig": {"Body": "Hi {{User.UserAttributes.None}}"}}]
    template = {"Content": content, "Layout": "TOP_BANNER"}
    ended = preview(template, [endpoint(1, "IN_APP")], "-o", "json")
    problem, message = envelope_in(ended.out)["results"]
    assert problem["code"] == "PE503"
    assert message["parts"][0]["text"] == content[0]["BodyConfig"]["Body"]
    assert message["attributesNotInterpolated"] == []


def test_empty_texts_are_noted() -> None:
    """They are values, and yet a greeting with one is broken; unless a block sees to it."""
    people = [endpoint(1, "SMS", "Jane"), endpoint(2, "SMS", " ")]
    ended = preview(SMS, people, "-o", "json")
    assert envelope_in(ended.out)["summary"]["complete"] == 2
    assert entries_in(ended, "note") == [("Body", 1, "e2")]
    careful = {"Body": f"{{{{#if Id}}}}{{{{{NAME}.[0]}}}}{{{{/if}}}}"}
    assert entries_in(preview(careful, people, "-o", "json"), "note") == []
    first = {"Body": f"{{{{{NAME}.[0]}}}}"}
    assert entries_in(preview(first, people, "-o", "json"), "note") == [("Body", 1, "e2")]


def test_values_that_may_be_escaped_are_noted() -> None:
    """Where AWS does not say whether they are, and no option does."""
    mail = {"Subject": f"For {{{{{NAME}}}}}", "HtmlPart": f"{{{{{NAME}}}}}"}
    mails = [endpoint(1, "EMAIL", "A & B"), endpoint(2, "EMAIL", "C")]
    assert entries_in(preview(mail, mails, "-o", "json"), "note") == [("Subject", 1, "e1")]
    assert entries_in(preview(mail, mails, "-o", "json", "--escape", "none"), "note") == []


def test_ids_that_are_addresses_are_masked() -> None:
    """Unless --show-values is given."""
    people = [endpoint(number, "SMS", Id=f"ada{number}@example.com") for number in (1, 2)]
    assert entries_in(preview(SMS, people, "-o", "json"), "missing")[0][2] == "a***@example.com"
    ended = preview(SMS, people, "-o", "json", "--show-values")
    assert entries_in(ended, "missing")[0][2] == "ada1@example.com"


@pytest.mark.parametrize(
    ("attributes", "default", "expected"),
    [
        ({"FirstName": ["Sofia"], "Activity": ["half marathon"], "Record": ["1:42:17"]}, "",
         "Hi Sofia, congratulations on your new half marathon record of 1:42:17!"),
        ({"FirstName": ["Jane"], "Record": ["1:42:17"]}, "running",
         "Hi Jane, congratulations on your new running record of 1:42:17!"),
        ({"FirstName": ["Mary"], "Record": ["20:52"]}, "",
         "Hi Mary, congratulations on your new  record of 20:52!"),
    ],
)  # fmt: skip
def test_the_example_of_the_guide(
    attributes: dict[str, list[str]], default: str, expected: str
) -> None:
    """AWS, "Adding personalized content to message templates": a default, and none."""
    body = "Hi {{U.FirstName}}, congratulations on your new {{U.Activity}} record of {{U.Record}}!"
    template = {"Body": body.replace("U.", "User.UserAttributes.")}
    if default:
        defaults = {"User.UserAttributes.Activity": default}
        template["DefaultSubstitutions"] = json.dumps(defaults)
    one = endpoint(1, "SMS")
    one["User"]["UserAttributes"] = attributes
    assert f"  {expected}\n" in preview(template, [one], "--show-values").out


def test_parts_of_sms_are_counted_by_encoding() -> None:
    """A character that GSM-7 does not have makes a message UCS-2."""
    long = {"Body": SMS["Body"] + "x" * 70}
    ended = preview(long, PEOPLE, "-o", "json")
    parts = [
        (each["subject"], each["size"], each["number"], each["first"])
        for each in envelope_in(ended.out)["results"]
        if each.get("about") == "sms_parts"
    ]
    assert parts == [("GSM-7", 1, 2, "e1"), ("UCS-2", 2, 2, "e3")]
    assert envelope_in(ended.out)["summary"]["sms_parts"] == 6
    assert "2 parts, UCS-2" in preview(long, PEOPLE).out


def test_who_gets_no_message_is_left_out() -> None:
    """Other channels, opted-out and inactive endpoints, and those without an address."""
    people = [
        endpoint(1, "SMS", "Jane"),
        endpoint(2, "EMAIL", "Jane"),
        endpoint(3, "SMS", OptOut="ALL"),
        endpoint(4, "SMS", EndpointStatus="INACTIVE"),
        endpoint(5, "SMS", Address=""),
    ]
    ended = preview(SMS, people)
    assert (
        "5 endpoints: 1 message; 1 of another channel, 1 opted out, 1 inactive, 1 without an "
        "address" in " ".join(ended.out.split())
    )


def test_one_message_is_shown_with_personal_data_masked() -> None:
    """What is made of personal data is masked, unless --show-values is given."""
    text = "{{upper NAME.[0]}} {{#eq NAME.[0] 'Jane'}}x{{/eq}}".replace("NAME", NAME)
    template = {**MAIL, "TextPart": text}
    mails = [endpoint(1, "EMAIL", "Jane"), endpoint(2, "EMAIL", "Joe")]
    masked = preview(template, mails, "--id", "e1").out
    assert masked.splitlines() == [
        "Subject:",
        "  For ***@example.com",
        "HtmlPart:",
        "  <p>Hi ***</p>",
        "TextPart:",
        "  *** x",
    ]
    shown = preview(template, mails, "--id", "E1", "--show-values").out
    assert "For e1@example.com" in shown
    assert "JANE x" in shown


def test_a_message_in_json_has_what_is_not_interpolated() -> None:
    """The names are those of Connect's RenderMessageTemplate."""
    template = {"Body": f"{{{{{NAME}}}}} {{{{Recommendations.Name.[0]}}}} {{{{OTP}}}}"}
    ended = preview(template, [endpoint(1, "SMS")], "-o", "json", "--keep-placeholders")
    message = envelope_in(ended.out)["results"][-1]
    assert message["attributesNotInterpolated"] == [NAME, "OTP", "Recommendations.Name.[0]"]
    assert message["parts"][0]["text"] == template["Body"]
    assert message["sms"]["encoding"] == "GSM-7"


def test_data_supplies_what_the_message_brings() -> None:
    """Substitutions and recommendations; they are known names, too."""
    template = {"Body": "{{OTP}} {{Recommendations.Name.[0]}}"}
    data = {"Substitutions": {"OTP": ["123"]}, "Recommendations": {"Name": ["Taco"]}}
    Path("d.json").write_text(json.dumps(data), encoding="utf-8")
    ended = preview(template, [endpoint(1, "SMS")], "--data", "d.json")
    assert (ended.code, ended.out.splitlines()[:2]) == (0, ["Body:", "  123 Taco"])


def test_a_message_is_rendered_as_for_another_locale_and_time() -> None:
    """Branches on the locale, dates and comparisons follow the options."""
    body = (
        '{{#eq Demographic.Locale "de_DE"}}Hallo{{else}}Hi{{/eq}} {{now "short"}} '
        '{{#gt Attributes.age.[0] "17"}}adult{{/gt}}'
    )
    people = [endpoint(1, "SMS", Attributes={"age": ["9"]})]
    at_night = ("--now", "2026-11-30T23:30:00Z")
    out = preview({"Body": body}, people, *at_night).out
    assert out.splitlines()[1] == "  Hi 11/30/26 adult"
    options = ("--locale", "de_DE", "--tz", "Europe/Berlin", "--compare", "numeric")
    out = preview({"Body": body}, people, *at_night, *options).out
    assert out.splitlines()[1] == "  Hallo 12/1/26"


def test_attributes_of_a_user_count_for_all_of_the_endpoints() -> None:
    """As the service keeps them: another endpoint of the user may have brought the name."""
    first, second = endpoint(1, "EMAIL", "Jane"), endpoint(2, "SMS")
    second["User"]["UserId"] = first["User"]["UserId"]
    assert preview(SMS, [second, first], "--id", "e2", "--show-values").out.startswith(
        "Body:\n  Hi Jane\n"
    )


def test_a_template_with_mistakes_is_explained_with_places() -> None:
    """The names that the audience has are suggested, with how many have them."""
    template = {"Body": "{{FirstName}} {{Attributes.FirstName}} {{User.UserAttributes.firstname}}"}
    ended = preview(template, PEOPLE, "-o", "text")
    assert ended.code == 1
    first, second, third = ended.out.splitlines()[:3]
    meant = f"did you mean {NAME}, which 3 endpoints have?"
    none_has = "error[PE504] no endpoint of the audience has"
    assert first == f"t.json:1:13: error[PE503] no endpoint can have FirstName (at /Body): {meant}"
    assert second == f"t.json:1:27: {none_has} Attributes.FirstName (at /Body): {meant}"
    assert third == f"t.json:1:52: {none_has} User.UserAttributes.firstname (at /Body): {meant}"
    assert preview(template, PEOPLE, "--ignore", "PE503", "--ignore", "PE504").code == 0
    other = {**endpoint(9, "EMAIL"), "Attributes": {"Plan": ["gold"]}}
    loop = {"Body": "{{#each Attributes.Plan}}{{this}}{{/each}}"}
    ended = preview(loop, [*PEOPLE, other], "-o", "text")
    assert ended.out.splitlines()[0].endswith("(at /Body): 1 endpoint has it, but gets no message")
    assert ended.out.count("PE504") == 1


def test_a_template_that_cannot_be_read_is_a_problem() -> None:
    """Nothing is rendered then."""
    ended = preview({"Body": "Hi {{#if Id}}"}, PEOPLE)
    assert ended.code == 1
    assert "PE501" in ended.out
    assert "4 endpoints" not in ended.out


def test_a_message_that_pinpoint_refuses_cannot_be_sent() -> None:
    """It is too long when it is rendered, or a helper fails."""
    long = {"Body": "Hi{{#each Attributes.x}}{{this}}{{/each}}"}
    people = [endpoint(1, "SMS", Attributes={"x": ["y" * 900] * 2}), endpoint(2, "SMS")]
    ended = preview(long, people, "-o", "json")
    assert ended.code == 1
    assert entries_in(ended, "fails") == [("Body", 1, "e1")]
    assert entries_in(ended, "sms_parts") == [("GSM-7", 1, "e2")]
    assert envelope_in(ended.out)["summary"]["sms_parts"] == 1
    ended = preview({"Body": "{{#gt Attributes.x.[0] 1}}y{{/gt}}"}, people, "-o", "json")
    assert entries_in(ended, "fails") == [("Body", 1, "e1")]


def test_the_html_of_an_email_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """To standard output, to a file, or to the browser."""
    mails = [endpoint(1, "EMAIL", "Jane & Joe")]
    shown = ("--id", "e1", "--show-values")
    assert preview(MAIL, mails, *shown, "-o", "html").out == "<p>Hi Jane &amp; Joe</p>\n"
    opened: list[str] = []

    def open_url(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_url)
    assert preview(MAIL, mails, "--save", "e.html", "--open", "-q").code == 0
    assert Path("e.html").read_text(encoding="utf-8") == "<p>Hi Ja***</p>"
    assert opened == [Path("e.html").resolve().as_uri()]
    assert preview(SMS, PEOPLE, "-o", "html").code == 2
    assert preview(MAIL, [*mails, endpoint(2, "EMAIL", "Joe")], "-o", "html").code == 2


def test_a_text_is_a_template() -> None:
    """HTML is for e-mail; of another text the channel is given."""
    people = [endpoint(1, "EMAIL", "Jane"), endpoint(2, "SMS", "Joe")]
    preview(SMS, people)
    Path("t.html").write_text("{{Address}}", encoding="utf-8")
    assert run("preview", "t.html", "a.ndjson", "--id", "e1").out.startswith("HtmlPart:\n")
    Path("t.txt").write_text("{{Address}}\n", encoding="utf-8")
    assert run("preview", "t.txt", "a.ndjson", "--channel", "sms", "--id", "e2").code == 0
    for end, parts in (("", 1), ("\n", 1), ("\r\n", 1), ("\n\n", 2)):
        Path("t.txt").write_bytes(f"{'x' * 160}{end}".encode())
        ended = run("preview", "t.txt", "a.ndjson", "--channel", "sms", "--id", "e2", "-o", "json")
        assert envelope_in(ended.out)["results"][-1]["sms"]["parts"] == parts
    ended = run("preview", "t.txt", "a.ndjson")
    assert (ended.code, "--channel" in ended.out) == (1, True)


def test_templates_beside_the_endpoints_are_left_out() -> None:
    """A directory may have the template, others, and segments: they are no endpoints."""
    preview(SMS, PEOPLE)
    Path("s.json").write_text('{"Name": "x", "Dimensions": {}}', encoding="utf-8")
    ended = run("preview", "t.json", ".")
    assert ended.code == 0
    assert ended.err == "2 documents left out: segments or message templates\n"


@pytest.mark.usefixtures("pinpoint_local")
def test_the_local_pinpoint_is_an_audience() -> None:
    """Stored endpoints get messages as those in files do."""
    preview(SMS, [endpoint(1, "SMS", "Jane")])
    assert run("upsert", "--local", "--app", "demo", "a.ndjson", "-q").code == 0
    ended = run("preview", "t.json", "--local", "--app", "demo", "--show-values")
    assert ended.out.startswith("Body:\n  Hi Jane\n")


def test_one_of_several_templates_is_chosen() -> None:
    """A template is chosen by its name, its logical id in a stack, or its channel."""
    preview(SMS, PEOPLE)
    types = {"One": "Sms", "Two": "Sms", "Mail": "Email"}
    resources = {
        name: {"Type": f"AWS::Pinpoint::{type_}Template", "Properties": {"Body": f"I am {name}"}}
        for name, type_ in types.items()
    }
    Path("stack.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    arguments = ("preview", "stack.json", "a.ndjson", "--id", "e1")
    assert "I am Two" in run(*arguments, "--template", "Two").out
    several = run(*arguments, "--channel", "sms")
    assert (several.code, "has 2 such templates" in several.err) == (2, True)
    none = run(*arguments, "--template", "Three")
    assert "choose one with --template NAME or --channel: SMS One, SMS Two, EMAIL" in none.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["t.json", "a.ndjson", "--id", "nobody"], 3, "no endpoint has the id nobody"),
        (["a.ndjson", "a.ndjson"], 3, "a.ndjson is not a message template"),
        (["no.json", "a.ndjson"], 3, "no.json cannot be read: no such file"),
        (["t.json", "a.ndjson", "--tz", "Mars"], 2, "not a time zone: Mars"),
        (["t.json", "a.ndjson", "--tz", "GMT+25"], 2, "not a time zone: GMT+25"),
        (["t.json", "a.ndjson", "--now", "today"], 2, 'not a date and time: "today"'),
        (["t.json", "a.ndjson", "--data", "list.json"], 3, "list.json is not one object"),
        (["t.json", "a.ndjson", "--data", "a.ndjson"], 3, "a.ndjson is not one object"),
        (["t.json", "a.ndjson", "--data", "broken.json"], 3, "broken.json:1: "),
        (["t.json"], 2, "no endpoints are named"),
        ([], 2, "no template is named"),
        ([".", "a.ndjson"], 2, ". is a directory"),
        (["-", "a.ndjson"], 2, "- is standard input"),
        (["wrong.html", "a.ndjson", "-o", "html"], 2, "an e-mail is for one endpoint"),
        (["t.json", "a.ndjson", "--save", "x.html"], 2, "t.json is not an e-mail template"),
        (["m.html", "a.ndjson", "--save", "m.html"], 2, "m.html is an input"),
        (["m.html", "a.ndjson", "--save", "a.ndjson"], 2, "a.ndjson is an input"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], code: int, message: str) -> None:
    """It is said what is wrong, and nothing is printed as a result."""
    preview(SMS, PEOPLE)
    Path("list.json").write_text("[]", encoding="utf-8")
    Path("broken.json").write_text("{", encoding="utf-8")
    Path("m.html").write_text("x", encoding="utf-8")
    Path("wrong.html").write_text("{{Nam}}", encoding="utf-8")
    ended = run("preview", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
