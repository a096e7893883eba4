"""Members to remove in, the edits of the text out: the layout of the other members stays."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from pinpoint_endpoints.documents.model import Action
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
        whole = Edit(begin, found.ends[holder] if in_braces else members[-1].end, _EMPTY)
        yield _change(whole, going)
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
    """Yield the first and the last of the members that go and stand together."""
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
    """Return where the line ends that a value ends in, with its comment and its line break."""
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
        # it stands after the `-` of a list, where the next member has to take its place
        between = text[line_end : after.start] if after else _COMMENT
        return Edit(start, after.start, "") if after and not between.strip() else None
    if before is not None and line_end == len(text) and text[-1] not in "\r\n":
        line_break = 2 if text.endswith("\r\n", 0, line_start) else 1
        return Edit(line_start - line_break, line_end, "")
    return Edit(line_start, line_end, "")


def _content_end(found: PositionMap, children: Children, path: Path) -> int:
    """Return where the last mark of a value ends: a block ends there too, and not below."""
    start = found.values[path]
    if path not in found.ends:
        alias = _ALIAS.match(found.text, start)
        return alias.end() if alias else start
    begin = without_label(found.text, start)
    if path in children and not found.text.startswith(("{", "["), begin):
        return _content_end(found, children, children[path][-1])
    return begin + len(found.text[begin : found.ends[path]].rstrip())
