"""A document in, its problems out: the one validator, used by every command and by the library."""

from collections.abc import Sequence

from pinpoint_endpoints.checks.schema import explain, fits
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.documents.pointer import json_pointer


def validate(document: Document) -> list[Problem]:
    """Return what is wrong with a document, in the order of the file; empty if nothing is."""
    problems = document.problems
    if not problems and document.endpoint_id and fits(document.value, document.shape):
        return []
    found = list(problems)
    if document.shape:
        found.extend(_schema_problems(document))
        found.extend(_missing_id(document))
    return sorted(found, key=lambda problem: (problem.line, problem.column, problem.code))


def is_valid(problems: Sequence[Problem]) -> bool:
    """Tell whether a document with these problems may be sent: warnings do not stop it."""
    return all(problem.severity is not Severity.ERROR for problem in problems)


def _schema_problems(document: Document) -> list[Problem]:
    found = []
    for finding in explain(document.value, document.shape):
        path = (*document.path, *finding.path)
        line, column = document.locator.locate(path, key=finding.at_key)
        found.append(
            Problem(
                document.source,
                line,
                column,
                finding.code,
                Severity.ERROR,
                finding.message,
                finding.hint,
                json_pointer(path),
            )
        )
    return found


def _missing_id(document: Document) -> list[Problem]:
    """Find fault with a response without an id in a list: alone, it has its file's name."""
    if document.endpoint_id or document.shape != "EndpointResponse":
        return []
    line, column = document.locator.locate(document.path)
    message = 'the member "Id" is missing'
    where = json_pointer(document.path)
    return [
        Problem(
            document.source,
            line,
            column,
            codes.MISSING_MEMBER,
            Severity.ERROR,
            message,
            "add it",
            where,
        )
    ]
