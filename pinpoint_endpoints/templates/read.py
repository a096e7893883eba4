"""Read message templates, and messages of campaigns and sends, as AWS's tools write them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import orjson

from pinpoint_endpoints.documents.stack_functions import text_of_function
from pinpoint_endpoints.documents.template_shapes import PLATFORMS
from pinpoint_endpoints.templates.syntax import TemplateError

TemplateKind = Literal["EMAIL", "SMS", "PUSH", "VOICE", "INAPP"]
ValueName = tuple[str, ...]
"""The names that lead to a value in an endpoint, such as `("User", "UserId")`."""


class Part(NamedTuple):
    """One text of a template that is rendered.

    Attributes:
        name: the member that it is, such as `HtmlPart` or `APNS.Body`; of a message, the member
            that a template has for it.
        text: the text.
        pointer: the JSON pointer to it in the file; empty for a file that is the text.
        escape: whether it is HTML.
    """

    name: str
    text: str
    pointer: str = ""
    escape: bool = False


class Template(NamedTuple):
    """A template, or a message with variables.

    Attributes:
        kind: what it is for.
        parts: its texts.
        name: the template's name, or empty.
        pointer: the JSON pointer to it in the file.
        defaults: the values of variables that an endpoint has not.
        substitutions: the values of variables that the message brings along.
        addresses: those that only one address or endpoint id gets, by that.
        has_recommender: whether a recommender model supplies values.
    """

    kind: TemplateKind
    parts: tuple[Part, ...]
    name: str = ""
    pointer: str = ""
    defaults: Mapping[ValueName, Any] = {}
    substitutions: Mapping[ValueName, Any] = {}
    addresses: Mapping[str, Mapping[ValueName, Any]] = {}
    has_recommender: bool = False


def templates_in(value: object, channel: str = "") -> list[Template]:
    """Return the templates in a file, in their order.

    Args:
        value: the value of the file; a text is the template itself.
        channel: EMAIL, SMS, PUSH or VOICE: what a text is for.

    Raises:
        TemplateError: there is none, or one cannot be read.
    """
    if isinstance(value, str):
        return [_bare(value, channel)]
    found = list(_templates(value, "", channel, "")) if isinstance(value, Mapping) else []
    if not found:
        message = "this is not a message template"
        hint = "expected an EmailTemplateRequest, SMSTemplateRequest …, as AWS's tools write it"
        raise TemplateError(message, hint=hint)
    return found


def _bare(text: str, channel: str) -> Template:
    match channel:
        case "EMAIL":
            is_html = bool(_HTML.search(text))
            part = Part("HtmlPart" if is_html else "TextPart", text, escape=is_html)
            return Template("EMAIL", (part,))
        case "SMS" | "VOICE":
            return Template(channel, (Part("Body", text),))
        case "PUSH":
            return Template("PUSH", (Part("Default.Body", text),))
        case "":
            message = "a text does not say which channel it is for"
            raise TemplateError(message, hint="add --channel email, sms, push or voice")
        case _:
            raise TemplateError(f"{channel} is not a channel of templates")


_HTML = re.compile(
    r"<(?:!doctype|html|head|body|style|table|div|span|p|br|a|h[1-6]|img|b|i|li)\b", re.IGNORECASE
)
_KINDS: Mapping[str, TemplateKind] = {
    "Email": "EMAIL",
    "SMS": "SMS",
    "Sms": "SMS",
    "PushNotification": "PUSH",
    "Push": "PUSH",
    "Voice": "VOICE",
    "InApp": "INAPP",
}
_WRAPPED = re.compile(rf"({'|'.join(_KINDS)})Template(?:Request|Response)")
_CLOUDFORMATION = re.compile(rf"AWS::Pinpoint::({'|'.join(_KINDS)})Template")
_WRAPPERS = (
    *("Properties", "WriteCampaignRequest", "CampaignResponse", "MessageRequest"),
    *("SendUsersMessageRequest", "MessageConfiguration"),
)
_PUSH_TEXTS = (
    *("Title", "Body", "Url", "MediaUrl", "ImageUrl", "ImageIconUrl", "SmallImageIconUrl"),
    "RawContent",
)


def _templates(
    value: Mapping[str, Any], pointer: str, channel: str, name: str
) -> Iterator[Template]:
    """Yield the templates in an object, inside any wrapper."""
    name = _own_name(value) or name
    found = False
    for key, inner, inner_name in _wrapped(value):
        found = True
        inside = f"{pointer}/{key}"
        request = _WRAPPED.fullmatch(key.rpartition("/")[2])
        if request:
            yield _template(_KINDS[request[1]], inner, inside, inner_name or name)
        elif key == "Properties":
            resource = _CLOUDFORMATION.fullmatch(str(value.get("Type")))
            if resource:
                yield _template(_KINDS[resource[1]], inner, inside, name)
        elif key == "MessageConfiguration":
            yield from _messages(inner, inside, channel, value)
        else:
            yield from _templates(inner, inside, channel, inner_name or name)
    if found:
        return
    if any(key in _MESSAGE_KINDS or key == "DefaultMessage" for key in value):
        yield from _messages(value, pointer, channel, {})
        return
    kind = _kind_of(value, channel)
    if kind:
        yield _template(kind, value, pointer, name)


def _own_name(value: Mapping[str, Any]) -> str:
    """Return the name of a template; an empty text if only the stack knows it."""
    name = _text(value.get("TemplateName"))
    return "" if "${" in name else name


def _wrapped(value: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Yield the objects that may have a template in them: pointer, object and name."""
    resources = value.get("Resources")
    if isinstance(resources, Mapping):
        for key, resource in resources.items():
            type_ = resource.get("Type") if isinstance(resource, Mapping) else None
            if _CLOUDFORMATION.fullmatch(str(type_)):
                yield f"Resources/{_escaped(key)}", resource, key
        return
    for key, inner in value.items():
        if isinstance(inner, Mapping) and (key in _WRAPPERS or _WRAPPED.fullmatch(key)):
            yield key, inner, ""


