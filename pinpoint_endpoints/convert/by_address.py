"""Bring endpoints together that have the same address."""

from collections.abc import Collection, Iterable, Iterator

from pinpoint_endpoints.convert.account import ENDPOINT, Account, Action, Rule
from pinpoint_endpoints.convert.addresses import PHONE_CHANNELS, address_key
from pinpoint_endpoints.convert.by_id import endpoints_by_id
from pinpoint_endpoints.convert.sorted_lines import SortedLines, by_key, keyed_line
from pinpoint_endpoints.convert.user_endpoint import (
    UserEndpoint,
    dumps,
    loads,
    newest_first,
)
from pinpoint_endpoints.documents.model import Document

OTHER_CHANNEL = Rule("other-channel", Action.SKIPPED, "the format is for another channel")
OLDER_ADDRESS = Rule(
    "older-address",
    Action.LOST,
    "of several endpoints with one address, the one with the newest EffectiveDate counts",
)
NO_ADDRESS = Rule("no-address", Action.SKIPPED, "the endpoint has no address")


def endpoints_by_address(
    documents: Iterable[Document], channels: Collection[str], account: Account
) -> Iterator[list[UserEndpoint]]:
    """Yield the endpoints with each address, the newest first, in the order of the addresses.

    Endpoints without an id are those of invalid documents that opt the address out. Before the
    first ones are yielded, all addresses that are opted out are in `account.refusals`.

    Args:
        documents: with an endpoint and an id each.
        channels: the channel types; other endpoints are left out.
        account: records what is left out.
    """
    refusals = account.refusals
    with SortedLines() as lines:
        for endpoint in (one.read() for one in endpoints_by_id(documents, account)):
            is_wanted, has_address = endpoint.channel in channels, bool(endpoint.address.strip())
            if endpoint.opted_out and has_address:
                refusals.addresses.add(endpoint.channel, endpoint.address)
            if is_wanted and has_address:
                lines.add(_line_of(endpoint))
            else:
                rule = NO_ADDRESS if is_wanted else OTHER_CHANNEL
                account.add(rule, ENDPOINT, endpoint.place)
        for refusal in refusals:
            if refusal.channel in channels:
                lines.add(_line_of(refusal))
        for _, found in by_key(lines):
            yield sorted((UserEndpoint(*loads(one)) for one in found), key=_newest_first)


def address_group(endpoint: UserEndpoint) -> tuple[str, str]:
    """Return what is equal for two endpoints of one kind of channel with one address."""
    kind = "PHONE" if endpoint.channel in PHONE_CHANNELS else endpoint.channel
    return kind, address_key(endpoint.channel, endpoint.address)


def _line_of(endpoint: UserEndpoint) -> bytes:
    return keyed_line(dumps(address_group(endpoint)), dumps([*endpoint]))


def _newest_first(endpoint: UserEndpoint) -> tuple[bool, tuple[float, str, bytes]]:
    return not endpoint.endpoint_id, newest_first(endpoint)
