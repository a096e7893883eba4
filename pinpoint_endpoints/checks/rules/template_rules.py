"""Rules about message templates: what Pinpoint could not render, or would render otherwise."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.stack_functions import (
    is_function,
    text_of_function,
    unknown_result,
)
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_style
from pinpoint_endpoints.documents.template_shapes import PLATFORMS
from pinpoint_endpoints.masking import counted, shown_member
from pinpoint_endpoints.quotas import (
    MAX_ADM_TEMPLATE_LENGTH,
    MAX_EMAIL_HEADERS,
    MAX_TEMPLATE_LENGTH,
)
from pinpoint_endpoints.templates.audience import Names
from pinpoint_endpoints.templates.model import Variable
from pinpoint_endpoints.templates.read import Part, Template
from pinpoint_endpoints.templates.render import Compiled
from pinpoint_endpoints.templates.sms import characters_outside_gsm_7
from pinpoint_endpoints.templates.syntax import TemplateError
from pinpoint_endpoints.templates.variables import (
    MEMBERS,
    attribute_in,
    others_named,
    unknown,
    written,
)

_TYPES: Mapping[type, str] = {str: "a string", dict: "an object", list: "a list"}
_OF_ALL: Mapping[str, type] = {
    "DefaultSubstitutions": str,
    "RecommenderId": str,
    "Tags": object,
    "TemplateDescription": str,
    "TemplateName": str,
    "TemplateType": str,
    "tags": dict,
    **dict.fromkeys(("Arn", "CreationDate", "LastModifiedDate", "Version"), object),
}
"""The members of requests and responses of every kind, and of resources of CloudFormation."""

MEMBERS_OF_TEMPLATES: Mapping[str, Mapping[str, type]] = {
    "EMAIL": {"Subject": str, "HtmlPart": str, "TextPart": str, "Headers": list},
    "SMS": {"Body": str},
    "PUSH": dict.fromkeys(PLATFORMS, dict),
    "VOICE": {"Body": str, "LanguageCode": str, "VoiceId": str},
    "INAPP": {"Content": list, "CustomConfig": dict, "Layout": str},
}
PUSH_MEMBERS: Mapping[str, type] = dict.fromkeys(
    (
        *("Action", "Body", "ImageIconUrl", "ImageUrl", "MediaUrl", "RawContent"),
        *("SmallImageIconUrl", "Sound", "Title", "Url"),
    ),
    str,
)
"""Of all platforms together."""

_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|mailto:)", re.IGNORECASE)
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_MAX_CHARACTERS = 10
_IN_GSM_7 = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2013": "-",
    "\u2014": "-",
    "\u2026": "...",
    "\u00a0": "a space",
    "`": "'",
}
"""What people write in place of characters that word processors put in."""


class PartText(NamedTuple):
    """A part of a template as it was read.

    Attributes:
        part: the part.
        compiled: None if it cannot be read.
        error: why it cannot.
    """

    part: Part
    compiled: Compiled | None
    error: TemplateError | None = None


class CheckedTemplate(NamedTuple):
    """A template, and what is known about the messages.

    Attributes:
        template: the template.
        parts: its parts.
        given: the names of the values that the template or the message has.
        names: those that the audience has; empty if there is none.
        members: the object that the template is; None for a text.
    """

    template: Template
    parts: Sequence[PartText]
    given: Collection[tuple[str, ...]]
    names: Names
    members: Mapping[str, object] | None = None

    def variables(self) -> Iterator[tuple[Part, Variable]]:
        """Yield the variables, without words that are taken as texts, with their parts."""
        for part, compiled, _ in self.parts:
            for variable in compiled.variables if compiled else ():
                if variable.role != "word":
                    yield part, variable


class TemplateFinding(NamedTuple):
    """A problem in a part of a template.

    Attributes:
        part: the part; one without a text is a member of the template, which its pointer names.
        start: the offset in its text where the problem is.
        end: the offset after it.
        message: what is wrong.
        hint: what to do about it, or empty.
        severity: if it is not the rule's own.
        at_key: whether the name of the member is wrong.
    """

    part: Part
    start: int
    end: int
    message: str
    hint: str = ""
    severity: Severity | None = None
    at_key: bool = False


Findings = Iterator[TemplateFinding]


def _noted(template: CheckedTemplate, noted: Collection[str]) -> Findings:
    """Yield what reading the language has noticed."""
    for part, compiled, _ in template.parts:
        for note in compiled.notes if compiled else ():
            if note.code in noted:
                severity = Severity.ERROR if note.is_error else Severity.WARNING
                start, end = note.place.start, note.place.end
                yield TemplateFinding(part, start, end, note.message, note.hint, severity)


@rule(codes.TEMPLATE_SYNTAX, Scope.TEMPLATE, ignorable=False)
def template_syntax(template: CheckedTemplate) -> Findings:
    """A template cannot be read.

    Templates are written in the language of Handlebars.js: `{{variable}}`, `{{#helper value}}` to
    `{{/helper}}`, `{{!-- comment --}}`. Pinpoint refuses a template that it cannot read when a
    message is sent, and no message arrives.

    Source: AWS, Amazon Pinpoint User Guide, "Using message template helpers"; Handlebars.js.

    Wrong:
        {"SMSTemplateRequest": {"Body": "Hi {{#if User.UserId}}friend"}}

    Right:
        {"SMSTemplateRequest": {"Body": "Hi {{#if User.UserId}}friend{{/if}}"}}
    """
    for part, _, error in template.parts:
        if error is not None:
            yield TemplateFinding(part, error.offset, error.offset + 1, error.message, error.hint)


@rule(codes.UNKNOWN_HELPER, Scope.TEMPLATE)
def unknown_helper(template: CheckedTemplate) -> Findings:
    """A helper does not exist, or is given what it does not take.

    The names of helpers are case-sensitive. A word processor or an editor of e-mails that writes
    headings in capitals turns `{{#if}}` into `{{#IF}}`.

    Source: AWS, Amazon Pinpoint User Guide, "Using message template helpers".

    Wrong:
        {"SMSTemplateRequest": {"Body": "{{#IF User.UserId}}Hi{{/IF}}"}}

    Right:
        {"SMSTemplateRequest": {"Body": "{{#if User.UserId}}Hi{{/if}}"}}
    """
    return _noted(template, ("unknown-helper", "wrong-arguments", "unknown-partial"))


@rule(codes.UNKNOWN_VARIABLE, Scope.TEMPLATE)
def unknown_variable(template: CheckedTemplate) -> Findings:
    """A variable is none that an endpoint can have.

    Variables are written from the top of the endpoint, and in its case: an attribute of the user is
    `User.UserAttributes.FirstName`, one of the endpoint `Attributes.FirstName`. A single name that
    resembles none of an endpoint's members is a warning: a message may bring a value for it in its
    Substitutions, or `--data` for a preview.

    Source: AWS, Amazon Pinpoint User Guide, "Adding personalized content to message templates".

    Wrong:
        {"SMSTemplateRequest": {"Body": "Hi {{UserAttributes.FirstName}}"}}

    Right:
        {"SMSTemplateRequest": {"Body": "Hi {{User.UserAttributes.FirstName}}"}}
    """
    is_in_app = template.template.kind == "INAPP"
    for part, variable in template.variables():
        path, place = variable.path, variable.place
        if is_in_app:
            message = "in-app messages have no variables: this is shown as it is"
            yield TemplateFinding(part, place.start, place.end, message, "write the text itself")
            continue
        if not path or path[0].startswith("[") or _is_given(path, template.given):
            continue
        found = unknown(path, template.names.counts)
        if found is None:
            continue
        is_slip = bool(found.likely) or len(path) > 1
        message = f"no endpoint can have {written(path)}"
        hint = (
            "attributes are User.UserAttributes.NAME or Attributes.NAME; a message may bring the "
            "value in its Substitutions, and a preview with --data"
        )
        if found.likely:
            had = f", which {_have(found.endpoints)}" if found.endpoints else ""
            hint = f"did you mean {written(found.likely)}{had}?"
        elif is_slip:
            hint = f"variables begin with {', '.join(MEMBERS)}"
        severity = None if is_slip else Severity.WARNING
        yield TemplateFinding(part, place.start, place.end, message, hint, severity)


@rule(codes.ATTRIBUTE_OF_NO_ENDPOINT, Scope.TEMPLATE)
def attribute_of_no_endpoint(template: CheckedTemplate) -> Findings:
    """A variable is an attribute that no endpoint of the audience has.

    Only `pe preview` can know. Attributes of endpoints and of users are different things:
    `Attributes.FirstName` is empty where the name is in `User.UserAttributes`. Names are
    case-sensitive.

    Source: AWS, Amazon Pinpoint User Guide, "Adding personalized content to message templates".

    Wrong:
        {"SMSTemplateRequest": {"Body": "Hi {{Attributes.FirstName}}"}}

    Right:
        {"SMSTemplateRequest": {"Body": "Hi {{User.UserAttributes.FirstName}}"}}
    """
    names = template.names
    if not names.messages:
        return
    for part, variable in template.variables():
        attribute = attribute_in(variable.path or ())
        if not attribute or attribute in names.of_messages or _is_given(attribute, template.given):
            continue
        if "[]" in (variable.path or ()):
            continue  # of a loop, which is named
        number = names.counts[attribute]
        who = "that gets the message" if number else "of the audience"
        message = f"no endpoint {who} has {written(attribute)}"
        others = [
            f"{written(path)}, which {_have(count)}"
            for path, count in others_named(attribute, names.counts)
        ]
        hint = f"did you mean {others[0]}?" if others else "check the name, or give it a default"
        if number:
            hint = f"{_have(number)} it, but {'gets' if number == 1 else 'get'} no message"
        yield TemplateFinding(part, variable.place.start, variable.place.end, message, hint)


@rule(codes.LIST_IN_HELPER, Scope.TEMPLATE, severity=Severity.WARNING)
def list_in_helper(template: CheckedTemplate) -> Findings:
    """A helper that works on a text is given a list.

    Attributes are lists, also with one value. "When passing a list in a helper that expects a
    string you must specify the index": `.[0]` is the first value. `join`, `each` and conditions
    take whole lists.

    Source: AWS, Amazon Pinpoint User Guide, "Using message template helpers".

    Wrong:
        {"SMSTemplateRequest": {"Body": "Hi {{upper User.UserAttributes.FirstName}}"}}

    Right:
        {"SMSTemplateRequest": {"Body": "Hi {{upper User.UserAttributes.FirstName.[0]}}"}}
    """
    return _noted(template, ("list-without-index",))


@rule(codes.UNQUOTED_WORD, Scope.TEMPLATE, severity=Severity.WARNING)
def unquoted_word(template: CheckedTemplate) -> Findings:
    r"""A word without quotes is the name of a variable, and not a text.

    AWS's own examples have such words (`tz=America/Los_Angeles`): Handlebars.js finds no variable
    of that name, and takes nothing. `pe` takes the word as it is.

    Source: AWS, Amazon Pinpoint User Guide, "Using message template helpers"; Handlebars.js.

    Wrong:
        {"SMSTemplateRequest": {"Body": "{{now \"short\" tz=America/Los_Angeles}}"}}

    Right:
        {"SMSTemplateRequest": {"Body": "{{now \"short\" tz=\"America/Los_Angeles\"}}"}}
    """
    return _noted(template, ("unquoted-word",))


@rule(codes.VARIABLE_IN_URL, Scope.TEMPLATE, severity=Severity.WARNING)
def variable_in_url(template: CheckedTemplate) -> Findings:
    """A value is put into a URL as it is.

    Pinpoint does not encode it: `+`, `&`, `#`, `%` and spaces in the value break the link. An
    address such as `ada+news@example.com` arrives at the server as `ada news@example.com`. A
    variable that holds the whole URL is all right.

    Source: AWS, Amazon Pinpoint User Guide, "Adding personalized content to message templates".

    Wrong:
        {"SMSTemplateRequest": {"Body": "https://example.com/?mail={{Address}}"}}

    Right:
        {"SMSTemplateRequest": {"Body": "https://example.com/?id={{Id}}"}}
    """
    for part, variable in template.variables():
        if variable.role in ("text", "url") and variable.path not in (("Id",), ("RequestId",)):
            place = variable.place
            before = _TAG.sub("x", part.text[max(place.start - 2_000, 0) : place.start])
            before = before.rpartition("{{")[0]
            url = re.split(r"[\s\"'<>(]", before)[-1]
            if _URL.match(url):
                message = f"{written(variable.path or ())} is put into a URL without encoding"
                hint = "take a value that needs none, such as Id, or store it encoded"
                yield TemplateFinding(part, place.start, place.end, message, hint)


@rule(codes.TEMPLATE_LIMIT, Scope.TEMPLATE)
def template_limit(template: CheckedTemplate) -> Findings:
    """A template is larger than Pinpoint takes.

    An SMS template has at most 1,600 characters, a voice template 10,000, each part of a push
    template 4,000 (Amazon Device Messaging: 6,000), an e-mail template 600,000, and 15 headers.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas"; botocore's service model.

    Wrong:
        {"SMSTemplateRequest": {"Body": "…more than 1,600 characters…"}}

    Right:
        {"SMSTemplateRequest": {"Body": "…up to 1,600 characters…"}}
    """
    kind = template.template.kind
    headers = 0
    for part, _, _ in template.parts:
        limit = MAX_ADM_TEMPLATE_LENGTH if _is_adm(part) else MAX_TEMPLATE_LENGTH[kind]
        if len(part.text) > limit:
            message = f"{len(part.text):,} characters, and the limit is {limit:,}"
            yield TemplateFinding(part, 0, 1, message, "shorten it")
        headers += part.name.startswith("Headers.")
        if headers == MAX_EMAIL_HEADERS + 1:
            message = f"an e-mail has at most {MAX_EMAIL_HEADERS} headers"
            yield TemplateFinding(part, 0, 1, message, "remove the others")


@rule(codes.SMS_CHARACTER, Scope.TEMPLATE, severity=Severity.WARNING)
def sms_character(template: CheckedTemplate) -> Findings:
    """A character makes every SMS longer, and so dearer.

    With characters of GSM-7 alone a part of an SMS has 160 characters, and AWS bills each part. One
    other character in the message, such as the apostrophe that word processors write, leaves 70.

    Source: AWS, End User Messaging SMS User Guide, "SMS character limits".

    Wrong:
        {"SMSTemplateRequest": {"Body": "It\u2019s your day"}}

    Right:
        {"SMSTemplateRequest": {"Body": "It's your day"}}
    """
    for part, _, _ in template.parts if template.template.kind == "SMS" else ():
        own = _TAG.sub(lambda tag: " " * len(tag[0]), part.text)
        odd = characters_outside_gsm_7(own)
        if not odd:
            continue
        start = own.index(odd[0])
        shown = " ".join(odd[:_MAX_CHARACTERS]) + (" …" if len(odd) > _MAX_CHARACTERS else "")
        message = f"not in GSM-7: {shown}; so a part has 70 characters instead of 160"
        better = " ".join(dict.fromkeys(_IN_GSM_7[one] for one in odd if one in _IN_GSM_7))
        hint = f"write {better} instead" if all(one in _IN_GSM_7 for one in odd) else ""
        yield TemplateFinding(part, start, start + 1, message, hint)


@rule(codes.TEMPLATE_MEMBER, Scope.TEMPLATE)
def template_member(template: CheckedTemplate) -> Findings:
    """A template has an unknown member, or one of the wrong type.

    boto3 and the AWS CLI refuse the whole request. Texts are strings, and so are
    `DefaultSubstitutions`: JSON, written as a string. A template without any text is a warning, and
    so is a text from a function of CloudFormation, unless the function joins texts in the file.
    A `TemplateName` begins with a letter or a digit, and has letters, digits, `_` and `-`, at most
    128.

    Source: botocore's service model, `EmailTemplateRequest`, `TemplateName` and others.

    Wrong:
        {"EmailTemplateRequest": {"Subject": "Hi", "HTMLPart": "<p>Hi</p>"}}

    Right:
        {"EmailTemplateRequest": {"Subject": "Hi", "HtmlPart": "<p>Hi</p>"}}
    """
    members = template.members
    yield from _wrong_name(template)
    pointer, known = template.template.pointer, MEMBERS_OF_TEMPLATES[template.template.kind]
    found: list[TemplateFinding] = []
    message = "the template has no text"
    if members is not None:
        message += f": expected {', '.join(known)}"
    if members is not None and any(name.endswith("Message") for name in members):
        message = "the message has no text: a template that it names is not read"
    elif members is not None:
        found += _wrong_members(pointer, members, known)
        for platform in PLATFORMS if template.template.kind == "PUSH" else ():
            inner = members.get(platform)
            if isinstance(inner, Mapping) and not is_function(inner):
                found += _wrong_members(f"{pointer}/{platform}", inner, PUSH_MEMBERS)
    yield from found
    if not found and not any(part.part.text for part in template.parts):
        yield TemplateFinding(Part("", "", pointer), 0, 0, message, "", Severity.WARNING)


def _wrong_name(template: CheckedTemplate) -> Findings:
    name, pointer = template.template.name, template.template.pointer
    if not name or _TEMPLATE_NAME.fullmatch(name):
        return
    beside = pointer.rpartition("/")[0]  # as `--cli-input-json` has it
    at = pointer if template.members and "TemplateName" in template.members else beside
    hint = "use letters, digits, _ and -, up to 128, with a letter or a digit first"
    part = Part("TemplateName", "", f"{at}/TemplateName")
    yield TemplateFinding(part, 0, 0, "not the name of a template", hint)


def _wrong_members(
    pointer: str, members: Mapping[str, object], known: Mapping[str, type]
) -> Findings:
    for name, value in members.items():
        part = Part(name, "", f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
        wanted = known.get(name) or _OF_ALL.get(name)
        if wanted is None:
            near = same_but_for_style(name, tuple(known)) or nearest(name, known)
            hint = f'did you mean "{near}"?' if near else f"the members are {', '.join(known)}"
            message = f'templates have no member "{shown_member(name)}"'
            yield TemplateFinding(part, 0, 0, message, hint, at_key=True)
        elif isinstance(value, dict) and is_function(value):
            if name in known and text_of_function(value) is None:
                yield TemplateFinding(part, 0, 0, unknown_result(value), "", Severity.WARNING)
        elif value is not None and not isinstance(value, wanted):
            hint = "write the JSON as a string" if name == "DefaultSubstitutions" else ""
            yield TemplateFinding(part, 0, 0, f"expected {_TYPES[wanted]}", hint)


def _is_adm(part: Part) -> bool:
    return part.name.startswith("ADM.")


def _is_given(path: Sequence[str], given: Collection[tuple[str, ...]]) -> bool:
    """Tell whether the template or the message has a value for a variable, or part of one."""
    return any(path[: len(name)] == name[: len(path)] for name in given)


def _have(endpoints: int) -> str:
    return f"{counted(endpoints, 'endpoint')} {'has' if endpoints == 1 else 'have'}"
