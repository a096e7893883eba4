"""Checks the message templates in a file."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.checks.rules.template_rules import (
    CheckedTemplate,
    PartText,
    TemplateFinding,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.documents.positions import ValuePath, json_pointer
from pinpoint_endpoints.documents.rule import Scope, declared
from pinpoint_endpoints.documents.template_shapes import HTML_SUFFIXES, TEMPLATE_TEXT
from pinpoint_endpoints.templates.audience import Names
from pinpoint_endpoints.templates.places import place_in_text
from pinpoint_endpoints.templates.read import (
    Part,
    Template,
    ValueName,
    templates_in,
)
from pinpoint_endpoints.templates.render import Compiled, compile_part
from pinpoint_endpoints.templates.syntax import TemplateError

MAX_FINDINGS = 200
"""Of one rule in one template: more than anyone reads."""

_NO_VALUES: Mapping[ValueName, object] = {}


class TemplateDocument(NamedTuple):
    """A template in a document.

    Attributes:
        document: the document.
        template: the template.
        parts: its texts, as far as they can be read.
    """

    document: Document
    template: Template
    parts: Sequence[PartText]

    @property
    def compiled(self) -> Sequence[Compiled]:
        """The parts that can be read."""
        return [part.compiled for part in self.parts if part.compiled is not None]

    @property
    def is_readable(self) -> bool:
        """Whether all of the parts can be read."""
        return len(self.compiled) == len(self.parts)


def templates_of(document: Document, channel: str = "") -> list[TemplateDocument]:
    """Return the templates in a document.

    Args:
        document: its shape is one of `TEMPLATE_SHAPES`.
        channel: EMAIL, SMS, PUSH or VOICE: what a text is for.

    Raises:
        TemplateError: there is none, or one cannot be read.
    """
    templates = templates_in(document.value, channel or _channel_of(document))
    return [_with_parts(document, template) for template in templates]


def document_problems(document: Document, policy: Policy = DEFAULT_POLICY) -> list[Problem]:
    """Return the problems of the templates in a document, for any audience.

    Args:
        document: its shape is one of `TEMPLATE_SHAPES`.
        policy: which rules are ignored.
    """
    problems = [problem for problem in document.problems if problem.code not in policy.ignore]
    try:
        for found in templates_of(document, "EMAIL" if document.shape == TEMPLATE_TEXT else ""):
            problems += template_problems(found, policy)
    except TemplateError as error:
        problems.append(unreadable(document, error))
    return sorted(problems, key=_place)


def template_problems(
    found: TemplateDocument,
    policy: Policy = DEFAULT_POLICY,
    names: Names | None = None,
    values: Mapping[ValueName, object] = _NO_VALUES,
) -> list[Problem]:
    """Return the problems of a template, in the order of its file.

    Args:
        found: the template.
        policy: which rules are ignored.
        names: those that the audience has; None if there is none.
        values: those that the message brings.
    """
    template = found.template
    given = {*template.defaults, *template.substitutions, *values}
    given.update(*template.addresses.values())
    members: Any = found.document.value
    for step in path_of(template.pointer, members):
        members = members[step]
    members = members if isinstance(members, dict) else None
    checked = CheckedTemplate(template, found.parts, given, names or Names(), members)
    return sorted(_problems(found.document, checked, policy), key=_place)


def unreadable(document: Document, error: TemplateError) -> Problem:
    """Return why a document is not a template."""
    path = (*document.path, *path_of(error.pointer, document.value))
    return Problem.at(
        document, codes.TEMPLATE_SYNTAX, Severity.ERROR, path, error.message, error.hint
    )


def _channel_of(document: Document) -> str:
    """Return the channel that the name of a file tells, if its text is a template."""
    is_html = PurePath(document.source.lower()).suffix in HTML_SUFFIXES
    return "EMAIL" if is_html and document.shape == TEMPLATE_TEXT else ""


def _with_parts(document: Document, template: Template) -> TemplateDocument:
    """Read the parts of a template; the text of an HTML file is always HTML."""
    parts = template.parts
    if _channel_of(document) == template.kind:
        parts = tuple(part._replace(name="HtmlPart", escape=True) for part in parts)
        template = template._replace(parts=parts)
    return TemplateDocument(document, template, tuple(map(_part_text, parts)))


def _part_text(part: Part) -> PartText:
    try:
        return PartText(part, compile_part(part))
    except TemplateError as error:
        return PartText(part, None, error)


def _problems(document: Document, checked: CheckedTemplate, policy: Policy) -> Iterator[Problem]:
    for rule in declared():
        if rule.scope is Scope.TEMPLATE and rule.code not in policy.ignore:
            found: TemplateFinding
            for found in islice(rule.check(checked), MAX_FINDINGS):
                yield _problem(document, rule.code, found, found.severity or rule.severity)


def _problem(document: Document, code: str, found: TemplateFinding, severity: Severity) -> Problem:
    part = found.part
    inner = path_of(part.pointer, document.value)
    if not part.text:
        path = (*document.path, *inner)
        message, hint = found.message, found.hint
        return Problem.at(document, code, severity, path, message, hint, at_key=found.at_key)
    positions = document.locator.map
    place = place_in_text(positions, (*document.path, *inner), part.text, found.start, found.end)
    return Problem(
        document.source,
        place.line,
        place.column,
        code,
        severity,
        found.message,
        found.hint,
        json_pointer((*document.path, *inner)),
        place.end_column,
    )


def _place(problem: Problem) -> tuple[int, int, str]:
    return problem.line, problem.column, problem.code


def path_of(pointer: str, value: Any) -> ValuePath:
    """Convert a JSON pointer to a path, up to the first step that the value does not have."""
    path: list[str | int] = []
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        path.append(int(name) if isinstance(value, list) else name)
        try:
            value = value[path[-1]]
        except (KeyError, IndexError, TypeError):
            break
    return tuple(path)
