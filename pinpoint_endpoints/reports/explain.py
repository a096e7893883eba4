"""List rules, and explain rules and members of endpoints."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, NamedTuple, Self, TextIO

from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.rule import Rule
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.reports.reporter import Cell, Column, Tally, View
from pinpoint_endpoints.schema.members import Member

_WIDEST = 88
_INDENT = "    "
_STYLES = {"Wrong:": "red", "Right:": "green"}


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """What there is to say about one rule.

    Attributes:
        code: stable, such as `PE210`; stands for the rule in `--ignore`, as the name does.
        name: such as `coordinate-precision`.
        severity: of its problems, as a rule.
        title: what is wrong, in one line.
        members: the members that it is about; none if it is about any.
        ignorable: whether `--ignore` may leave it out.
        documentation: what, why, source, a wrong and a right example.
    """

    code: str
    name: str
    severity: Severity
    title: str
    members: tuple[str, ...]
    ignorable: bool
    documentation: str

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Return the sheet of a rule."""
        return cls(
            rule.code,
            rule.name,
            rule.severity,
            rule.title,
            rule.members,
            rule.ignorable,
            rule.documentation,
        )

    def __str__(self) -> str:
        """Return the rule as one line: `code severity name: title (members)`."""
        about = f" ({', '.join(self.members)})" if self.members else ""
        return f"{self.code} {self.severity} {self.name}: {self.title}{about}"


@dataclass(frozen=True, slots=True)
class MemberSheet:
    """What there is to say about one member: the schema's words, and the rules about it."""

    member: Member
    rules: tuple[RuleSheet, ...]


class _Line(NamedTuple):
    text: str = ""
    style: str = ""


class RuleTally(Tally[RuleSheet]):
    """Counts rules."""

    def __init__(self) -> None:
        super().__init__()
        self._rules = 0

    def add(self, _sheet: RuleSheet, /) -> None:
        """Count a rule."""
        self._rules += 1

    @property
    def succeeded(self) -> int:
        """How many rules there are."""
        return self._rules

    @property
    def failed(self) -> int:
        """No rule fails."""
        return 0

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        return {"rules": self._rules}

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code."""
        return ExitCode.OK if error is None else error.exit_code


class RuleView(View[RuleSheet]):
    """How a rule is listed."""

    command = "rules"
    columns = (
        Column("Code"),
        Column("Rule"),
        Column("Severity"),
        Column("What is wrong", narrowest=24),
        Column("Members", narrowest=24),
    )
    max_rows = None

    def rows(self, sheet: RuleSheet) -> Iterator[Sequence[Cell]]:
        """Return the row of a rule."""
        from rich.text import Text

        members = Text("\n".join(sheet.members))
        yield sheet.code, sheet.name, str(sheet.severity), sheet.title, members

    def text(self, sheet: RuleSheet) -> str:
        """Return a line: `code severity name: title (members)`."""
        return f"{sheet}\n"

    def members(self, sheet: RuleSheet) -> Iterator[dict[str, Any]]:
        """Return the result of a rule."""
        yield asdict(sheet)


def print_explanations(sheets: Iterable[RuleSheet | MemberSheet], stream: TextIO) -> None:
    """Print explanations one below the other, styled and as wide as it is on a terminal."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import console_for

    console = console_for(stream)
    width = min(console.width, _WIDEST) if stream.isatty() else _WIDEST
    for number, sheet in enumerate(sheets):
        if number:
            console.print()
        for text, style in _lines(sheet, width):
            console.print(Text(text, style=style), soft_wrap=True)


def _lines(sheet: RuleSheet | MemberSheet, width: int) -> Iterator[_Line]:
    if isinstance(sheet, RuleSheet):
        return _about_rule(sheet, width)
    return _about_member(sheet, width)


def _about_rule(sheet: RuleSheet, width: int) -> Iterator[_Line]:
    yield _Line(f"{sheet.code} {sheet.name} ({sheet.severity})", "bold")
    yield from _documentation(sheet.documentation, width)
    yield _Line()
    if sheet.members:
        yield from _wrapped(f"Members: {', '.join(sheet.members)}", width, rest=_INDENT)
    yield _Line(f"Leave it out: --ignore {sheet.code}" if sheet.ignorable else "Cannot be ignored")


def _about_member(sheet: MemberSheet, width: int) -> Iterator[_Line]:
    member = sheet.member
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
    if sheet.rules:
        yield _Line("Rules:")
    for rule in sheet.rules:
        said = f"{rule.code} {rule.name}: {rule.title}"
        yield from _wrapped(said, width, first=_INDENT, rest=2 * _INDENT)


def _documentation(text: str, width: int) -> Iterator[_Line]:
    """Yield the lines of a docstring: sentences wrapped anew, examples as they stand."""
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
