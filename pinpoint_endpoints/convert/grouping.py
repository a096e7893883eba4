"""Groups the endpoints of a run by user, however many there are and in whatever order they come."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from hashlib import blake2b
from itertools import groupby
from typing import Any, NamedTuple, Self

import orjson

from pinpoint_endpoints.convert.account import ENDPOINT, place_of
from pinpoint_endpoints.convert.sorted_lines import MAX_BYTES_IN_MEMORY, SortedLines
from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.shapes import READ_ONLY

Change = Callable[[str, str, str], None]
"""Takes note of a change or loss: the rule, the member, and the place of the endpoint."""

PHONE_CHANNELS = frozenset({"SMS", "VOICE"})
_SEPARATOR = b"\t"
"""Never in JSON, so that lines with the same key stand together."""
_IS_USER, _IS_ENDPOINT = b"0", b"1"
_OPTED_OUT, _INACTIVE = b"o", b"i"
_NOT_DIGITS = re.compile("[^0-9]+")
_LONG_AGO = float("-inf")


class UserEndpoint(NamedTuple):
    """An endpoint as it was read.

    Attributes:
        endpoint_id: its id, or empty.
        request: its EndpointRequest.
        created: the CreationDate of an export, or empty.
        place: the file, and where in it.
    """

    endpoint_id: str
    request: Mapping[str, Any]
    created: str
    place: str

    @property
    def channel(self) -> str:
        """The channel type, or empty."""
        return text_of(self.request.get("ChannelType"))

    @property
    def address(self) -> str:
        """The address, or empty."""
        return text_of(self.request.get("Address"))

    @property
    def opted_out(self) -> bool:
        """Whether OptOut is anything but NONE: what is not understood counts as a refusal."""
        return text_of(self.request.get("OptOut")).strip().upper() not in ("", "NONE")

    @property
    def inactive(self) -> bool:
        """Whether EndpointStatus is anything but ACTIVE."""
        return text_of(self.request.get("EndpointStatus")).strip().upper() not in ("", "ACTIVE")


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

    Of several documents of one endpoint, the one with the newest EffectiveDate counts; if they are
    of the same age, one that is opted out or INACTIVE.

    Args:
        change: told what is left out: documents of an endpoint that a newer one replaces, and those
            with neither a user id nor an endpoint id.
        refusals: hashes of further addresses that are opted out; read while users are yielded.
        max_bytes: how much is kept in memory for sorting.

    Attributes:
        users_found: how many users there are, once they were read for the first time.
    """

    def __init__(
        self,
        change: Change,
        max_bytes: int = MAX_BYTES_IN_MEMORY,
        refusals: AbstractSet[int] = frozenset(),
    ) -> None:
        self._change = change
        self._refusals = refusals
        self._files = ExitStack()
        self._by_endpoint = self._files.enter_context(SortedLines(max_bytes))
        self._by_user = self._files.enter_context(SortedLines(max_bytes))
        self._is_grouped = False
        self.users_found = 0
        self._opted_out: set[int] = set()
        self._inactive: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, document: Document) -> UserEndpoint:
        """Add the endpoint of a document, which has one, valid or not; return it.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        value = document.value
        created = ""
        if document.shape == "EndpointResponse" and isinstance(value, dict):
            created = text_of(value.get("CreationDate"))
        endpoint_id = document.endpoint_id or ""
        place = place_of(document)
        if isinstance(value, dict):
            for name in READ_ONLY.intersection(value):
                self._change("of-the-service", name, place)
        endpoint = UserEndpoint(endpoint_id, document.request, created, place)
        if endpoint_id:
            key = dumps(same_endpoint_key(endpoint_id))
            self._by_endpoint.add(_SEPARATOR.join((key, _user_line(endpoint))))
        elif _user_id(endpoint.request):
            self._add_to_user(_user_line(endpoint))
        else:
            self._change("no-id", ENDPOINT, place)
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
        for head, lines in groupby(self._by_user, _head_of_two):
            key, kind = head
            number += 1
            of_user = [*lines]
            if len(of_user) < min_endpoints:
                continue
            endpoints = [_endpoint_in(line) for line in of_user]
            if len(endpoints) > 1:
                endpoints.sort(key=newest_first)
            is_user = kind == _IS_USER
            yield User(loads(key), is_user, not is_user and key == previous, tuple(endpoints))
            previous = key
        self.users_found = number

    def opts_out(self, channel: str, address: str) -> bool:
        """Return whether any endpoint of the run with this address is opted out.

        E-mail addresses are compared without regard to case, phone numbers by their digits.
        """
        if self.is_opted_out_here(channel, address):
            return True
        return bool(self._refusals) and fingerprint(channel, address) in self._refusals

    def is_opted_out_here(self, channel: str, address: str) -> bool:
        """Return whether an endpoint that was added opts this address out."""
        return fingerprint(channel, address) in self._opted_out

    def is_inactive(self, channel: str, address: str) -> bool:
        """Return whether any endpoint of the run with this address is INACTIVE."""
        return fingerprint(channel, address) in self._inactive

    def _group(self) -> None:
        for _, group in groupby(self._by_endpoint, _head_of_one):
            lines = [line.split(_SEPARATOR, 1)[1] for line in group]
            if len(lines) > 1:
                copies = [(_endpoint_in(line), line) for line in lines]
                copies.sort(key=lambda copy: newest_copy_first(copy[0]))
                (newest, first), *others = copies
                lines = [first]
                for copy, _ in others:
                    rule = "same-copy" if copy.request == newest.request else "older-copy"
                    self._change(rule, ENDPOINT, copy.place)
            self._add_to_user(lines[0])
        self._by_endpoint.__exit__()

    def _add_to_user(self, line: bytes) -> None:
        known, line = line.split(_SEPARATOR, 1)
        if known:
            addresses = self._opted_out if known[:1] == _OPTED_OUT else self._inactive
            addresses.add(int(known[1:]))
        self._by_user.add(line)


def _user_line(endpoint: UserEndpoint) -> bytes:
    """Return the line of an endpoint: whether it is not to be reached, its user, and itself."""
    known = b""
    if endpoint.opted_out or endpoint.inactive:
        state = _OPTED_OUT if endpoint.opted_out else _INACTIVE
        known = b"%b%d" % (state, fingerprint(endpoint.channel, endpoint.address))
    user_id = _user_id(endpoint.request)
    key, kind = (user_id, _IS_USER) if user_id else (endpoint.endpoint_id, _IS_ENDPOINT)
    return _SEPARATOR.join((known, dumps(key), kind, dumps([*endpoint]))) + b"\n"


def _endpoint_in(line: bytes) -> UserEndpoint:
    return UserEndpoint(*loads(line[line.rindex(_SEPARATOR) + 1 :]))


def text_of(value: object) -> str:
    """Return a value as text: empty if there is none, and as JSON if it is not a string."""
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value).decode()


def dumps(value: object) -> bytes:
    """Return a value as JSON in one line, also with lone surrogates and long numbers."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def loads(text: bytes) -> Any:
    """Return what `dumps` wrote."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _head_of_one(line: bytes) -> bytes:
    return line[: line.index(_SEPARATOR)]


def _head_of_two(line: bytes) -> tuple[bytes, bytes]:
    key, kind, _ = line.split(_SEPARATOR, 2)
    return key, kind


def _user_id(request: Mapping[str, Any]) -> str:
    user = request.get("User")
    return text_of(user.get("UserId")) if isinstance(user, dict) else ""


def age(endpoint: UserEndpoint) -> float:
    """Return the time of an endpoint's EffectiveDate, else of its CreationDate: later is newer."""
    date = text_of(endpoint.request.get("EffectiveDate")) or endpoint.created
    parsed = parse_date_time(date) if date else None
    return _LONG_AGO if parsed is None else parsed.timestamp()


