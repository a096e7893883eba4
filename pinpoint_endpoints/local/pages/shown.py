"""Prepare applications and endpoints for the pages, with personal data masked.

Ids that look like an address are masked too.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any, NamedTuple

from pinpoint_endpoints.masking import (
    is_personal,
    looks_like_address,
    masked,
    printable,
    shown_member,
    without_addresses,
)
from pinpoint_endpoints.saving import json_text
from pinpoint_endpoints.service.merge import Endpoint

ORDER = (
    "Id", "ApplicationId", "ChannelType", "Address", "EndpointStatus", "OptOut", "EffectiveDate",
    "CreationDate", "CohortId", "RequestId", "User", "Attributes", "Metrics", "Demographic",
    "Location",
)  # fmt: skip
"""The order in which members are shown: what people look for comes first."""

DATES = ("CreationDate", "EffectiveDate")


class ShownApplication(NamedTuple):
    """An application as the pages show it.

    Args:
        id: its id, for links.
        shown_id: its id, as it is shown.
        name: its name, or the id if it has none.
        date: its `CreationDate`.
    """

    id: str
    shown_id: str
    name: str
    date: str


class Member(NamedTuple):
    """A member of an endpoint as the pages show it.

    Args:
        name: without the names of the objects that it is in.
        values: one, or those of a list.
        is_date: whether it is a date and time.
    """

    name: str
    values: list[str]
    is_date: bool


class Section(NamedTuple):
    """Members of an endpoint that belong to one object.

    Args:
        name: the name of the object, such as `User.UserAttributes`.
        members: without those that are objects themselves.
    """

    name: str
    members: list[Member]


def shown_application(response: Mapping[str, Any], *, show_values: bool) -> ShownApplication:
    """Return an application as the pages show it."""

    def text(member: str) -> str:
        value = str(response.get(member, ""))
        return printable(value if show_values else without_addresses(value))

    shown_id = text("Id")
    name = text("Name")
    return ShownApplication(
        response["Id"], shown_id, name if name.strip() else shown_id, text("CreationDate")
    )


def is_masked_id(application_id: str, endpoint_id: str = "") -> bool:
    """Tell whether one of the ids is masked unless values are shown."""
    return without_addresses(application_id) != application_id or looks_like_address(endpoint_id)


def csv_of_ids(ids: Iterable[str], *, show_values: bool) -> str:
    """Return endpoint ids as CSV that segments can be imported from; addresses are masked.

    Source of the header: AWS, Amazon Pinpoint User Guide, "Importing segments".
    """
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["Id"])
    for one in ids:
        rows.writerow([masked(one) if looks_like_address(one) and not show_values else one])
    return text.getvalue()


def shown_endpoint(endpoint: Endpoint, *, show_values: bool) -> Endpoint:
    """Return an endpoint with its personal values and names masked, unless they are shown."""
    shown: Endpoint = endpoint if show_values else _masked(endpoint, ())
    return shown


def sections_of(endpoint: Endpoint) -> list[Section]:
    """Return all members of a shown endpoint: first those that are not objects."""
    in_order = {name: endpoint[name] for name in ORDER if name in endpoint} | endpoint
    return list(_sections("", in_order))


def json_of(endpoint: Endpoint) -> str:
    """Return a shown endpoint as indented JSON, without characters that would steer a terminal."""
    return json_text(endpoint).decode().rstrip()


def _sections(name: str, members: Mapping[str, Any]) -> Iterator[Section]:
    objects = {key: value for key, value in members.items() if isinstance(value, Mapping)}
    yield Section(
        printable(name) or "Endpoint",
        [
            Member(printable(key), _texts(value), key in DATES)
            for key, value in members.items()
            if key not in objects
        ],
    )
    for key, value in objects.items():
        yield from _sections(f"{name}.{key}" if name else key, value)


def _texts(value: Any) -> list[str]:
    return [printable(str(item)) for item in (value if isinstance(value, list) else [value])]


def _masked(value: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path in an endpoint with what is personal masked."""
    if isinstance(value, Mapping):
        return _masked_members(value, path)
    if isinstance(value, list):
        return [_masked(item, path) for item in value]
    if path == ("ApplicationId",):
        return without_addresses(value)
    text = str(value)  # an empty one hides nothing
    is_hidden = looks_like_address(text) if path == ("Id",) else is_personal(path)
    return masked(text) if text and is_hidden else value


def _masked_members(members: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return members with their names masked; names that are masked alike are numbered."""
    shown: dict[str, Any] = {}
    for key, value in members.items():
        name = masked_name = shown_member(key)
        number = 1
        while name in shown or (name != key and name in members):
            number += 1
            name = f"{masked_name} ({number})"
        shown[name] = _masked(value, (*path, key))
    return shown
