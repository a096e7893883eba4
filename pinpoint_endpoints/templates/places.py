"""Find the places of a template's text in its file, where it may be escaped or indented."""

import json
from collections.abc import Callable, Sequence

from pinpoint_endpoints.documents.positions import PositionMap, Span, ValuePath

_SPELLINGS: Sequence[Callable[[str], str]] = (
    str,
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.replace("'", "''"),
)
"""How JSON and YAML write a text within a string."""


def place_in_text(found: PositionMap, path: ValuePath, text: str, start: int, end: int) -> Span:
    """Return the place in a file of a part of a text that the file has as a value.

    It is where the tag around it is found again: as it is, or escaped as strings are.

    Args:
        found: the positions of the values in the file.
        path: the path of the text; empty if it is the whole file.
        text: the text.
        start: the offset of the part in it.
        end: the offset after the part.
    """
    if not path and not found.values:
        return found.lines.span(start, end)
    tag = max(text.rfind("{{", 0, start + 1), 0)
    before, part = text[tag:start], text[start:end].partition("\n")[0]
    number = text.count(before + part, 0, tag)
    begin = found.values.get(path)
    if begin is None:
        return found.locate(path)
    stop = found.ends.get(path, len(found.text))
    for spelled in _SPELLINGS:
        at = _nth(found.text, spelled(before + part), number, begin, stop)
        if at >= 0:
            at += len(spelled(before))
            return found.lines.span(at, at + len(spelled(part)))
    return found.locate(path)


def _nth(text: str, part: str, number: int, begin: int, stop: int) -> int:
    """Return the offset of an occurrence of a part of a text, counted from 0; -1 if it has none."""
    at = begin - 1
    for _ in range(number + 1):
        at = text.find(part, at + 1, stop)
        if at < 0 or not part:
            return -1
    return at
