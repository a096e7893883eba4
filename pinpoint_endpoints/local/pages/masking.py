"""Applications and endpoints in, texts for the pages out.

Unless they are wanted, personal data is masked, and so are ids that look like an address.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, count
from typing import Any, NamedTuple

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.masking import (
    dotted,
    is_personal,
    json_without_controls,
    looks_like_address,
    masked,
    printable,
    shown_member,
    without_addresses,
)
from pinpoint_endpoints.saving.texts import json_text

ORDER = (
    "Id", "ApplicationId", "ChannelType", "Address", "EndpointStatus", "OptOut", "EffectiveDate",
    "CreationDate", "CohortId", "RequestId", "User", "Attributes", "Metrics", "Demographic",
    "Location",
)  # fmt: skip
"""As they interest a person."""

DATES = ("CreationDate", "EffectiveDate")


class ShownApplication(NamedTuple):
    """An application as it is shown.

    Args:
        id: its id, as links need it.
        shown_id: its id, as it is shown.
        name: its name, or the id if it has none.
        date: its `CreationDate`.
    """

    id: str
    shown_id: str
    name: str
    date: str


class Row(NamedTuple):
    """An endpoint in a list.

    Args:
        id: its id, as links need it.
        name: its id, as it is shown.
        channel: its channel type.
        status: its status.
        opted_out: whether it is opted out of everything.
        address: as it is shown; empty if there is none.
        user: its user's id as it is shown; empty if there is none.
        date: its `EffectiveDate`.
    """

    id: str
    name: str
    channel: str
    status: str
    opted_out: bool
    address: str
    user: str
    date: str


class Member(NamedTuple):
    """A member of an endpoint, as it is shown.

    Args:
        name: in its section.
        values: one, or those of a list.
        is_date: whether it is a moment.
    """

    name: str
    values: list[str]
    is_date: bool


class Section(NamedTuple):
    """Members of an endpoint that belong together.

    Args:
        name: the member that has them.
        members: in it.
    """

    name: str
    members: list[Member]


def application_of(response: Mapping[str, Any], *, show_values: bool) -> ShownApplication:
    """Return an application as the pages show it."""

    def text(member: str) -> str:
        value = str(response.get(member, ""))
        return printable(value if show_values else without_addresses(value))

    shown_id = text("Id")
    name = text("Name")
    return ShownApplication(
        response["Id"], shown_id, name if name.strip() else shown_id, text("CreationDate")
    )


def hides_an_address(application_id: str, endpoint_id: str = "") -> bool:
    """Tell whether one of the ids is masked unless values are shown."""
    return without_addresses(application_id) != application_id or looks_like_address(endpoint_id)


def row_of(endpoint: Endpoint, *, show_values: bool) -> Row:
    """Return an endpoint as a list shows it."""

    def text(*path: str) -> str:
        value: Any = endpoint
        for name in path:
            value = value.get(name, {})
        if not value or not isinstance(value, str):
            return ""
        return printable(_shown(value, path, show_values=show_values))

    return Row(
        endpoint["Id"],
        text("Id"),
        text("ChannelType"),
        text("EndpointStatus"),
        endpoint.get("OptOut") == "ALL",
        text("Address"),
        text("User", "UserId"),
        text("EffectiveDate"),
    )


def sections_of(endpoint: Endpoint, *, show_values: bool) -> list[Section]:
    """Return all members of an endpoint: first those that have no members themselves."""
    in_order = {name: endpoint[name] for name in ORDER if name in endpoint} | endpoint
    sections = {
        path: Section(printable(".".join(path)) or "Endpoint", [])
        for path in _with_members(in_order, ())
    }
    for path, value in _leaves(in_order, ()):
        *above, name = path
        shown = printable(dotted([name], show_values=show_values))
        texts = [str(item) for item in value] if isinstance(value, list) else [str(value)]
        values = [printable(_shown(text, path, show_values=show_values)) for text in texts]
        sections[tuple(above)].members.append(Member(shown, values, name in DATES))
    return list(sections.values())


def json_of(endpoint: Endpoint, *, show_values: bool) -> str:
    """Return an endpoint as indented JSON, without a character that would steer a terminal."""
    text = json_text(endpoint if show_values else _masked(endpoint, ())).decode()
    return "\n".join(map(json_without_controls, text.splitlines()))


def _with_members(value: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the path of each object in an endpoint, itself first."""
    yield path
    for name, member in value.items():
        if isinstance(member, Mapping):
            yield from _with_members(member, (*path, name))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of each member that is not an object."""
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, member in value.items():
        yield from _leaves(member, (*path, name))


def _shown(text: str, path: tuple[str, ...], *, show_values: bool) -> str:
    """Return the text at a path in an endpoint as it is shown; an empty one hides nothing."""
    if show_values or not text:
        return text
    if path == ("ApplicationId",):
        return without_addresses(text)
    hidden = looks_like_address(text) if path == ("Id",) else is_personal(path)
    return masked(text) if hidden else text


def _masked(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return dict(_masked_members(value, path))
    if isinstance(value, list):
        return [_masked(item, path) for item in value]
    shown = _shown(str(value), path, show_values=False)
    return value if shown == str(value) else shown


def _masked_members(members: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    unmasked = {key for key in members if shown_member(key) == key}
    free_names: dict[str, Iterator[str]] = {}
    for key, value in members.items():
        name = shown_member(key)
        if key not in unmasked:
            name = next(free_names.setdefault(name, _free_names(name, unmasked)))
        yield name, _masked(value, (*path, key))


def _free_names(name: str, taken: set[str]) -> Iterator[str]:
    """Yield names for members that are masked alike, so that none takes another one's place."""
    numbered = (f"{name} ({number})" for number in count(2))
    return (each for each in chain((name,), numbered) if each not in taken)
