"""Render all parts of a message for an endpoint, and tell whether it can be sent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pinpoint_endpoints.quotas import (
    MAX_ADM_BYTES,
    MAX_BILLED_VOICE_LENGTH,
    MAX_EMAIL_BYTES,
    MAX_EMAIL_HEADER_LENGTH,
    MAX_PUSH_BYTES,
    MAX_SMS_LENGTH,
    MAX_VOICE_LENGTH,
)
from pinpoint_endpoints.templates.data import RECOMMENDATIONS, data_of
from pinpoint_endpoints.templates.model import Settings
from pinpoint_endpoints.templates.read import Template, ValueName
from pinpoint_endpoints.templates.render import Compiled, compile_part
from pinpoint_endpoints.templates.sms import SmsParts, sms_parts
from pinpoint_endpoints.templates.variables import OF_SES

_KNOWN_WHEN_SENT = frozenset({*RECOMMENDATIONS, "RequestId"})
"""The first names of variables that no endpoint has, and the service has when it sends."""

_PLATFORMS = {"ADM": "ADM", "APNS": "APNS", "BAIDU": "Baidu", "GCM": "GCM"}
"""What push templates call the platforms, by the begin of the channel type."""

_Printed = list[tuple[str, ValueName]]
_BLOCK = re.compile(r"\{\{~?[#^]")
_FIRST = "[0]"
_SSML_TAG = re.compile(r"<[^>]*>")
_NO_VALUES: Mapping[ValueName, Any] = {}


class RenderedPart(NamedTuple):
    """A part of a message.

    Attributes:
        name: such as `HtmlPart`.
        text: as it would be sent.
    """

    name: str
    text: str


class Remark(NamedTuple):
    """A remark about a part of a message, without values of the endpoint.

    Attributes:
        part: its name.
        text: what is the matter.
    """

    part: str
    text: str


class Message(NamedTuple):
    """A message for one endpoint.

    Attributes:
        parts: in the order of the template.
        missing: the variables that have no value, as they are written, each once.
        unknown: the variables that only the service has values for.
        failures: why it cannot be sent.
        notes: what may not be as intended.
        sms: what it takes as an SMS; None in other channels, and if it cannot be rendered.
    """

    parts: Sequence[RenderedPart]
    missing: Sequence[str]
    unknown: Sequence[str]
    failures: Sequence[Remark]
    notes: Sequence[Remark]
    sms: SmsParts | None


class Renderer:
    """Renders the messages of one template.

    Attributes:
        template: the template.
        compiled: its parts.

    Args:
        template: the template.
        settings: how it is rendered.
        values: those that every message brings.

    Raises:
        TemplateError: a part cannot be read.
    """

    def __init__(
        self, template: Template, settings: Settings, values: Mapping[ValueName, Any] = _NO_VALUES
    ) -> None:
        self.template = template
        self.compiled = [compile_part(part, settings) for part in template.parts]
        self._values = values
        self._parts = [(part, _printed(part)) for part in self.compiled]

    def render(self, endpoint: Mapping[str, Any]) -> Message:
        """Return the message for an endpoint, an EndpointRequest with its `Id`."""
        if self.template.kind == "INAPP":  # has no variables
            as_written = [RenderedPart(part.name, part.text) for part in self.template.parts]
            return Message(as_written, (), (), (), (), None)
        data = data_of(endpoint, self.template, values=self._values)
        parts: list[RenderedPart] = []
        missing: dict[str, None] = {}
        unknown: dict[str, None] = {}
        failures: list[Remark] = []
        notes: list[Remark] = []
        for compiled, printed in self._parts_for(endpoint.get("ChannelType")):
            part = compiled.part
            rendered = compiled.render(data)
            notes += (
                Remark(part.name, f"{name} is an empty text")
                for name, path in printed
                if _is_blank(data, path)
            )
            parts.append(RenderedPart(part.name, rendered.text))
            for variable in rendered.missing:
                first = variable.path[0] if variable.path else ""
                if first in _KNOWN_WHEN_SENT:
                    unknown[variable.name] = None
                elif not first.startswith(OF_SES):
                    missing[variable.name] = None
            notes += (Remark(part.name, note.message) for note in rendered.notes)
            if rendered.error is not None:
                failures.append(Remark(part.name, rendered.error.message))
        if self.template.kind == "PUSH" and not parts:
            channel = str(endpoint.get("ChannelType"))
            notes.append(Remark(channel, "the template has no text for this platform"))
        is_sms = self.template.kind == "SMS" and parts and not failures
        sms = sms_parts(parts[0].text) if is_sms else None
        failures += _too_long(self.template.kind, parts, sms)
        return Message(parts, [*missing], [*unknown], failures, notes, sms)

    def _parts_for(self, channel: object) -> Sequence[tuple[Compiled, _Printed]]:
        """Return the parts that an endpoint of a channel type gets.

        A push platform's own parts replace the default ones, and its raw content those.
        """
        if self.template.kind != "PUSH" or not isinstance(channel, str):
            return self._parts
        platform = _PLATFORMS.get(channel.partition("_")[0])
        if platform is None:
            return self._parts
        for begin in (f"{platform}.RawContent", f"{platform}.", "Default."):
            found = [
                one
                for one in self._parts
                if one[0].part.name.startswith(begin) and one[0].part.text
            ]
            if found:
                return found
        return ()


def _printed(part: Compiled) -> _Printed:
    """Return the names and paths of what a part prints; of one with blocks that is not known."""
    if _BLOCK.search(part.part.text):
        return []
    found = {each.name: each.path for each in part.variables if each.role in {"text", "url"}}
    return [(name, path) for name, path in found.items() if path]


def _is_blank(data: Mapping[str, Any], path: ValueName) -> bool:
    """Tell whether a value is a text, or a list of one, of nothing but white space."""
    value: Any = data
    for step in path:
        if step == _FIRST and isinstance(value, list):
            value = value[0] if value else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return isinstance(value, str) and not value.strip()


def _too_long(kind: str, parts: Sequence[RenderedPart], sms: SmsParts | None) -> Sequence[Remark]:
    """Return which limits of the service a rendered message is over."""
    if sms is not None:
        if not sms.is_too_long:
            return ()
        limit = f"{MAX_SMS_LENGTH[sms.encoding]:,} characters of {sms.encoding}"
        return (Remark(parts[0].name, f"longer than {limit}"),)
    if kind == "EMAIL":
        return _email_too_long(parts)
    if kind == "PUSH":
        return _push_too_long(parts)
    if kind == "VOICE":
        return [
            Remark(part.name, f"longer than {limit:,} characters{what}")
            for part in parts
            for limit, text, what in (
                (MAX_VOICE_LENGTH, part.text, ""),
                (MAX_BILLED_VOICE_LENGTH, _SSML_TAG.sub("", part.text), " without tags"),
            )
            if len(text) > limit
        ]
    return ()


def _email_too_long(parts: Sequence[RenderedPart]) -> list[Remark]:
    found = [
        Remark(part.name, f"longer than {MAX_EMAIL_HEADER_LENGTH} characters")
        for part in parts
        if part.name.startswith("Headers.") and len(part.text) > MAX_EMAIL_HEADER_LENGTH
    ]
    if sum(len(part.text) for part in parts) * 4 > MAX_EMAIL_BYTES:
        size = sum(len(part.text.encode(errors="surrogatepass")) for part in parts)
        if size > MAX_EMAIL_BYTES:
            found.append(Remark("", f"larger than {MAX_EMAIL_BYTES // 1_000_000} MB"))
    return found


def _push_too_long(parts: Sequence[RenderedPart]) -> list[Remark]:
    sizes: dict[str, int] = {}
    for part in parts:
        platform = part.name.partition(".")[0]
        size = len(part.text.encode(errors="surrogatepass"))
        sizes[platform] = sizes.get(platform, 0) + size
    return [
        Remark(platform, f"larger than {limit // 1_000} KB")
        for platform, size in sizes.items()
        if size > (limit := MAX_ADM_BYTES if platform == "ADM" else MAX_PUSH_BYTES)
    ]
