"""Groups the endpoints of a run by user, for any number and any order of endpoints."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple, Self

from pinpoint_endpoints.convert.account import ENDPOINT, Change
from pinpoint_endpoints.convert.addresses import address_key
from pinpoint_endpoints.convert.by_id import newest_of
from pinpoint_endpoints.convert.hashes import Hashes
from pinpoint_endpoints.convert.refusals import Refusals
from pinpoint_endpoints.convert.sorted_lines import (
    MAX_BYTES_IN_MEMORY,
    SEPARATOR,
    SortedLines,
    by_key,
    keyed_line,
)
from pinpoint_endpoints.convert.user_endpoint import (
    UserEndpoint,
    dumps,
    loads,
    newest_first,
    place_of,
    text_of,
    user_id_of,
)
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.shapes import READ_ONLY

_IS_USER, _IS_ENDPOINT = b"0", b"1"
_OPTED_OUT, _INACTIVE = b"o", b"i"


class User(NamedTuple):
    """The endpoints of one user, or one endpoint that belongs to no user.

    Attributes:
        key: the user id; of an endpoint without one, its endpoint id.
        is_user: whether `key` is a user id.
        clashes: whether `key` is an endpoint id, and a user has the same id.
        endpoints: at least one; newest EffectiveDate first, then in the order of their ids.
    """

    key: str
    is_user: bool
    clashes: bool
    endpoints: tuple[UserEndpoint, ...]


class Grouping:
    """The endpoints of a run by user, sorted by user id in temporary files.

    Of several documents of one endpoint, one counts: see `newest_of`.

    Args:
        change: called for what is left out: documents of an endpoint that a newer one replaces, and
            those with neither a user id nor an endpoint id.
        refusals: addresses and endpoints that invalid documents opt out; others are added.
        max_bytes: how much is kept in memory for sorting.

    Attributes:
        opts_out: returns whether any endpoint with a channel type and an address is opted out, once
            the users were read for the first time.
        users_found: how many users there are, once they were read for the first time.
        opted_out_channels: the channel types of endpoints that are opted out, known then, too.
    """

    def __init__(
        self,
        change: Change,
        max_bytes: int = MAX_BYTES_IN_MEMORY,
        refusals: Refusals | None = None,
    ) -> None:
        self._change = change
        self._refusals = refusals or Refusals()
        self._files = ExitStack()
        self._by_endpoint = self._files.enter_context(SortedLines(max_bytes))
        self._by_user = self._files.enter_context(SortedLines(max_bytes))
        self._is_grouped = False
        self.users_found = 0
        self.opted_out_channels: set[str] = set()
        self.opts_out = self._refusals.addresses.have
        self._inactive = Hashes()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, document: Document) -> UserEndpoint:
        """Add the endpoint of a document, which has one, valid or not; return it.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        endpoint = endpoint_in(document, self._change)
        if endpoint.endpoint_id:
            key = dumps(same_endpoint_key(endpoint.endpoint_id))
            self._by_endpoint.add(key + SEPARATOR + _user_line(endpoint))
        elif user_id_of(endpoint.request):
            self._add_to_user(_user_line(endpoint))
        else:
            self._change("no-id", ENDPOINT, endpoint.place)
        return endpoint

    def users(self, min_endpoints: int = 1) -> Iterator[User]:
        """Yield the users in the order of their ids. Call it as often as needed, one at a time.

        Args:
            min_endpoints: users with fewer are left out.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        if not self._is_grouped:
            self._is_grouped = True
            self._group()
        previous, number = b"", 0
        for head, lines in by_key(self._by_user):
            key, is_user = head[:-1], head.endswith(_IS_USER)
            number += 1
            if len(lines) >= min_endpoints:
                endpoints = [_endpoint_in(line) for line in lines]
                if len(endpoints) > 1:
                    endpoints.sort(key=newest_first)
                clashes = not is_user and key == previous
                yield User(loads(key), is_user, clashes, tuple(endpoints))
            previous = key
        self.users_found = number

    def is_inactive(self, channel: str, address: str) -> bool:
        """Return whether any endpoint of the run with this address is INACTIVE."""
        return bool(self._inactive) and address_key(channel, address) in self._inactive

    def _group(self) -> None:
        refused = self._refusals.endpoint_ids
        for key, lines in by_key(self._by_endpoint):
            line = lines[0]
            if len(lines) > 1 or (refused and loads(key) in refused):
                line = _user_line(newest_of([*map(_endpoint_in, lines)], self._change, refused))
            self._add_to_user(line)
        self._by_endpoint.__exit__()

    def _add_to_user(self, line: bytes) -> None:
        state, line = line.split(SEPARATOR, 1)
        if state:
            endpoint = _endpoint_in(line)
            if state == _OPTED_OUT:
                self._refusals.addresses.add(endpoint.channel, endpoint.address)
                self.opted_out_channels.add(endpoint.channel)
            else:
                self._inactive.add(address_key(endpoint.channel, endpoint.address))
        self._by_user.add(line)


def endpoint_in(document: Document, change: Change) -> UserEndpoint:
    """Return the endpoint of a document, and record the members that only the service uses."""
    value = document.value
    created = ""
    place = place_of(document)
    if isinstance(value, dict):
        if document.shape == "EndpointResponse":
            created = text_of(value.get("CreationDate"))
        for name in READ_ONLY.intersection(value):
            change("of-the-service", name, place)
    return UserEndpoint(document.endpoint_id or "", document.request, created, place)


def _user_line(endpoint: UserEndpoint) -> bytes:
    """Return the line of an endpoint: whether it is not to be reached, its user, and itself."""
    state = _OPTED_OUT if endpoint.opted_out else _INACTIVE if endpoint.inactive else b""
    user_id = user_id_of(endpoint.request)
    key, kind = (user_id, _IS_USER) if user_id else (endpoint.endpoint_id, _IS_ENDPOINT)
    return keyed_line(state, dumps(key) + kind, dumps([*endpoint]))


def _endpoint_in(line: bytes) -> UserEndpoint:
    return UserEndpoint(*loads(line[line.rfind(SEPARATOR) + 1 :]))
