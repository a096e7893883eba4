"""Rules about `Location`."""

from collections.abc import Iterable

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.rule import Scope, rule

_TENTHS = 10


@rule(
    codes.COORDINATE_PRECISION,
    Scope.MEMBER,
    "Location.Latitude",
    "Location.Longitude",
    severity=Severity.WARNING,
)
def coordinate_precision(degrees: float) -> Iterable[Finding]:
    """A coordinate has more than one decimal.

    The service rounds coordinates to one decimal, about ten kilometres: what is read back is not
    what was sent, and nobody can be found by the digits that are gone.

    Source: AWS, Amazon Pinpoint Developer Guide, "Adding endpoints": 47.61 is sent, and 47.6 is
    read back; botocore's service model, `EndpointLocation.Latitude`.

    Wrong:
        {"Location": {"Latitude": 47.61, "Longitude": -122.3}}

    Right:
        {"Location": {"Latitude": 47.6, "Longitude": -122.3}}
    """
    if round(degrees, 1) == degrees:
        return ()
    message = f"the service rounds this to {round(degrees, 1)}"
    return (Finding((), message, "write one decimal"),)
