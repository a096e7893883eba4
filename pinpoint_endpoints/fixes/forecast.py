"""Tell which problems of checked documents could be fixed, without writing anything."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.documents.discovery import Format, Source
from pinpoint_endpoints.documents.model import Checked, Document, Problem
from pinpoint_endpoints.documents.positions import Locator

if TYPE_CHECKING:
    from pinpoint_endpoints.fixes.rounds import Check

MAX_TRIED = 50
"""After so many texts, one whose problems are like those of an earlier one is not tried again."""


class _Tried(NamedTuple):
    """A text that was fixed, and what came of it.

    Attributes:
        locator: of one of its documents.
        text: the text.
        first_line: where it begins in its file.
        fixes: how many problems were fixed.
        solved: those that it had at first, with lines counted from the text's first.
    """

    locator: Locator
    text: str
    first_line: int
    fixes: int
    solved: frozenset[Problem]


class Forecast:
    """Finds out what fixing would do, by fixing the texts of documents that have a fix.

    A problem may have a fix that cannot be applied because of another problem in its text.

    Args:
        check: finds the problems of a document.
        max_tried: how many texts are tried before those like an earlier one are not.

    Attributes:
        fixes: how many problems would be fixed, also those that other fixes reveal.
        blocked: how many problems have a fix that cannot be applied.
    """

    def __init__(self, check: "Check", max_tried: int = MAX_TRIED) -> None:
        self.fixes = 0
        self.blocked = 0
        self._check = check
        self._max_tried = max_tried
        self._tried = 0
        self._last: _Tried | None = None
        self._all_fixed: dict[object, int] = {}

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
            return _with_fixes(checked, frozenset())
        document = checked.document
        is_alone = not document.in_multi_document_file or (
            source.format is not Format.YAML and not document.path
        )
        kind = is_alone and _kind(checked)
        if self._tried >= self._max_tried and kind in self._all_fixed:
            self.fixes += self._all_fixed[kind]
            return checked
        tried = self._try(document, source)
        above = tried.first_line - 1
        solved = frozenset(
            problem
            for problem in fixable
            if replace(problem, line=problem.line - above) in tried.solved
        )
        if is_alone and len(solved) == len(fixable):
            self._all_fixed.setdefault(kind, tried.fixes)
        self.blocked += len(fixable) - len(solved)
        return _with_fixes(checked, solved)

    def _try(self, document: Document, source: Source) -> _Tried:
        """Fix a document's text, unless it is the last one, and count the fixes."""
        if self._last is not None and self._last.locator is document.locator:
            return self._last
        found = document.locator.map
        if self._last is not None and self._last.text is found.text:
            return self._last
        from pinpoint_endpoints.fixes.rounds import fixed_text  # only where a fix is known

        self._tried += 1
        if source.format is Format.NDJSON:
            source = source._replace(format=Format.JSON)
        fixed = fixed_text(found.text.encode(), source, self._check)
        fixes, solved = fixed[1:3] if fixed else (0, frozenset())
        self.fixes += fixes
        first_line = found.lines.position(0).line
        self._last = _Tried(document.locator, found.text, first_line, fixes, solved)
        return self._last


def _kind(checked: Checked) -> object:
    """Return what documents have in common that fixing treats alike."""
    return tuple(
        (problem.code, problem.fix and (problem.fix.action, problem.fix.paths))
        for problem in checked.problems
    )


def _with_fixes(checked: Checked, solved: frozenset[Problem]) -> Checked:
    return checked._replace(
        problems=tuple(
            replace(problem, fix=None) if problem.fix and problem not in solved else problem
            for problem in checked.problems
        )
    )
