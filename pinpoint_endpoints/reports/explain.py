"""List rules, and explain rules and members of endpoints."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, TextIO

from pinpoint_endpoints.documents.rule import Rule
from pinpoint_endpoints.reports.reporter import Cell, Column, View
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.schema.members import Member

_MAX_WIDTH = 88
_INDENT = "    "
_STYLES = {"Wrong:": "red", "Right:": "green"}


class ExplainedMember(NamedTuple):
    """A member, and the rules about it."""

    member: Member
    rules: tuple[Rule, ...]


class _Line(NamedTuple):
    text: str = ""
    style: str = ""


class RuleTally(Tally[Rule]):
    """Counts rules."""

    total_name = "rules"


class RuleView(View[Rule]):
    """How a rule is listed."""

    command = "rules"
    columns = (
        Column("Code"),
        Column("Rule"),
        Column("Severity"),
        Column("What is wrong", min_width=24),
        Column("Members", min_width=24),
    )
    max_rows = None

    def rows(self, rule: Rule) -> Iterator[Sequence[Cell]]:
        """Return the row of a rule."""
        from rich.text import Text

        members = Text("\n".join(rule.members))
        yield rule.code, rule.name, str(rule.severity), rule.title, members

    def text(self, rule: Rule) -> str:
        """Return a line: `code severity name: title (members)`."""
        about = f" ({', '.join(rule.members)})" if rule.members else ""
        return f"{rule.code} {rule.severity} {rule.name}: {rule.title}{about}\n"

    def members(self, rule: Rule) -> Iterator[dict[str, Any]]:
        """Return the result of a rule."""
        yield {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "title": rule.title,
            "members": rule.members,
            "ignorable": rule.ignorable,
            "documentation": rule.documentation,
        }


def print_explanations(subjects: Iterable[Rule | ExplainedMember], stream: TextIO) -> None:
    """Print explanations one after the other; on a terminal, in colours and as wide as it is."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import console_for

    console = console_for(stream)
    width = min(console.width, _MAX_WIDTH) if stream.isatty() else _MAX_WIDTH
    for number, subject in enumerate(subjects):
        if number:
            console.print()
        for text, style in _lines(subject, width):
            console.print(Text(text, style=style), soft_wrap=True)


def _lines(subject: Rule | ExplainedMember, width: int) -> Iterator[_Line]:
    if isinstance(subject, Rule):
        return _about_rule(subject, width)
    return _about_member(subject.member, subject.rules, width)


def _about_rule(rule: Rule, width: int) -> Iterator[_Line]:
    yield _Line(f"{rule.code} {rule.name} ({rule.severity})", "bold")
    yield from _documentation(rule.documentation, width)
    yield _Line()
    if rule.members:
        yield from _wrapped(f"Members: {', '.join(rule.members)}", width, rest=_INDENT)
    yield _Line(f"Leave it out: --ignore {rule.code}" if rule.ignorable else "Cannot be ignored")


def _about_member(member: Member, rules: Sequence[Rule], width: int) -> Iterator[_Line]:
    yield _Line(f"{member.name}: {member.title}", "bold")
    for line in member.description.splitlines():
        yield from _wrapped(line, width)
    yield _Line()
    yield _Line(f"Type: {member.kind}")
    if member.values:
        yield from _wrapped(f"Values: {', '.join(member.values)}", width, rest=_INDENT)
    if member.members:
        yield from _wrapped(f"Members: {', '.join(member.members)}", width, rest=_INDENT)
    examples = [json.dumps(example, ensure_ascii=False) for example in member.examples]
    for heading, items in (("Limits:", member.limits), ("Examples:", examples)):
        if items:
            yield _Line(heading)
            yield from (_Line(f"{_INDENT}{item}") for item in items)
    if rules:
        yield _Line("Rules:")
    for rule in rules:
        line = f"{rule.code} {rule.name}: {rule.title}"
        yield from _wrapped(line, width, first=_INDENT, rest=2 * _INDENT)


def _documentation(text: str, width: int) -> Iterator[_Line]:
    """Yield the lines of a docstring: its sentences rewrapped, its examples unchanged."""
    for kept, lines in groupby(text.splitlines(), lambda line: not line or line[0] == " "):
        if kept:
            yield from map(_Line, lines)
        else:
            yield from _wrapped(" ".join(lines), width)


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> Iterator[_Line]:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return (_Line(line, _STYLES.get(line, "")) for line in lines)
