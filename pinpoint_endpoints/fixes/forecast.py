"""Tell which problems of checked documents could be fixed, without writing anything."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Format, Source
from pinpoint_endpoints.documents.model import Checked, Document, Problem
from pinpoint_endpoints.documents.positions import Locator

if TYPE_CHECKING:
    from pinpoint_endpoints.fixes.rounds import Check

MAX_TRIED_BYTES = 50_000
"""How much text is tried in a run: what comes after it is taken to be like what came before."""


class _Tried(NamedTuple):
    """A text that was fixed, with the result.

    Attributes:
        path: the path of its file.
        locator: the locator of one of its documents.
        text: the text.
        first_line: where it begins in its file.
        fixes: how many problems were fixed.
        solved: what identifies those of them that it had at first.
    """

    path: str
    locator: Locator
    text: str
    first_line: int
    fixes: int
    solved: frozenset[object]


class _Result(NamedTuple):
    """The result of fixing a document, the same for all that have the same problems.

    Attributes:
        blocked: the kinds of problems whose fix cannot be applied.
        fixes: how many problems are fixed, also those that other fixes reveal.
    """

    blocked: frozenset[object]
    fixes: int


class Forecast:
    """Finds out what fixing would do, by fixing the texts of documents that have a fix.

    A problem may have a fix that cannot be applied because of another problem in its text.

    Args:
        check: finds the problems of a document.
        max_bytes: how much text is tried, and how large a file may be.

    Attributes:
        fixes: how many problems would be fixed, also those that other fixes reveal.
        blocked: how many problems have a fix that cannot be applied.
        bytes_left: how much text is still tried.
    """

    def __init__(self, check: "Check", max_bytes: int = MAX_TRIED_BYTES) -> None:
        self.fixes = 0
        self.blocked = 0
        self._check = check
        self.bytes_left = self._max_bytes = max_bytes
        self._last: _Tried | None = None
        self._sizes: tuple[str, int] = ("", 0)
        self._known: dict[frozenset[object], _Result] = {}

    def without_blocked(self, checked: Checked, source: Source | None) -> Checked:
        """Return a document whose problems have only those fixes that would be applied.

        Args:
            checked: one after the other, in the order of the file.
            source: the file that it is in; None for an input that cannot be written back.
        """
        fixable = [problem for problem in checked.problems if problem.fix]
        if not fixable:
            return checked
        if source is None or source.format is Format.CSV or not checked.document.is_read:
            return _without(checked, fixable)
        result = self._result(checked, fixable, source)
        blocked = [problem for problem in fixable if _kind_of(problem) in result.blocked]
        self.fixes += result.fixes * checked.times
        self.blocked += len(blocked) * checked.times
        return _without(checked, blocked) if blocked else checked

    def _result(self, checked: Checked, fixable: list[Problem], source: Source) -> _Result:
        document = checked.document
        is_json = source.format in (Format.JSON, Format.NDJSON)
        is_alone = not document.in_multi_document_file or (is_json and not document.path)
        kind = frozenset(map(_kind_of, checked.problems))
        before = self._last
        tried = self._try(document, source, by_place=not is_alone and not is_json)
        if tried is None:
            known = self._known.get(kind) if is_alone else None
            return known or _expected(document, fixable)
        above = None if is_alone or is_json else tried.first_line - 1
        blocked = (each for each in fixable if _identity(each, above) not in tried.solved)
        result = _Result(frozenset(map(_kind_of, blocked)), 0 if tried is before else tried.fixes)
        if is_alone:
            self._known.setdefault(kind, result)
        return result

    def _try(self, document: Document, source: Source, *, by_place: bool) -> _Tried | None:
        """Fix a document's text, unless it is the last one; return None if it is too much."""
        if self._last is not None and self._last.locator is document.locator:
            return self._last
        is_line = document.in_multi_document_file and source.format is Format.NDJSON
        if self.bytes_left <= 0 or (not is_line and self._size(source.path) > self._max_bytes):
            return None
        found = document.locator.map_around(())
        last = self._last
        if last is not None and last.path == source.path and last.text is found.text:
            return last
        from pinpoint_endpoints.fixes.rounds import fixed_text  # only where a fix is known

        raw = found.text.encode()
        self.bytes_left -= len(raw)
        if source.format is Format.NDJSON:
            source = source._replace(format=Format.JSON)
        fixed = fixed_text(raw, source, self._check)
        fixes, solved = (fixed.fixes, fixed.solved) if fixed else (0, [])
        self._last = _Tried(
            source.path,
            document.locator,
            found.text,
            found.lines.position(0).line,
            fixes,
            frozenset(_identity(problem, 0 if by_place else None) for problem in solved),
        )
        return self._last

    def _size(self, path: str) -> int:
        """Return how large a file is; its documents come one after the other."""
        if self._sizes[0] != path:
            try:
                size = Path(path).stat().st_size
            except OSError:
                size = 0
            self._sizes = path, size
        return self._sizes[1]


def _identity(problem: Problem, above: int | None) -> object:
    """Return what identifies a problem in its text.

    Args:
        problem: with a fix.
        above: how many lines of the file are above a text of several documents, which may have
            the same problem; None for a text of one, where no place need be found.
    """
    if above is None:
        return problem.code, problem.fix
    return problem.code, problem.fix, problem.line - above, problem.column


def _kind_of(problem: Problem) -> object:
    """Return the kind of a problem: problems of a kind are all fixed, or none is."""
    return problem.code, problem.fix and (problem.fix.action, problem.fix.paths)


def _expected(document: Document, fixable: list[Problem]) -> _Result:
    """Predict the result without fixing: a document with a duplicate key gets no fixes."""
    if any(problem.code == codes.DUPLICATE_KEY for problem in document.problems):
        return _Result(frozenset(map(_kind_of, fixable)), 0)
    return _Result(frozenset(), len(fixable))


def _without(checked: Checked, blocked: list[Problem]) -> Checked:
    """Return a document whose blocked problems have no fix."""
    gone = {*map(id, blocked)}
    return checked._replace(
        problems=tuple(
            replace(problem, fix=None) if id(problem) in gone else problem
            for problem in checked.problems
        )
    )
