"""Bring endpoints into the order of their ids, one of each, however many there are."""

from collections.abc import Container, Iterable, Iterator
from typing import Any

from pinpoint_endpoints.convert.account import ENDPOINT, NULL, Account, Action, Change, Rule
from pinpoint_endpoints.convert.sorted_lines import SEPARATOR, SortedLines, by_key, keyed_line
from pinpoint_endpoints.convert.user_endpoint import (
    LONG_AGO,
    OPTED_OUT,
    UserEndpoint,
    age,
    dumps,
    loads,
    place_of,
    text_of,
)
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document

OLDER_COPY = Rule(
    "older-copy",
    Action.LOST,
    "of several documents with one endpoint id, the one with the newest EffectiveDate counts",
)
SAME_COPY = Rule(
    "same-copy", Action.SKIPPED, "a document that is the same as another one is written once"
)
OPTED_OUT_COPY = Rule(
    "opted-out-copy",
    Action.CHANGED,
    "another document opts the endpoint out, and may be newer: it is opted out",
)
RULES_OF_READING = (OLDER_COPY, SAME_COPY, OPTED_OUT_COPY, NULL)
"""Rules of every format."""

_BY_NAME = {rule.name: rule for rule in RULES_OF_READING}


class Endpoint:
    """One endpoint.

    Attributes:
        json: the endpoint as a JSON object in one line, without its line break.
    """

    __slots__ = ("_place", "json")

    def __init__(self, json: bytes, place: bytes) -> None:
        self.json = json
        self._place = place

    @property
    def place(self) -> str:
        """Where it was read."""
        return str(loads(self._place))

    @property
    def members(self) -> dict[str, Any]:
        """Its members: `Id` first, then those of its document."""
        members: dict[str, Any] = loads(self.json)
        return members

    def read(self) -> UserEndpoint:
        """Return the endpoint with its parsed members."""
        members = self.members
        created = text_of(members.get("CreationDate"))
        return UserEndpoint(members["Id"], members, created, self.place)


def endpoints_by_id(documents: Iterable[Document], account: Account) -> Iterator[Endpoint]:
    """Yield the endpoints in the order of their ids.

    Args:
        documents: with an endpoint and an id each.
        account: records the documents that another one of their endpoint replaces.
    """
    with SortedLines() as lines:
        for document in documents:
            members = members_of(document)
            key = dumps(same_endpoint_key(members["Id"]))
            lines.add(keyed_line(key, dumps(members), dumps(place_of(document))))
        for _, copies in by_key(lines):
            yield newest_endpoint([Endpoint(*copy.split(SEPARATOR)) for copy in copies], account)


def members_of(document: Document) -> dict[str, Any]:
    """Return the members of an endpoint: `Id` first, then those of its document."""
    inner = document.shape == "UpdateEndpointInput"
    members: Any = document.request if inner else document.value
    return {"Id": document.endpoint_id or "", **members}


def newest_endpoint(copies: list[Endpoint], account: Account) -> Endpoint:
    """Return the one that counts of several documents of an endpoint; account for the others."""
    refused = account.refusals.endpoint_ids
    if len(copies) == 1 and not refused:
        return copies[0]

    def change(rule: str, member: str, place: str) -> None:
        account.add(_BY_NAME[rule], member, place)

    read = [copy.read() for copy in copies]
    newest = newest_of(read, change, refused)
    whole = (copy for copy, one in zip(copies, read, strict=True) if one is newest)
    return next(whole, None) or Endpoint(dumps(newest.request), dumps(newest.place))


def newest_of(
    copies: Iterable[UserEndpoint], change: Change, refused: Container[str]
) -> UserEndpoint:
    """Return the document of an endpoint that counts, and record those that it replaces.

    The newest one counts; if several are of the same age, one that is opted out or INACTIVE. An
    opt-out without a date may be newer than any other, such as `{"Id": "a", "OptOut": "ALL"}`. The
    address is then that of the newest document that has one.

    Args:
        copies: all documents of the endpoint, at least one.
        change: called for each of the others.
        refused: ids of endpoints that invalid documents opt out, by `same_endpoint_key`.
    """
    newest, *older = sorted(copies, key=_newest_first)
    is_opted_out = (
        newest.opted_out
        or same_endpoint_key(newest.endpoint_id) in refused
        or any(copy.opted_out and age(copy) == LONG_AGO for copy in older)
    )
    found = newest
    if is_opted_out:
        found = next((copy for copy in (newest, *older) if copy.address.strip()), newest)
    for copy in (newest, *older):
        if copy is not found:
            rule = SAME_COPY if copy.request == found.request else OLDER_COPY
            change(rule.name, ENDPOINT, copy.place)
    if is_opted_out and not found.opted_out:
        change(OPTED_OUT_COPY.name, "OptOut", found.place)
        return found._replace(request={**found.request, **OPTED_OUT})
    return found


def _newest_first(endpoint: UserEndpoint) -> tuple[float, bool, bytes]:
    is_reachable = not (endpoint.opted_out or endpoint.inactive)
    return -age(endpoint), is_reachable, dumps(endpoint.request)
