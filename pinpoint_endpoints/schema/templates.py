"""Write valid endpoint files to start from, one for each channel type.

Explanations and examples of the members come from the bundled schema.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from pinpoint_endpoints.schema import bundled
from pinpoint_endpoints.schema.members import find_members

_PHONE = "+12065550100"
_PHONE_FORM = "a phone number in E.164 form: a plus sign, then digits only"
_TOKEN = "0123456789abcdef" * 4
_APNS_FORM = "the token that Apple gave the app: usually 64 hexadecimal digits"
_UNKNOWN_FORM = "where messages go: AWS documents no form for this channel"

_APPLE = {"Make": "apple", "Model": "iPhone", "ModelVersion": "8"}
_ANDROID = {
    "Make": "samsung",
    "Model": "SM-G900F",
    "ModelVersion": "S5",
    "Platform": "android",
    "PlatformVersion": "6.0.1",
}
_FIRE = {
    "Make": "Amazon",
    "Model": "KFTRWI",
    "ModelVersion": "12",
    "Platform": "fireos",
    "PlatformVersion": "7.3",
}


class Channel(NamedTuple):
    """What a starting file says about its channel type.

    Attributes:
        what: the messages that it is for.
        address: an address reserved for examples: RFC 2606 domains, fictional numbers.
        form: what Address has to contain.
        device: example device data, where the schema's examples do not fit.
    """

    what: str
    address: str
    form: str
    device: Mapping[str, str] = _APPLE


CHANNELS: Mapping[str, Channel] = {
    "PUSH": Channel("push, without naming the push service", "example-token", _UNKNOWN_FORM),
    "GCM": Channel(
        "push to Android through Firebase Cloud Messaging",
        "example-registration-token",
        "the registration token that Firebase gave the app",
        _ANDROID,
    ),
    "APNS": Channel("push to Apple devices", _TOKEN, _APNS_FORM),
    "APNS_SANDBOX": Channel("push to Apple devices in development", _TOKEN, _APNS_FORM),
    "APNS_VOIP": Channel("Apple's VoIP notifications", _TOKEN, _APNS_FORM),
    "APNS_VOIP_SANDBOX": Channel("Apple's VoIP notifications in development", _TOKEN, _APNS_FORM),
    "ADM": Channel(
        "push to Amazon's devices",
        "example-registration-id",
        "the registration id that Amazon Device Messaging gave the app",
        _FIRE,
    ),
    "SMS": Channel("text messages", _PHONE, _PHONE_FORM),
    "VOICE": Channel("spoken phone messages", _PHONE, _PHONE_FORM),
    "EMAIL": Channel("e-mail", "ada@example.com", "an e-mail address"),
    "BAIDU": Channel(
        "push through Baidu Cloud",
        "example-token",
        "the token that Baidu's push service gave the app",
        _ANDROID,
    ),
    "CUSTOM": Channel(
        "a channel of your own, such as a webhook or a Lambda function",
        "https://example.com/hooks/ada",
        "what your webhook or function needs: AWS documents no form",
    ),
    "IN_APP": Channel("messages that the app fetches and shows", "example-address", _UNKNOWN_FORM),
}

_USER = {"UserId": "ada", "UserAttributes": {"FirstName": ["Ada"]}}
_NEEDED = ("ChannelType", "Address")
_USUAL = ("OptOut", "User", "Attributes")
_KEPT_BY_THE_SERVICE = "RequestId"
_MAX_CLAUSE_LENGTH = 60
_FEW = 3
_END_OF_CLAUSE = re.compile(r"[.;:](?:\s|$)")
_PLAIN = re.compile(r"[A-Za-z][\w/-]*", re.ASCII)


def starting_json(channel: str) -> str:
    """Return a file with the most common members, as JSON."""
    examples = _examples(channel)
    usual = {name: examples[name] for name in (*_NEEDED, *_USUAL)}
    return json.dumps(usual, indent=2, ensure_ascii=False) + "\n"


def starting_yaml(channel: str) -> str:
    """Return a file with every member, as YAML, with the optional ones commented out.

    Explanations follow on the same line, so that removing the leading `# ` of one line, or of all,
    gives a valid file.
    """
    examples = _examples(channel)
    needed = {name: examples.pop(name) for name in _NEEDED}
    facts = CHANNELS[channel]
    lines = [
        f"# An endpoint of the channel {channel}: {facts.what}.",
        "# Its id is the file's name without the suffix, unless --id gives another.",
        "",
        *chain.from_iterable((f"# {comment}", line) for line, comment in _yaml(needed, channel)),
        "",
        '# To use a commented line, remove the "# " in front of it and of its group.',
        *(f"# {line}" for line in _aligned(_yaml(examples, channel))),
    ]
    return "\n".join(lines) + "\n"


SEGMENT = "SEGMENT"
"""What `pe new` has a file of, beside endpoints of each channel."""

_SEGMENT_YAML = """\
# A segment: which endpoints of an application are meant. `pe segment FILE` shows them.

