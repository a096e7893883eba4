"""Message templates for Amazon Connect and Amazon SES."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import validate_parameters
from commands import envelope_in, run

KNOWLEDGE_BASE = "00000000-0000-0000-0000-000000000000"
EMAIL = {
    "TemplateName": "welcome",
    "TemplateType": "EMAIL",
    "TemplateDescription": "for new customers",
    "Subject": "Hi {{User.UserAttributes.FirstName}}",
    "HtmlPart": "<p>\n{{upper User.UserAttributes.[Last Name].[0]}} {{Address}} {{User.UserId}}",
    "TextPart": "{{Location.City}} {{Metrics.Visits}} {{Attributes.a.[1]}} {{OTP}}",
    "Headers": [{"Name": "X-Plan", "Value": "{{Attributes.plan.[0]}}"}],
    "DefaultSubstitutions": '{"User.UserAttributes.FirstName": "there", "Location.City": "Rome"}',
}
SMS = {"Body": "{{Address}} {{Attributes.x}}"}
PUSH = {
    "Default": {"Title": "T", "Body": "{{Attributes.x}}", "Action": "OPEN_APP"},
    "GCM": {"Body": "G", "RawContent": "{}"},
}
VOICE = {"Body": "Hi", "VoiceId": "Joanna"}

Convert = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(name="convert")
def _convert(tmp_path: Path) -> Convert:
    """Convert templates; return the files that are written, and the envelope."""

    def convert(to: str, **templates: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        for name, template in templates.items():
            text = template if isinstance(template, str) else json.dumps(template)
            suffix = "html" if isinstance(template, str) else "json"
            (source / f"{name}.{suffix}").write_text(text, encoding="utf-8")
        ended = run("convert", "--to", to, "--templates", source, "-d", target, "-o", "json")
        files = {path.name: json.loads(path.read_bytes()) for path in target.glob("*.json")}
        return files, envelope_in(ended.out)

    return convert


def check(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Check parameters as botocore does before it sends them."""
    shape = Session().get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    validate_parameters(parameters, shape)