def newest_first(endpoint: UserEndpoint) -> tuple[float, str, bytes]:
    """Return what the endpoints of a user are sorted by."""
    return -age(endpoint), same_endpoint_key(endpoint.endpoint_id), dumps(endpoint.request)


def newest_copy_first(endpoint: UserEndpoint) -> tuple[float, bool, bytes]:
    """Return what documents of one endpoint are sorted by: the first one counts."""
    is_reachable = not (endpoint.opted_out or endpoint.inactive)
    return -age(endpoint), is_reachable, dumps(endpoint.request)


def refusal_in(document: Document) -> set[int]:
    """Return the hash of the address that a document opts out, valid or not; empty if it does not.

    A person's refusal counts, whatever else is wrong with the document.
    """
    endpoint = UserEndpoint("", document.request, "", "")
    if not (document.has_endpoint and endpoint.opted_out and endpoint.address):
        return set()
    return {fingerprint(endpoint.channel, endpoint.address)}


def fingerprint(channel: str, address: str) -> int:
    """Return a hash that is the same for all spellings of an address."""
    if channel == "EMAIL":
        text = f"EMAIL {address.strip().lower()}"
    elif channel in PHONE_CHANNELS:
        text = f"PHONE {_NOT_DIGITS.sub('', address)}"
    else:
        text = f"{channel} {address}"
    digest = blake2b(text.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest)
