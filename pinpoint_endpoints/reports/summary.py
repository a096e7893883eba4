"""Documents in, a Markdown table for the summary page of a GitHub Actions step out."""

import re
from typing import TextIO

from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.problems import Tally, explanation, place

_MOST_BYTES = 400_000
"""GitHub takes 1 MiB for a step, to which other commands may write too."""

_HEADINGS = "| Place | Code | Severity | Problem |\n| --- | --- | --- | --- |\n"
_MEANINGFUL = re.compile(r"[!-,.:-@\[-`{-~]")


class SummaryReporter:
    """Writes the counts and a table, of so many problems as there is room for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rows: list[str] = []
        self._room = _MOST_BYTES
        self._left_out = 0

    def add(self, checked: Checked) -> None:
        """Take the problems of a document, while there is room."""
        for problem in checked.problems:
            row = "" if self._left_out else _row(problem)
            self._room -= len(row.encode())
            if not row or self._room < 0:
                self._left_out += 1
            else:
                self._rows.append(row)

    def close(self, tally: Tally, error: PinpointEndpointsError | None, /) -> None:
        """Write the summary."""
        self._stream.write(f"### pe validate\n\n{tally}\n\n")
        if error is not None:
            self._stream.write(f"**Error:** {as_markdown(printable(error.message))}\n\n")
        if self._rows:
            self._stream.write(_HEADINGS)
            self._stream.writelines(self._rows)
        if self._left_out:
            more = counted(self._left_out, "more problem")
            self._stream.write(f"\n{more}: `pe validate -o text` shows all\n")
        self._stream.write("\n")
        self._stream.flush()


def as_markdown(text: str) -> str:
    """Return a text that Markdown and HTML show as it is: what could mean something is named."""
    return _MEANINGFUL.sub(lambda match: f"&#{ord(match.group())};", text)


def _row(problem: Problem) -> str:
    hint = f" (hint: {printable(problem.hint)})" if problem.hint else ""
    cells = (place(problem), problem.code, problem.severity, explanation(problem) + hint)
    return f"| {' | '.join(as_markdown(cell) for cell in cells)} |\n"
