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

    def attributes_text(self) -> bytes:
        """Return a text that is equal for equal user attributes."""
        return orjson.dumps(self.user_attributes, option=orjson.OPT_SORT_KEYS)


def identity_of(document: Document) -> Identity:
    """Return what a document is about."""
    request, application = document.request, document.application_id
    channel, address = request.get("ChannelType"), request.get("Address")
    if not isinstance(channel, str):
        channel = ""
    user, user_id, attributes = request.get("User"), None, None
    if isinstance(user, dict):
        user_id, attributes = user.get("UserId"), user.get("UserAttributes")
    endpoint_id = document.endpoint_id
    return Identity(
        (application, same_endpoint_key(endpoint_id)) if endpoint_id else None,
        (application, channel, address)
        if channel and address and isinstance(address, str)
        else None,
        (application, user_id) if user_id and isinstance(user_id, str) else None,
        channel if channel in channel_types() else "",
        attributes if isinstance(attributes, dict) else {},
        application,
    )


def names_in(document: Document) -> list[tuple[ValuePath, Mapping[str, Any]]]:
    """Return the attributes and metrics of a document, each with their path in its request."""
    request = document.request
    found: list[tuple[ValuePath, Mapping[str, Any]]] = []
    if isinstance(attributes := request.get("Attributes"), dict):
        found.append((ATTRIBUTES, attributes))
    if isinstance(metrics := request.get("Metrics"), dict):
        found.append((METRICS, metrics))
    if isinstance(user := request.get("User"), dict) and isinstance(
        shared := user.get("UserAttributes"), dict
    ):
        found.append((USER_ATTRIBUTES, shared))
    return found
