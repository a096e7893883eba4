"""Message templates in the forms in which AWS's tools write them."""

import json
from typing import Any

import pytest

from pinpoint_endpoints.templates.read import Template, templates_in
from pinpoint_endpoints.templates.syntax import TemplateError

EMAIL: dict[str, Any] = {
    "Subject": "Hi",
    "HtmlPart": "<p>Hi</p>",
    "TextPart": "Hi",
    "Headers": [{"Name": "X-Id", "Value": "{{Id}}"}],
    "DefaultSubstitutions": '{"User.UserAttributes.FirstName": "there"}',
    "RecommenderId": "r1",
}
SMS = {"Body": "Hi {{Id}}"}
PUSH = {"Default": {"Title": "T", "Body": "B", "Sound": "s"}, "GCM": {"RawContent": "{}"}}
VOICE = {"Body": "Hi", "VoiceId": "Joanna"}
IN_APP = {"Content": [{"HeaderConfig": {"Header": "H"}, "BodyConfig": {"Body": "B"}}]}


def only(value: object, channel: str = "") -> Template:
    """Return the one template in the value of a file."""
    (template,) = templates_in(value, channel)
    return template


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (EMAIL, ""),
        ({**EMAIL, "TemplateName": "t", "TemplateType": "EMAIL", "Version": "1"}, ""),
        ({"EmailTemplateResponse": EMAIL}, "/EmailTemplateResponse"),
        ({"TemplateName": "t", "EmailTemplateRequest": EMAIL}, "/EmailTemplateRequest"),
        ({"Type": "AWS::Pinpoint::EmailTemplate", "Properties": EMAIL}, "/Properties"),
        (
            {"Resources": {"t": {"Type": "AWS::Pinpoint::EmailTemplate", "Properties": EMAIL}}},
            "/Resources/t/Properties",
        ),
    ],
)
def test_an_email_template_is_read_in_each_form(value: object, pointer: str) -> None:
    """As a request, as a response, for --cli-input-json, and from CloudFormation."""
    template = only(value)
    assert (template.kind, template.pointer) == ("EMAIL", pointer)
    assert [(part.name, part.pointer, part.escape) for part in template.parts] == [
        ("Subject", f"{pointer}/Subject", False),
        ("HtmlPart", f"{pointer}/HtmlPart", True),
        ("TextPart", f"{pointer}/TextPart", False),
        ("Headers.0.Value", f"{pointer}/Headers/0/Value", False),
    ]
    assert template.defaults == {("User", "UserAttributes", "FirstName"): "there"}
    assert template.has_recommender


@pytest.mark.parametrize(
    ("value", "kind", "parts"),
    [
        (SMS, "SMS", ["Body"]),
        ({"SMSTemplateResponse": {**SMS, "TemplateType": "SMS"}}, "SMS", ["Body"]),
        (VOICE, "VOICE", ["Body"]),
        ({**SMS, "TemplateType": "VOICE"}, "VOICE", ["Body"]),
        (PUSH, "PUSH", ["Default.Title", "Default.Body", "GCM.RawContent"]),
        ({"PushNotificationTemplateRequest": PUSH}, "PUSH", None),
        (IN_APP, "INAPP", ["Content.0.HeaderConfig.Header", "Content.0.BodyConfig.Body"]),
        ({"MessageConfiguration": {"SMSMessage": SMS}}, "SMS", ["Body"]),
        (
            {"WriteCampaignRequest": {"MessageConfiguration": {"APNSMessage": {"Title": "T"}}}},
            "PUSH",
            ["APNS.Title"],
        ),
        ({"EmailMessage": {"Title": "T", "HtmlBody": "<p>"}}, "EMAIL", ["Subject", "HtmlPart"]),
        (
            {
                "ApplicationId": "a",
                "MessageRequest": {
                    "MessageConfiguration": {
                        "EmailMessage": {"SimpleEmail": {"TextPart": {"Data": "Hi"}}}
                    }
                },
            },
            "EMAIL",
            ["TextPart"],
        ),
    ],
)
def test_a_template_is_known_by_its_members(
    value: object, kind: str, parts: list[str] | None
) -> None:
    """Whatever it is wrapped in; messages of campaigns and sends are templates too."""
    template = only(value)
    assert template.kind == kind
    assert parts is None or [part.name for part in template.parts] == parts


def test_a_send_brings_values_along() -> None:
    """For all, for a channel, and for single addresses, endpoints and users."""
    request = {
        "MessageConfiguration": {
            "DefaultMessage": {"Body": "x", "Substitutions": {"a": ["1"], "b": ["1"]}},
            "SMSMessage": {"Body": "{{a}}", "Substitutions": {"a": ["2"]}},
        },
        "Addresses": {"+1": {"ChannelType": "SMS", "Substitutions": {"a": ["3"]}}},
        "Endpoints": {"e1": {"Substitutions": {"User.UserAttributes.x": ["4"]}}, "e2": {}},
    }
    template = only({"MessageRequest": request})
    assert template.substitutions == {("a",): ["2"], ("b",): ["1"]}
    assert template.addresses == {
        "+1": {("a",): ["3"]},
        "e1": {("User", "UserAttributes", "x"): ["4"]},
    }


@pytest.mark.parametrize(
    "defaults",
    [
        {"User.UserAttributes.Last Name": "x", "Attributes.a.[0]": "y"},
        {"User": {"UserAttributes": {"Last Name": "x"}}, "Attributes": {"a": "y"}},
        {"User.UserAttributes.[Last Name]": "x", "Attributes": {"a": "y"}},
    ],
)
@pytest.mark.parametrize("write", [json.dumps, lambda value: value])
def test_defaults_are_read_flat_and_nested(defaults: dict[str, Any], write: Any) -> None:
    """Both are in use; some tools write the object instead of its JSON."""
    template = only({**SMS, "DefaultSubstitutions": write(defaults)})
    expected = {("User", "UserAttributes", "Last Name"): "x", ("Attributes", "a"): "y"}
    assert template.defaults == expected


@pytest.mark.parametrize(
    ("text", "channel", "part", "escape"),
    [
        ("<p>{{Id}}</p>", "EMAIL", "HtmlPart", True),
        ("{{Id}} < 3", "EMAIL", "TextPart", False),
        ("<p>", "SMS", "Body", False),
        ("x", "PUSH", "Default.Body", False),
    ],
)
def test_a_text_is_a_template_of_a_channel(
    text: str, channel: str, part: str, *, escape: bool
) -> None:
    """Of an e-mail, it is the HTML part if it has tags."""
    template = only(text, channel)
    assert [(found.name, found.text, found.escape) for found in template.parts] == [
        (part, text, escape)
    ]


@pytest.mark.parametrize(
    ("value", "message", "pointer"),
    [
        ({"Address": "a@example.com", "ChannelType": "EMAIL"}, "not a message template", ""),
        ([], "not a message template", ""),
        ("Hi", "does not say which channel", ""),
        ({"DefaultMessage": {"Body": "x"}}, "does not say which channel", ""),
        ({**SMS, "DefaultSubstitutions": "{"}, "is not JSON", "/DefaultSubstitutions"),
        ({**SMS, "DefaultSubstitutions": "[]"}, "is not a JSON object", "/DefaultSubstitutions"),
    ],
)
def test_what_is_no_template_is_an_error(value: object, message: str, pointer: str) -> None:
    """It says what is wrong, and where."""
    with pytest.raises(TemplateError, match=message) as caught:
        only(value)
    assert caught.value.pointer == pointer
