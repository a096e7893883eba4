"""Apply fixes to a text in rounds, and check after each that nothing else changed."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.discovery import Source
from pinpoint_endpoints.documents.load import Language, documents_in, language_of, of_any_kind
from pinpoint_endpoints.documents.model import Document, Fix, Problem, Severity
from pinpoint_endpoints.documents.positions import Locator
from pinpoint_endpoints.fixes.edits import Edit, edited
from pinpoint_endpoints.fixes.plan import plan_fixes

MAX_ROUNDS = 10
"""A fix may reveal another problem, such as a wrong value under a name in another style."""

Check = Callable[[Document], Sequence[Problem]]
"""Finds the problems of a document."""

_Numbered = tuple[int, Fix]
"""A fix with the number of the text's value that it belongs to."""


class FixedText(NamedTuple):
    """A fixed text.

    Attributes:
        raw: the text.
        fixes: how many problems are fixed in it.
        solved: those of them that the text had at first; fixing some may reveal others.
        unfinished: whether the last round left problems that have a fix.
    """

    raw: bytes
    fixes: int
    solved: list[Problem]
    unfinished: bool


def fixed_text(
    raw: bytes, source: Source, check: Check, max_rounds: int = MAX_ROUNDS
) -> FixedText | None:
    """Return a text with its automatic fixes applied, or None if there are none.

    The text is parsed again after each round and compared: a fix that would change anything but
    its own place, or make a valid document invalid, is not applied.

    Args:
        raw: a whole file, or a line of a file with one document per line; uncompressed.
        source: the file, whose format says how to parse the text.
        check: finds the problems of a document; those with a fix are fixed.
        max_rounds: how often the text is fixed and parsed again at most.
    """
    state = _examine(raw, source, check)
    first = state.found
    number = 0
    unfinished = False
    applied: set[_Numbered] = set()
    for _ in range(max_rounds):
        step = _Round(state, source, check).applied() if any(state.fixes) else None
        if step is None:
            break
        state, done = step
        number += len(done)
        applied.update(done)
    else:
        unfinished = any(state.fixes)
    if not number:
        return None
    solved = [problem for number, problem in first if (number, problem.fix) in applied]
    return FixedText(state.raw, number, solved, unfinished)


class _State(NamedTuple):
    """The state of a document, which a fix must not make worse, except by revealing problems."""

    invalid: bool
    missing: int


def _state_of(problems: Sequence[Problem]) -> _State:
    invalid = any(problem.severity is Severity.ERROR for problem in problems)
    return _State(invalid, sum(problem.code == codes.MISSING_MEMBER for problem in problems))


class _Examined(NamedTuple):
    """A text with the problems in its documents.

    Attributes:
        raw: the text.
        locators: the locator of each value.
        found: the problems that have a fix, each with the number of the value that it is in.
        fixes: the fixes of each document, in the order of the documents.
        states: the state of each document, in the same order.
    """

    raw: bytes
    locators: list[Locator]
    found: list[tuple[int, Problem]]
    fixes: list[list[_Numbered]]
    states: list[_State]


def _examine(raw: bytes, source: Source, check: Check) -> _Examined:
    locators: list[Locator] = []
    found: list[tuple[int, Problem]] = []
    fixes: list[list[_Numbered]] = []
    states: list[_State] = []
    is_doubtful = False
    for document in of_any_kind(documents_in(source, raw, all_problems=True)):
        if not locators or locators[-1] is not document.locator:
            locators.append(document.locator)
            is_doubtful = any(problem.code == codes.DUPLICATE_KEY for problem in document.problems)
        if not document.is_read:
            continue
        number = len(locators) - 1
        problems = check(document)
        states.append(_state_of(problems))
        found += ((number, problem) for problem in problems if problem.fix)
        own = dict.fromkeys((number, problem.fix) for problem in problems if problem.fix)
        fixes.append([] if is_doubtful else [*own])
    return _Examined(raw, locators, found, fixes, states)


def _worse(before: _Examined, after: _Examined) -> set[int]:
    """Return the indexes of the documents that a text has become worse in."""
    if len(before.states) != len(after.states):
        return {*range(len(before.states))}
    pairs = zip(before.states, after.states, strict=True)
    return {
        index
        for index, (was, left) in enumerate(pairs)
        if (left.invalid and not was.invalid) or left.missing > was.missing
    }


