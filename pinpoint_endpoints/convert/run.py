"""Convert documents: check them, write them in a format, and yield the account."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pinpoint_endpoints.checks.fast_path import suspected_rules
from pinpoint_endpoints.checks.finding import Finding, Policy
from pinpoint_endpoints.checks.validate import is_valid, problem_at, validate, verdict_on
from pinpoint_endpoints.convert.account import Account, Entry
from pinpoint_endpoints.convert.customer_profiles import CUSTOMER_PROFILES
from pinpoint_endpoints.convert.files import JSON, NDJSON, YAML
from pinpoint_endpoints.convert.formats import DEFAULT_OPTIONS, ConvertOptions, Format
from pinpoint_endpoints.convert.grouping import refusal_in
from pinpoint_endpoints.convert.lists import SES_CONTACTS, SES_SUPPRESSION, SMS_OPT_OUTS
from pinpoint_endpoints.convert.output import Output, WrittenFile
from pinpoint_endpoints.convert.pinpoint_csv import CSV
from pinpoint_endpoints.convert.tables import ADDRESSES_CSV, USERS_CSV
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document, Problem, Severity, Verdict
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError

FORMATS: Mapping[str, Format] = {
    format_.name: format_
    for format_ in (
        NDJSON,
        CSV,
        JSON,
        YAML,
        CUSTOMER_PROFILES,
        USERS_CSV,
        ADDRESSES_CSV,
        SES_CONTACTS,
        SES_SUPPRESSION,
        SMS_OPT_OUTS,
    )
}

_HOW_TO_NAME = "name standard input with --stdin-filename, or make an id with --ids"

MAX_REJECTED = 50
"""How many invalid documents are yielded; the others are counted."""


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


class Rejected(NamedTuple):
    """A document that is not converted, because it is invalid or cannot be read.

    Attributes:
        source: the file.
        endpoint_id: or None.
        problems: its errors.
    """

    source: str
    endpoint_id: str | None
    problems: tuple[Problem, ...]


Result = Rejected | WrittenFile | Entry


def convert(
    documents: Iterable[Document],
    format_: Format,
    output: Output,
    account: Account,
    options: ConvertOptions = DEFAULT_OPTIONS,
) -> Iterator[Result]:
    """Convert documents, then yield the invalid ones, the files, and what was done by which rule.

    Args:
        documents: from `load`, in any order.
        format_: what is written.
        output: where; it is closed in the end.
        account: counts what is done.
        options: how documents are checked, and options of the format.

    Raises:
        CannotRun: a file cannot be read or written; nothing is written then.
        UsageError: the format needs a directory.
    """
    rejected: list[Rejected] = []
    error: PinpointEndpointsError | None = None
    try:
        with output:
            valid = _valid(documents, account, options.policy, rejected)
            format_.write(valid, output, account, options)
            output.commit()
    except PinpointEndpointsError as failure:
        error = failure
    yield from rejected
    if error is not None:
        raise error
    yield from output.files
    yield from account.entries()


def has_only_warnings(document: Document) -> bool:
    """Tell whether a document is surely valid; what only warns does not matter to a conversion."""
    if document.problems or document.endpoint_id is None or not document.is_read:
        return False
    suspected = suspected_rules(document)
    return suspected is not None and suspected <= ONLY_WARNINGS


def _valid(
    documents: Iterable[Document], account: Account, policy: Policy, rejected: list[Rejected]
) -> Iterator[Document]:
    """Yield the documents that are valid; keep the first of the others.

    Raises:
        CannotRun: after the last one, if a file could not be read: who is missing is unknown.
    """
    unreadable: list[str] = []
    for document in documents:
        if has_only_warnings(document):
            account.endpoints += 1
            yield document
            continue
        problems = validate(document, policy)
        if (not problems or is_valid(problems, policy)) and document.has_endpoint:
            if document.endpoint_id is not None:
                account.endpoints += 1
                yield document
                continue
            finding = Finding((), "not an endpoint id: there is none", _HOW_TO_NAME)
            problems.append(problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding))
        verdict = verdict_on(document, problems, policy)
        if verdict is Verdict.VALID:  # there is no endpoint in it
            continue
        account.reject(verdict)
        account.refusals |= refusal_in(document)
        if verdict is Verdict.UNREADABLE:
            unreadable.append(document.source)
        if len(rejected) < MAX_REJECTED:
            errors = [problem for problem in problems if problem.severity is Severity.ERROR]
            rejected.append(Rejected(document.source, document.endpoint_id, tuple(errors)))
    if unreadable:
        more = f" and {len(unreadable) - 1:,} more" if len(unreadable) > 1 else ""
        raise CannotRun(
            f"{unreadable[0]}{more} cannot be read",
            "nothing was written, because nobody knows who would be missing: "
            "repair it, or leave it out",
        )
