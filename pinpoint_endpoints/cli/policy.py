"""The options that say how documents are judged in, the policy out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pinpoint_endpoints.checks.policy import Policy
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.errors import UsageError


def policy_from(ignore: Sequence[str] | None, *, strict: bool, create: bool = False) -> Policy:
    """Return the policy that the options ask for.

    Raises:
        UsageError: a rule is not known, or cannot be ignored.
    """
    return Policy(check_codes(ignore or ()), strict, create)


def sending_policy_from(
    ignore: Sequence[str] | None, *, strict: bool, create: bool = False
) -> Policy:
    """Return the policy for documents that are sent: read-only members are left out knowingly.

    Raises:
        UsageError: a rule is not known, or cannot be ignored.
    """
    policy = policy_from(ignore, strict=strict, create=create)
    return replace(policy, ignore=policy.ignore | {codes.READ_ONLY_MEMBERS})


def check_codes(words: Iterable[str]) -> frozenset[str]:
    """Return the codes of the rules to ignore, which may be named by code or name in any case.

    Raises:
        UsageError: there is no such rule (the nearest is named), or it cannot be ignored.
    """
    return frozenset(_ignorable(word) for word in words)


def _ignorable(word: str) -> str:
    from pinpoint_endpoints.checks.catalogue import names_of_rules
    from pinpoint_endpoints.cli.choosing import chosen

    rules = names_of_rules()
    rule = rules[chosen(word, rules, "rule", "`pe rules` lists them")]
    if not rule.ignorable:
        raise UsageError(
            f"{rule.code} cannot be ignored",
            "what this rule finds keeps the file from being read, and so from being checked",
        )
    return rule.code