_ByDocument = dict[int, list[_Numbered]]
"""Fixes by the index of their document."""

_MAX_ATTEMPTS = 30
"""Enough to find one unsound fix among a thousand in each document."""


class _Attempt(NamedTuple):
    """The result of applying fixes: the text and the applied ones, or the documents that failed."""

    result: tuple[_Examined, list[_Numbered]] | None
    wrong: set[int]


class _Round:
    """Applies the fixes that one check of a text found."""

    def __init__(self, before: _Examined, source: Source, check: Check) -> None:
        self._before = before
        self._source = source
        self._check = check
        self._language = language_of(source.format, before.raw)

    def applied(self) -> tuple[_Examined, list[_Numbered]] | None:
        """Return the text with the sound fixes applied, and these; None if none is sound."""
        everything = dict(enumerate(self._before.fixes))
        return self._attempt(everything).result or self._attempt(self._sound(everything)).result

    def _sound(self, fixes: _ByDocument) -> _ByDocument:
        """Return the fixes without those that make the result wrong.

        All documents are halved at the same time, and no more often than the budget allows: fixes
        that could not be tried by then are left out.
        """
        sound: _ByDocument = {index: [] for index in fixes}
        waiting = {index: [own] for index, own in fixes.items() if own}
        for _ in range(_MAX_ATTEMPTS):
            if not waiting:
                break
            tried = {index: parts.pop() for index, parts in waiting.items()}
            wrong = self._attempt(tried).wrong
            for index, part in tried.items():
                if index not in wrong:
                    sound[index] += part
                elif len(part) > 1:
                    half = len(part) // 2
                    waiting[index] += (part[half:], part[:half])
            waiting = {index: parts for index, parts in waiting.items() if parts}
        return sound

    def _attempt(self, fixes: _ByDocument) -> _Attempt:
        """Apply fixes, and compare the text with the one before."""
        raw, done, wrong = self._edited(fixes)
        if wrong or not done:
            return _Attempt(None, wrong)
        after = _examine(raw, self._source, self._check)
        worse = _worse(self._before, after)
        return _Attempt(None if worse else (after, done), worse)

    def _edited(self, fixes: _ByDocument) -> tuple[bytes, list[_Numbered], set[int]]:
        """Apply fixes.

        Returns:
            the text, the fixes that were applied, and the documents whose new values differ from
            those that the fixes should give.
        """
        before = self._before.raw
        by_number: dict[int, dict[Fix, None]] = {}
        for number, fix in chain(*fixes.values()):
            by_number.setdefault(number, {})[fix] = None
        values, edits, done = self._planned(by_number)
        mark = BOM_UTF8 if before.startswith(BOM_UTF8) else b""
        raw = mark + edited(decode(before), edits).encode()
        found = [*_values(self._language, raw)]
        if len(found) != len(values):
            return raw, done, {*fixes}
        # repr compares types and the order of members, and treats NaN as equal to itself
        other = {number for number in by_number if repr(found[number]) != repr(values[number])}
        return raw, done, {index for index, own in fixes.items() if own and own[0][0] in other}

    def _planned(
        self, by_number: dict[int, dict[Fix, None]]
    ) -> tuple[list[object], list[Edit], list[_Numbered]]:
        """Return the values after fixes, the edits for that, and the fixes that they apply."""
        values = [*_values(self._language, self._before.raw)]
        edits: list[Edit] = []
        done: list[_Numbered] = []
        for number, fixes in sorted(by_number.items()):
            paths = (path for fix in fixes for path in fix.paths)
            found = self._before.locators[number].map_around(paths)
            plan = plan_fixes([*fixes], found, values[number])
            values[number] = plan.value
            edits += plan.edits
            done += ((number, fix) for fix in plan.fixes)
        return values, edits, done


def _values(language: Language, raw: bytes) -> Iterator[object]:
    """Yield the values of a text as far as it can be parsed."""
    with suppress(Unreadable):
        for parsed in language.parse(raw):
            yield None if isinstance(parsed, Unreadable) else parsed.value
