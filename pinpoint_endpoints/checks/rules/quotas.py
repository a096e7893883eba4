"""Rules about how much a request holds. An EndpointRequest in, findings out."""

from collections.abc import Mapping, Sequence

import orjson

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, MAX_ENDPOINT_BYTES, SAFE_ENDPOINT_BYTES


@rule(
    codes.TOO_MANY_NAMES,
    Scope.REQUEST,
    "Attributes",
    "Metrics",
    "User.UserAttributes",
    severity=Severity.WARNING,
)
def too_many_names(request: Mapping[str, object]) -> Sequence[Finding]:
    """There are more than 250 names of attributes and metrics in one request.

    The names under `Attributes`, `Metrics` and `User.UserAttributes` share one quota. AWS's page
    gives it once for an application and once for an endpoint, and it could be raised at times, so
    this is a warning.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", endpoint quotas.

    Wrong:
        Metrics:
          visits_to_page_1: 1
          …
          visits_to_page_251: 1

    Right:
        Metrics:
          visits: 251
    """
    own, metrics, user = request.get("Attributes"), request.get("Metrics"), request.get("User")
    shared = user.get("UserAttributes") if isinstance(user, dict) else None
    count = (
        (len(own) if isinstance(own, dict) else 0)
        + (len(metrics) if isinstance(metrics, dict) else 0)
        + (len(shared) if isinstance(shared, dict) else 0)
    )
    if count <= MAX_ATTRIBUTE_NAMES:
        return ()
    message = (
        f"{count} names of attributes and metrics, and the service takes {MAX_ATTRIBUTE_NAMES}"
    )
    return (Finding((), message, "use one attribute with several values"),)


@rule(codes.REQUEST_SIZE, Scope.REQUEST)
def request_size(request: Mapping[str, object]) -> Sequence[Finding]:
    """The request is larger than an endpoint may be.

    An endpoint has at most 15 KB, and this quota cannot be raised. What counts here is the request
    as JSON without spaces, in UTF-8: more than 15,360 bytes are an error, more than 15,000 a
    warning, since the page does not say which kilobyte it means. What the service has stored
    already comes on top.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", endpoint quotas.

    Wrong:
        Attributes:
          note_1: [one of many notes, each of them about sixty characters long]
          …
          note_210: [one of many notes, each of them about sixty characters long]

    Right:
        Attributes:
          note: [the last of many notes, about sixty characters long]
    """
    size = bytes_in(request)
    if size <= SAFE_ENDPOINT_BYTES:
        return ()
    severity = Severity.ERROR if size > MAX_ENDPOINT_BYTES else Severity.WARNING
    message = f"{size} bytes as JSON, and the service takes 15 KB ({MAX_ENDPOINT_BYTES} bytes)"
    return (Finding((), message, "shorten values, or leave some out", severity=severity),)


def bytes_in(request: Mapping[str, object]) -> int:
    """Return how many bytes a request is, as compact JSON in UTF-8."""
    try:
        return len(orjson.dumps(request))
    except orjson.JSONEncodeError:  # a number of more than 64 bits, or half a surrogate pair
        import json

        text = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
        return len(text.encode("utf-8", "surrogatepass"))
