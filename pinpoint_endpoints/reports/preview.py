"""Reports the rendering of a template: one message as it would be sent, or those of an audience."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TextIO

from pinpoint_endpoints.documents.model import Problem, Severity
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.problems import (
    print_problem_table,
    problem_lines,
    problem_members,
)
from pinpoint_endpoints.reports.reporter import MAX_ROWS, Cell, Column, Reporter, View
from pinpoint_endpoints.reports.table import console_for, print_table
from pinpoint_endpoints.reports.tally import AudienceTally, Tally
from pinpoint_endpoints.reports.wrapping import wrapped_for
from pinpoint_endpoints.segments.funnel import STAGE_NAMES, Stage
from pinpoint_endpoints.stats import Bar, Chart
from pinpoint_endpoints.templates.audience import About, Account, Entry
from pinpoint_endpoints.templates.message import Message


class Preview(NamedTuple):
    """The message for one endpoint.

    Attributes:
        endpoint_id: the id of the endpoint.
        message: as it would be sent.
        left_out: why it is not sent, if it is not.
    """

    endpoint_id: str
    message: Message
    left_out: Stage | None


Result = Problem | Preview | Entry

_STYLES = {About.MISSING: "yellow", About.FAILS: "red", About.NOTE: "yellow"}
_COLUMNS = (
    Column("Is"),
    Column("Variable or part", min_width=20),
    Column("Problem", min_width=24, optional=True),
    Column("Messages"),
    Column("First"),
)


class PreviewTally(AudienceTally[Result]):
    """Counts the messages and the problems of a template.

    Attributes:
        account: the counts of the messages; None until there are any.

    Args:
        is_missing_error: whether a message that lacks a variable makes the run fail.
    """

    def __init__(self, *, is_missing_error: bool = False) -> None:
        super().__init__()
        self.account: Account | None = None
        self._is_missing_error = is_missing_error
        self._errors = 0

    def add(self, result: Result, /) -> None:
        """Count an error of the template."""
        if isinstance(result, Problem) and result.severity is Severity.ERROR:
            self._errors += 1

    def _counts(self) -> Mapping[str, int]:
        account = self.account
        if account is None:
            names = ("messages", "complete", "incomplete", "cannot_be_sent", "left_out")
            return dict.fromkeys((*names, "sms_parts"), 0)
        return {
            "messages": account.messages,
            "complete": account.complete,
            "incomplete": account.incomplete,
            "cannot_be_sent": account.failed,
            "left_out": account.left_out.total(),
            "sms_parts": account.sms_parts,
        }

    @property
    def failed(self) -> int:
        """How many documents are invalid, messages would fail, and errors the template has."""
        counts = self._counts()
        lacking = counts["incomplete"] if self._is_missing_error else 0
        return super().failed + self._errors + counts["cannot_be_sent"] + lacking

    @property
    def succeeded(self) -> int:
        """How many messages lack nothing."""
        return self._counts()["complete"]

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        return {**super().members(), **self._counts(), "template_errors": self._errors}

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: 1 if the template has errors, or a message would not be sent."""
        code = super().exit_code(error)
        return ExitCode.INVALID if code is ExitCode.OK and self.failed else code

    def lines(self) -> Iterator[str]:
        """Yield how many endpoints get a message, and the counts of the messages."""
        account = self.account
        if account is None or not (account.messages or account.left_out):
            return
        left_out = account.left_out
        why = ", ".join(
            f"{left_out[reason]:,} {STAGE_NAMES[reason]}" for reason in Stage if left_out[reason]
        )
        without = f"; {why}" if why else ""
        messages = counted(account.messages, "message")
        yield f"{counted(self.endpoints, 'endpoint')}: {messages}{without}"
        if account.messages:
            parts = f"; {counted(account.sms_parts, 'SMS part')}" if account.sms_parts else ""
            yield (
                f"{messages}: {account.complete:,} complete, {account.incomplete:,} with a "
                f"missing variable, {account.failed:,} that cannot be sent{parts}"
            )


class PreviewView(View[Result]):
    """Shows the results of a preview."""

    command = "preview"

    def text(self, result: Result) -> str:
        """Return the lines of a problem, a message or an entry."""
        if isinstance(result, Problem):
            return problem_lines((result,))
        if isinstance(result, Preview):
            return "".join(f"{line}\n" for _, line in _lines_of(result))
        subject = f"{result.about.value.replace('_', ' ')}: {result.subject}"
        text = f": {result.text}" if result.text else ""
        first = f" (first: {result.first})" if result.first else ""
        return f"{printable(f'{subject}{text}: {_amount(result)}{first}')}\n"

    def members(self, result: Result) -> Iterator[dict[str, Any]]:
        """Return the result of the envelope: a problem, or of kind `message` or `entry`."""
        if isinstance(result, Problem):
            yield problem_members(result)
        elif isinstance(result, Preview):
            yield _message_members(result)
        else:
            yield {"kind": "entry", **result._asdict()}

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Result] | None:
        """Return the reporter of tables and charts."""
        return _PreviewReporter(self, stream) if output == "table" else None


