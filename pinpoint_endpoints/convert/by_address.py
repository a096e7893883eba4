"""Bring endpoints together that have the same address."""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

from pinpoint_endpoints.convert.account import ENDPOINT, Account, Action, Rule
from pinpoint_endpoints.convert.by_id import endpoints_by_id
from pinpoint_endpoints.convert.grouping import (
    PHONE_CHANNELS,
    UserEndpoint,
    dumps,
    loads,
    newest_first,
    text_of,
)
from pinpoint_endpoints.convert.sorted_lines import SortedLines
from pinpoint_endpoints.documents.model import Document

OTHER_CHANNEL = Rule("other-channel", Action.SKIPPED, "the format is for another channel")
OLDER_ADDRESS = Rule(
    "older-address",
    Action.LOST,
    "of several endpoints with one address, the one with the newest EffectiveDate counts",
)
NO_ADDRESS = Rule("no-address", Action.SKIPPED, "the endpoint has no address")

_SEPARATOR = b"\t"
_NOT_DIGITS = re.compile("[^0-9]+")


def address_key(endpoint: UserEndpoint) -> tuple[str, str]:
    """Return what is equal for two endpoints with one address, also if they spell it differently.

    The case of e-mail addresses does not matter, and only the digits of phone numbers do.
    """
    address = endpoint.address.strip()
    if endpoint.channel == "EMAIL":
        return "EMAIL", address.lower()
    if endpoint.channel in PHONE_CHANNELS:
        return "PHONE", _NOT_DIGITS.sub("", address) or address
    return endpoint.channel, address


def endpoints_by_address(
    documents: Iterable[Document], channels: Collection[str], account: Account
) -> Iterator[list[UserEndpoint]]:
    """Yield the endpoints with each address, the newest first, in the order of the addresses.

    Args:
        documents: with an endpoint and an id each.
        channels: the channel types; other endpoints are left out.
        account: takes note of what is left out.
    """
    with SortedLines() as lines:
        for endpoint in endpoints_by_id(documents, account):
            members = endpoint.members
            created, place = text_of(members.get("CreationDate")), endpoint.place
            found = UserEndpoint(members["Id"], members, created, place)
            if found.channel not in channels:
                account.add(OTHER_CHANNEL, ENDPOINT, place)
            elif not found.address.strip():
                account.add(NO_ADDRESS, ENDPOINT, place)
            else:
                key = dumps(address_key(found))
                lines.add(_SEPARATOR.join((key, dumps([*found]))) + b"\n")
        for _, group in groupby(lines, lambda line: line[: line.index(_SEPARATOR)]):
            endpoints = [UserEndpoint(*loads(line.split(_SEPARATOR, 1)[1])) for line in group]
            yield sorted(endpoints, key=newest_first)
