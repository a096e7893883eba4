"""All rules, and how they are applied to a document.

To add a rule, write one function with `@rule` in the module of its subject.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple

from pinpoint_endpoints.checks.finding import Finding, Policy
from pinpoint_endpoints.checks.rules import (
    address,
    attributes,
    cross_file_rules,
    document_rules,
    member_rules,
    schema_rules,
)
from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.rule import Rule, Scope, declared
from pinpoint_endpoints.schema.bundled import definition, resolved

RULE_MODULES = (
    text_rules,
    schema_rules,
    address,
    attributes,
    member_rules,
    document_rules,
    cross_file_rules,
)
"""Importing a module declares its rules; those in a new module need an entry here."""

OTHER_RULE_MODULES = ("segment_schema_rules", "segment_rules", "template_rules")
"""Modules with rules about other documents than endpoints: imported where they are needed."""

MAX_FINDINGS_PER_RULE = 200
"""More than anyone reads of one rule in one document; a hostile file could have a million."""

Found = tuple[Rule, Finding, ValuePath]
"""What a rule finds, and the path from the top of the document's value to what the rule checked."""

_PYTHON_TYPES = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "object": frozenset({dict}),
}

_Checks = tuple[tuple[Callable[..., Sequence[Finding]], Rule], ...]
"""The check functions beside their rules: looking them up for each document would be slow."""


class _Member(NamedTuple):
    """One member with its rules, which check values of these types only."""

    name: str
    path: ValuePath
    types: frozenset[type]
    checks: _Checks


class _Plan(NamedTuple):
    """The rules that are not ignored, by what they check.

    Attributes:
        groups: members with rules by their parent, such as `Location`; empty for the request's own.
        requests: rules of `Scope.REQUEST`.
        creations: rules of `Scope.CREATE`.
        documents: rules of `Scope.DOCUMENT`.
    """

    groups: tuple[tuple[str, tuple[_Member, ...]], ...]
    requests: _Checks
    creations: _Checks
    documents: _Checks


def rule_findings(
    document: Document, policy: Policy, only: frozenset[str] | None = None
) -> list[Found]:
    """Return what the rules find in a document.

    Args:
        document: with a value that could be read.
        policy: which rules are ignored, whether the endpoint must be new, and whether all is found.
        only: the codes of the rules to ask; by default all.
    """
    plan = _plan(frozenset(policy.ignore), only)
    request, top = document.request, document.request_path
    found: list[Found] = []
    most = None if policy.all_findings else MAX_FINDINGS_PER_RULE
    if plan.groups:
        _add_of_members(found, plan, request, top, most)
    for check, rule in plan.requests:
        if findings := check(request):
            _add(found, rule, top, findings, most)
    if plan.creations and (request or document.has_endpoint):
        for check, rule in plan.creations:
            if findings := check(request, policy.create):
                _add(found, rule, top, findings, most)
    for check, rule in plan.documents:
        if findings := check(document):
            _add(found, rule, (), findings, most)
    return found


def _add_of_members(
    found: list[Found],
    plan: _Plan,
    request: Mapping[str, object],
    top: ValuePath,
    most: int | None,
) -> None:
    for group, members in plan.groups:
        holder = request.get(group) if group else request
        if not isinstance(holder, dict):
            continue
        for name, path, types, checks in members:
            value = holder.get(name)
            if type(value) in types:
                for check, rule in checks:
                    if findings := check(value):
                        _add(found, rule, (*top, *path), findings, most)


def _add(
    found: list[Found],
    rule: Rule,
    path: ValuePath,
    findings: Sequence[Finding],
    most: int | None,
) -> None:
    """Add what a rule finds at a path; of very many findings the first ones."""
    found += [(rule, finding, path) for finding in findings[:most]]
    if most is not None and len(findings) > most:
        message = f"{len(findings) - most} more of this kind, from here on"
        cut = findings[most]._replace(message=message, hint="", fix=None)
        found.append((rule, cut, path))


@lru_cache(maxsize=256)
def _plan(ignored: frozenset[str], only: frozenset[str] | None) -> _Plan:
    rules = [
        rule
        for rule in declared()
        if rule.code not in ignored and (only is None or rule.code in only)
    ]
    at_members: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.scope is Scope.MEMBER:
            for dotted in rule.members:
                at_members.setdefault(dotted, []).append(rule)
    groups: dict[str, list[_Member]] = {}
    for dotted, its_rules in at_members.items():
        group, _, name = dotted.rpartition(".")
        path = tuple(dotted.split("."))
        member = _Member(name, path, _python_types(group, name), _checks(its_rules))
        groups.setdefault(group, []).append(member)
    return _Plan(
        tuple((group, tuple(members)) for group, members in groups.items()),
        _checks(rule for rule in rules if rule.scope is Scope.REQUEST),
        _checks(rule for rule in rules if rule.scope is Scope.CREATE),
        _checks(rule for rule in rules if rule.scope is Scope.DOCUMENT),
    )


def _checks(rules: Iterable[Rule]) -> _Checks:
    return tuple((rule.check, rule) for rule in rules)


def _python_types(group: str, name: str) -> frozenset[type]:
    """Return the types of values that the rules of a member check."""
    schema = definition("EndpointRequest")
    for step in (group, name) if group else (name,):
        schema = resolved(schema["properties"][step])
    return _PYTHON_TYPES[schema["type"]]


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return all rules by code, sorted by code."""
    for module in OTHER_RULE_MODULES:
        import_module(f"pinpoint_endpoints.checks.rules.{module}")
    return {rule.code: rule for rule in declared()}


def names_of_rules() -> Mapping[str, Rule]:
    """Return all rules by code, and again by name, such as `apns-token`."""
    return {**all_rules(), **{rule.name: rule for rule in all_rules().values()}}
