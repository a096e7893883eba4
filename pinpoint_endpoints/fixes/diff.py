"""Show the automatic fixes of a file as a unified diff, without writing it."""

import json
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Literal, NamedTuple

from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.discovery import Format, Source, UnreadablePath
from pinpoint_endpoints.documents.load import language_of
from pinpoint_endpoints.documents.masked_source import shown_text
from pinpoint_endpoints.fixes.files import NotRead, Piece, pieces
from pinpoint_endpoints.fixes.rounds import Check

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.positions import PositionMap

_Opcode = tuple[Literal["equal", "replace"], int, int, int, int]

_AROUND = 3
_NO_LINE_BREAK = "\\ No newline at end of file\n"
_MARK = "\ufeff"


class Difference(NamedTuple):
    """A part of the diff of a file: all of it, or a group of neighbouring lines.

    Attributes:
        text: in the format of `diff -u`; a file's first part starts with the file names.
        fixes: the number of problems that it fixes.
    """

    text: str
    fixes: int


def differences(
    source: Source | UnreadablePath, check: Check, *, show_values: bool = False
) -> Iterator[Difference]:
    """Yield the diff of a file with its automatic fixes; nothing if there are none.

    Personal data is masked on both sides. Only a diff with values shown can be applied, with
    `patch -p1` or `git apply`. The diff of a compressed file is of its uncompressed content.

    Args:
        source: from `discover`.
        check: finds the problems of a document; those with a fix are fixed.
        show_values: whether personal data is shown.

    Raises:
        NotRead: the file cannot be read to its end.
    """
    if isinstance(source, UnreadablePath):
        raise NotRead(source.reason)
    names = f"--- {_name('a', source.path)}\n+++ {_name('b', source.path)}\n"
    parts = takewhile(_can_be_shown, pieces(source, check))
    for group in _groups(parts):
        hunks = _hunks(group, source, show_values=show_values)
        yield Difference(names + "".join(hunks), sum(piece.fixes for piece in group))
        names = ""


def _can_be_shown(piece: Piece) -> bool:
    """Tell whether a part is a line or differs; the rest after an overlong line is neither."""
    return bool(piece.line) or piece.after is not piece.before


def _name(side: str, path: str) -> str:
    name = f"{side}/{path.removeprefix('./').lstrip('/')}"
    if not name.isprintable() or '"' in name or "\\" in name:
        return json.dumps(name)
    return f"{name}\t" if " " in name else name


def _groups(parts: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Yield the parts that differ with the lines around them."""
    before: deque[Piece] = deque(maxlen=_AROUND)
    group: list[Piece] = []
    quiet = 0
    for piece in parts:
        if piece.after is not piece.before:
            group = group or list(before)
            group.append(piece)
            quiet = 0
        elif group:
            group.append(piece)
            quiet += 1
            if quiet == 2 * _AROUND:
                yield group[:-_AROUND]
                group, quiet = [], 0
        before.append(piece)
    if group:
        yield group[: len(group) - max(quiet - _AROUND, 0)]


class _Line(NamedTuple):
    text: str
    shown: str


def _hunks(group: Sequence[Piece], source: Source, *, show_values: bool) -> Iterator[str]:
    from difflib import SequenceMatcher

    old: list[_Line] = []
    new: list[_Line] = []
    for piece in group:
        language = Format.JSON if piece.line else source.format
        was = _lines(piece.before, language, show_values=show_values)
        old += was
        same = piece.after is piece.before
        new += was if same else _lines(piece.after, language, show_values=show_values)
    first = max(group[0].line, 1)
    texts = [line.text for line in old], [line.text for line in new]
    matcher = SequenceMatcher(None, *texts)
    if len(old) == len(new):
        # most fixes keep the number of lines: comparing line by line is then faster
        vars(matcher)["opcodes"] = _line_by_line(*texts)
    for opcodes in matcher.get_grouped_opcodes(_AROUND):
        _, old_start, _, new_start, _ = opcodes[0]
        _, _, old_end, _, new_end = opcodes[-1]
        old_range = _range(first + old_start, old_end - old_start)
        yield f"@@ -{old_range} +{_range(first + new_start, new_end - new_start)} @@\n"
        for kind, start, end, other_start, other_end in opcodes:
            if kind == "equal":
                yield from (_marked(" ", line) for line in old[start:end])
            else:
                yield from (_marked("-", line) for line in old[start:end])
                yield from (_marked("+", line) for line in new[other_start:other_end])


def _line_by_line(old: Sequence[str], new: Sequence[str]) -> list[_Opcode]:
    opcodes: list[_Opcode] = []
    at = 0
    for same, run in groupby(zip(old, new, strict=True), key=lambda pair: pair[0] == pair[1]):
        end = at + len(list(run))
        opcodes.append(("equal" if same else "replace", at, end, at, end))
        at = end
    return opcodes


def _range(start: int, length: int) -> str:
    """Return a range as in a hunk's header: an empty one is named by the line before it."""
    return f"{start if length else start - 1},{length}"


def _marked(mark: str, line: _Line) -> str:
    end = "" if line.text.endswith("\n") else f"\n{_NO_LINE_BREAK}"
    return f"{mark}{line.shown}{end}"


def _lines(raw: bytes, language: Format, *, show_values: bool) -> list[_Line]:
    maps: list[PositionMap] = []
    try:
        text = decode(raw)
        if not show_values:
            maps.extend(language_of(language, raw).positions(raw))
    except Unreadable:
        text = raw.removeprefix(BOM_UTF8).decode("utf-8", "replace")
    shown = text if show_values else shown_text(text, maps)
    mark = _MARK if raw.startswith(BOM_UTF8) else ""
    lines = zip(_cut(mark + text), _cut(mark + shown), strict=True)
    return [_Line(*line) for line in lines]


def _cut(text: str) -> list[str]:
    """Return the lines with their line breaks; only LF ends a line, as for `patch`."""
    *lines, rest = text.split("\n")
    return [*(f"{line}\n" for line in lines), *filter(None, [rest])]
