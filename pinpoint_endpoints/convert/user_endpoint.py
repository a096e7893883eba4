"""An endpoint as a conversion keeps it, and which of two is the newer one."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.convert.addresses import channel_meant
from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import json_pointer

OPTED_OUT = {"OptOut": "ALL"}
"""The members of an endpoint that is opted out."""

LONG_AGO = float("-inf")
"""The age of an endpoint without a date."""


class UserEndpoint(NamedTuple):
    """An endpoint as it was read.

    Attributes:
        endpoint_id: its id, or empty.
        request: its EndpointRequest.
        created: the CreationDate of an export, or empty.
        place: the file, and where in it.
    """

    endpoint_id: str
    request: Mapping[str, Any]
    created: str
    place: str

    @property
    def channel(self) -> str:
        """The channel type, or empty; if one that opts out has none, what its address tells."""
        value = self.request.get("ChannelType")
        if value is None and self.opted_out:
            return channel_meant("", self.address)
        return value if type(value) is str else text_of(value)

    @property
    def address(self) -> str:
        """The address, or empty."""
        value = self.request.get("Address")
        return value if type(value) is str else text_of(value)

    @property
    def opted_out(self) -> bool:
        """Whether OptOut is anything but NONE: what is not understood counts as a refusal."""
        value = self.request.get("OptOut", "NONE")
        return value != "NONE" and text_of(value).strip().upper() not in ("", "NONE")

    @property
    def inactive(self) -> bool:
        """Whether EndpointStatus is anything but ACTIVE."""
        value = self.request.get("EndpointStatus", "ACTIVE")
        return value != "ACTIVE" and text_of(value).strip().upper() not in ("", "ACTIVE")


def age(endpoint: UserEndpoint) -> float:
    """Return the time of an endpoint's EffectiveDate, else of its CreationDate: later is newer."""
    date = text_of(endpoint.request.get("EffectiveDate")) or endpoint.created
    parsed = parse_date_time(date) if date else None
    return LONG_AGO if parsed is None else parsed.timestamp()


def newest_first(endpoint: UserEndpoint) -> tuple[float, str, bytes]:
    """Return what the endpoints of a user are sorted by."""
    endpoint_id = endpoint.endpoint_id
    own = b"" if endpoint_id else dumps(endpoint.request)
    return -age(endpoint), same_endpoint_key(endpoint_id), own


def text_of(value: object) -> str:
    """Return a value as text: empty if there is none, and as JSON if it is not a string."""
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value).decode()


def user_id_of(request: Mapping[str, Any]) -> str:
    """Return the id of the user that an endpoint belongs to, or nothing."""
    user = request.get("User")
    return text_of(user.get("UserId")) if isinstance(user, dict) else ""


def dumps(value: object) -> bytes:
    """Return a value as JSON in one line, also with lone surrogates and long numbers."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def loads(text: bytes) -> Any:
    """Return what `dumps` wrote."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def place_of(document: Document) -> str:
    """Return where a document is: its file, with the line or the JSON pointer if it has several."""
    if not document.in_multi_document_file:
        return document.source
    if document.path:
        return f"{document.source}#{json_pointer(document.path)}"
    return f"{document.source}:{document.locator.line(document.path)}"
