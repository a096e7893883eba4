"""Problems with any text, and what a reporter writes about them."""

import io
import os
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from pinpoint_endpoints.documents.model import (
    Action,
    Checked,
    Document,
    Fix,
    Problem,
    Severity,
    Verdict,
)
from pinpoint_endpoints.documents.positions import MapLocator, PositionMap, PositionMaps, ValuePath
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.problems import ProblemTally, ProblemView, ReportFormat
from pinpoint_endpoints.reports.reporter import Reporter, ReportOptions, open_reporter

TEXTS = st.text()
"""Also with lone surrogates, control characters and markup."""

NAMES = st.binary(min_size=1, max_size=30).map(os.fsdecode)
"""File names as the system gives them: bytes that need not be text."""


def finding(**members: Any) -> Problem:
    """Return a problem: by default an error at the start of a file."""
    values: dict[str, Any] = {
        "source": "some/file.json",
        "line": 1,
        "column": 1,
        "code": "PE103",
        "severity": Severity.ERROR,
        "message": "not a value",
        **members,
    }
    return Problem(**values)


def warning(**members: Any) -> Problem:
    """Return a problem that stops nothing."""
    return finding(**{"code": "PE210", "severity": Severity.WARNING, **members})


def secret_fix(text: str) -> Fix:
    """Return a fix with a secret text."""
    return Fix(Action.REPLACE, (("Address",),), text)


def checked(  # noqa: PLR0913 - what a document is made of
    *problems: Problem,
    source: str = "some/file.json",
    text: str = "",
    path: ValuePath = (),
    verdict: Verdict | None = None,
    before: Verdict | None = None,
    in_multi_document_file: bool = False,
) -> Checked:
    """Return a document with problems; invalid if one of them is an error."""
    document = Document(
        problems[0].source if problems else source,
        "EndpointRequest",
        {},
        None,
        {},
        path,
        MapLocator(PositionMaps(lambda: [PositionMap(text)])),
        in_multi_document_file=in_multi_document_file,
    )
    errors = any(problem.severity is Severity.ERROR for problem in problems)
    found = Verdict.INVALID if errors else Verdict.VALID
    return Checked(document, problems, verdict or found, before)


class Stream(io.TextIOWrapper):
    """A text stream over bytes in memory, which may say that it is a terminal."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.bytes = io.BytesIO()
        self.terminal = terminal
        super().__init__(self.bytes, encoding="utf-8", errors="backslashreplace", newline="\n")

    def isatty(self) -> bool:
        """Tell what was asked for."""
        return self.terminal

    def text(self) -> str:
        """Return what was written."""
        self.flush()
        return self.bytes.getvalue().decode()


def run(
    reporter: Reporter[Checked],
    documents: Iterable[Checked],
    error: PinpointEndpointsError | None = None,
) -> ProblemTally:
    """Give the documents to a reporter, as a run does; return the counts."""
    tally = ProblemTally()
    for document in documents:
        tally.add(document)
        reporter.add(document)
    reporter.close(tally, error)
    return tally


def reported(
    report_format: ReportFormat,
    documents: Iterable[Checked],
    error: PinpointEndpointsError | None = None,
    *,
    terminal: bool = False,
    **options: Any,
) -> str:
    """Return what a format says of the documents."""
    stream = Stream(terminal=terminal)
    view = ProblemView(ReportOptions(**options))
    run(open_reporter(view, report_format, stream), documents, error)
    return stream.text()
