"""Rules about a whole request or document: missing and read-only members, names, and size."""

from collections.abc import Iterator, Mapping, Sequence

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.json_reader import as_json
from pinpoint_endpoints.documents.lookalikes import (
    advice,
    invisible_in,
    may_be_invisible,
    named,
    without_invisible_ends,
)
from pinpoint_endpoints.documents.model import Action, Document, Fix, Severity
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.documents.shapes import READ_ONLY
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, MAX_ENDPOINT_BYTES, SAFE_ENDPOINT_BYTES

_IDS = {("Id",), ("EndpointId",), ("ApplicationId",), ("UserId",)}
_COMPARED = {*_IDS, ("Address",)}
_NAMED = {("Attributes",), ("Metrics",), ("UserAttributes",)}
_IN_APP = "IN_APP"  # the app asks for these messages: they need no address


@rule(codes.MISSING_ADDRESS, Scope.CREATE, "Address", "OptOut", severity=Severity.WARNING)
def missing_address(request: Mapping[str, object], create: bool) -> Sequence[Finding]:
    """There is no address for an endpoint that is to receive messages.

    An update may leave the address out: the service then keeps the stored one. It answers `Missing
    Address` if `OptOut` is `NONE` and there is no address, sent or stored: with `--create`, and
    where the address is empty, this is an error. A new endpoint without an address and without
    `OptOut` is stored, opted out of everything; that is a warning for a channel that needs an
    address, and with `--create` for every endpoint.

    Source: aws-sdk-ios#861, amplify-js#8753, amplify-js#13272 and amplify-js#1910.

    Wrong:
        {"ChannelType": "EMAIL", "OptOut": "NONE"}

    Right:
        {"ChannelType": "EMAIL", "Address": "ada@example.com", "OptOut": "NONE"}
    """
    opt_out = request.get("OptOut")
    if request.get("Address") or opt_out == "ALL":
        return ()
    is_cleared = "Address" in request
    if opt_out == "NONE":
        hint = 'add "Address", or opt the endpoint out with "OptOut": "ALL"'
        if create or is_cleared:
            message = "an endpoint with OptOut NONE needs an address"
            return (Finding((), message, hint, severity=Severity.ERROR),)
        hint = 'add "Address": the service refuses this for an endpoint that has none yet'
        return (Finding((), "there is no address, and the endpoint is not opted out", hint),)
    needs_one = request.get("ChannelType", _IN_APP) != _IN_APP and not is_cleared
    if not (create or needs_one):
        return ()
    message = "there is no address: a new endpoint is then opted out of everything"
    return (Finding((), message, 'add "Address", or say so with "OptOut": "ALL"'),)


@rule(codes.MISSING_CHANNEL_TYPE, Scope.CREATE, "ChannelType", severity=Severity.WARNING)
def missing_channel_type(request: Mapping[str, object], create: bool) -> Sequence[Finding]:
    """There is an address without a channel type.

    An update may leave the channel type out: the service then keeps the stored one. For an endpoint
    without one, it answers `Missing ChannelType` to a request with an address. With `--create`,
    this is an error.

    Source: error messages that public clients of the service look for; AWS, Amazon Pinpoint User
    Guide, "Importing segments": Address and ChannelType are required of new endpoints.

    Wrong:
        {"Address": "ada@example.com"}

    Right:
        {"Address": "ada@example.com", "ChannelType": "EMAIL"}
    """
    if "ChannelType" in request or not request.get("Address"):
        return ()
    severity = Severity.ERROR if create else None
    message = "there is an address without a channel type"
    return (Finding((), message, 'add "ChannelType"', severity=severity),)


_BARE_SHAPES = ("EndpointRequest", "EndpointResponse")


