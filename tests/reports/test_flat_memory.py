"""A run of any length needs the memory of a short one, in every format."""

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

import pytest
from reporting import Stream, checked, finding, run, warning

from pinpoint_endpoints.documents.model import Checked
from pinpoint_endpoints.reports.github import SummaryReporter
from pinpoint_endpoints.reports.problems import ProblemView, ReportFormat
from pinpoint_endpoints.reports.reporter import Reporter, open_reporter

DOCUMENTS = 6_000
MAX_BYTES = 1_500_000
"""Bytes; the problems of the run below are several times as much."""


def documents(number: int = DOCUMENTS) -> Iterator[Checked]:
    """Yield many documents, each with an error and a warning of its own."""
    for line in range(1, number + 1):
        message = f"this text of a length that adds up is not a value of the member in line {line}"
        source = "endpoints.ndjson"
        error = finding(source=source, line=line, message=message, pointer=f"/Attributes/{line}")
        doubt = warning(source=source, line=line, message=message, hint="write another one")
        yield checked(error, doubt, in_multi_document_file=True)


def peak_of(opened: Callable[[TextIO], Reporter[Checked]], path: Path) -> int:
    """Write a report; return how many bytes were needed at most, beyond modules and tables."""
    run(opened(Stream()), documents(1))
    with path.open("w", encoding="utf-8") as stream:
        tracemalloc.start()
        try:
            run(opened(stream), documents())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "report_format",
    [
        pytest.param(each, marks=[] if each is ReportFormat.JSON else pytest.mark.soak)
        for each in ReportFormat
    ],
)
def test_many_problems_need_little_memory(report_format: ReportFormat, tmp_path: Path) -> None:
    """Thousands of problems are in the report, and not in memory."""
    path = tmp_path / "report"
    assert peak_of(partial(open_reporter, ProblemView(), report_format), path) < MAX_BYTES
    if report_format not in (ReportFormat.TABLE, ReportFormat.GITHUB):
        assert path.read_text(encoding="utf-8").count(f"in line {DOCUMENTS}") >= 2


@pytest.mark.soak
def test_the_summary_needs_little_memory(tmp_path: Path) -> None:
    """It keeps the rows that it has room for."""
    assert peak_of(SummaryReporter, tmp_path / "summary.md") < MAX_BYTES
