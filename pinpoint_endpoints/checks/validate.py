"""Validate a document: every command and the library check documents here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.checks.fast_path import has_right_form, suspected_rules
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, CodedFinding, Finding, Policy
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.model import Document, Fix, Problem, Severity, Verdict
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.rule import rule_of
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_SHAPES
from pinpoint_endpoints.documents.shapes import ENDPOINT_SHAPES, WRAPPERS
from pinpoint_endpoints.documents.template_shapes import TEMPLATE_SHAPES

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.rules.registry import Found

_IDS = frozenset({"Id", "EndpointId"})
_SHAPES = ENDPOINT_SHAPES.union(shape for shape, _ in WRAPPERS.values())
"""The shapes of endpoints and of invalid wrappers around them."""


def validate(document: Document, policy: Policy = DEFAULT_POLICY) -> list[Problem]:
    """Return the problems of a document in file order."""
    return validate_each((document,), policy)[0]


def validate_each(documents: Sequence[Document], policy: Policy) -> list[list[Problem]]:
    """Return the problems of each document; faster than `validate` for each of many."""
    found = zip(documents, findings_in(documents, policy), strict=True)
    return [problems_of(document, findings, policy) for document, findings in found]


def problems_of(document: Document, found: "list[Found]", policy: Policy) -> list[Problem]:
    """Return the problems of a document in file order, given its findings."""
    if document.shape in TEMPLATE_SHAPES:
        from pinpoint_endpoints.checks.templates import document_problems

        return document_problems(document, policy)
    if not found and not document.problems:
        return []
    has_places = document.problems or document.metadata or not document.locator.in_order
    is_sorted = not has_places and (len(found) <= 1 or _sort(found, document.value))
    problems = [
        problem_at(document, rule.code, rule.severity, finding, path)
        for rule, finding, path in found
    ]
    if not is_sorted:
        problems[:0] = [one for one in document.problems if one.code not in policy.ignore]
        problems.sort(key=lambda problem: (problem.line, problem.column, problem.code))
    return problems


def findings_in(documents: Sequence[Document], policy: Policy) -> "list[list[Found]]":
    """Return the findings of each document, in any order; templates have none, only problems.

    Each step is done for all documents before the next: see `in_groups`.
    """
    nothing: frozenset[str] = frozenset()
    suspected = [
        suspected_rules(document) if document.shape in _SHAPES else nothing
        for document in documents
    ]
    is_right = [document.shape not in _SHAPES or has_right_form(document) for document in documents]
    found = [
        _rules()(document, policy, rules) if rules else []
        for document, rules in zip(documents, suspected, strict=True)
    ]
    for document, is_fine, findings in zip(documents, is_right, found, strict=True):
        if not is_fine:
            findings.extend(_by_code(_by_schema(document, policy), policy))
        elif document.shape in SEGMENT_SHAPES:
            from pinpoint_endpoints.checks.segments import segment_findings

            findings.extend(_by_code(segment_findings(document), policy))
    return found


def _by_schema(document: Document, policy: Policy) -> Iterator[CodedFinding]:
    from pinpoint_endpoints.checks.schema_check import MAX_FINDINGS, explain

    most = None if policy.all_findings else MAX_FINDINGS
    yield from explain(document.value, document.shape, most)
    yield from _id_by_name(document)


def _by_code(coded: Iterable[CodedFinding], policy: Policy) -> "list[Found]":
    return [(rule_of(code), finding, ()) for code, finding in coded if code not in policy.ignore]


@cache
def _rules() -> Callable[[Document, Policy, frozenset[str]], "list[Found]"]:
    """Return the function that calls the rules, importing their modules only if they are needed."""
    from pinpoint_endpoints.checks.rules.registry import rule_findings

    return rule_findings


def _sort(found: "list[Found]", value: object) -> bool:
    """Sort findings by their places in a text, without the text, which is in the value's order.

    Returns:
        whether this is certain: in YAML an object may begin where its first name does.
    """
    numbers: _Numbers = {}
    ranked = []
    is_certain = True
    for number, (rule, finding, path) in enumerate(found):
        place = (*path, *finding.path)
        rank = _rank(place, value, numbers)
        if finding.at_key and place and len(rank) == len(place) and isinstance(place[-1], str):
            rank[-1] -= 1
            is_certain = is_certain and rank[-1] > 0
        ranked.append((rank, rule.code, number))
    ranked.sort()
    found[:] = [found[number] for _, _, number in ranked]
    return is_certain or all(
        after != [*before, 0] for (before, *_), (after, *_) in pairwise(ranked)
    )


def _rank(path: ValuePath, value: Any, numbers: "_Numbers") -> list[int]:
    """Return what sorts the part of a value at a path, or the nearest above it.

    Args:
        path: from the top of the value.
        value: the value.
        numbers: positions of members in large objects, by the object's `id()`; filled here.
    """
    rank: list[int] = []
    for step in path:
        if isinstance(value, dict):
            if step not in value:
                return rank
            number = _number(step, value, numbers)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            number = step
        else:
            return rank
        rank.append(2 * number + 1)
        value = value[step]
    return rank


_Numbers = dict[int, dict[str | int, int]]
_FEW = 50


def _number(name: str | int, members: dict[str | int, Any], numbers: _Numbers) -> int:
    if len(members) <= _FEW:
        return [*members].index(name)
    if id(members) not in numbers:
        numbers[id(members)] = dict(zip(members, count(), strict=False))
    return numbers[id(members)][name]


def _id_by_name(document: Document) -> Iterator[CodedFinding]:
    """Check an id that comes from the file's name: the schema checks only ids in the file."""
    value = document.value
    has_id = isinstance(value, dict) and not _IDS.isdisjoint(value)
    if document.endpoint_id is None or has_id or not endpoint_id_problem(document.endpoint_id):
        return
    from pinpoint_endpoints.checks.rules.schema_rules import endpoint_id

    hint = "rename the file, or set the id with --id"
    finding = endpoint_id((), document.endpoint_id)._replace(hint=hint)
    yield codes.ENDPOINT_ID, finding


