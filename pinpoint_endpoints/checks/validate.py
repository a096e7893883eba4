"""A document in, its problems out: the one validator, used by every command and by the library."""

from collections.abc import Sequence

from pinpoint_endpoints.checks.fast_path import surely_valid
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Finding, Policy
from pinpoint_endpoints.checks.rules.registry import rule_findings
from pinpoint_endpoints.checks.schema_check import explain, fits
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.model import Document, Problem, Severity, Verdict
from pinpoint_endpoints.documents.positions import json_pointer

_IDS = frozenset({"Id", "EndpointId"})


def validate(document: Document, policy: Policy = DEFAULT_POLICY) -> list[Problem]:
    """Return what is wrong with a document, in the order of the file; empty if nothing is."""
    if not document.problems and surely_valid(document):
        return []
    found = [*document.problems]
    if document.is_read:
        found += [
            problem_at(document, rule.code, rule.severity, finding)
            for rule, finding in rule_findings(document, policy)
        ]
        if not fits(document.value, document.shape):
            found += [
                problem_at(document, code, Severity.ERROR, finding)
                for code, finding in explain(document.value, document.shape)
            ]
        found += _id_by_name(document)
    if not found:
        return []
    kept = [problem for problem in found if problem.code not in policy.ignore]
    return sorted(kept, key=lambda problem: (problem.line, problem.column, problem.code))


def _id_by_name(document: Document) -> list[Problem]:
    """Find fault with an id that the file's name gives: the schema sees only one in the file."""
    value = document.value
    stands_in_it = isinstance(value, dict) and not _IDS.isdisjoint(value)
    if (
        document.endpoint_id is None
        or stands_in_it
        or not endpoint_id_problem(document.endpoint_id)
    ):
        return []
    from pinpoint_endpoints.checks.rules.schema_rules import endpoint_id

    finding = endpoint_id((), document.endpoint_id)._replace(
        hint="rename the file, or give another id with --id"
    )
    return [problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding)]


def is_valid(problems: Sequence[Problem], policy: Policy = DEFAULT_POLICY) -> bool:
    """Tell whether a document with these problems may be sent: warnings stop it if strict."""
    if policy.strict or not problems:
        return not problems
    return all(problem.severity is not Severity.ERROR for problem in problems)


def verdict_on(document: Document, problems: Sequence[Problem], policy: Policy) -> Verdict:
    """Return what the problems of a document make of it."""
    if is_valid(problems, policy):
        return Verdict.VALID
    unread = any(problem.code == codes.UNREADABLE for problem in document.problems)
    return Verdict.UNREADABLE if unread else Verdict.INVALID


def problem_at(document: Document, code: str, severity: Severity, finding: Finding) -> Problem:
    """Return a finding as a problem, with its place in the file."""
    path = (*document.path, *finding.path)
    line, column, end_column = document.locator.locate(path, key=finding.at_key)
    return Problem(
        document.source,
        line,
        column,
        code,
        finding.severity or severity,
        finding.message,
        finding.hint,
        json_pointer(path),
        end_column,
        finding.fix.under(document.path) if finding.fix else None,
    )
