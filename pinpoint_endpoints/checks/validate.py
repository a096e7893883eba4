"""Validate a document: every command and the library check documents here."""

from collections.abc import Sequence

from pinpoint_endpoints.checks.fast_path import surely_valid
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Finding, Policy
from pinpoint_endpoints.checks.rules.registry import rule_findings
from pinpoint_endpoints.checks.rules.schema_rules import endpoint_id
from pinpoint_endpoints.checks.schema_check import explain, fits
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem
from pinpoint_endpoints.documents.model import Document, Problem, Severity, Verdict
from pinpoint_endpoints.documents.positions import json_pointer

_IDS = frozenset({"Id", "EndpointId"})


def validate(document: Document, policy: Policy = DEFAULT_POLICY) -> list[Problem]:
    """Return the problems of a document in file order."""
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
    """Check an id that comes from the file's name: the schema checks only ids in the file."""
    value = document.value
    has_id = isinstance(value, dict) and not _IDS.isdisjoint(value)
    if document.endpoint_id is None or has_id or not endpoint_id_problem(document.endpoint_id):
        return []
    finding = endpoint_id((), document.endpoint_id)._replace(
        hint="rename the file, or set the id with --id"
    )
    return [problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding)]


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
    """Return a finding as a problem with its place in the file."""
    prefix = () if finding.from_top else document.path
    path = (*prefix, *finding.path)
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
        finding.fix.under(prefix) if finding.fix else None,
    )
