"""A run of any length needs the memory of a short one, in every format."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from reporting import checked, finding, run, warning

from pinpoint_endpoints.documents.model import Checked
from pinpoint_endpoints.reports.github import SummaryReporter
from pinpoint_endpoints.reports.problems import ProblemView, ReportFormat
from pinpoint_endpoints.reports.reporter import Reporter, open_reporter

MAX_BYTES = 3_000_000
"""Bytes; the results of the run below are more than ten million in every format."""


def documents() -> Iterator[Checked]:
    """Yield many documents, each with an error and a warning of its own."""
    for line in range(1, 20_001):
        message = f"this text of a length that adds up is not a value of the member in line {line}"
        source = "endpoints.ndjson"
        error = finding(source=source, line=line, message=message, pointer=f"/Attributes/{line}")
        doubt = warning(source=source, line=line, message=message, hint="write another one")
        yield checked(error, doubt, in_multi_document_file=True)


def peak_of(reporter: Reporter[Checked]) -> int:
    """Return how many bytes a run needed at most, beyond what there was before."""
    tracemalloc.start()
    try:
        run(reporter, documents())
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
    """Forty thousand problems are in the report, and not in memory."""
    path = tmp_path / "report"
    with path.open("w", encoding="utf-8") as stream:
        assert peak_of(open_reporter(ProblemView(), report_format, stream)) < MAX_BYTES
    if report_format not in (ReportFormat.TABLE, ReportFormat.GITHUB):
        assert path.read_text(encoding="utf-8").count("in line 20000") >= 2


@pytest.mark.soak
def test_the_summary_needs_little_memory(tmp_path: Path) -> None:
    """It keeps the rows that it has room for."""
    with (tmp_path / "summary.md").open("w", encoding="utf-8") as stream:
        assert peak_of(SummaryReporter(stream)) < MAX_BYTES
