"""Find out which endpoint, address and user a document is about."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import ValuePath

Key = tuple[str, ...]

ATTRIBUTES: ValuePath = ("Attributes",)
METRICS: ValuePath = ("Metrics",)
USER_ATTRIBUTES: ValuePath = ("User", "UserAttributes")


class Identity(NamedTuple):
    """The keys by which a document is compared with others; invalid ones are None or empty.

    Attributes:
        endpoint: the endpoint id in lower case.
        address: the channel type and the address.
        user: the user id.
        channel: the channel type, which may be unknown.
        user_attributes: lists of values by attribute name.
        application: the application id.
    """

    endpoint: Key | None
    address: Key | None
    user: Key | None
    channel: str
    user_attributes: Mapping[str, Any]
    application: str

    def attributes_text(self) -> bytes:
        """Return a text that is equal for equal user attributes."""
        return orjson.dumps(self.user_attributes, option=orjson.OPT_SORT_KEYS)


def identity_of(document: Document) -> Identity:
    """Return what a document is about."""
    request = document.request
    channel, address = request.get("ChannelType"), request.get("Address")
    if not isinstance(channel, str):
        channel = ""
    user, user_id, attributes = request.get("User"), None, None
    if isinstance(user, dict):
        user_id, attributes = user.get("UserId"), user.get("UserAttributes")
    endpoint_id = document.endpoint_id
    return Identity(
        (same_endpoint_key(endpoint_id),) if endpoint_id else None,
        (channel, address) if channel and address and isinstance(address, str) else None,
        (user_id,) if user_id and isinstance(user_id, str) else None,
        channel,
        attributes if isinstance(attributes, dict) else {},
        document.application_id,
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