@rule(codes.READ_ONLY_MEMBERS, Scope.DOCUMENT, severity=Severity.WARNING)
def read_only_members(document: Document) -> Sequence[Finding]:
    """An endpoint returned by the service has members that cannot be sent back.

    The service sets `ApplicationId`, `CohortId` and `CreationDate` itself. `pe` leaves them out
    when it sends; boto3 and the AWS CLI refuse the whole request (`Unknown parameter in
    EndpointRequest`). `Id` may stay: it is the endpoint's id. The same holds for what an SDK adds
    to the answer: `ResponseMetadata` (boto3) and `$metadata` (JavaScript).

    Source: botocore's service model, `EndpointResponse` beside `EndpointRequest`.

    Wrong:
        {"Id": "ada", "CohortId": "7", "ChannelType": "EMAIL", "Address": "ada@example.com"}

    Right:
        {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    found: list[Finding] = []
    if document.shape == "EndpointResponse" and isinstance(document.value, Mapping):
        there = [name for name in document.value if name in READ_ONLY]
        if there:
            hint = 'remove it; "Id" may stay: it is the endpoint\'s id'
            found.append(_read_only(tuple((name,) for name in there), hint))
    if document.metadata:
        finding = _read_only(document.metadata, "remove it: an SDK added it to the answer")
        found.append(finding._replace(from_top=True))
    return found


def _read_only(paths: tuple[ValuePath, ...], hint: str) -> Finding:
    names = ", ".join(str(path[-1]) for path in paths)
    message = f"read-only: {names}; pe leaves this out, boto3 and the AWS CLI refuse it"
    return Finding(paths[0], message, hint, at_key=True, fix=Fix(Action.REMOVE, paths))


@rule(codes.NO_ENDPOINT_ID, Scope.DOCUMENT)
def no_endpoint_id(document: Document) -> Sequence[Finding]:
    """An endpoint in a file with several has no id.

    A file's name can be the id of one endpoint, not of several, so `pe upsert` cannot send the
    endpoint. An import job makes a new id each time: so does `--ids new`. `--ids from-address`
    makes the same id on each run: a UUID of version 5, in the namespace for URLs, of the text
    `ChannelType:Address`. Who knows an address can tell its id.

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
    message = "this endpoint has no id, and its file, which may hold several, cannot give it one"
    return (Finding((), message, 'add "Id", or use --ids new or --ids from-address'),)


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
    states it once for an application and once for an endpoint, and some accounts had higher limits,
    so this is a warning.

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
    message = f"{count} names of attributes and metrics, and the limit is {MAX_ATTRIBUTE_NAMES}"
    return (Finding((), message, "use one attribute with several values"),)


@rule(codes.REQUEST_SIZE, Scope.REQUEST)
def request_size(request: Mapping[str, object]) -> Sequence[Finding]:
    """The request is larger than an endpoint may be.

    An endpoint has at most 15 KB, and this quota cannot be raised. `pe` counts the request as
    compact JSON in UTF-8: more than 15,360 bytes are an error, more than 15,000 a warning, since
    the page does not define its kilobyte. Members that are stored already count in addition.

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
    message = f"{size} bytes as JSON, and the limit is 15 KB ({MAX_ENDPOINT_BYTES} bytes)"
    return (Finding((), message, "shorten values, or leave some out", severity=severity),)


def bytes_in(request: Mapping[str, object]) -> int:
    """Return the size of a request in bytes, as compact JSON in UTF-8."""
    return len(as_json(request))


@rule(codes.INVISIBLE_CHARACTER, Scope.DOCUMENT, severity=Severity.WARNING)
def invisible_character(document: Document) -> Sequence[Finding]:
    r"""An invisible character is stored with a text.

    No-break spaces, zero-width spaces, direction marks and byte order marks come with texts that
    were copied from web pages, spreadsheets and chats. Segments and templates compare the exact
    text, and do not find it. They are found at the ends of values, and anywhere in ids, addresses
    and names of attributes; a byte order mark is found in every text. `--fix` removes them from
    values, not from ids and names: those mean another endpoint, user or attribute without them.

    Source: Unicode Standard Annex #9 and Technical Standard #39, section 3.

    Wrong:
        {"Attributes": {"Interests": ["science\u00a0"]}}

    Right:
        {"Attributes": {"Interests": ["science"]}}
    """
    if not may_be_invisible(as_json(document.value)):
        return ()
    return list(_invisible_characters(document.value, ()))


def _invisible_characters(value: object, path: ValuePath) -> Iterator[Finding]:
    if isinstance(value, str):
        is_compared = path[-1:] in _COMPARED
        if character := invisible_in(value, is_name=is_compared):
            yield _invisible(value, character, path, is_fixable=path[-1:] not in _IDS)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _invisible_characters(item, (*path, index))
    elif isinstance(value, dict):
        for name, member in value.items():
            if path[-1:] in _NAMED and (character := invisible_in(name, is_name=True)):
                message = f"{named(character)} is stored with this name"
                yield Finding((*path, name), message, advice(character), at_key=True)
            yield from _invisible_characters(member, (*path, name))


def _invisible(text: str, character: str, path: ValuePath, *, is_fixable: bool) -> Finding:
    right = without_invisible_ends(text)
    is_right = right and not invisible_in(right, is_name=path[-1:] in _COMPARED)
    fix = Fix(Action.REPLACE, (path,), right) if is_fixable and is_right else None
    hint = "remove it" if is_right else advice(character)
    return Finding(path, f"{named(character)} is stored with this text", hint, fix=fix)
