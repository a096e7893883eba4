"""Endpoints in, texts for the pages out, with personal data masked unless it is wanted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.personal import dotted, is_personal, masked, shown_member
from pinpoint_endpoints.reports.endpoint import shown_members
from pinpoint_endpoints.reports.http_text import json_without_controls
from pinpoint_endpoints.reports.plain import printable
from pinpoint_endpoints.saving.texts import json_text

ORDER = (
    "Id", "ApplicationId", "ChannelType", "Address", "EndpointStatus", "OptOut", "EffectiveDate",
    "CreationDate", "CohortId", "RequestId", "User", "Attributes", "Metrics", "Demographic",
    "Location",
)  # fmt: skip
"""As they interest a person."""

DATES = ("CreationDate", "EffectiveDate")


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


def row_of(endpoint: Endpoint, *, show_values: bool) -> Row:
    """Return an endpoint as a list shows it."""

    def text(*path: str) -> str:
        value: Any = endpoint
        for name in path:
            value = value.get(name, {})
        if not value or not isinstance(value, str):
            return ""
        return printable(masked(value) if is_personal(path) and not show_values else value)

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
    for (*above, name), texts in shown_members(in_order, show_values=show_values):
        shown = printable(dotted([name], show_values=show_values))
        values = [printable(text) for text in texts]
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


def _masked(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return dict(_masked_members(value, path))
    if isinstance(value, list):
        return [_masked(item, path) for item in value]
    return masked(str(value)) if is_personal(path) else value


def _masked_members(members: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    met: Counter[str] = Counter()
    for key, value in members.items():
        name = shown_member(key)
        met[name] += 1
        alike = f" ({met[name]})" if met[name] > 1 else ""  # two that are masked alike stay two
        yield f"{name}{alike}", _masked(value, (*path, key))
