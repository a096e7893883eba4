"""Turn a fix into a text edit; JSON and YAML alike.

A JSON text is YAML too; only plain scalars differ, and those of JSON are never strings.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.model import Action, Fix
from pinpoint_endpoints.documents.positions import PositionMap, ValuePath
from pinpoint_endpoints.documents.yaml_scalars import read_plain

_QUOTES = ('"', "'")
_LABEL = re.compile(r"&[^\s,\[\]{}]+\s*")
_PLAIN = re.compile(r"\w(?:[\w .'/+-]*[\w.'/+-])?")
_ALIAS = re.compile(r"\*[^\s,\[\]{}]+")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_COMMA = re.compile(r"\s*,")
_COMMENT = "#"
_EMPTY = "{}"
_LINE_START = re.compile(r"(?<=[\r\n])(?![\r\n])")
_EMPTY_LIST = re.compile(r"\[\s*\]")


class Edit(NamedTuple):
    """Replaces the text between two offsets."""

    start: int
    end: int
    text: str


class Change(NamedTuple):
    """An edit with its effect on the text's value.

    Attributes:
        edit: the edit of the text.
        action: the action of the fix that it applies.
        paths: paths to the values that it changes.
        value: the new value of a scalar.
    """

    edit: Edit
    action: Action
    paths: tuple[ValuePath, ...]
    value: object = None


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text after edits, which must not overlap."""
    pieces: list[str] = []
    at = 0
    for start, end, new in sorted(edits):
        pieces += (text[at:start], new)
        at = end
    return "".join((*pieces, text[at:]))


def without_label(text: str, start: int) -> int:
    """Return the offset of a value after its anchor, if it has one."""
    label = _LABEL.match(text, start)
    return label.end() if label else start


def scalar_change(found: PositionMap, fix: Fix, path: ValuePath, value: object) -> Change | None:
    """Return the change that fixes a scalar; None for a block scalar or another kind of value."""
    if isinstance(value, (dict, list)):
        return None
    start, end = without_label(found.text, found.values[path]), found.ends[path]
    token = found.text[start:end]
    already = fix.action is Action.QUOTE and token.startswith(_QUOTES)
    if not token or already or _is_longer(token):
        return None
    new, becomes = _fixed_scalar(token, fix, value)
    return Change(Edit(start, end, new), fix.action, (path,), becomes)


def empty_change(found: PositionMap, path: ValuePath) -> Change | None:
    """Return the change of an empty list to an empty object; None for another kind of value."""
    start, end = without_label(found.text, found.values[path]), found.ends[path]
    if not _EMPTY_LIST.fullmatch(found.text, start, end):
        return None
    return Change(Edit(start, end, _EMPTY), Action.EMPTY, (path,), {})


def object_change(found: PositionMap, path: ValuePath, value: Mapping[str, object]) -> Change:
    """Return the change of an object to a list that holds it."""
    start, end = without_label(found.text, found.values[path]), _content_end(found, path, value)
    inner = found.text[start:end]
    new = f"[{inner}]" if inner.startswith("{") else f"- {_LINE_START.sub('  ', inner)}"
    return Change(Edit(start, end, new), Action.WRAP, (path,), [value])


def _fixed_scalar(token: str, fix: Fix, value: object) -> tuple[str, object]:
    """Return the new text of a scalar, and its value."""
    is_text = isinstance(value, str)
    if fix.action is Action.REPLACE:
        return _in_the_style_of(token, fix.text, may_be_plain=is_text), fix.text
    if fix.action is Action.RESPELL:
        return fix.text, value
    if fix.action is Action.UNQUOTE:
        return str(value), json.loads(str(value))
    if fix.action is Action.WRAP:
        keeps = token.startswith(_QUOTES) or (is_text and _is_plain_string(token))
        return f"[{token if keeps else _quoted(token)}]", [value if is_text else token]
    return _quoted(token), token


def key_change(found: PositionMap, fix: Fix, path: ValuePath) -> Change | None:
    """Return the change that fixes a member's key; None if its object is repeated by an alias."""
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
    """Tell whether a scalar is a block, or plain over several lines."""
    return not token.startswith(_QUOTES) and ("\n" in token or "\r" in token)


def _in_the_style_of(token: str, text: str, *, may_be_plain: bool) -> str:
    if token[0] == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if not token.startswith(_QUOTES) and may_be_plain and _is_plain_string(text):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_plain_string(text: str) -> bool:
    """Tell whether every YAML tool reads a plain scalar, also in a flow list, as a string."""
    reading = read_plain(text, "string")
    return bool(_PLAIN.fullmatch(text)) and reading.value == text and not reading.others_read


