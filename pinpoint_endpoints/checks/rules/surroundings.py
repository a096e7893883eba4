"""Rules about what surrounds the request. A document in, findings out."""

from collections.abc import Mapping, Sequence

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Document, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.shapes import READ_ONLY

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
