"""Report a conversion: what became of each member, what was written, and what was invalid."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from pinpoint_endpoints.convert.account import Account, Action, Entry, Rule
from pinpoint_endpoints.convert.files import OPTED_OUT_ELSEWHERE
from pinpoint_endpoints.convert.formats import Format
from pinpoint_endpoints.convert.output import STANDARD_OUTPUT, WrittenFile
from pinpoint_endpoints.convert.run import Rejected, Result
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable, shown_member
from pinpoint_endpoints.reports.files import file_line, file_members
from pinpoint_endpoints.reports.problems import problem_members
from pinpoint_endpoints.reports.reporter import Cell, Column, View
from pinpoint_endpoints.reports.table import console_for, print_table
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.reports.wrapping import wrapped_for

_STYLES = {
    Action.LOST: "red",
    Action.TRUNCATED: "red",
    Action.WITHHELD: "yellow",
    Action.SKIPPED: "yellow",
}
_NAMED = ("Attributes.", "Metrics.", "User.UserAttributes.")
_MANY_FILES = 10_000
_LEFT_OUT = (Action.WITHHELD, Action.SKIPPED, Action.LOST)


class ConversionTally(Tally[Result]):
    """Counts endpoints in and out, and losses.

    Args:
        account: the account of the conversion.
        strict: whether a loss makes the run fail.
    """

    reads_files = True

    def __init__(self, account: Account | None = None, *, strict: bool = False) -> None:
        super().__init__()
        self._account = account or Account()
        self._strict = strict
        self._files: list[WrittenFile] = []

    def add(self, result: Result, /) -> None:
        """Keep a written file; the account has counted the other results."""
        if isinstance(result, WrittenFile):
            self._files.append(result)

    @property
    def succeeded(self) -> int:
        """How many endpoints were written."""
        return self._account.written if self._files else 0

    @property
    def failed(self) -> int:
        """How many documents are not converted, and in a strict run how many losses there are."""
        losses = self._account.losses if self._strict else 0
        return self._account.invalid + self._account.unreadable + losses

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        account = self._account
        self.total = account.endpoints + account.invalid + account.unreadable
        return {
            **super().members(),
            f"{account.thing}s": account.endpoints,
            "written": self.succeeded,
            **{action.value: account.left_out(action) for action in _LEFT_OUT},
            "invalid": account.invalid,
            "unreadable": account.unreadable,
            "losses": account.losses,
        }

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: an unreadable file outweighs invalid documents and losses."""
        if error is not None:
            return error.exit_code
        if self._account.unreadable:
            return ExitCode.CANNOT_RUN
        return ExitCode.INVALID if self.failed else ExitCode.OK

    def closing_line(self, error: PinpointEndpointsError | None) -> str:
        """Return how many endpoints or templates came in and went out."""
        account = self._account
        if error is not None:
            return ""
        parts = [
            f"{account.left_out(action):,} {action}"
            for action in _LEFT_OUT
            if account.left_out(action)
        ]
        left_out = f" ({', '.join(parts)})" if parts else ""
        line = f"{counted(account.endpoints, account.thing)} in, {account.written:,} out{left_out}"
        if account.invalid:
            line = f"{line}; {counted(account.invalid, 'document')} invalid"
        if account.unreadable:
            line = f"{line}; {counted(account.unreadable, 'file')} cannot be read"
        return line

    def files(self) -> Iterator[str]:
        """Yield a line for each file that was written, and a remark if there are very many."""
        for file in self._files:
            if file.path != STANDARD_OUTPUT:
                yield file_line(file)
            if file.is_directory and file.records > _MANY_FILES:
                yield (
                    f"{file.records:,} files in one directory are slow to list, and in git: "
                    "--to ndjson writes one file"
                )


class _Carried(Entry):
    """All members that were carried by one rule, with their names as they are shown."""