def _kind_of(value: Mapping[str, Any], channel: str) -> TemplateKind | None:
    """Return what a request or a response without its name is for, by its members."""
    named = value.get("TemplateType")
    if named in _KINDS.values():
        return named
    if {"HtmlPart", "TextPart", "Subject", "Headers"} & value.keys():
        return "EMAIL"
    if {"Content", "Layout"} & value.keys():
        return "INAPP"
    if any(isinstance(value.get(platform), Mapping) for platform in PLATFORMS):
        return "PUSH"
    if "Body" in value:
        is_voice = channel == "VOICE" or {"VoiceId", "LanguageCode"} & value.keys()
        return "VOICE" if is_voice else "SMS"
    return None


def _template(kind: TemplateKind, value: Mapping[str, Any], pointer: str, name: str) -> Template:
    parts = tuple(
        Part(part, text, f"{pointer}/{path}", part == "HtmlPart")
        for part, path, text in _TEXTS[kind](value)
    )
    defaults = _defaults(value.get("DefaultSubstitutions"), f"{pointer}/DefaultSubstitutions")
    name = _own_name(value) or name
    recommender = bool(value.get("RecommenderId"))
    return Template(kind, parts, name, pointer, defaults, has_recommender=recommender)


Texts = Iterator[tuple[str, str, str]]
"""The names of parts, the JSON pointers from the template on, and the texts."""


def _members(value: Mapping[str, Any], *names: str) -> Texts:
    for name in names:
        text = text_of_function(value.get(name))
        if text is not None:
            yield name, name, text


def _text_at(value: Any, path: str) -> str | None:
    """Return the text at a path of names; None if there is none."""
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def _email_texts(value: Mapping[str, Any]) -> Texts:
    yield from _members(value, "Subject", "HtmlPart", "TextPart")
    headers = value.get("Headers")
    for index, header in enumerate(headers if isinstance(headers, list) else ()):
        for name, _, text in _members(header, "Value") if isinstance(header, Mapping) else ():
            yield f"Headers.{index}.{name}", f"Headers/{index}/{name}", text


def _body(value: Mapping[str, Any]) -> Texts:
    yield from _members(value, "Body")


def _push_texts(value: Mapping[str, Any]) -> Texts:
    for platform in PLATFORMS:
        if isinstance(value.get(platform), Mapping):
            for name, _, text in _members(value[platform], *_PUSH_TEXTS):
                yield f"{platform}.{name}", f"{platform}/{name}", text


def _in_app_texts(value: Mapping[str, Any]) -> Texts:
    contents = value.get("Content")
    for index, content in enumerate(contents if isinstance(contents, list) else ()):
        for path in ("HeaderConfig/Header", "BodyConfig/Body", "PrimaryBtn/DefaultConfig/Text"):
            text = _text_at(content, path)
            if text is not None:
                yield f"Content.{index}.{path.replace('/', '.')}", f"Content/{index}/{path}", text


_TEXTS = {
    "EMAIL": _email_texts,
    "SMS": _body,
    "PUSH": _push_texts,
    "VOICE": _body,
    "INAPP": _in_app_texts,
}


