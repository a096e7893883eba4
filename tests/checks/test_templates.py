"""What is wrong with message templates, and where."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.loaders import Loader

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.checks.rules.template_rules import MEMBERS_OF_TEMPLATES, PUSH_MEMBERS
from pinpoint_endpoints.documents.load import of_any_kind
from pinpoint_endpoints.documents.model import Problem

ENDPOINT = {"ChannelType": "SMS", "Address": "+12065550100"}


def problems_in(path: Path, text: str) -> list[Problem]:
    """Return what `validate` finds in a file with this text."""
    path.write_text(text, encoding="utf-8")
    return [one for document in of_any_kind(load(path)) for one in validate(document)]


def codes_in(path: Path, body: str, **members: Any) -> list[str]:
    """Return the codes of the problems of an SMS template."""
    text = json.dumps({"SMSTemplateRequest": {"Body": body, **members}})
    return [problem.code for problem in problems_in(path, text)]


BODY = 'Hi\n"{{Id}}"\n é {{IF}} and {{upper Attributes.x}}\n{{IF}} {{IF x}}'
"""The third `{{IF` is wrong: the others are variables."""


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".json", json.dumps({"Body": BODY})),
        (".json", json.dumps({"Body": BODY}, ensure_ascii=False, indent=2)),
        (".yaml", yaml.safe_dump({"Body": BODY}, default_style='"', allow_unicode=True)),
        (".yaml", yaml.safe_dump({"Body": BODY}, default_style="'", allow_unicode=True)),
        (".yaml", "Body: |\n" + "".join(f"  {line}\n" for line in BODY.splitlines())),
        (".hbs", BODY),
    ],
)
def test_a_problem_is_where_its_tag_is(tmp_path: Path, suffix: str, text: str) -> None:
    """However the file writes the text, the place is that of the tag in it."""
    path = tmp_path / f"a{suffix}"
    (problem,) = [one for one in problems_in(path, text) if one.code == "PE502"]
    line = text.splitlines()[problem.line - 1]
    assert line[problem.column - 1 : problem.end_column - 1] == "IF"
    assert line[: problem.column - 1].endswith("{{")
    assert line[problem.column + 1 :].startswith(" x}}")


@pytest.mark.parametrize(
    ("body", "code", "hint"),
    [
        ("{{UserAttributes.x}}", "PE503", "did you mean User.UserAttributes.x?"),
        ("{{user.userattributes.x}}", "PE503", "did you mean User.UserAttributes.x?"),
        ("{{User.Attributes.x}}", "PE503", "did you mean User.UserAttributes.x?"),
        ("{{City}}", "PE503", "did you mean Location.City?"),
        ("{{Location.city}}", "PE503", "did you mean Location.City?"),
        ("{{Agent.Name}}", "PE503", "variables begin with Address, Attributes,"),
        ("{{OTP}}", "PE503", "a message may bring the value in its Substitutions"),
        ('{{now "short" tz=Europe/Berlin}}', "PE506", 'write "Europe/Berlin"'),
        ("{{lower Attributes.x}}", "PE505", "write Attributes.x.[0]"),
        ("https://x.org/?a={{Attributes.x}}", "PE507", "take a value that needs none"),
        ("{{#if Id}}x", "PE501", "add {{/if}}"),
        ("{{#unles Id}}x{{/unles}}", "PE502", "did you mean unless?"),
        ("x\u2019", "PE509", "write ' instead"),
        ("x" * 1_601, "PE508", "shorten it"),
    ],
)
def test_a_mistake_has_a_hint(tmp_path: Path, body: str, code: str, hint: str) -> None:
    """It is said what to write instead."""
    (problem,) = problems_in(tmp_path / "a.json", json.dumps({"Body": body}))
    assert problem.code == code
    assert hint in problem.hint


@pytest.mark.parametrize(
    "body",
    [
        "{{Address}} {{User.UserId}} {{Demographic.Locale}} {{Metrics.x}} {{RecommendationItems}}",
        "{{#each User.UserAttributes.Colors}}{{this}} {{@index}}{{/each}}",
        '{{#with Location}}{{City}}{{/with}}{{join Attributes.x ", "}}',
        "{{amazonSESUnsubscribeUrl}}",
        "<a href='{{Attributes.Link}}'>x</a>",
    ],
)
def test_what_the_guide_writes_is_right(tmp_path: Path, body: str) -> None:
    """The guide's variables, loops over lists and whole URLs have no problem."""
    assert codes_in(tmp_path / "a.json", body) == []


def test_a_default_makes_a_name_known(tmp_path: Path) -> None:
    """Both forms of defaults count."""
    flat, nested = '{"OTP": "1", "Agent.Name": "Jo"}', '{"Agent": {"Name": "Jo"}, "OTP": "1"}'
    for defaults in (flat, nested):
        body = "{{OTP}} {{Agent.Name}}"
        assert codes_in(tmp_path / "a.json", body, DefaultSubstitutions=defaults) == []
    address = {"ChannelType": "SMS", "Substitutions": {"OTP": ["1"]}}
    message = {"SMSMessage": {"Body": "{{OTP}}"}}
    send = {"Addresses": {"+12065550100": address}, "MessageConfiguration": message}
    assert problems_in(tmp_path / "send.json", json.dumps({"MessageRequest": send})) == []


