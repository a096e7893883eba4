"""A fix of one scalar or key in, the edit of the text that carries it out out: JSON and YAML alike.

What stands in a JSON text is YAML too; only plain scalars differ, and those of JSON are no texts.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from pinpoint_endpoints.documents.model import Action, Fix
from pinpoint_endpoints.documents.positions import Path, PositionMap

_QUOTES = ('"', "'")
_LABEL = re.compile(r"&[^\s,\[\]{}]+\s*")
_PLAIN = re.compile(r"\w(?:[\w .'/+-]*[\w.'/+-])?")


class Edit(NamedTuple):
    """What stands between two offsets is replaced by a text."""

    start: int
    end: int
    text: str


class Change(NamedTuple):
    """What an edit does to the value of the text.

    Attributes:
        edit: of the text.
        action: of the fix that it carries out.
        paths: to the values that it changes.
        value: what a scalar becomes.
    """

    edit: Edit
    action: Action
    paths: tuple[Path, ...]
    value: object = None


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with edits that do not overlap."""
    pieces: list[str] = []
    at = 0
    for start, end, new in sorted(edits):
        pieces += (text[at:start], new)
        at = end
    return "".join((*pieces, text[at:]))


def without_label(text: str, start: int) -> int:
    """Return where a value begins after its anchor, if it has one."""
    label = _LABEL.match(text, start)
    return label.end() if label else start


def scalar_change(found: PositionMap, fix: Fix, path: Path, value: object) -> Change | None:
    """Return how a scalar is put right, or None if it is reached by an alias or is a block."""
    if path not in found.ends or isinstance(value, (dict, list)):
        return None
    start, end = without_label(found.text, found.values[path]), found.ends[path]
    token = found.text[start:end]
    already = fix.action is Action.QUOTE and token.startswith(_QUOTES)
    if not token or already or _is_longer(token):
        return None
    new, becomes = _put_right(token, fix, value)
    return Change(Edit(start, end, new), fix.action, (path,), becomes)


def _put_right(token: str, fix: Fix, value: object) -> tuple[str, object]:
    """Return a scalar as it is to be written, and what is then read."""
    is_text = isinstance(value, str)
    if fix.action is Action.REPLACE:
        return _in_the_style_of(token, fix.text, may_be_plain=is_text), fix.text
    if fix.action is Action.RESPELL:
        return fix.text, value
    if fix.action is Action.WRAP:
        keeps = token.startswith(_QUOTES) or (is_text and _means_itself(token))
        return f"[{token if keeps else _quoted(token)}]", [value if is_text else token]
    return _quoted(token), token


def key_change(found: PositionMap, fix: Fix, path: Path) -> Change | None:
    """Return how a member's key is put right, or None if its holder is reached by an alias."""
    if path not in found.keys or path[:-1] not in found.ends:
        return None
    start, end = without_label(found.text, found.keys[path]), found.key_ends[path]
    token = found.text[start:end]
    if not token or _is_longer(token):
        return None
    if fix.action is Action.RENAME:
        new = _in_the_style_of(token, fix.text, may_be_plain=True)
    elif token.startswith(_QUOTES):
        return None
    else:
        new = _quoted(token)
    return Change(Edit(start, end, new), fix.action, (path,), fix.text)


def _is_longer(token: str) -> bool:
    """Tell whether a scalar is written as a block, or is plain and goes over several lines."""
    return not token.startswith(_QUOTES) and ("\n" in token or "\r" in token)


def _in_the_style_of(token: str, text: str, *, may_be_plain: bool) -> str:
    if token[0] == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if not token.startswith(_QUOTES) and may_be_plain and _means_itself(text):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _means_itself(text: str) -> bool:
    """Tell whether every YAML tool reads a plain scalar, also in a list in brackets, as a text."""
    from pinpoint_endpoints.documents.yaml_scalars import read_plain

    reading = read_plain(text, "string")
    return bool(_PLAIN.fullmatch(text)) and reading.value == text and not reading.others_read
