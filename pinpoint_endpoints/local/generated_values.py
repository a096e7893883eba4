"""Generate the values that the service itself sets on applications and endpoints."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zlib import crc32

from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.finding import Finding

COHORTS = 100
ARN_PREFIX = "arn:aws:mobiletargeting:us-east-1:000000000000:apps/"


def timestamp(time: datetime) -> str:
    """Write an aware time as the service does: `2018-05-07T19:03:29.963Z`.

    Source of the form: AWS, audience-data-endpoints.
    """
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_problem(date: str) -> str:
    """Say why a text is not a date and time, by rule PE209; return "" if it is one, or empty."""
    if not date:
        return ""
    from pinpoint_endpoints.checks.rules.member_rules import effective_date

    wrong = effective_date(date)
    if not has_error(wrong):
        return ""
    return "; ".join(f"{finding.message}: {finding.hint}" for finding in wrong)


def has_error(findings: Iterable["Finding"]) -> bool:
    """Tell whether a rule of errors found more than warnings."""
    return any(finding.severity is None for finding in findings)


def instant(date: str) -> datetime:
    """Parse an ISO 8601 date for comparison; one that cannot be parsed counts as the oldest."""
    return parse_date_time(date) or datetime.min.replace(tzinfo=UTC)


def cohort_id(endpoint_id: str) -> str:
    """Return the endpoint's cohort, "0" to "99": the same for the same id on every machine.

    Source of the range: botocore's service model, `EndpointResponse.CohortId`.
    """
    return str(crc32(same_endpoint_key(endpoint_id).encode()) % COHORTS)


def application_arn(application_id: str) -> str:
    """Return an ARN in the service's form, with a placeholder account and region."""
    return f"{ARN_PREFIX}{application_id}"