class _PreviewReporter:
    def __init__(self, view: PreviewView, stream: TextIO) -> None:
        self._quiet = view.options.quiet
        self._stream = stream
        self._results: list[Result] = []

    def add(self, result: Result, /) -> None:
        self._results.append(result)

    def close(self, tally: Tally[Any], _error: PinpointEndpointsError | None, /) -> None:
        """Print the problems of the template, then the message, or the account and its chart."""
        problems = [result for result in self._results if isinstance(result, Problem)]
        if problems:
            print_problem_table(problems[:MAX_ROWS], self._stream)
        console = console_for(self._stream)
        for result in self._results:
            if isinstance(result, Preview):
                from rich.text import Text

                for style, line in _lines_of(result):
                    console.print(Text(line, style=style), soft_wrap=True)
        entries = [result for result in self._results if isinstance(result, Entry)]
        rows = [_row(entry) for entry in entries if entry.about is not About.SMS_PARTS]
        if rows:
            print_table(console, _COLUMNS, rows[:MAX_ROWS])
        more = max(len(problems) - MAX_ROWS, 0) + max(len(rows) - MAX_ROWS, 0)
        if more:
            self._stream.write(f"{more:,} more: see all with -o text\n")
        parts = [entry for entry in entries if entry.about is About.SMS_PARTS]
        if parts:
            from pinpoint_endpoints.reports.charts import print_bar_charts

            print_bar_charts([_chart(parts)], console_for(self._stream))
        is_one = any(isinstance(result, Preview) for result in self._results)
        if isinstance(tally, PreviewTally) and not self._quiet and not is_one:
            for line in tally.lines():
                self._stream.write(wrapped_for(self._stream, f"{line}\n"))


def _row(entry: Entry) -> Sequence[Cell]:
    return (
        (entry.about.value, _STYLES.get(entry.about, "")),
        entry.subject,
        entry.text,
        _amount(entry),
        entry.first,
    )


def _amount(entry: Entry) -> str:
    if entry.about is About.LONGEST:
        return counted(entry.size, "character")
    of_all = f"{entry.number:,} of {entry.total:,}"
    if entry.about is About.SMS_PARTS:
        return f"{counted(entry.size, 'part')}: {of_all}"
    return of_all


def _chart(entries: Sequence[Entry]) -> Chart:
    bars = tuple(
        Bar(
            f"{counted(entry.size, 'part')}, {entry.subject}",
            entry.number,
            entry.number / entry.total,
        )
        for entry in entries
    )
    return Chart("sms_parts", "SMS parts", "Body", entries[0].total, bars)


def _lines_of(preview: Preview) -> Iterator[tuple[str, str]]:
    """Yield the lines of a message, each with its style."""
    message = preview.message
    for part in message.parts:
        yield "bold", f"{part.name}:"
        for line in part.text.splitlines():
            yield "", f"  {printable(line)}".rstrip()
    for name in message.missing:
        yield "yellow", printable(f"missing: {name}")
    for name in message.unknown:
        yield "", printable(f"known when it is sent: {name}")
    for remark in message.failures:
        yield "red", printable(f"cannot be sent: {remark.part}: {remark.text}")
    for remark in message.notes:
        yield "yellow", printable(f"note: {remark.part}: {remark.text}")
    if message.sms is not None:
        size = f"{counted(message.sms.parts, 'SMS part')}, {message.sms.encoding}"
        yield "", f"{size}: {counted(message.sms.length, 'character')}"
    if preview.left_out is not None:
        yield "yellow", f"not sent: the endpoint is {STAGE_NAMES[preview.left_out]}"


def _message_members(preview: Preview) -> dict[str, Any]:
    message = preview.message
    return {
        "kind": "message",
        "endpoint_id": preview.endpoint_id,
        "parts": [part._asdict() for part in message.parts],
        "attributesNotInterpolated": [*message.missing, *message.unknown],
        "failures": [remark._asdict() for remark in message.failures],
        "notes": [remark._asdict() for remark in message.notes],
        "sms": None if message.sms is None else {**message.sms._asdict()},
        "left_out": preview.left_out,
    }
