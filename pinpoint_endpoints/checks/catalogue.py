"""All rules by their codes: imports every rule there is."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from pinpoint_endpoints import checks
from pinpoint_endpoints.documents.rule import Rule, declared


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return every rule by its code, in the order of the codes."""
    _import_rules()
    return {rule.code: rule for rule in declared()}


def _import_rules() -> None:
    """Import the modules that declare rules: all of the checks, and the faults of reading."""
    import_module("pinpoint_endpoints.documents.text_rules")
    for module in walk_packages(checks.__path__, f"{checks.__name__}."):
        import_module(module.name)


def names_of_rules() -> Mapping[str, Rule]:
    """Return every rule by its code, and once more by its name, such as `apns-token`."""
    return {**all_rules(), **{rule.name: rule for rule in all_rules().values()}}
