"""Convert documents: check them, write them in a format, and yield the account."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from pinpoint_endpoints.convert.account import Account, Entry
from pinpoint_endpoints.convert.customer_profiles import CUSTOMER_PROFILES
from pinpoint_endpoints.convert.files import JSON, NDJSON, YAML
from pinpoint_endpoints.convert.formats import DEFAULT_OPTIONS, ConvertOptions, Format
from pinpoint_endpoints.convert.intake import NotConverted, convertible
from pinpoint_endpoints.convert.lists import SES_CONTACTS, SES_SUPPRESSION, SMS_OPT_OUTS
from pinpoint_endpoints.convert.output import Output, WrittenFile
from pinpoint_endpoints.convert.pinpoint_csv import CSV
from pinpoint_endpoints.convert.tables import ADDRESSES_CSV, USERS_CSV
from pinpoint_endpoints.convert.template_formats import CONNECT, SES_TEMPLATES
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.errors import PinpointEndpointsError

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
        CONNECT,
        SES_TEMPLATES,
    )
}

MAX_REJECTED = 50
"""How many invalid documents are yielded; the others are counted."""


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
            if format_.reads_templates:
                from pinpoint_endpoints.convert.message_templates import templates_of

                valid = templates_of(documents, partial(reject, rejected, account))
            else:
                found = convertible(documents, account, options.policy)
                valid = _valid(found, rejected)
            format_.write(valid, output, account, options)
            output.commit()
    except PinpointEndpointsError as failure:
        error = failure
    yield from rejected
    if error is not None:
        raise error
    yield from output.files
    yield from account.entries()


def _valid(
    documents: Iterable[Document | NotConverted], rejected: list[Rejected]
) -> Iterator[Document]:
    """Yield the documents that are converted; keep the first of the others."""
    for one in documents:
        if isinstance(one, Document):
            yield one
        else:
            errors = [problem for problem in one.problems if problem.severity is Severity.ERROR]
            _keep(rejected, one.document, errors)


def reject(
    rejected: list[Rejected], account: Account, document: Document, errors: list[Problem]
) -> None:
    """Count a document that is not converted, and keep it if there are few.

    Args:
        rejected: those that are kept.
        account: counts it.
        document: one without a shape cannot be read.
        errors: what is wrong with it.
    """
    account.reject(is_unread=not document.shape)
    _keep(rejected, document, errors)


def _keep(rejected: list[Rejected], document: Document, errors: list[Problem]) -> None:
    if len(rejected) < MAX_REJECTED:
        rejected.append(Rejected(document.source, document.endpoint_id, tuple(errors)))
