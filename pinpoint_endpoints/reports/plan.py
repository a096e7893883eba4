"""The format of a plan's report in, the report out."""

from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from pinpoint_endpoints.errors import UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.reports.plan_report import PlanOptions, PlanReport, Preview


class PlanFormat(StrEnum):
    """How a plan is reported."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    CURL = "curl"


def open_plan_report(
    output: PlanFormat, stream: TextIO, preview: "Preview", options: "PlanOptions"
) -> "PlanReport":
    """Return a report that writes to a stream.

    Args:
        output: which.
        stream: a text stream over a binary one: JSON and curl's commands are UTF-8 whatever its
            encoding.
        preview: makes the requests; not asked by formats that show none.
        options: all but `local` are for the table.

    Raises:
        UsageError: there is no server that curl could send to.
    """
    match output:
        case PlanFormat.TABLE if options.verbose:
            from pinpoint_endpoints.reports.plan_requests import RequestPlan

            return RequestPlan(stream, preview, options)
        case PlanFormat.TABLE:
            from pinpoint_endpoints.reports.plan_endpoints import TablePlan

            return TablePlan(stream, options)
        case PlanFormat.TEXT:
            from pinpoint_endpoints.reports.plan_endpoints import TextPlan

            return TextPlan(stream)
        case PlanFormat.JSON:
            from pinpoint_endpoints.reports.plan_endpoints import JsonPlan

            return JsonPlan(stream)
        case PlanFormat.CURL:
            from pinpoint_endpoints.reports.plan_requests import CurlPlan

            if options.local:
                raise UsageError(
                    "-o curl needs a server: the local Pinpoint is none",
                    "give --endpoint-url, or leave --local out",
                )
            return CurlPlan(stream, preview)
