"""Renders a template for the endpoints of an audience, and counts the messages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from pinpoint_endpoints.segments.definition import USER_ATTRIBUTES
from pinpoint_endpoints.segments.evaluate import PUSH_CHANNELS
from pinpoint_endpoints.segments.funnel import Stage, stage_of
from pinpoint_endpoints.templates.message import Message, Renderer
from pinpoint_endpoints.templates.render import Compiled

CHANNEL_TYPES: Mapping[str, frozenset[str]] = {
    "EMAIL": frozenset({"EMAIL"}),
    "SMS": frozenset({"SMS"}),
    "VOICE": frozenset({"VOICE"}),
    "PUSH": PUSH_CHANNELS,
    "INAPP": frozenset({"IN_APP"}),
}
"""The channel types of the endpoints that messages of a kind of template are sent to."""

_ATTRIBUTE_MAPS = (("Attributes",), ("Metrics",), USER_ATTRIBUTES)
MAX_NAMES = 10_000
MAX_ENTRIES = 1_000


def left_out(endpoint: Mapping[str, Any], kind: str) -> Stage | None:
    """Return why no message of a kind of template is sent to an endpoint; None if one is."""
    stage = stage_of(endpoint, CHANNEL_TYPES[kind])
    return None if stage is Stage.SENT else stage


def user_attributes_in(parts: Iterable[Compiled]) -> frozenset[str] | None:
    """Return the names of the user attributes that a template reads; None for all of them."""
    names: set[str] = set()
    for part in parts:
        for variable in part.variables:
            path = variable.path or ()
            if path[:2] == USER_ATTRIBUTES[: len(path)] and path:
                if len(path) < len(USER_ATTRIBUTES) + 1 or path[2].startswith("["):
                    return None
                names.add(path[2])
    return frozenset(names)


class Names:
    """The attributes and metrics that an audience has.

    Attributes:
        counts: how many endpoints have each; those of the first names, if there are too many.
        of_messages: those that at least one endpoint has that gets a message.
        messages: how many endpoints get one.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.of_messages: set[tuple[str, ...]] = set()
        self.messages = 0

    def add(self, endpoint: Mapping[str, Any], *, gets_message: bool) -> None:
        """Count the names of an endpoint; an empty list has removed the attribute."""
        self.messages += gets_message
        counts = self.counts
        for holder in _ATTRIBUTE_MAPS:
            values: Any = endpoint
            for name in holder:
                values = values.get(name) if isinstance(values, Mapping) else None
            if not isinstance(values, Mapping):
                continue
            for name, value in values.items():
                path = (*holder, name)
                if (value or value == 0) and (path in counts or len(counts) < MAX_NAMES):
                    counts[path] += 1
                    if gets_message:
                        self.of_messages.add(path)


class About(StrEnum):
    """The subjects of the account's entries."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    FAILS = "fails"
    NOTE = "note"
    LONGEST = "longest"
    SMS_PARTS = "sms_parts"


class Entry(NamedTuple):
    """Something that is true of some messages.

    Attributes:
        about: what it is about.
        subject: the variable, the part of the template, or the encoding of an SMS.
        text: what is the matter, or empty.
        number: how many messages it is true of.
        total: how many messages there are.
        first: the id of the first endpoint whose message it is true of.
        size: in characters, of the longest; of SMS, how many parts each has.
    """

    about: About
    subject: str
    text: str
    number: int
    total: int
    first: str = ""
    size: int = 0


class Account:
    """Counts the messages of a template, and the problems in them.

    Attributes:
        renderer: the renderer of the template.
        names: counts the names that the audience has.
        left_out: how many endpoints get no message, by the reason.
        messages: how many were rendered.
        complete: how many of them lack nothing and can be sent.
        incomplete: how many can be sent, and lack a variable.
        sms_parts: how many parts all SMS have together that can be sent.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self.names = Names()
        self.left_out: Counter[Stage] = Counter()
        self.messages = 0
        self.complete = 0
        self.incomplete = 0
        self.sms_parts = 0
        self._addresses: set[int] = set()
        self._found: dict[tuple[About, str, str], list[Any]] = {}
        self._longest: dict[str, tuple[int, str]] = {}
        self._sms: dict[tuple[str, int], list[Any]] = {}

    @property
    def failed(self) -> int:
        """How many messages cannot be sent."""
        return self.messages - self.complete - self.incomplete

    def add(self, endpoint_id: str, endpoint: Mapping[str, Any]) -> None:
        """Render the message for an endpoint, unless none is sent to it, and count."""
        reason = left_out(endpoint, self.renderer.template.kind) or self._duplicate(endpoint)
        self.names.add(endpoint, gets_message=reason is None)
        if reason is not None:
            self.left_out[reason] += 1
            return
        message = self.renderer.render(endpoint)
        self.messages += 1
        if message.missing or message.unknown or message.failures or message.notes:
            self._note(endpoint_id, message)
        if message.missing and not message.failures:
            self.incomplete += 1
        elif not message.failures:
            self.complete += 1
        for name, text in message.parts:
            longest = self._longest.get(name)
            if text and (longest is None or len(text) > longest[0]):
                self._longest[name] = len(text), endpoint_id
        if message.sms is not None and not message.failures:
            self.sms_parts += message.sms.parts
            key = message.sms.encoding, message.sms.parts
            self._sms.setdefault(key, [0, endpoint_id])[0] += 1

    def _duplicate(self, endpoint: Mapping[str, Any]) -> Stage | None:
        """Return that an endpoint has the channel and address of an earlier one, or None."""
        number = len(self._addresses)
        self._addresses.add(hash((endpoint["ChannelType"], endpoint["Address"])))
        return Stage.DUPLICATE if len(self._addresses) == number else None

    def _note(self, endpoint_id: str, message: Message) -> None:
        keys: dict[tuple[About, str, str], None] = {}
        keys.update(((About.MISSING, name, ""), None) for name in message.missing)
        keys.update(((About.UNKNOWN, name, ""), None) for name in message.unknown)
        keys.update(((About.FAILS, *failure), None) for failure in message.failures)
        keys.update(((About.NOTE, *note), None) for note in message.notes)
        for key in keys:
            if key in self._found or len(self._found) < MAX_ENTRIES:
                self._found.setdefault(key, [0, endpoint_id])[0] += 1

    def entries(self) -> Iterator[Entry]:
        """Yield what was found: first what keeps messages from being sent, the most often first."""
        order = [*About]
        found = sorted(self._found.items(), key=lambda one: (order.index(one[0][0]), -one[1][0]))
        for key, (count, first) in found:
            yield Entry(*key, count, self.messages, first)
        for name, (length, first) in self._longest.items():
            yield Entry(About.LONGEST, name, "", 1, self.messages, first, length)
        for (encoding, parts), (count, first) in sorted(self._sms.items()):
            yield Entry(About.SMS_PARTS, encoding, "", count, self.messages, first, parts)
