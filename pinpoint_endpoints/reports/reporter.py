"""A report format in, the reporter that writes it out."""

from enum import StrEnum
from typing import Protocol, TextIO

from pinpoint_endpoints.documents.model import Checked
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.options import DEFAULT, ReportOptions
from pinpoint_endpoints.reports.problems import Tally


class ReportFormat(StrEnum):
    """How a validation is reported."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


class Reporter(Protocol):
    """Takes documents as they are checked, and keeps none of them."""

    def add(self, checked: Checked) -> None:
        """Take one document; called in the order in which they are checked."""

    def close(self, tally: Tally, error: PinpointEndpointsError | None, /) -> None:
        """Write what is still to be written: the last call, also when the run ended early.

        Args:
            tally: what the run counted.
            error: what stopped the run, if something did.
        """


def open_reporter(
    report_format: ReportFormat, stream: TextIO, options: ReportOptions = DEFAULT
) -> Reporter:
    """Return a reporter that writes to a stream.

    Args:
        report_format: which.
        stream: a text stream over a binary one: JSON and XML are UTF-8 whatever its encoding.
        options: for table and text.
    """
    match report_format:
        case ReportFormat.TABLE:
            from pinpoint_endpoints.reports.problem_table import TableReporter

            return TableReporter(stream, options)
        case ReportFormat.TEXT:
            from pinpoint_endpoints.reports.text import TextReporter

            return TextReporter(stream, options)
        case ReportFormat.JSON:
            from pinpoint_endpoints.reports.envelope import JsonReporter

            return JsonReporter(stream)
        case ReportFormat.JUNIT:
            from pinpoint_endpoints.reports.junit import JunitReporter

            return JunitReporter(stream)
        case ReportFormat.SARIF:
            from pinpoint_endpoints.reports.sarif import SarifReporter

            return SarifReporter(stream)
        case ReportFormat.GITHUB:
            from pinpoint_endpoints.reports.github import GithubReporter

            return GithubReporter(stream)
