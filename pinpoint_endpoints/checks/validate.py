"""Validate a document: every command and the library check documents here."""

from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Any

from pinpoint_endpoints.checks.fast_path import suspected_rules
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Finding, Policy
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.model import Document, Problem, Severity, Verdict
from pinpoint_endpoints.documents.rule import rule_of
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_SHAPES

_IDS = frozenset({"Id", "EndpointId"})


_Found = tuple[str, Severity, Finding]
"""A finding with its code, and the severity of its rule."""


def validate(document: Document, policy: Policy = DEFAULT_POLICY) -> list[Problem]:
    """Return the problems of a document in file order."""
    suspected = suspected_rules(document) if document.is_read else frozenset()
    if not suspected and suspected is not None and not document.problems:
        return []
    found = [one for one in _found(document, policy, suspected) if one[0] not in policy.ignore]
    has_places = document.problems or document.metadata or not document.locator.in_order
    is_sorted = not has_places and (len(found) <= 1 or _sort(found, document.value))
    problems = [problem_at(document, *one) for one in found]
    if not is_sorted:
        problems[:0] = [one for one in document.problems if one.code not in policy.ignore]
        problems.sort(key=lambda problem: (problem.line, problem.column, problem.code))
    return problems


def _found(
    document: Document, policy: Policy, suspected: frozenset[str] | None
) -> Iterator[_Found]:
    if document.shape in SEGMENT_SHAPES:
        from pinpoint_endpoints.checks.segments import segment_findings

        for code, finding in segment_findings(document):
            yield code, rule_of(code).severity, finding
        return
    if suspected != frozenset():
        from pinpoint_endpoints.checks.rules.registry import rule_findings

        for rule, finding in rule_findings(document, policy, suspected):
            yield rule.code, rule.severity, finding
    if suspected is None:
        from pinpoint_endpoints.checks.schema_check import explain

        for code, finding in explain(document.value, document.shape):
            yield code, Severity.ERROR, finding
        yield from _id_by_name(document)


def _sort(found: list[_Found], value: object) -> bool:
    """Sort findings by their places in a text, without the text, which is in the value's order.

    Returns:
        whether this is certain: in YAML an object may begin where its first name does.
    """
    numbers: _Numbers = {}
    ranked = [
        (_rank(finding, value, numbers), code, number)
        for number, (code, _, finding) in enumerate(found)
    ]
    ranked.sort()
    found[:] = [found[number] for _, _, number in ranked]
    return all(after != [*before, 0] for (before, *_), (after, *_) in pairwise(ranked))


def _rank(finding: Finding, value: Any, numbers: "_Numbers") -> list[int]:
    """Return what sorts the part of a value that a finding is about, or the nearest above it.

    Args:
        finding: its path starts at the top of the value.
        value: the value.
        numbers: of the members of objects in the value, by the object's `id()`; filled here.
    """
    rank: list[int] = []
    for step in finding.path:
        if isinstance(value, dict):
            if step not in value:
                return rank
            if id(value) not in numbers:
                numbers[id(value)] = dict(zip(value, count(), strict=False))
            number = numbers[id(value)][step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            number = step
        else:
            return rank
        rank.append(2 * number + 1)
        value = value[step]
    if rank and finding.at_key and isinstance(finding.path[-1], str):
        rank[-1] -= 1
    return rank


_Numbers = dict[int, dict[str | int, int]]


def _id_by_name(document: Document) -> Iterator[_Found]:
    """Check an id that comes from the file's name: the schema checks only ids in the file."""
    value = document.value
    has_id = isinstance(value, dict) and not _IDS.isdisjoint(value)
    if document.endpoint_id is None or has_id or not endpoint_id_problem(document.endpoint_id):
        return
    from pinpoint_endpoints.checks.rules.schema_rules import endpoint_id

    hint = "rename the file, or set the id with --id"
    finding = endpoint_id((), document.endpoint_id)._replace(hint=hint)
    yield codes.ENDPOINT_ID, Severity.ERROR, finding


def is_valid(problems: Sequence[Problem], policy: Policy = DEFAULT_POLICY) -> bool:
    """Tell whether a document with these problems may be sent: if strict, without warnings too."""
    if policy.strict or not problems:
        return not problems
    return all(problem.severity is not Severity.ERROR for problem in problems)


def verdict_on(document: Document, problems: Sequence[Problem], policy: Policy) -> Verdict:
    """Return the verdict on a document with these problems."""
    if is_valid(problems, policy):
        return Verdict.VALID
    unread = any(problem.code == codes.UNREADABLE for problem in document.problems)
    return Verdict.UNREADABLE if unread else Verdict.INVALID


def problem_at(document: Document, code: str, severity: Severity, finding: Finding) -> Problem:
    """Return a finding as a problem of its document."""
    prefix = () if finding.from_top else document.path
    return Problem.at(
        document,
        code,
        finding.severity or severity,
        (*prefix, *finding.path),
        finding.message,
        finding.hint,
        at_key=finding.at_key,
        fix=finding.fix.under(prefix) if finding.fix else None,
    )
