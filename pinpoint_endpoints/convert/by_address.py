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


class Addresses:
    """The endpoints of some channels by address, in the order of the addresses.

    Args:
        documents: with an endpoint and an id each.
        channels: the channel types; other endpoints are left out.
        account: takes note of what is left out.

    Attributes:
        opts_out: returns whether any endpoint of any channel opts out an address.
    """

    def __init__(
        self, documents: Iterable[Document], channels: Collection[str], account: Account
    ) -> None:
        self._documents = documents
        self._channels = channels
        self._account = account
        self.opts_out = account.refusals.addresses.have

    def __iter__(self) -> Iterator[list[UserEndpoint]]:
        """Yield the endpoints with each address, the newest first. Do it once.

        Endpoints without an id are those of invalid documents that opt the address out.
        """
        with SortedLines() as lines:
            for endpoint in endpoints_by_id(self._documents, self._account):
                self._add(endpoint.read(), lines)
            for refusal in self._account.refusals:
                if refusal.channel in self._channels:
                    lines.add(_line_of(refusal))
            for _, found in by_key(lines):
                yield sorted((UserEndpoint(*loads(one)) for one in found), key=_newest_first)

    def _add(self, endpoint: UserEndpoint, lines: SortedLines) -> None:
        if not endpoint.address.strip():
            rule = NO_ADDRESS if endpoint.channel in self._channels else OTHER_CHANNEL
            self._account.add(rule, ENDPOINT, endpoint.place)
            return
        if endpoint.opted_out:
            self._account.refusals.addresses.add(endpoint.channel, endpoint.address)
        if endpoint.channel not in self._channels:
            self._account.add(OTHER_CHANNEL, ENDPOINT, endpoint.place)
        else:
            lines.add(_line_of(endpoint))


def address_group(endpoint: UserEndpoint) -> tuple[str, str]:
    """Return what is equal for two endpoints of one kind of channel with one address."""
    kind = "PHONE" if endpoint.channel in PHONE_CHANNELS else endpoint.channel
    return kind, address_key(endpoint.channel, endpoint.address)


def _line_of(endpoint: UserEndpoint) -> bytes:
    return keyed_line(dumps(address_group(endpoint)), dumps([*endpoint]))


def _newest_first(endpoint: UserEndpoint) -> tuple[bool, tuple[float, str, bytes]]:
    return not endpoint.endpoint_id, newest_first(endpoint)
