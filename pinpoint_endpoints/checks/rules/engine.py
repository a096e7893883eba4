"""A document in, what the rules find in it out; quick where nothing is wrong."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.policy import Policy
from pinpoint_endpoints.checks.rules import location
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import Path
from pinpoint_endpoints.documents.rule import Rule, Scope, declared
from pinpoint_endpoints.documents.schema_file import bundled_schema

MODULES = (location,)
"""Importing a module declares its rules."""

Found = tuple[Rule, Finding]

_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "object": dict,
}


class _MemberRule(NamedTuple):
    rule: Rule
    kind: type | tuple[type, ...]


class _Plan(NamedTuple):
    """The rules that are not ignored, by what they look at.

    `members` and `groups` have the rules of `EffectiveDate`, and of `Location.Country`.
    """

    members: Mapping[str, tuple[_MemberRule, ...]]
    groups: Mapping[str, Mapping[str, tuple[_MemberRule, ...]]]
    requests: tuple[Rule, ...]
    creations: tuple[Rule, ...]
    documents: tuple[Rule, ...]


def rule_findings(document: Document, policy: Policy) -> list[Found]:
    """Return what the rules find; the paths lead from the top of the document's value."""
    plan = _plan(policy.ignore)
    request = document.request
    found: list[Found] = []
    for name, value in request.items():
        if name in plan.members:
            found.extend(_at_member(plan.members[name], value, (name,)))
        if name in plan.groups and isinstance(value, dict):
            rules = plan.groups[name]
            for inner in rules.keys() & value.keys():
                found.extend(_at_member(rules[inner], value[inner], (name, inner)))
    for rule in plan.requests:
        found.extend((rule, finding) for finding in rule.check(request))
    for rule in plan.creations:
        found.extend((rule, finding) for finding in rule.check(request, policy.create))
    if found and document.request_path:
        found = [(rule, _under(document.request_path, finding)) for rule, finding in found]
    for rule in plan.documents:
        found.extend((rule, finding) for finding in rule.check(document))
    return found


def _at_member(rules: Iterable[_MemberRule], value: Any, path: Path) -> Iterator[Found]:
    for rule, kind in rules:
        if isinstance(value, kind) and not isinstance(value, bool):
            for finding in rule.check(value):
                yield rule, _under(path, finding)


def _under(prefix: Path, finding: Finding) -> Finding:
    fix = finding.fix.under(prefix) if finding.fix else None
    return finding._replace(path=(*prefix, *finding.path), fix=fix)


@cache
def _plan(ignored: frozenset[str]) -> _Plan:
    rules = [rule for rule in declared() if rule.code not in ignored]
    members: dict[str, tuple[_MemberRule, ...]] = {}
    groups: dict[str, dict[str, tuple[_MemberRule, ...]]] = {}
    of_members = (rule for rule in rules if rule.scope is Scope.MEMBER)
    for rule, dotted in chain.from_iterable(
        ((rule, member) for member in rule.members) for rule in of_members
    ):
        group, _, name = dotted.rpartition(".")
        at = groups.setdefault(group, {}) if group else members
        at[name] = (*at.get(name, ()), _MemberRule(rule, _python_type(group, name)))
    return _Plan(
        members,
        groups,
        tuple(rule for rule in rules if rule.scope is Scope.REQUEST),
        tuple(rule for rule in rules if rule.scope is Scope.CREATE),
        tuple(rule for rule in rules if rule.scope is Scope.DOCUMENT),
    )


def _python_type(group: str, name: str) -> type | tuple[type, ...]:
    """Return the type that a value must have for the rules of a member to look at it."""
    definitions = bundled_schema()["$defs"]
    holder = definitions[f"Endpoint{group}" if group else "EndpointRequest"]
    schema = holder["properties"][name]
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return _PYTHON_TYPES[schema["type"]]