def carried_together(results: Iterable[Result]) -> Iterator[Result]:
    """Yield results; members that were carried come last, in one result a rule.

    Members that should have been changed keep their places.
    """
    carried: dict[Rule, list[Entry]] = {}
    for result in results:
        if isinstance(result, Entry) and _is_plainly_carried(result.rule):
            carried.setdefault(result.rule, []).append(result)
        else:
            yield result
    for rule, entries in carried.items():
        members = ", ".join(shown_name(entry.member) for entry in entries)
        yield _Carried(rule, members, sum(entry.number for entry in entries), ())


def _is_plainly_carried(rule: Rule) -> bool:
    return rule.action is Action.CARRIED and rule is not OPTED_OUT_ELSEWHERE


class ConversionView(View[Result]):
    """Shows the results of a conversion: names of files and members, but no values."""

    command = "convert"
    columns = (
        Column("Member", min_width=16),
        Column("Is"),
        Column("Rule", min_width=24),
        Column("Count"),
        Column("First places", min_width=20, optional=True),
    )
    max_rows = None

    def rows(self, result: Result) -> Sequence[Sequence[Cell]]:
        """Return the row of an entry."""
        if not isinstance(result, Entry) or (self.options.quiet and not result.is_loss):
            return []
        action = result.rule.action
        return [
            (
                result.member if isinstance(result, _Carried) else shown_name(result.member),
                (action.value, _STYLES.get(action, "")),
                result.rule.text,
                f"{result.number:,}",
                ", ".join(result.places),
            )
        ]

    def problems(self, result: Result) -> Sequence[Problem]:
        """Return the problems of a document that is not converted."""
        return result.problems if isinstance(result, Rejected) else ()

    def text(self, result: Result) -> str:
        """Return a line for each problem, file or entry."""
        if isinstance(result, Rejected):
            return "".join(f"{printable(str(problem))}\n" for problem in result.problems)
        if isinstance(result, WrittenFile):
            line = file_line(result)
        elif self.options.quiet and not result.is_loss:
            return ""
        else:
            places = f" ({', '.join(result.places)})" if result.places else ""
            rule = f"[{result.rule.name}] {result.rule.text}"
            line = (
                f"{result.rule.action}: {shown_name(result.member)} {result.number}: {rule}{places}"
            )
        return f"{printable(line)}\n"

    def members(self, result: Result) -> Iterator[dict[str, Any]]:
        """Return the result of the envelope: of kind `document`, `file` or `member`."""
        if isinstance(result, Rejected):
            yield {
                "kind": "document",
                "source": result.source,
                "endpoint_id": result.endpoint_id or "",
                "problems": [problem_members(problem) for problem in result.problems],
            }
        elif isinstance(result, WrittenFile):
            yield file_members(result)
        else:
            yield {
                "kind": "member",
                "member": shown_name(result.member),
                "action": result.rule.action,
                "rule": result.rule.name,
                "text": result.rule.text,
                "count": result.number,
                "loss": result.is_loss,
                "places": result.places,
            }


def shown_name(member: str) -> str:
    """Return the name of a member, masked where a file uses an address as the name."""
    for prefix in _NAMED:
        if member.startswith(prefix):
            return prefix + shown_member(member.removeprefix(prefix))
    return member


def print_format(format_: Format, stream: TextIO, *, as_json: bool = False) -> None:
    """Print how a format maps each member, and its rules."""
    if as_json:
        text = {
            "format": format_.name,
            "title": format_.title,
            "members": [row._asdict() for row in format_.mapping],
            "rules": [rule._asdict() for rule in format_.rules],
        }
        stream.write(json.dumps(text, indent=2, ensure_ascii=False) + "\n")
        return
    console = console_for(stream)
    stream.write(wrapped_for(stream, f"{format_.name}: {format_.title}\n"))
    columns = (
        Column("Member", min_width=20),
        Column("Becomes", min_width=20),
        Column("Note", min_width=20, optional=True),
    )
    rows = [
        (row.member, row.becomes or ("not carried", "red"), row.note) for row in format_.mapping
    ]
    print_table(console, columns, rows)
    columns = (Column("Rule"), Column("Is"), Column("Meaning", min_width=24))
    styled = [
        (rule.name, (rule.action.value, _STYLES.get(rule.action, "")), rule.text)
        for rule in format_.rules
    ]
    print_table(console, columns, styled)
