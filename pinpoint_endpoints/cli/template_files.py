"""Reads the files with message templates, and with the values that messages bring."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Source, format_of
from pinpoint_endpoints.documents.model import Problem, Severity
from pinpoint_endpoints.documents.template_shapes import TEMPLATE_SHAPES
from pinpoint_endpoints.errors import CannotRun, UsageError, reason_of
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinpoint_endpoints.checks.templates import TemplateDocument
    from pinpoint_endpoints.templates.read import ValueName

_MAX_NAMED = 10


def choose(path: str, channel: str, name: str | None) -> "TemplateDocument | list[Problem]":
    """Return the template in a file, or the errors because of which it cannot be read.

    Args:
        path: the file.
        channel: EMAIL, SMS, PUSH or VOICE; empty for any.
        name: the name of the template; None if the file has only one.

    Raises:
        UsageError: several templates of the file match, or none does.
        CannotRun: the file cannot be read, or holds something else.
    """
    from pinpoint_endpoints.checks.templates import templates_of, unreadable
    from pinpoint_endpoints.documents.load import load, of_any_kind, template_text
    from pinpoint_endpoints.templates.syntax import TemplateError

    if path == STANDARD_INPUT or Path(path).is_dir():
        what = "standard input" if path == STANDARD_INPUT else "a directory"
        raise UsageError(f"{path} is {what}", "name a file with one template")
    if path.lower().endswith(".txt"):  # `load` takes only .html and .hbs files for templates
        documents = [template_text(Source(path, format_of(path)), _bytes_of(path))]
    else:
        documents = [*load([path])]
    found = [one for one in of_any_kind(documents) if one.shape in TEMPLATE_SHAPES]
    if not found:
        errors = [
            problem
            for document in documents
            for problem in document.problems
            if problem.severity is Severity.ERROR and problem.code != codes.NOT_AN_ENDPOINT
        ]
        if errors and errors[0].code == codes.UNREADABLE:
            raise CannotRun(f"{path} {errors[0].message}", errors[0].hint)
        if errors:
            return errors
        hint = "expected a document as `aws pinpoint get-email-template` returns it, or a text"
        raise CannotRun(f"{path} is not a message template", hint)
    templates: list[TemplateDocument] = []
    for document in found:
        try:
            templates += templates_of(document, channel)
        except TemplateError as error:
            return [unreadable(document, error)]
    wanted = [
        one
        for one in templates
        if channel in ("", one.template.kind) and name in (None, one.template.name)
    ]
    if len(wanted) == 1:
        return wanted[0]
    number = counted(len(wanted), "such template") if wanted else "no such template"
    kinds = [f"{one.template.kind} {one.template.name}".rstrip() for one in templates]
    shown = ", ".join(kinds[:_MAX_NAMED]) + ", …" * (len(kinds) > _MAX_NAMED)
    hint = f"choose one with --template NAME or --channel: {shown}"
    raise UsageError(f"{path} has {number}", hint)


def values_in(path: Path) -> "Mapping[ValueName, Any]":
    """Return the values of a message, from the file that `--data` names.

    Raises:
        CannotRun: the file cannot be read, or holds no object.
    """
    from pinpoint_endpoints.documents.decoding import Unreadable
    from pinpoint_endpoints.documents.load import language_of
    from pinpoint_endpoints.templates.read import values_by_name

    raw = _bytes_of(str(path))
    try:
        found = [*language_of(format_of(str(path)), raw).parse(raw)]
    except Unreadable as error:
        found = [error]
    values: list[object] = []
    for one in found:
        if isinstance(one, Unreadable):
            problem = one.problems[-1]
            raise CannotRun(f"{path}:{problem.place.line}: {problem.message}", problem.hint)
        values.append(one.value)
    value = values[0] if len(values) == 1 else None
    if not isinstance(value, dict):
        raise CannotRun(f"{path} is not one object", "write a JSON or YAML object with names")
    brought = value.get("Substitutions")
    if isinstance(brought, dict):
        value = {**value, **brought}
        del value["Substitutions"]
    return values_by_name(value)


def _bytes_of(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_REQUEST_BYTES)
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise CannotRun(f"{path} cannot be read: {reason}") from None
