"""Read plain (unquoted) YAML scalars by the type that the schema expects."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from math import isinf
from typing import NamedTuple

from pinpoint_endpoints.documents.model import Action, Fix
from pinpoint_endpoints.documents.positions import ValuePath

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_SAME_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?\Z", re.ASCII)
_NO_NUMBER_BEGINS = re.compile(r"[0-9]+[acdf-np-wyzACDF-NP-WYZ]")
"""No exponent, and no base such as `0x`: identifiers may begin so."""

_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_INTEGER_RANGE = range(-(2**63), 2**64)
_MAX_INTEGER_LENGTH = 20
_MAX_DECIMAL_LENGTH = 25

_BEGIN_OTHERS = frozenset("yYnNtTfFoO~<=-+.0123456789")
_MAX_WORD_LENGTH = len("false")

_KINDS_OF_TAGS = {
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:bool": "a boolean",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:merge": "a merge key",
    "tag:yaml.org,2002:value": "a default key",
}


class ScalarReading(NamedTuple):
    """The value of a plain scalar.

    Attributes:
        value: the value.
        others_read: what other YAML tools read instead, such as `a boolean`; empty if the same.
        finite: False for an infinite number or NaN.
    """

    value: object
    others_read: str = ""
    finite: bool = True


_NO_NUMBER = ScalarReading(float("nan"), finite=False)


@lru_cache(maxsize=2048)  # files of one kind share most of their texts
def read_plain(text: str, wanted: str) -> ScalarReading:
    """Return the value of a plain scalar: its own text where the schema expects a string.

    Elsewhere it is read by the JSON-like core of YAML 1.2: null, true, false and decimal numbers;
    no octal numbers, timestamps, yes or no.

    Args:
        text: the scalar as written in the file.
        wanted: `string`, `number`, or empty where the schema expects no scalar.
    """
    if text in _NULLS:
        return ScalarReading(None)
    if wanted == "string":
        return ScalarReading(text, _kind_for_others(text))
    if _SAME_NUMBER.match(text):
        return ScalarReading(float(text) if "." in text else int(text))
    if text in _BOOLEANS:
        return ScalarReading(_BOOLEANS[text])
    if not _NUMBER.match(text):
        return _NO_NUMBER if _NOT_FINITE.match(text) else ScalarReading(text)
    number = _number(text)
    return _NO_NUMBER if isinf(number) else ScalarReading(number, _other_number(text))


def is_text(text: str) -> bool:
    """Tell quickly whether any YAML tool certainly reads a plain scalar as its own text."""
    if text[0] not in _BEGIN_OTHERS:
        return True
    if text[0].isalpha():
        return len(text) > _MAX_WORD_LENGTH
    return _NO_NUMBER_BEGINS.match(text) is not None


def respell(value: object, path: ValuePath) -> Fix | None:
    """Return the fix of a plain scalar after which every YAML tool reads the same value as we do.

    Args:
        value: the value of the scalar.
        path: its path.
    """
    if not isinstance(value, (int, float)):
        return Fix(Action.QUOTE, (path,))
    text = _plain_decimal(value)
    return Fix(Action.RESPELL, (path,), text) if text else None


def _plain_decimal(number: float) -> str:
    """Return a number as every YAML tool reads it: decimal, without an exponent.

    Return an empty string if that takes more than 25 characters.
    """
    from decimal import Decimal

    text = f"{Decimal(repr(number)):f}"
    if isinstance(number, float) and "." not in text:
        text += ".0"
    return text if len(text) <= _MAX_DECIMAL_LENGTH else ""


def _number(text: str) -> float:
    if _INTEGER.match(text) and len(text) <= _MAX_INTEGER_LENGTH:
        whole = int(text)
        if whole in _INTEGER_RANGE:
            return whole
    return float(text)


def _kind_for_others(text: str) -> str:
    """Return what other YAML tools read where the schema expects a string; empty if a string."""
    if is_text(text):
        return ""
    kind = _kind_in_yaml_1_1(text)
    if not kind and (_NUMBER.match(text) or _NOT_FINITE.match(text) or _OTHER_BASE.match(text)):
        kind = "a number"
    return kind


def _other_number(text: str) -> str:
    """Return what YAML 1.1 tools read instead of a decimal number: octals, and text for `1e3`."""
    kind = _kind_in_yaml_1_1(text)
    if not kind:
        return "text"
    digits = text.lstrip("-+")
    if len(digits) > 1 and digits.startswith("0") and digits.isdigit() and _INTEGER.match(text):
        return "an octal number"
    return "" if kind == "a number" else kind


def _kind_in_yaml_1_1(text: str) -> str:
    for tag, pattern in _yaml_1_1().get(text[0], ()):
        if pattern.match(text):
            return _KINDS_OF_TAGS.get(tag, "something else")
    return ""


@cache
def _yaml_1_1() -> Mapping[str, list[tuple[str, re.Pattern[str]]]]:
    """Return the tags and patterns of YAML 1.1 by the first character of a scalar."""
    from yaml import SafeLoader

    return SafeLoader.yaml_implicit_resolvers
