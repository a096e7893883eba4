"""Rules about what is missing. An EndpointRequest and whether it creates in, findings out."""

from collections.abc import Mapping, Sequence

import orjson

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Document, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.shapes import READ_ONLY
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, MAX_ENDPOINT_BYTES, SAFE_ENDPOINT_BYTES


@rule(codes.MISSING_ADDRESS, Scope.CREATE, "Address", "OptOut", severity=Severity.WARNING)
def missing_address(request: Mapping[str, object], create: bool) -> Sequence[Finding]:
    """There is no address, and the endpoint is not opted out.

    An update may leave the address out, and the service keeps the one that it has. It has answered
    `Missing Address` to requests that set `OptOut` to `NONE`, or name a channel, for an endpoint
    that has no address yet. With `--create` every endpoint that is not opted out needs one, and
    this is an error.

    Source: aws-sdk-ios#861, amplify-js#13272 and amplify-js#1910; AWS, Amazon Pinpoint User Guide,
    "Importing segments": Address and ChannelType are required of new endpoints.

    Wrong:
        {"ChannelType": "EMAIL", "OptOut": "NONE"}

    Right:
        {"ChannelType": "EMAIL", "Address": "ada@example.com", "OptOut": "NONE"}
    """
    opt_out = request.get("OptOut")
    if opt_out == "ALL":
        return ()
    if create and not request.get("Address"):
        hint = 'add "Address", or opt the endpoint out with "OptOut": "ALL"'
        return (Finding((), "a new endpoint needs an address", hint, severity=Severity.ERROR),)
    if "Address" in request or not (opt_out == "NONE" or "ChannelType" in request):
        return ()
    hint = 'add "Address": the service refuses this for an endpoint that has none yet'
    return (Finding((), "there is no address, and the endpoint is not opted out", hint),)


@rule(codes.MISSING_CHANNEL_TYPE, Scope.CREATE, "ChannelType", severity=Severity.WARNING)
def missing_channel_type(request: Mapping[str, object], create: bool) -> Sequence[Finding]:
    """There is an address, and no channel that it belongs to.

    An update may leave the channel type out, and the service keeps the one that it has. It has
    answered `Missing ChannelType` where an address came without one. With `--create` every
    endpoint needs one, and this is an error.

    Source: error messages that public clients of the service look for; AWS, Amazon Pinpoint User
    Guide, "Importing segments": Address and ChannelType are required of new endpoints.

    Wrong:
        {"Address": "ada@example.com"}

    Right:
        {"Address": "ada@example.com", "ChannelType": "EMAIL"}
    """
    if "ChannelType" in request:
        return ()
    hint = 'add "ChannelType"'
    if create:
        message = "a new endpoint needs a channel type"
        return (Finding((), message, hint, severity=Severity.ERROR),)
    if "Address" in request:
        return (Finding((), "there is an address, and no channel that it belongs to", hint),)
    return ()


_BARE_SHAPES = ("EndpointRequest", "EndpointResponse")


@rule(codes.READ_ONLY_MEMBERS, Scope.DOCUMENT, severity=Severity.WARNING)
def read_only_members(document: Document) -> Sequence[Finding]:
    """An endpoint that was read has members that cannot be sent back.

    `ApplicationId`, `CohortId` and `CreationDate` are the service's own. `pe` leaves them out when
    it sends; boto3 and the AWS CLI refuse the whole request (`Unknown parameter in
    EndpointRequest`). `Id` stays: it says which endpoint is meant.

    Source: botocore's service model, `EndpointResponse` beside `EndpointRequest`.

    Wrong:
        {"Id": "ada", "CohortId": "7", "ChannelType": "EMAIL", "Address": "ada@example.com"}

    Right:
        {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    if document.shape != "EndpointResponse" or not isinstance(document.value, Mapping):
        return ()
    there = [name for name in document.value if name in READ_ONLY]
    if not there:
        return ()
    message = f"read-only: {', '.join(there)}; pe leaves this out, boto3 and the AWS CLI refuse it"
    hint = 'remove it; "Id" may stay: it says which endpoint is meant'
    fix = Fix(Action.REMOVE, tuple((name,) for name in there))
    return (Finding((there[0],), message, hint, at_key=True, fix=fix),)


@rule(codes.NO_ENDPOINT_ID, Scope.DOCUMENT, severity=Severity.WARNING)
def no_endpoint_id(document: Document) -> Sequence[Finding]:
    """An endpoint among others in one file does not say which endpoint it is.

    A file with one endpoint may give its id by its name; a file with several cannot. An import job
    makes an id up, and makes another one each time. `pe upsert` has no endpoint to send it to.

    Source: botocore's service model, `EndpointBatchItem.Id`; AWS, Amazon Pinpoint User Guide,
    "Importing segments": `Id` is required to update an existing endpoint.

    Wrong:
        EndpointsResponse:
          Item:
            - {CohortId: "7", ChannelType: EMAIL, Address: ada@example.com}

    Right:
        EndpointsResponse:
          Item:
            - {Id: ada, ChannelType: EMAIL, Address: ada@example.com}
    """
    if document.endpoint_id is not None or document.shape not in _BARE_SHAPES:
        return ()
    if not document.in_multi_document_file or not isinstance(document.value, Mapping):
        return ()
    message = "this endpoint has no id, and its file, which may hold several, gives it none"
    return (Finding((), message, 'add "Id"'),)


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
