"""A client and an endpoint id in, what the service has stored out."""

from collections.abc import Mapping
from typing import Any

from pinpoint_endpoints.errors import Refused
from pinpoint_endpoints.service.errors import explained, is_aws, not_pinpoint, refusal_of
from pinpoint_endpoints.service.ids import check_id


def get_endpoint(client: Any, application_id: str, endpoint_id: str) -> Mapping[str, Any]:
    """Return the EndpointResponse that the service has stored.

    Raises:
        UsageError: the service can take no such application id or endpoint id.
        CannotRun: no credentials, no connection, no readable answer.
        Refused: there is no such endpoint, or the service refuses to say.
    """
    check_id(application_id, "application id", "--app")
    check_id(endpoint_id, "endpoint id", "--id")
    from botocore.exceptions import ClientError

    at_aws = is_aws(client)
    try:
        with explained(at_aws=at_aws):
            response = client.get_endpoint(ApplicationId=application_id, EndpointId=endpoint_id)
    except ClientError as error:
        refusal = refusal_of(error, at_aws=at_aws)
        raise Refused(f"HTTP {refusal.status}: {refusal.message}", refusal.hint) from None
    endpoint: Mapping[str, Any] = response.get("EndpointResponse") or {}
    if not endpoint:
        raise Refused("the answer holds no endpoint", not_pinpoint(at_aws=at_aws))
    return endpoint
