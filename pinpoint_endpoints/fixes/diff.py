"""Show the automatic fixes of a file as a unified diff, without writing it."""

import json
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, takewhile
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.discovery import Format, Source, UnreadablePath
from pinpoint_endpoints.documents.load import language_of
from pinpoint_endpoints.documents.masked_source import shown_text
from pinpoint_endpoints.fixes.files import Piece, ReadError, pieces
from pinpoint_endpoints.fixes.rounds import Check

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.positions import PositionMap

_Opcode = tuple[Literal["equal", "replace"], int, int, int, int]

_AROUND = 3
_MAX_BYTES_IN_MEMORY = 1 << 20
_NO_LINE_BREAK = "\\ No newline at end of file\n"
_MARK = "\ufeff"


class Difference(NamedTuple):
    """A part of the diff of a file, of whole lines.

    Attributes:
        text: in the format of `diff -u`; a file's first part starts with the file names.
        fixes: the number of problems that it fixes, with the parts that follow in its hunk.
        unfinished: whether there is more to fix after that.
    """

    text: str
    fixes: int
    unfinished: bool = False


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
        ReadError: the file cannot be read to its end.
    """
    if isinstance(source, UnreadablePath):
        raise ReadError(source.reason)
    names = f"--- {_name('a', source.path)}\n+++ {_name('b', source.path)}\n"
    parts = takewhile(_can_be_shown, pieces(source, check))
    first = next(parts, None)
    if first is not None and first.line:
        yield from _of_lines(chain((first,), parts), names, show_values=show_values)
    elif first is not None:  # it differs
        hunks = _hunks(first, source.format, show_values=show_values)
        yield Difference(names + "".join(hunks), first.fixes, first.unfinished)


def _can_be_shown(piece: Piece) -> bool:
    """Tell whether a part is a line or differs; the rest after an overlong line is neither."""
    return bool(piece.line) or piece.after is not piece.before


def _name(side: str, path: str) -> str:
    name = f"{side}/{path.removeprefix('./').lstrip('/')}"
    if not name.isprintable() or '"' in name or "\\" in name:
        return json.dumps(name)
    return f"{name}\t" if " " in name else name


def _of_lines(lines: Iterator[Piece], names: str, *, show_values: bool) -> Iterator[Difference]:
    before: deque[Piece] = deque(maxlen=_AROUND)
    with _Hunk(show_values=show_values) as hunk:
        for piece in lines:
            if piece.after is not piece.before:
                hunk.replace(piece, before)
            elif hunk.keep(piece):
                yield from hunk.parts(names)
                names = ""
            before.append(piece)
        yield from hunk.parts(names)


class _Hunk:
    """A hunk of a file with one document per line.

    Its header, with the number of its lines, comes first, and it may be as long as the file: its
    lines are kept on disk.

    Args:
        show_values: whether personal data is shown.
    """

    def __init__(self, *, show_values: bool) -> None:
        self._show_values = show_values
        self._lines = _spool()
        self._added = _spool()
        self._begin(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._added.close()

    def _begin(self, first: int) -> None:
        self._first = first
        self._size = self._fixes = 0
        self._unfinished = False
        self._after: list[Piece] = []

    def replace(self, piece: Piece, before: Iterable[Piece]) -> None:
        """Add a line that differs; those before it if it is the first."""
        if not self._first:
            self._after += before
            self._first = piece.line - len(self._after)
        if self._after:
            self._end_run(self._after)
            self._after = []
        self._write(self._lines, "-", piece.before)
        self._write(self._added, "+", piece.after)
        self._size += 1
        self._fixes += piece.fixes
        self._unfinished |= piece.unfinished

    def keep(self, piece: Piece) -> bool:
        """Add a line that does not differ; return whether the hunk has ended."""
        if self._first:
            self._after.append(piece)
        return len(self._after) == 2 * _AROUND

    def parts(self, names: str) -> Iterator[Difference]:
        """Yield the hunk, and begin another.

        Args:
            names: what comes before it.
        """
        if not self._first:
            return
        self._end_run(self._after[:_AROUND])
        span = _range(self._first, self._size)
        text = f"{names}@@ -{span} +{span} @@\n"
        self._lines.seek(0)
        while lines := self._lines.readlines(_MAX_BYTES_IN_MEMORY):
            yield Difference(text + "".join(lines), self._fixes, self._unfinished)
            text, self._fixes = "", 0
        _empty(self._lines)
        self._begin(0)

    def _end_run(self, kept: Iterable[Piece]) -> None:
        """Write the added lines of a run of lines that differ, and lines that do not."""
        self._added.seek(0)
        copyfileobj(self._added, self._lines)
        _empty(self._added)
        for piece in kept:
            self._write(self._lines, " ", piece.before)
            self._size += 1

    def _write(self, file: "SpooledTemporaryFile[str]", mark: str, raw: bytes) -> None:
        for line in _lines(raw, Format.JSON, show_values=self._show_values):
            file.write(_marked(mark, line))


def _spool() -> "SpooledTemporaryFile[str]":
    return SpooledTemporaryFile(_MAX_BYTES_IN_MEMORY, "w+", encoding="utf-8", newline="\n")


def _empty(file: "SpooledTemporaryFile[str]") -> None:
    file.seek(0)
    file.truncate()


class _Line(NamedTuple):
    text: str
    shown: str


def _hunks(whole: Piece, language: Format, *, show_values: bool) -> Iterator[str]:
    from difflib import SequenceMatcher

    old = _lines(whole.before, language, show_values=show_values)
    new = _lines(whole.after, language, show_values=show_values)
    texts = [line.text for line in old], [line.text for line in new]
    matcher = SequenceMatcher(None, *texts)
    if len(old) == len(new):
        # most fixes keep the number of lines: comparing line by line is then faster
        vars(matcher)["opcodes"] = _in_place(*texts)
    for opcodes in matcher.get_grouped_opcodes(_AROUND):
        _, old_start, _, new_start, _ = opcodes[0]
        _, _, old_end, _, new_end = opcodes[-1]
        old_range = _range(1 + old_start, old_end - old_start)
        yield f"@@ -{old_range} +{_range(1 + new_start, new_end - new_start)} @@\n"
        for kind, start, end, other_start, other_end in opcodes:
            if kind == "equal":
                yield from (_marked(" ", line) for line in old[start:end])
            else:
                yield from (_marked("-", line) for line in old[start:end])
                yield from (_marked("+", line) for line in new[other_start:other_end])


def _in_place(old: Sequence[str], new: Sequence[str]) -> list[_Opcode]:
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
