"""Find out which endpoint, address and user a document is about."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.schema.bundled import channel_types

Key = tuple[str, ...]

ATTRIBUTES: ValuePath = ("Attributes",)
METRICS: ValuePath = ("Metrics",)
USER_ATTRIBUTES: ValuePath = ("User", "UserAttributes")


class Identity(NamedTuple):
    """What a document is about; missing or invalid parts are None or empty.

    Attributes:
        endpoint: the application id and the endpoint id in lower case.
        address: the application id, the channel type and the address.
        user: the application id and the user id.
        channel: the channel type, if it is a known one.
        user_attributes: lists of values by attribute name.
        application: the application id.
    """

    endpoint: Key | None
    address: Key | None
    user: Key | None
    channel: str
    user_attributes: Mapping[str, Any]
    application: str

    def anywhere(self) -> "Identity":
        """Return the same without the application."""
        keys = (self.endpoint, self.address, self.user)
        endpoint, address, user = (("", *key[1:]) if key else None for key in keys)
        return self._replace(endpoint=endpoint, address=address, user=user)

    def attributes_digest(self) -> int:
        """Return a hash that is equal for equal user attributes."""
        return hash(orjson.dumps(self.user_attributes, option=orjson.OPT_SORT_KEYS))


def identity_of(document: Document) -> Identity:
    """Return what a document is about."""
    request, application = document.request, document.application_id
    channel, address = _text(request.get("ChannelType")), _text(request.get("Address"))
    user = request.get("User")
    members: Mapping[str, Any] = user if isinstance(user, dict) else {}
    user_id = _text(members.get("UserId"))
    attributes = members.get("UserAttributes")
    endpoint_id = document.endpoint_id
    return Identity(
        (application, same_endpoint_key(endpoint_id)) if endpoint_id else None,
        (application, channel, address) if channel and address else None,
        (application, user_id) if user_id else None,
        channel if channel in channel_types() else "",
        attributes if isinstance(attributes, dict) else {},
        application,
    )


def names_in(document: Document) -> dict[ValuePath, Mapping[str, Any]]:
    """Return the attributes and metrics of a document, by their path in its request."""
    request = document.request
    user = request.get("User")
    found = {
        ATTRIBUTES: request.get("Attributes"),
        METRICS: request.get("Metrics"),
        USER_ATTRIBUTES: user.get("UserAttributes") if isinstance(user, dict) else None,
    }
    return {path: names for path, names in found.items() if isinstance(names, dict)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
