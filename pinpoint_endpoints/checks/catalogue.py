"""All rules by their codes, and the codes that a person means; imports every rule there is."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from pinpoint_endpoints import checks
from pinpoint_endpoints.checks.choosing import chosen
from pinpoint_endpoints.documents.rule import Rule, declared
from pinpoint_endpoints.errors import UsageError


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return every rule by its code, in the order of the codes."""
    _import_rules()
    return {rule.code: rule for rule in declared()}


def _import_rules() -> None:
    """Import the modules that declare rules: all of the checks, and the faults of reading."""
    import_module("pinpoint_endpoints.documents.faults")
    for module in walk_packages(checks.__path__, f"{checks.__name__}."):
        import_module(module.name)


def names_of_rules() -> Mapping[str, Rule]:
    """Return every rule by its code, and once more by its name, such as `apns-token`."""
    return {**all_rules(), **{rule.name: rule for rule in all_rules().values()}}


def check_codes(words: Iterable[str]) -> frozenset[str]:
    """Return the codes of the rules to ignore, which may be named by code or name in any case.

    Raises:
        UsageError: there is no such rule (the nearest is named), or it cannot be ignored.
    """
    return frozenset(_ignorable(word).code for word in words)


def _ignorable(word: str) -> Rule:
    rules = names_of_rules()
    rule = rules[chosen(word, rules, "rule", "`pe rules` lists them")]
    if not rule.ignorable:
        raise UsageError(
            f"{rule.code} cannot be ignored",
            "what this rule finds keeps the file from being read, and so from being checked",
        )
    return rule