Name: Berlin readers
SegmentGroups:
  Include: ALL  # of the groups: ALL, ANY or NONE
  Groups:
    - Type: ALL  # of the sets below: ALL, ANY or NONE; within a set, all criteria have to be met
      # SourceType: ALL  # of the base segments: ALL, ANY or NONE
      # SourceSegments: [{Id: newsletter}]  # base segments, by id or by the name of their file
      Dimensions:
        - Demographic:
            Channel: {DimensionType: INCLUSIVE, Values: [EMAIL]}  # INCLUSIVE or EXCLUSIVE
            # Platform: {DimensionType: INCLUSIVE, Values: [ios, android]}
          UserAttributes:
            # INCLUSIVE, EXCLUSIVE or CONTAINS; with dates BEFORE, AFTER, ON or BETWEEN
            Plan: {AttributeType: INCLUSIVE, Values: [premium]}
          # Attributes:
          #   Renewal: {AttributeType: AFTER, Values: ["2026-12-31T00:00:00Z"]}
          # Metrics:
          #   visits: {ComparisonOperator: GREATER_THAN, Value: 5}
          # Behavior:
          #   Recency: {RecencyType: ACTIVE, Duration: DAY_30}  # HR_24, DAY_7, DAY_14 or DAY_30
        - Location:
            Country: {DimensionType: INCLUSIVE, Values: [DE]}
"""


def starting_segment(*, as_yaml: bool) -> str:
    """Return a file with a segment: as YAML with all kinds of criteria, some commented out."""
    if as_yaml:
        return _SEGMENT_YAML
    example = bundled.bundled_schema(bundled.SEGMENT)["examples"][0]
    return json.dumps(example, indent=2, ensure_ascii=False) + "\n"


def _examples(channel: str) -> dict[str, Any]:
    """Return an endpoint with every member worth keeping in a file, the most common first."""
    facts = CHANNELS[channel]
    examples = _example_of("EndpointRequest")
    del examples[_KEPT_BY_THE_SERVICE]
    examples.update(ChannelType=channel, Address=facts.address, User=_USER)
    examples["Demographic"].update(facts.device)
    return {name: examples[name] for name in dict.fromkeys((*_NEEDED, *_USUAL, *examples))}


def _example_of(name: str) -> Any:
    (member,) = find_members(name)
    if member.members:
        return {inner: _example_of(f"{name}.{inner}") for inner in member.members}
    return member.examples[0]


def _yaml(values: Mapping[str, Any], channel: str, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield lines of YAML with their comments."""
    indent = "  " * above.count(".")
    for name, value in values.items():
        place = f"{above}{name}"
        comment = CHANNELS[channel].form if place == "Address" else _clause_about(place)
        if isinstance(value, Mapping):
            yield f"{indent}{name}:", comment
            yield from _yaml(value, channel, f"{place}.")
        else:
            yield f"{indent}{name}: {_scalar_or_list(value)}", comment


def _clause_about(place: str) -> str:
    """Return the first clause of a member's description in the schema."""
    found = find_members(f"EndpointRequest.{place}")
    if not found:
        return ""
    (member,) = found
    if 0 < len(member.values) < _FEW:
        return f"{member.title.lower()}: {' or '.join(member.values)}"
    clause = _END_OF_CLAUSE.split(member.description)[0]
    if len(clause) > _MAX_CLAUSE_LENGTH:
        clause = clause.partition(",")[0]
    return clause[0].lower() + clause[1:]


def _scalar_or_list(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar_or_list, value))}]"
    plain = not isinstance(value, str) or _PLAIN.fullmatch(value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _aligned(lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines with their comments aligned in one column."""
    lines = list(lines)
    column = max(len(text) for text, comment in lines if comment)
    for text, comment in lines:
        yield f"{text:{column}}  # {comment}" if comment else text
