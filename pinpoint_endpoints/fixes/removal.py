"""Members to remove in, the edits of the text out: the layout of the other members stays."""

import re
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

from pinpoint_endpoints.documents.fix import Action
from pinpoint_endpoints.documents.positions import Path, PositionMap
from pinpoint_endpoints.fixes.edits import Change, Edit, without_label

_ALIAS = re.compile(r"\*[^\s,\[\]{}]+")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_COMMA = re.compile(r"\s*,")
_COMMENT = "#"
_EMPTY = "{}"


class Children(dict[Path, list[Path]]):
    """The paths of the values in each value, in the order of the text."""

    def __init__(self, found: PositionMap) -> None:
        for path in found.values:
            if path:
                self.setdefault(path[:-1], []).append(path)


class _Member(NamedTuple):
    path: Path
    start: int
    end: int


def removals(
    found: PositionMap, children: Children, holder: Path, names: Collection[str]
) -> Iterator[Change]:
    """Yield what removes members of one object or mapping, as far as it can be done rightly."""
    if holder not in found.ends:
        return
    members = [
        _Member(path, found.keys[path], _content_end(found, children, path))
        for path in children.get(holder, ())
    ]
    going = [member for member in members if member.path[-1] in names]
    if not going:
        return
    begin = without_label(found.text, found.values[holder])
    in_braces = found.text.startswith("{", begin)
    if len(going) == len(members):
        end = found.ends[holder] if in_braces else _before_line_breaks(found.text, members[-1].end)
        yield _change(Edit(begin, end, _EMPTY), going)
        return
    for run, before, after in _runs(members, names):
        edit = (_in_braces if in_braces else _in_lines)(found.text, run, before, after)
        if edit is not None:
            yield _change(edit, run)


def _change(edit: Edit, members: list[_Member]) -> Change:
    return Change(edit, Action.REMOVE, tuple(member.path for member in members))


def _runs(
    members: list[_Member], names: Collection[str]
) -> Iterator[tuple[list[_Member], _Member | None, _Member | None]]:
    """Yield the members that go and stand together, with those that stay around them."""
    before: _Member | None = None
    groups = [
        (goes, list(group))
        for goes, group in groupby(members, key=lambda member: member.path[-1] in names)
    ]
    for index, (goes, group) in enumerate(groups):
        if goes:
            after = groups[index + 1][1][0] if index + 1 < len(groups) else None
            yield group, before, after
        before = group[-1]


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
    rest = _REST_OF_LINE.match(text, end)
    if rest is None:
        return None
    line_end = end if text[end - 1] in "\r\n" else rest.end()
    if text[line_start:start].strip(" "):
        # it stands after the `-` of a list, where the next member has to take its place
        between = text[line_end : after.start] if after else _COMMENT
        return Edit(start, after.start, "") if after and not between.strip() else None
    if before is not None and line_end == len(text) and text[-1] not in "\r\n":
        line_break = 2 if text.endswith("\r\n", 0, line_start) else 1
        return Edit(line_start - line_break, line_end, "")
    return Edit(line_start, line_end, "")


def _before_line_breaks(text: str, end: int) -> int:
    """Return the end without the line breaks that belong to a text over several lines."""
    while text[end - 1] in "\r\n":
        end -= 1
    return end


def _content_end(found: PositionMap, children: Children, path: Path) -> int:
    """Return where the last mark of a value is: a block ends below, after blanks and comments."""
    start = found.values[path]
    if path not in found.ends:
        alias = _ALIAS.match(found.text, start)
        return alias.end() if alias else start
    begin = without_label(found.text, start)
    if path in children and not found.text.startswith(("{", "["), begin):
        return _content_end(found, children, children[path][-1])
    return found.ends[path]
