"""Decides which documents are converted, and remembers whom the others opt out."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.fast_path import has_right_form, suspected_rules
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Finding, Policy
from pinpoint_endpoints.checks.validate import is_valid, problem_at, validate, verdict_on
from pinpoint_endpoints.convert.account import NULL, Account
from pinpoint_endpoints.convert.user_endpoint import place_of
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.load import in_groups, is_unread, size_of
from pinpoint_endpoints.documents.model import Document, Problem, Severity, Verdict
from pinpoint_endpoints.errors import CannotRun

ONLY_WARNINGS = frozenset(
    {
        codes.PHONE_NUMBER,
        codes.EMAIL_ADDRESS,
        codes.APNS_ADDRESS,
        codes.TIMEZONE,
        codes.COORDINATE_PRECISION,
        codes.ATTRIBUTE_NAME,
        codes.NAMES_THAT_DIFFER_IN_CASE,
        codes.SHARED_NAME,
        codes.EMPTY_LIST,
        codes.READ_ONLY_MEMBERS,
        codes.INVISIBLE_CHARACTER,
    }
)
"""Codes of rules about single documents whose findings are never errors."""

UNREAD_HINT = "because it is unknown who would be missing: repair it, or leave it out"
_HOW_TO_NAME = "name standard input with --stdin-filename, or make an id with --ids"


class NotConverted(NamedTuple):
    """A document that is not converted.

    Attributes:
        document: from `load`.
        problems: its problems, at least one of them an error.
    """

    document: Document
    problems: list[Problem]


def convertible(
    documents: Iterable[Document],
    account: Account,
    policy: Policy,
    nothing_done: str = "nothing was written",
) -> Iterator[Document | NotConverted]:
    """Yield the documents that are converted, valid ones with an endpoint and an id, and others.

    A member that is null is left out, as if it were not there.

    Args:
        documents: from `load`.
        account: counts them, and remembers the addresses that the others opt out.
        policy: which problems make a document invalid.
        nothing_done: for the message if a text cannot be read.

    Raises:
        CannotRun: after the last one, if a text could not be read, or has the address that it opts
            out twice: who opted out is unknown.
    """
    unread: dict[str, None] = {}
    checked = (
        (document, is_certainly_valid)
        for group in in_groups(documents, size_of)
        for document, is_certainly_valid in [(one, has_only_warnings(one, policy)) for one in group]
    )
    for document, is_certainly_valid in checked:
        if is_certainly_valid:
            account.endpoints += 1
            yield document
            continue
        found, problems, nulls = _checked(document, policy)
        if is_valid(problems, policy) and found.has_endpoint:
            if found.endpoint_id is not None:
                account.endpoints += 1
                for member in nulls:
                    account.add(NULL, member, place_of(document))
                yield found
                continue
            finding = Finding((), "not an endpoint id: there is none", _HOW_TO_NAME)
            problems.append(problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding))
        if verdict_on(document, problems, policy) is Verdict.VALID:  # there is no endpoint in it
            continue
        cannot_be_read = is_unread(document)
        account.reject(is_unread=cannot_be_read)
        is_certain = account.refusals.add(document)
        if cannot_be_read or not is_certain:
            unread[document.source] = None
        yield NotConverted(document, problems)
    if unread:
        more = f" and {len(unread) - 1:,} more" if len(unread) > 1 else ""
        raise CannotRun(
            f"{next(iter(unread))}{more} cannot be read", f"{nothing_done}, {UNREAD_HINT}"
        )


def has_only_warnings(document: Document, policy: Policy = DEFAULT_POLICY) -> bool:
    """Tell quickly whether a document is valid, apart from warnings; False if it may not be."""
    if document.problems or document.endpoint_id is None or policy.strict:
        return False
    if not document.is_read or not document.has_endpoint:
        return False
    suspected = suspected_rules(document) - ONLY_WARNINGS
    return not (suspected and _find_errors(document, policy, suspected)) and (
        has_right_form(document)
    )


def _find_errors(document: Document, policy: Policy, rules: frozenset[str]) -> bool:
    """Tell whether rules find an error, without making problems, whose places take much longer."""
    from pinpoint_endpoints.checks.rules.registry import rule_findings

    return any(
        (finding.severity or rule.severity) is Severity.ERROR
        for rule, finding, _ in rule_findings(document, policy, rules)
    )


def _checked(document: Document, policy: Policy) -> tuple[Document, list[Problem], list[str]]:
    """Return a document with its problems, without members that are null if that makes it valid."""
    problems = validate(document, policy)
    if is_valid(problems, policy) or not document.has_endpoint:
        return document, problems, []
    nulls: list[str] = []
    value = _without_nulls(document.value, "", nulls)
    if nulls:
        without = document._replace(value=value, request=_without_nulls(document.request, "", []))
        if is_valid(found := validate(without, policy), policy):
            prefix = "".join(f"{step}." for step in document.request_path)
            return without, found, [name.removeprefix(prefix) for name in nulls]
    return document, problems, []


def _without_nulls(value: Any, prefix: str, nulls: list[str]) -> Any:
    if not isinstance(value, dict):
        return value
    nulls += [f"{prefix}{name}" for name, member in value.items() if member is None]
    return {
        name: _without_nulls(member, f"{prefix}{name}.", nulls)
        for name, member in value.items()
        if member is not None
    }
