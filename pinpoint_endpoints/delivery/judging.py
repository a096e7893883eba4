"""A document in, what can be sent of it out, or why nothing can."""

from typing import NamedTuple

from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Finding, Policy
from pinpoint_endpoints.checks.validate import is_valid, problem_at, validate
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.service.request import Item


class Unfit(NamedTuple):
    """A document that is not sent.

    Attributes:
        document: from `load`.
        endpoint_id: from the command line, the document or the file's name; None if none gives one.
        problems: what is wrong with it.
    """

    document: Document
    endpoint_id: str | None
    problems: tuple[Problem, ...]


def judged(
    document: Document, policy: Policy = DEFAULT_POLICY, endpoint_id: str | None = None
) -> Item | Unfit:
    """Return a document with the id that it is sent under, if it is valid.

    Args:
        document: from `load`.
        policy: how it is judged.
        endpoint_id: else the document's own, else its file's name.
    """
    if endpoint_id is not None and document.is_read:
        document = document._replace(endpoint_id=endpoint_id)
    problems = validate(document, policy)
    valid = is_valid(problems, policy)
    if valid and document.is_read and document.endpoint_id is None:
        problems.append(_no_id(document))
    if not valid or document.endpoint_id is None:
        return Unfit(document, document.endpoint_id, tuple(problems))
    return Item(document, document.endpoint_id, tuple(problems))


def _no_id(document: Document) -> Problem:
    finding = Finding((), "not an endpoint id: there is none", "name the endpoint with --id")
    return problem_at(document, codes.ENDPOINT_ID, Severity.ERROR, finding)