def test_each_template_of_a_file_is_checked(tmp_path: Path) -> None:
    """Those of a list, of a stack and of a campaign's message; endpoints beside them too."""
    wrong = {"Body": "{{#x"}
    stack = {"Resources": {"a/b": {"Type": "AWS::Pinpoint::SmsTemplate", "Properties": wrong}}}
    campaign = {"MessageConfiguration": {"SMSMessage": wrong, "EmailMessage": {"Title": "{{"}}}
    value = [wrong, stack, campaign, ENDPOINT]
    problems = problems_in(tmp_path / "a.json", json.dumps(value))
    assert [problem.pointer for problem in problems if problem.code == "PE501"] == [
        "/0/Body",
        "/1/Resources/a~1b/Properties/Body",
        "/2/MessageConfiguration/SMSMessage/Body",
        "/2/MessageConfiguration/EmailMessage/Title",
    ]
    assert "/3" in problems[-1].pointer


def test_in_app_messages_have_no_variables(tmp_path: Path) -> None:
    """A variable in one is shown as it is written."""
    content = [{"BodyConfig": {"Body": "Hi {{User.UserId}}"}}]
    text = json.dumps({"InAppTemplateRequest": {"Content": content, "Layout": "TOP_BANNER"}})
    (problem,) = problems_in(tmp_path / "a.json", text)
    assert (problem.code, problem.pointer) == (
        "PE503",
        "/InAppTemplateRequest/Content/0/BodyConfig/Body",
    )


def test_defaults_that_are_not_json_are_named(tmp_path: Path) -> None:
    """The place is that of the defaults."""
    text = json.dumps({"Body": "x", "DefaultSubstitutions": "{x"})
    (problem,) = problems_in(tmp_path / "a.json", text)
    assert (problem.code, problem.pointer) == ("PE501", "/DefaultSubstitutions")


def test_for_endpoint_commands_a_template_is_no_endpoint(tmp_path: Path) -> None:
    """One problem says what it is."""
    path = tmp_path / "a.html"
    path.write_text("<p>{{#x", encoding="utf-8")
    (document,) = load(path)
    (problem,) = validate(document)
    assert problem.code == "PE013"
    assert "a message template" in problem.message


@pytest.mark.parametrize(
    ("value", "pointer", "hint"),
    [
        ({"SMSTemplateRequest": {"body": "x"}}, "/SMSTemplateRequest/body", '"Body"'),
        ({"Subject": "x", "HTMLPart": "y"}, "/HTMLPart", '"HtmlPart"'),
        ({"Subject": "x", "TextPart": ["y"]}, "/TextPart", ""),
        ({"Body": "x", "DefaultSubstitutions": {"a": "b"}}, "/DefaultSubstitutions", "a string"),
        ({"APNS": {"Body": "x", "title": "y"}}, "/APNS/title", '"Title"'),
        ({"VoiceTemplateRequest": {"Body": "x", "VoiceID": "y"}}, "/VoiceTemplateRequest/VoiceID",
         '"VoiceId"'),
        ({"EmailTemplateRequest": {}}, "/EmailTemplateRequest", ""),
        ({"TemplateName": "my offer", "SMSTemplateRequest": {"Body": "x"}}, "/TemplateName",
         "letters, digits"),
        ({"TemplateName": "-x", "TemplateType": "SMS", "Body": "x"}, "/TemplateName", "first"),
        ({"Body": 12}, "/Body", ""),
        ({"Content": 7, "Layout": "TOP_BANNER"}, "/Content", ""),
        ({"MessageConfiguration": {"SMSMessage": {"SenderId": "x"}}}, "/MessageConfiguration", ""),
    ],
)  # fmt: skip
def test_members_are_those_of_the_service(
    tmp_path: Path, value: Any, pointer: str, hint: str
) -> None:
    """Another one, or one of another type, is named with its place."""
    problems = problems_in(tmp_path / "a.json", json.dumps(value))
    (problem,) = [one for one in problems if one.code == "PE510"]
    assert problem.pointer == pointer
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("EMAIL", "EmailTemplate"), ("SMS", "SMSTemplate"), ("PUSH", "PushNotificationTemplate"),
     ("VOICE", "VoiceTemplate"), ("INAPP", "InAppTemplate")],
)  # fmt: skip
def test_the_members_are_those_of_the_model(tmp_path: Path, kind: str, shape: str) -> None:
    """Every member of botocore's requests and responses is known, and no other."""
    model = Loader().load_service_model("pinpoint", "service-2")["shapes"]
    for end in ("Request", "Response"):
        members = model[f"{shape}{end}"]["members"]
        known = MEMBERS_OF_TEMPLATES[kind]
        assert known.keys() <= members.keys()
        value = {f"{shape}{end}": dict.fromkeys(members)}
        problems = problems_in(tmp_path / "a.json", json.dumps(value))
        assert "there is no member" not in " ".join(one.message for one in problems)
    platforms = ("APNSPushNotificationTemplate", "AndroidPushNotificationTemplate",
                 "DefaultPushNotificationTemplate")  # fmt: skip
    assert PUSH_MEMBERS.keys() == {name for one in platforms for name in model[one]["members"]}
