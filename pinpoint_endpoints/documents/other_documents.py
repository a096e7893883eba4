"""Recognise files and values that hold something else than endpoints, and say what they are."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import PurePath
from typing import NamedTuple

from pinpoint_endpoints.documents.shapes import METADATA, WRAPPERS
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.schema.bundled import definition


class OtherDocument(NamedTuple):
    """What a document is that is not an endpoint.

    Attributes:
        what: the kind of document, with its article.
        hint: where its endpoints are, or what to do.
    """

    what: str
    hint: str


_ANSWER_HINT = "it holds no endpoint; `aws pinpoint get-endpoint` returns one"
_KINDS: Mapping[str, OtherDocument] = {
    "EventsRequest": OtherDocument(
        "a request of PutEvents", 'its endpoints are under "EventsRequest.BatchItem.<id>.Endpoint"'
    ),
    "BatchItem": OtherDocument(
        "a request of PutEvents", 'its endpoints are under "BatchItem.<id>.Endpoint"'
    ),
    "MessageBody": OtherDocument("the answer to an update", _ANSWER_HINT),
    "RequestID": OtherDocument("the answer to an update", _ANSWER_HINT),
    "event_type": OtherDocument(
        "a record of an event stream",
        'its endpoint, if it has one, is the JSON text under "client_context.custom.endpoint"',
    ),
}
"""By a member that only documents of this kind have.

Source: botocore's service model; AWS, Amazon Pinpoint Developer Guide, "Event stream data".
"""

SEGMENT = OtherDocument(
    "a segment", "`pe segment` evaluates it, and `pe validate` checks it; name only endpoints here"
)
TEMPLATE = OtherDocument(
    "a message template",
    "`pe preview` renders it, and `pe validate` checks it; name only endpoints here",
)
OTHER_CSV = OtherDocument(
    "CSV without Pinpoint's headers",
    "its first line has to name members: ChannelType,Address,User.UserId,Attributes.Interests",
)
_CAMPAIGN_EVENT = OtherDocument(
    "an event that a campaign or journey sends to a Lambda function",
    'its endpoints are under "Endpoints", by endpoint id',
)
_MAP = OtherDocument(
    "a map of endpoints by their ids",
    'write a list, each endpoint with its id as "Id": [{"Id": "ada", …}, …]',
)
_OTHER_REQUEST = r"[A-Z]\w*(?:Request|Response)"

_A_SLIP = 0.85
_MAX_BESIDE_A_WRAPPER = 3

_SUFFIXES = {".tsv": "TSV", ".xml": "XML"}
_XML = r"\s*<[?!A-Za-z]"
_CLI_TEXT = r"(?m)(?:ENDPOINTS?RESPONSE|ITEM)(?:\t|\r?$)"
_CLI_TABLE = r"-{5,}\r?\n\|"
_SHORTHAND = r"\s*[\"']?([A-Za-z]+)="
_CELL = r"[\w .-]+"
_SEPARATORS = {",": "CSV", ";": "CSV", "\t": "TSV"}
_FIRST_LINE_BYTES = 65_536

_AS_LINES = "pe does not read it: write one JSON document on each line, with the suffix .ndjson"
_AS_JSON = "pe does not read it: write JSON or YAML"
_FROM_THE_CLI = "run the command again with `--output json`"


def recognise_value(value: Mapping[str, object]) -> OtherDocument | None:
    """Return what a value is, if it is known and has no endpoint at its top."""
    if not value or not _members().isdisjoint(value):
        return None
    if value.keys() <= METADATA:
        return OtherDocument("what an SDK says about a call", _ANSWER_HINT)
    if isinstance(value.get("Endpoints"), dict):
        return _CAMPAIGN_EVENT
    known = next((kind for name, kind in _KINDS.items() if name in value), None)
    return known or _other_request_or_map(value)


def _other_request_or_map(value: Mapping[str, object]) -> OtherDocument | None:
    if any(nearest(name, WRAPPERS, _A_SLIP) for name in islice(value, _MAX_BESIDE_A_WRAPPER)):
        return None
    for name, inner in value.items():
        if re.fullmatch(_OTHER_REQUEST, name) and isinstance(inner, dict):
            return OtherDocument(f'another document of Pinpoint, "{name}"', "it holds no endpoint")
    return _MAP if all(map(_looks_like_endpoint, value.values())) else None


def _looks_like_endpoint(value: object) -> bool:
    return isinstance(value, dict) and not {"Address", "ChannelType", "OptOut"}.isdisjoint(value)


@cache
def _members() -> frozenset[str]:
    return frozenset(definition("EndpointBatchItem")["properties"])


def suffix_kind(path: str) -> OtherDocument | None:
    """Return what a file is by the suffix of its name, if that is not a format of endpoints."""
    suffix = PurePath(path.lower().removesuffix(".gz")).suffix
    return _format(_SUFFIXES[suffix]) if suffix in _SUFFIXES else None


def recognise_text(raw: bytes) -> OtherDocument | None:
    """Return what a text is that is neither JSON nor an object in YAML, if its begin shows it."""
    begin = raw[:_FIRST_LINE_BYTES].decode("utf-8-sig", "replace")
    if re.match(_XML, begin):
        return _format("XML")
    if re.match(_CLI_TEXT, begin):
        return OtherDocument("the AWS CLI's output as text", _FROM_THE_CLI)
    if re.match(_CLI_TABLE, begin):
        return OtherDocument("the AWS CLI's output as a table", _FROM_THE_CLI)
    import csv

    first = next(iter(begin.lstrip().splitlines()), "")  # csv refuses a line break of any kind
    for separator, name in _SEPARATORS.items():
        if _is_header(next(csv.reader([first], delimiter=separator), [])):
            return _format(name)
    shorthand = re.match(_SHORTHAND, begin)
    if shorthand and shorthand[1] in _members():
        return OtherDocument("the shorthand syntax of the AWS CLI", _AS_JSON)
    return None


def _is_header(cells: list[str]) -> bool:
    """Tell whether the first line of a table has names of members: `User.UserId` and the like."""
    known = {member.lower() for member in _members()}
    names = [cell.strip().partition(".")[0].lower() for cell in cells]
    return (
        len(cells) > 1
        and all(re.fullmatch(_CELL, cell) for cell in cells)
        and not known.isdisjoint(names)
    )


def _format(name: str) -> OtherDocument:
    return OtherDocument(name, _AS_JSON if name == "XML" else _AS_LINES)