def losses(envelope: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the members that were lost or cut, with the rules."""
    found = (one for one in envelope["results"] if one["kind"] == "member")
    return {(one["member"], one["rule"]) for one in found if one["loss"]}


def test_variables_have_the_names_of_profiles_in_connect(convert: Convert) -> None:
    """AWS: follow the mapping of endpoints to profiles, prefixed with Attributes.Customer."""
    files, envelope = convert("connect", welcome=EMAIL)
    (request,) = files.values()
    assert list(files) == ["welcome.email.json"]
    assert request == {
        "name": "welcome",
        "description": "for new customers",
        "channelSubtype": "EMAIL",
        "content": {
            "email": {
                "subject": "Hi {{Attributes.Customer.Attributes.FirstName}}",
                "body": {
                    "html": {
                        "content": "<p>\n{{upper Attributes.Customer.Attributes.[Last Name]}} "
                        "{{Attributes.Customer.EmailAddress}} {{Attributes.Customer.AccountNumber}}"
                    },
                    "plainText": {
                        "content": "{{Attributes.Customer.City}} "
                        "{{Attributes.Customer.Attributes.Metrics_Visits}} "
                        "{{Attributes.Customer.Attributes.a_1}} {{OTP}}"
                    },
                },
                "headers": [{"name": "X-Plan", "value": "{{Attributes.Customer.Attributes.plan}}"}],
            }
        },
        "defaultAttributes": {
            "customerProfileAttributes": {"custom": {"FirstName": "there"}, "city": "Rome"}
        },
    }
    check("qconnect", "CreateMessageTemplate", {**request, "knowledgeBaseId": KNOWLEDGE_BASE})
    assert losses(envelope) == set()
    assert envelope["summary"]["templates"] == envelope["summary"]["written"] == 1


def test_each_channel_of_connect_has_its_content(convert: Convert) -> None:
    """The address of an SMS is a phone number; a platform's message replaces the default one."""
    default = {
        "action": "OPEN_APP",
        "title": "T",
        "body": {"content": "{{Attributes.Customer.Attributes.x}}"},
    }
    files, envelope = convert("connect", a=SMS, b=PUSH, c=VOICE)
    content = {name: request["content"] for name, request in files.items()}
    assert content == {
        "a.sms.json": {
            "sms": {
                "body": {
                    "plainText": {
                        "content": "{{Attributes.Customer.PhoneNumber}} "
                        "{{Attributes.Customer.Attributes.x}}"
                    }
                }
            }
        },
        "b.push.json": {
            "push": {
                "adm": default,
                "apns": default,
                "baidu": default,
                "fcm": {"body": {"content": "G"}, "rawContent": {"content": "{}"}},
            }
        },
    }
    for request in files.values():
        check("qconnect", "CreateMessageTemplate", {**request, "knowledgeBaseId": KNOWLEDGE_BASE})
    assert losses(envelope) == {("template", "no-counterpart")}
    assert (envelope["summary"]["templates"], envelope["summary"]["written"]) == (3, 2)


def test_what_connect_cannot_carry_stays_and_is_listed_with_its_place(convert: Convert) -> None:
    """Loops over attributes, with, and members that profiles have not."""
    text = (
        "<p>\n{{#each Attributes.colors}}{{this}}{{/each}}{{join Attributes.colors ','}}\n"
        "{{Id}} {{#with Location}}{{City}}{{/with}} {{Location.Region}}{{shout 'x'}}</p>"
    )
    files, envelope = convert("connect", page=text)
    kept = text.replace("Location.Region", "Attributes.Customer.State")
    assert files["page.email.json"]["content"]["email"]["body"]["html"]["content"] == kept
    assert losses(envelope) == {
        ("Attributes.colors", "list"),
        ("Id", "no-member"),
        ("Location", "with"),
        ("Location.Region", "region"),
        ("shout", "unknown-helper"),
    }
    places = {one["member"]: one["places"] for one in envelope["results"] if "member" in one}
    assert [place.rpartition("html")[2] for place in places["Attributes.colors"]] == [
        *(":2:9", ":2:52"),
    ]
    assert [place.rpartition("html")[2] for place in places["Id"]] == [":3:3"]


def test_ses_takes_e_mails_as_they_are(convert: Convert) -> None:
    """TemplateData has the values; helpers, headers and defaults are named."""
    files, envelope = convert("ses", welcome=EMAIL, text=SMS)
    assert files == {
        "welcome.email.json": {
            "TemplateName": "welcome",
            "TemplateContent": {
                "Subject": EMAIL["Subject"],
                "Text": EMAIL["TextPart"],
                "Html": EMAIL["HtmlPart"],
            },
        },
        "welcome.defaults.json": {
            "User": {"UserAttributes": {"FirstName": "there"}},
            "Location": {"City": "Rome"},
        },
    }
    check("sesv2", "CreateEmailTemplate", files["welcome.email.json"])
    assert losses(envelope) == {("upper", "helper"), ("Headers", "headers")}
    assert envelope["summary"]["skipped"] == 1


@pytest.mark.parametrize("target", ["connect", "ses"])
def test_what_functions_of_a_stack_return_is_lost(convert: Convert, target: str) -> None:
    """Joined texts are carried; a template without any known text is not written."""
    joined = {"Fn::Join": ["", ["<p>", {"Fn::Sub": "Hi</p>"}]]}
    texts = {"Subject": {"Fn::If": ["A", "Hi", "Ho"]}, "HtmlPart": joined}
    resources = {
        name: {
            "Type": "AWS::Pinpoint::EmailTemplate",
            "Properties": {"TemplateName": {"Fn::Sub": "${x}"}, **own},
        }
        for name, own in (("a", texts), ("b", {"HtmlPart": {"Ref": "H"}}), ("c", {"TextPart": ""}))
    }
    files, envelope = convert(target, stack={"Resources": resources})
    assert list(files) == ["a.email.json"]
    assert losses(envelope) == {
        ("Subject", "function"),
        ("HtmlPart", "function"),
        ("template", "no-text"),
    }


def test_templates_of_one_name_have_files_of_their_own(convert: Convert) -> None:
    """Names may clash as file names, like those of an e-mail and an SMS, or look like an option."""
    files, _ = convert("connect", a={**SMS, "TemplateName": "-x"}, b={**SMS, "TemplateName": "_x"})
    assert sorted(files) == ["_x-2.sms.json", "_x.sms.json"]


def test_a_broken_template_is_not_converted(convert: Convert) -> None:
    """It is reported with its place; the others are converted."""
    files, envelope = convert("connect", good=SMS, bad={"Body": "{{#if Id}}"})
    assert list(files) == ["good.sms.json"]
    assert envelope["summary"]["invalid"] == 1
    (rejected,) = [one for one in envelope["results"] if one["kind"] == "document"]
    assert rejected["problems"][0]["message"].startswith("the block if does not end")


def test_a_template_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    """The exit code is that of a file that cannot be read."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "a.json").write_text('{"Body": ', encoding="utf-8")
    (source / "b.json").write_text(json.dumps(SMS), encoding="utf-8")
    named = (argument for path in source.iterdir() for argument in ("--templates", path))
    ended = run("convert", "--to", "connect", *named, "-d", target)
    assert (ended.code, [path.name for path in target.iterdir()]) == (3, ["b.sms.json"])
    assert "1 template in, 1 out; 1 file cannot be read" in ended.err + ended.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "connect", "x.json"), "--to connect converts message templates"),
        (("--to", "ses"), "--to ses converts message templates"),
        (("--to", "csv", "--templates", "."), "--to csv converts endpoints"),
        (("--to", "ses", "--templates", "none", "-d", "out"), "none does not exist"),
        (("--to", "ses", "--templates", "."), "--to ses writes several files"),
        (("--to", "ses", "--templates", ".", "-d", "out"), "there is no message template"),
        (("--to", "ses", "--templates", "broken", "-d", "out"), "broken/x.json cannot be read"),
    ],
)
def test_templates_and_endpoints_are_not_mixed_up(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each format reads one of them, and says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken").mkdir()
    if "broken" in arguments:
        (tmp_path / "broken" / "x.json").write_text('{"Body": ', "utf-8")
    ended = run("convert", *arguments)
    assert ended.code in {2, 3}
    assert message in ended.err
