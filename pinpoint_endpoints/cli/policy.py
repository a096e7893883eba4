"""The options that say how documents are judged in, the policy out."""

from collections.abc import Sequence

from pinpoint_endpoints.checks.policy import Policy


def policy_from(ignore: Sequence[str] | None, *, strict: bool, create: bool = False) -> Policy:
    """Return the policy that the options ask for.

    Raises:
        UsageError: a rule is not known, or cannot be ignored.
    """
    if not ignore:
        return Policy(strict=strict, create=create)
    from pinpoint_endpoints.checks.catalogue import check_codes

    return Policy(check_codes(ignore), strict, create)
