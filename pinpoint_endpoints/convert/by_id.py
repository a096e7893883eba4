"""Bring endpoints into the order of their ids, one of each, however many there are."""

from collections.abc import Iterable, Iterator
from typing import Any

from pinpoint_endpoints.convert.account import ENDPOINT, NULL, Account, Action, Rule
from pinpoint_endpoints.convert.sorted_lines import SEPARATOR, SortedLines, by_key, keyed_line
from pinpoint_endpoints.convert.user_endpoint import (
    OPTED_OUT,
    UserEndpoint,
    copy_that_counts,
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


def endpoints_by_id(documents: Iterable[Document], account: Account) -> Iterator[Endpoint]:
    """Yield the endpoints in the order of their ids.

    Args:
        documents: with an endpoint and an id each.
        account: takes note of the documents that another one of their endpoint replaces.
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
    read = [_user_endpoint(copy.members) for copy in copies]
    is_refused = same_endpoint_key(read[0].endpoint_id) in refused
    found, is_opted_out = copy_that_counts(read, is_refused=is_refused)
    newest = next(copy for copy, each in zip(copies, read, strict=True) if each is found)
    for copy in copies:
        if copy is not newest:
            rule = SAME_COPY if copy.json == newest.json else OLDER_COPY
            account.add(rule, ENDPOINT, copy.place)
    if is_opted_out:
        account.add(OPTED_OUT_COPY, "OptOut", newest.place)
        return Endpoint(dumps({**newest.members, **OPTED_OUT}), dumps(newest.place))
    return newest


def _user_endpoint(members: dict[str, Any]) -> UserEndpoint:
    return UserEndpoint(members["Id"], members, text_of(members.get("CreationDate")), "")
