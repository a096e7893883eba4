"""Apply fixes to a text in rounds, and check after each that nothing else changed."""

from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.discovery import Source
from pinpoint_endpoints.documents.load import Language, documents_in, language_of
from pinpoint_endpoints.documents.model import Document, Fix, Problem, Severity
from pinpoint_endpoints.fixes.edits import Edit, edited
from pinpoint_endpoints.fixes.plan import plan_fixes

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.positions import PositionMap

MAX_ROUNDS = 100
"""A fix may reveal another problem, and a document reports 1000 problems at a time."""

Check = Callable[[Document], Sequence[Problem]]
"""Finds the problems of a document."""

_Numbered = tuple[int, Fix]
"""A fix with the number of the text's value that it belongs to."""


class FixedText(NamedTuple):
    """A fixed text, and the number of problems fixed in it."""

    raw: bytes
    fixes: int


def fixed_text(raw: bytes, source: Source, check: Check) -> FixedText | None:
    """Return a text with its automatic fixes applied, or None if there are none.

    The text is parsed again after each round and compared: a fix that would change anything but
    its own place, or make a valid document invalid, is not applied.

    Args:
        raw: a whole file, or a line of a file with one document per line; uncompressed.
        source: the file, whose format says how to parse the text.
        check: finds the problems of a document; those with a fix are fixed.
    """
    state = _examine(raw, source, check)
    number = 0
    for _ in range(MAX_ROUNDS):
        step = _Round(state, source, check).applied() if state.fixes else None
        if step is None:
            break
        state, done = step
        number += done
    return FixedText(state.raw, number) if number else None


class _State(NamedTuple):
    """What a fix must not make worse; it may only reveal problems that it uncovers."""

    invalid: bool
    missing: int


def _state_of(problems: Sequence[Problem]) -> _State:
    invalid = any(problem.severity is Severity.ERROR for problem in problems)
    return _State(invalid, sum(problem.code == codes.MISSING_MEMBER for problem in problems))


class _Examined(NamedTuple):
    raw: bytes
    fixes: list[_Numbered]
    states: list[_State]


def _examine(raw: bytes, source: Source, check: Check) -> _Examined:
    numbers: dict[int, int] = {}
    fixes: dict[_Numbered, None] = {}
    states: list[_State] = []
    doubtful: set[int] = set()
    documents = list(documents_in(source, raw))  # keeps the locators, so that their ids differ
    for document in documents:
        number = numbers.setdefault(id(document.locator), len(numbers))
        if not document.is_read:
            continue
        problems = check(document)
        states.append(_state_of(problems))
        fixes.update(((number, problem.fix), None) for problem in problems if problem.fix)
        if any(problem.code == codes.DUPLICATE_KEY for problem in document.problems):
            doubtful.add(number)
    return _Examined(raw, [fix for fix in fixes if fix[0] not in doubtful], states)


def _is_no_worse(before: _Examined, after: _Examined) -> bool:
    return len(before.states) == len(after.states) and all(
        (was.invalid or not left.invalid) and left.missing <= was.missing
        for was, left in zip(before.states, after.states, strict=True)
    )


class _Round:
    """Applies the fixes that one check of a text found."""

    def __init__(self, before: _Examined, source: Source, check: Check) -> None:
        self._before = before
        self._source = source
        self._check = check
        self._language = language_of(source.format, before.raw)
        self._mark = BOM_UTF8 if before.raw.startswith(BOM_UTF8) else b""
        self._text = decode(before.raw)
        self._values = _values(self._language, before.raw)
        self._maps: list[PositionMap] = list(self._language.positions(before.raw))

    def applied(self) -> tuple[_Examined, int] | None:
        """Return the text with the sound fixes applied, and their number; None if none is sound."""
        return self._attempt(self._before.fixes) or self._attempt(
            self._safe_fixes(self._before.fixes)
        )

    def _safe_fixes(self, fixes: list[_Numbered]) -> list[_Numbered]:
        """Return the fixes without those that make the result wrong."""
        if self._attempt(fixes):
            return fixes
        if len(fixes) <= 1:
            return []
        half = len(fixes) // 2
        return self._safe_fixes(fixes[:half]) + self._safe_fixes(fixes[half:])

    def _attempt(self, fixes: list[_Numbered]) -> tuple[_Examined, int] | None:
        values = [*self._values]
        edits: list[Edit] = []
        done = 0
        by_number: dict[int, list[Fix]] = {}
        for number, fix in fixes:
            by_number.setdefault(number, []).append(fix)
        for number, own in sorted(by_number.items()):
            plan = plan_fixes(own, self._maps[number], values[number])
            values[number] = plan.value
            edits += plan.edits
            done += plan.fixes
        if not edits:
            return None
        raw = self._mark + edited(self._text, edits).encode()
        # repr compares types and the order of members, and treats NaN as equal to itself
        if repr(_values(self._language, raw)) != repr(values):
            return None
        after = _examine(raw, self._source, self._check)
        return (after, done) if _is_no_worse(self._before, after) else None


def _values(language: Language, raw: bytes) -> list[object]:
    """Return the values of a text as far as it can be parsed."""
    values: list[object] = []
    try:
        for parsed in language.parse(raw):
            values.append(None if isinstance(parsed, Unreadable) else parsed[0])  # noqa: PERF401 - what came before an error counts
    except Unreadable:
        pass
    return values
