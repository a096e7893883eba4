"""Generate the values that the service itself sets on applications and endpoints."""

from datetime import UTC, datetime
from zlib import crc32

from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key

COHORTS = 100
ARN_PREFIX = "arn:aws:mobiletargeting:us-east-1:000000000000:apps/"


def timestamp(moment: datetime) -> str:
    """Write an aware moment as the service does: `2018-05-07T19:03:29.963Z`.

    Source of the form: AWS, audience-data-endpoints.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_fault(date: str) -> str:
    """Say why a text is no date and time, by the rule PE209; nothing if it is one or empty."""
    if not date:
        return ""
    from pinpoint_endpoints.checks.rules.member_rules import effective_date

    wrong = [finding for finding in effective_date(date) if finding.severity is None]
    return "; ".join(f"{finding.message}: {finding.hint}" for finding in wrong)


def instant(date: str) -> datetime:
    """Read an ISO 8601 date for comparison; what cannot be read counts as the oldest."""
    return parse_date_time(date) or datetime.min.replace(tzinfo=UTC)


def cohort_id(endpoint_id: str) -> str:
    """Return the endpoint's cohort, "0" to "99": the same for the same id on every machine.

    Source of the range: botocore's service model, `EndpointResponse.CohortId`.
    """
    return str(crc32(same_endpoint_key(endpoint_id).encode()) % COHORTS)


def application_arn(application_id: str) -> str:
    """Return an ARN in the service's form, of an account and a region that stand for "here"."""
    return f"{ARN_PREFIX}{application_id}"
