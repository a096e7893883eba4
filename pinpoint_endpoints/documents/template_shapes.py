"""Recognise message templates among the values of files, in every shape that AWS's tools write.

The value's members decide, as in `shapes`; a text is a template by the suffix of its file.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

TEMPLATE = "MessageTemplate"
"""The shape of what has one template, or several: a stack of CloudFormation, a campaign."""

TEMPLATE_TEXT = "MessageTemplateText"
"""The shape of a file that is the text of a template."""

TEMPLATE_SHAPES = frozenset({TEMPLATE, TEMPLATE_TEXT})

HTML_SUFFIXES = frozenset({".html", ".htm"})
TEXT_SUFFIXES = HTML_SUFFIXES | {".hbs", ".handlebars"}
"""What the name of a file ends with that is the text of a template."""

_KINDS = ("Email", "InApp", "PushNotification", "SMS", "Voice")
_REQUESTS = frozenset(f"{kind}Template{end}" for kind in _KINDS for end in ("Request", "Response"))
_MESSAGES = frozenset({"MessageRequest", "SendUsersMessageRequest", "WriteCampaignRequest"})
_MEMBERS = frozenset({"DefaultSubstitutions", "HtmlPart", "TemplateType", "TextPart"})
_TEXTS = frozenset({"Body", "Subject"})
PLATFORMS = ("Default", "APNS", "GCM", "ADM", "Baidu")
"""The members of a push template with texts."""

_OF_IN_APP = frozenset({"Content", "Layout"})
_OF_PUSH = frozenset({"Action", "Body", "RawContent", "Title", "Url"})
_CLOUDFORMATION_TYPE = re.compile(r"AWS::Pinpoint::\w+Template")

_CERTAIN = _REQUESTS | _MEMBERS | {"MessageConfiguration"}

TEMPLATE_MARKS = _CERTAIN.union(_MESSAGES, _TEXTS, PLATFORMS, _OF_IN_APP, {"Resources", "Type"})
"""A value without any of these is not a template."""

_OF_AN_ENDPOINT = frozenset(
    {"Address", "ChannelType", "EffectiveDate", "EndpointStatus", "OptOut", "User"}
)


def is_template(value: Mapping[str, Any]) -> bool:
    """Tell whether a value is a message template, or something around templates."""
    if TEMPLATE_MARKS.isdisjoint(value) or not _OF_AN_ENDPOINT.isdisjoint(value):
        return False
    names = value.keys()
    if not _CERTAIN.isdisjoint(names) or _is_resource(value) or names >= _OF_IN_APP:
        return True
    return (
        any(_has(value[name], "MessageConfiguration") for name in names & _MESSAGES)
        or not _TEXTS.isdisjoint(names)
        or any(_has(value[name], *_OF_PUSH) for name in names & PLATFORMS)
        or any(map(_is_resource, _values(value.get("Resources"))))
    )


def is_template_text(path: str) -> bool:
    """Tell whether a file is the text of a template, by its name."""
    return PurePath(path.lower()).suffix in TEXT_SUFFIXES


def _has(value: object, *names: str) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(names)


def _values(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else ()


def _is_resource(value: object) -> bool:
    kind = value.get("Type") if isinstance(value, Mapping) else None
    return _CLOUDFORMATION_TYPE.fullmatch(str(kind)) is not None