def is_valid(problems: Sequence[Problem], policy: Policy = DEFAULT_POLICY) -> bool:
    """Tell whether a document with these problems may be sent: if strict, without warnings too."""
    if policy.strict or not problems:
        return not problems
    return all(problem.severity is not Severity.ERROR for problem in problems)


def verdict_on(document: Document, problems: Sequence[Problem], policy: Policy) -> Verdict:
    """Return the verdict on a document with these problems."""
    if not problems or is_valid(problems, policy):
        return Verdict.VALID
    unread = any(problem.code == codes.UNREADABLE for problem in document.problems)
    return Verdict.UNREADABLE if unread else Verdict.INVALID


def problem_at(
    document: Document, code: str, severity: Severity, finding: Finding, path: ValuePath = ()
) -> Problem:
    """Return a finding as a problem of its document.

    Args:
        document: the document.
        code: the code of the rule.
        severity: the severity of the rule.
        finding: the finding of the rule.
        path: from the top of the document's value to what the rule checked.
    """
    return Problem.at(
        document,
        code,
        finding.severity or severity,
        (*_prefix(document, finding, path), *finding.path),
        finding.message,
        finding.hint,
        at_key=finding.at_key,
        fix=fix_at(document, finding, path),
    )


def fix_at(document: Document, finding: Finding, path: ValuePath) -> Fix | None:
    """Return the fix of a finding, if it has one, with its paths from the top of the file."""
    return finding.fix and finding.fix.under(_prefix(document, finding, path))


def _prefix(document: Document, finding: Finding, path: ValuePath) -> ValuePath:
    return () if finding.from_top else (*document.path, *path)