class RepeatedValues:
    """The values of a text that an alias may repeat: to change one would change several."""

    def __init__(self, found: PositionMap) -> None:
        self._found = found
        self._names = {name[1:] for name in _ALIAS.findall(found.text)}

    def contain(self, path: ValuePath) -> bool:
        """Tell whether the value at a path, or one that it is in, may be repeated."""
        return bool(self._names) and any(
            self._has_alias(path[:length]) for length in range(len(path) + 1)
        )

    def _has_alias(self, path: ValuePath) -> bool:
        label = _LABEL.match(self._found.text, self._found.values.get(path, len(self._found.text)))
        return label is not None and label[0].strip()[1:] in self._names


class _Member(NamedTuple):
    path: ValuePath
    start: int
    end: int


def removals(
    found: PositionMap, holder: ValuePath, value: Mapping[str, object], names: Collection[str]
) -> Iterator[Change]:
    """Yield the changes that remove members of an object, as far as that is safe.

    Args:
        found: the positions in the text.
        holder: the path of the object.
        value: the object.
        names: the names of the members.
    """
    if holder not in found.ends:
        return
    members = [
        _Member(path, found.keys[path], _content_end(found, path, member))
        for path, member in (((*holder, name), member) for name, member in value.items())
    ]
    removed = [member for member in members if member.path[-1] in names]
    if not removed:
        return
    begin = without_label(found.text, found.values[holder])
    in_braces = found.text.startswith("{", begin)
    if len(removed) == len(members):
        whole = Edit(begin, found.ends[holder] if in_braces else members[-1].end, _EMPTY)
        yield _change(whole, removed)
        return
    for first, last in _runs(found.text, members, names, in_braces=in_braces):
        run = members[first : last + 1]
        before = members[first - 1] if first else None
        after = members[last + 1] if last + 1 < len(members) else None
        edit = (_in_braces if in_braces else _in_lines)(found.text, run, before, after)
        if edit is not None:
            yield _change(edit, run)


def _change(edit: Edit, members: list[_Member]) -> Change:
    return Change(edit, Action.REMOVE, tuple(member.path for member in members))


def _runs(
    text: str, members: list[_Member], names: Collection[str], *, in_braces: bool
) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each run of neighbouring members to remove."""
    first: int | None = None
    for index, member in enumerate(members):
        goes = member.path[-1] in names
        apart = not in_braces and index > 0 and _are_lines_between(text, members[index - 1], member)
        if first is not None and (apart or not goes):
            yield first, index - 1
            first = None
        if goes and first is None:
            first = index
    if first is not None:
        yield first, len(members) - 1


def _are_lines_between(text: str, above: _Member, below: _Member) -> bool:
    return not {"\n", "\r"}.isdisjoint(text[_line_end(text, above.end) : below.start])


def _line_end(text: str, end: int) -> int:
    """Return the offset after the line that a value ends in, with its comment and line break."""
    rest = _REST_OF_LINE.match(text, end)
    return rest.end() if rest else end


def _in_braces(
    text: str, run: list[_Member], before: _Member | None, after: _Member | None
) -> Edit | None:
    start, end = run[0].start, run[-1].end
    if after is not None:
        if _COMMENT not in text[end : after.start]:
            return Edit(start, after.start, "")
        comma = _COMMA.match(text, end)
        return Edit(start, comma.end(), "") if comma else None
    if before is not None and _COMMENT not in text[before.end : start]:
        return Edit(before.end, end, "")
    return Edit(start, end, "")


def _in_lines(
    text: str, run: list[_Member], before: _Member | None, after: _Member | None
) -> Edit | None:
    start, end = run[0].start, run[-1].end
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    line_end = _line_end(text, end)
    if text[line_start:start].strip(" "):
        # the member follows the `-` of a list: the next one has to take its place
        between = text[line_end : after.start] if after else _COMMENT
        return Edit(start, after.start, "") if after and not between.strip() else None
    if before is not None and line_end == len(text) and text[-1] not in "\r\n":
        line_break = 2 if text.endswith("\r\n", 0, line_start) else 1
        return Edit(line_start - line_break, line_end, "")
    return Edit(line_start, line_end, "")


def _content_end(found: PositionMap, path: ValuePath, value: Any) -> int:
    """Return the offset after the last character of a value, without the space below a block."""
    start = found.values[path]
    if path not in found.ends:
        alias = _ALIAS.match(found.text, start)
        return alias.end() if alias else start
    begin = without_label(found.text, start)
    is_block = not found.text.startswith(("{", "["), begin)
    if isinstance(value, (dict, list)) and value and is_block:
        last = [*value][-1] if isinstance(value, dict) else len(value) - 1
        return _content_end(found, (*path, last), value[last])
    return begin + len(found.text[begin : found.ends[path]].rstrip())