def _messages(
    messages: Mapping[str, Any], pointer: str, channel: str, request: Mapping[str, Any]
) -> Iterator[Template]:
    """Yield the messages of a campaign or of SendMessages, one for each channel."""
    texts: dict[TemplateKind, list[Part]] = {}
    substitutions: dict[TemplateKind, dict[ValueName, Any]] = {}
    everywhere = messages.get("DefaultMessage")
    for key, message in messages.items():
        kind = _MESSAGE_KINDS.get(key)
        if kind is None or not isinstance(message, Mapping):
            continue
        own = [
            Part(part, text, f"{pointer}/{key}/{path}", part == "HtmlPart")
            for part, path, text in _message_texts(key, message)
        ]
        texts.setdefault(kind, []).extend(own)
        substitutions.setdefault(kind, {}).update(values_by_name(message.get("Substitutions")))
    if isinstance(everywhere, Mapping) and not texts:
        bare = _bare(_text(everywhere.get("Body")), channel)
        texts[bare.kind] = [bare.parts[0]._replace(pointer=f"{pointer}/DefaultMessage/Body")]
    shared = (
        values_by_name(everywhere.get("Substitutions")) if isinstance(everywhere, Mapping) else {}
    )
    for kind, parts in texts.items():
        own_values = {**shared, **substitutions.get(kind, {})}
        yield Template(kind, tuple(parts), "", pointer, {}, own_values, _of_addresses(request))


_MESSAGE_KINDS: Mapping[str, TemplateKind] = {
    "EmailMessage": "EMAIL",
    "SMSMessage": "SMS",
    "VoiceMessage": "VOICE",
    "InAppMessage": "INAPP",
    "DefaultPushNotificationMessage": "PUSH",
    **{f"{platform}Message": "PUSH" for platform in PLATFORMS[1:]},
}
_EMAIL_MEMBERS = {
    "Subject": ("Title", "SimpleEmail/Subject/Data"),
    "HtmlPart": ("HtmlBody", "SimpleEmail/HtmlPart/Data"),
    "TextPart": ("Body", "SimpleEmail/TextPart/Data"),
}


def _message_texts(key: str, message: Mapping[str, Any]) -> Texts:
    match _MESSAGE_KINDS[key]:
        case "EMAIL":
            for part, paths in _EMAIL_MEMBERS.items():
                for path in paths:
                    text = _text_at(message, path)
                    if text is not None:
                        yield part, path, text
        case "PUSH":
            platform = key.removesuffix("Message").removesuffix("PushNotification")
            for name, _, text in _members(message, *_PUSH_TEXTS):
                yield f"{platform}.{name}", name, text
        case "INAPP":
            yield from _in_app_texts(message)
        case _:
            yield from _body(message)


def _of_addresses(request: Mapping[str, Any]) -> dict[str, dict[ValueName, Any]]:
    """Return what a request substitutes for single addresses, endpoints and users."""
    return {
        key: values_by_name(settings["Substitutions"])
        for member in ("Addresses", "Endpoints", "Users")
        if isinstance(request.get(member), Mapping)
        for key, settings in request[member].items()
        if isinstance(settings, Mapping) and isinstance(settings.get("Substitutions"), Mapping)
    }


def _defaults(value: object, pointer: str) -> dict[ValueName, Any]:
    """Return DefaultSubstitutions: a JSON text; people also write the object itself."""
    if value is None or value == "":
        return {}
    text = text_of_function(value)
    if text is not None:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            message = f"DefaultSubstitutions is not JSON: {error}"
            raise TemplateError(message, pointer=pointer) from None
    if not isinstance(value, Mapping):
        message = "DefaultSubstitutions is not a JSON object"
        hint = '{"User.UserAttributes.FirstName": "there"}'
        raise TemplateError(message, hint=f"expected, as a text: {hint}", pointer=pointer)
    return values_by_name(value)


_NAME = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


def values_by_name(value: object, begin: ValueName = ()) -> dict[ValueName, Any]:
    """Return values by their names; both `{"User.UserId": …}` and objects in objects are used."""
    values: dict[ValueName, Any] = {}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found = (match[1] or match[2] for match in _NAME.finditer(str(key)))
            name = (*begin, *(segment for segment in found if not segment.isdigit()))
            values.update(
                values_by_name(inner, name) if isinstance(inner, Mapping) else {name: inner}
            )
    return values


def _text(value: object) -> str:
    return text_of_function(value) or ""


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
