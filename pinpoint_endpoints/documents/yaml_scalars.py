"""A plain YAML scalar and what the schema wants in, its value out."""

import re
from math import isinf
from typing import NamedTuple

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_INTEGER_RANGE = range(-(2**63), 2**64)
_LONGEST_INTEGER = 20
_LONGEST_DECIMAL = 25

_KINDS_OF_TAGS = {
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:bool": "a boolean",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:merge": "a merge key",
    "tag:yaml.org,2002:value": "a default key",
}


class Reading(NamedTuple):
    """What a plain scalar is, and what another YAML tool takes it for, if that is not the same."""

    value: object
    others_read: str = ""
    finite: bool = True


_NO_NUMBER = Reading(float("nan"), finite=False)


def read_plain(text: str, wanted: str) -> Reading:
    """Read a plain scalar by the schema: where it wants a string, the scalar is its own text.

    Elsewhere by the JSON-like core of YAML 1.2: null, true, false and decimal numbers; no octals,
    no timestamps, no yes and no.

    Args:
        text: as it stands in the file.
        wanted: `string`, `number`, or empty where the schema wants no scalar.
    """
    if text in _NULLS:
        return Reading(None)
    if wanted == "string":
        return Reading(text, _kind_for_others(text))
    if text in _BOOLEANS:
        return Reading(_BOOLEANS[text])
    if not _NUMBER.match(text):
        return _NO_NUMBER if _NOT_FINITE.match(text) else Reading(text)
    number = _number(text)
    return _NO_NUMBER if isinf(number) else Reading(number, _other_number(text))


def plain_decimal(number: float) -> str:
    """Return a number as all YAML tools read it: decimal, without an exponent; empty if endless."""
    from decimal import Decimal

    text = f"{Decimal(repr(number)):f}"
    if isinstance(number, float) and "." not in text:
        text += ".0"
    return text if len(text) <= _LONGEST_DECIMAL else ""


def _number(text: str) -> float:
    if _INTEGER.match(text) and len(text) <= _LONGEST_INTEGER:
        whole = int(text)
        if whole in _INTEGER_RANGE:
            return whole
    return float(text)


def _kind_for_others(text: str) -> str:
    """Say what YAML 1.1 tools, or else YAML 1.2 tools, make of a scalar that is text to us."""
    kind = _kind_in_yaml_1_1(text)
    if not kind and (_NUMBER.match(text) or _NOT_FINITE.match(text) or _OTHER_BASE.match(text)):
        kind = "a number"
    return kind


def _other_number(text: str) -> str:
    """Say what YAML 1.1 tools make of a decimal number: octals, and text for `1e3`."""
    kind = _kind_in_yaml_1_1(text)
    if not kind:
        return "text"
    digits = text.lstrip("-+")
    if len(digits) > 1 and digits.startswith("0") and digits.isdigit() and _INTEGER.match(text):
        return "an octal number"
    return "" if kind == "a number" else kind


def _kind_in_yaml_1_1(text: str) -> str:
    from yaml import SafeLoader

    for tag, pattern in SafeLoader.yaml_implicit_resolvers.get(text[0], ()):
        if pattern.match(text):
            return _KINDS_OF_TAGS.get(tag, "something else")
    return ""
