"""Find problems between the documents of a run, such as two documents for one endpoint.

Only hashes are kept, so that a million documents fit into memory. Documents with equal hashes are
read again, and reported if they really collide.
"""

import sys
from array import array
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.finding import CodedFinding
from pinpoint_endpoints.checks.identity import (
    ATTRIBUTES,
    METRICS,
    USER_ATTRIBUTES,
    Identity,
    Key,
    identity_of,
    names_in,
)
from pinpoint_endpoints.checks.rules.cross_file_rules import (
    same_address,
    same_endpoint,
    too_many_endpoints,
    too_many_names_in_all,
    user_attributes_differ,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Source
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.quotas import EVICTING_CHANNELS, MAX_ATTRIBUTE_NAMES, MAX_ENDPOINTS_PER_USER
from pinpoint_endpoints.schema.bundled import channel_types

_COLUMNS = 5
_NOTHING = 0
_MAX_SORTED = 250_000


Names = dict[ValuePath, set[str]]
"""Names of attributes and metrics, by their path in a request."""


class IndexPart(NamedTuple):
    """The part of an index that covers some of the documents; see `CrossFileIndex`.

    Attributes:
        rows: the columns of each document, one row after the other.
        starts: for each source, the index of its first document.
        names: the names of attributes and metrics, by application.
        applications: the application ids in the documents.
    """

    rows: "array[int]"
    starts: "array[int]"
    names: dict[str, Names]
    applications: set[str]


class CrossFileIndex:
    """Indexes the documents of a run to find those that collide, in 40 bytes per document.

    Each document has a row: hashes of its endpoint, address, user and user attributes (0 for none),
    and the number of the line where it begins, if no other document is on that line.

    Args:
        max_names: how many names an application may have; None for no limit.
    """

    def __init__(self, max_names: int | None = MAX_ATTRIBUTE_NAMES) -> None:
        self._max_names = sys.maxsize if max_names is None else max_names
        self._rows = array("q")
        self._sources: list[Source] = []
        self._starts = array("q")
        self._names: dict[str, _Names] = {}
        self._applications: set[str] = set()

    def begin(self, source: Source) -> None:
        """Record the source of the documents that follow."""
        if self._sources and self._sources[-1] == source:  # its lines come in parts
            return
        self._sources.append(source)
        self._starts.append(len(self._rows) // _COLUMNS)

    def add(self, document: Document) -> list[CodedFinding]:
        """Add a document; return the findings that it causes with those before it."""
        identity = identity_of(document)
        row = (
            hash(identity.endpoint) if identity.endpoint else _NOTHING,
            hash(identity.address) if identity.address else _NOTHING,
            hash(identity.user) if identity.user else _NOTHING,
            hash(identity.attributes_text())
            if identity.user and identity.user_attributes
            else _NOTHING,
            document.locator.first_line,
        )
        self._rows.extend(row)
        if identity.application:
            self._applications.add(identity.application)
        names = self._names.get(identity.application)
        if names is None:
            names = self._names[identity.application] = _Names(self._max_names)
        return names.add(document)

    def part(self) -> "IndexPart":
        """Return what an index of all documents needs to know of these."""
        names = {application: names.known for application, names in self._names.items()}
        return IndexPart(self._rows, self._starts, names, self._applications)

    def add_part(self, sources: Iterable[Source], part: "IndexPart") -> bool:
        """Add the documents of another index, unless there is a finding among their names.

        Args:
            sources: the sources of the documents.
            part: from `part` of the other index.

        Returns:
            whether they were added; else add them one by one, to find it.
        """
        for application, names in part.names.items():
            ours = self._names.setdefault(application, _Names(self._max_names))
            if not ours.have_room_for(names):
                return False
        for application, names in part.names.items():
            self._names[application].merge(names)
        for source, start in zip(sources, part.starts, strict=True):
            if not self._sources or self._sources[-1] != source:
                self._sources.append(source)
                self._starts.append(len(self._rows) // _COLUMNS + start)
        self._rows += part.rows
        self._applications |= part.applications
        return True

    def collisions(self) -> "Collisions":
        """Return the hashes that several documents have in common."""
        crowded: set[int] = set()
        differing: set[int] = set()
        for user, indexes in _runs(self._rows[2::_COLUMNS]):
            if len(indexes) > MAX_ENDPOINTS_PER_USER:
                crowded.add(user)
            attributes = {self._rows[3 + index * _COLUMNS] for index in indexes}
            if len(attributes - {_NOTHING}) > 1:
                differing.add(user)
        endpoints = {endpoint for endpoint, _ in _runs(self._rows[0::_COLUMNS])}
        addresses = {address for address, _ in _runs(self._rows[1::_COLUMNS])}
        one_application = len(self._applications) <= 1
        return Collisions(endpoints, addresses, crowded, differing, one_application=one_application)

    def sources_of(self, collisions: "Collisions") -> Iterator[tuple[Source, set[int]]]:
        """Yield the sources with documents that collide, and the lines where these begin."""
        found: dict[int, set[int]] = {}
        numbers = iter(self._rows)
        for index, row in enumerate(zip(*[numbers] * _COLUMNS, strict=True)):
            endpoint, address, user, _, line = row
            if collisions.has(endpoint, address, user):
                number = bisect_right(self._starts, index) - 1
                found.setdefault(number, set()).add(line)
        for number, lines in found.items():
            yield self._sources[number], lines


def _runs(hashes: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield each hash that occurs more than once, with its indexes.

    Sorts one part of the hashes at a time: Python's integers take four times the array's memory.
    """
    if len(hashes) <= _MAX_SORTED and len({*hashes, _NOTHING}) > len(hashes) - hashes.count(0):
        return  # all are different
    parts = 1 + len(hashes) // _MAX_SORTED
    for part in range(parts):
        indexes = [
            index
            for index, value in enumerate(hashes)
            if value % parts == part and value != _NOTHING
        ]
        indexes.sort(key=hashes.__getitem__)
        for value, run in groupby(indexes, key=hashes.__getitem__):
            found = list(run)
            if len(found) > 1:
                yield value, found


class _Names:
    """The names of attributes and metrics in the documents of one application."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.known: Names = {
            ATTRIBUTES: set(),
            METRICS: set(),
            USER_ATTRIBUTES: set(),
        }
        self._is_reported = False

    def add(self, document: Document) -> list[CodedFinding]:
        """Add the names in a document; return a finding for the first one beyond the limit."""
        if self._is_reported:
            return []
        groups = names_in(document)
        for path, names in groups:
            if not self.known[path].issuperset(names):
                break
        else:
            return []
        if sum(len(names) for _, names in groups) > MAX_ATTRIBUTE_NAMES:
            return []  # the rule for one document reports it
        for path, names in groups:
            for name in names:
                self.known[path].add(name)
                if sum(map(len, self.known.values())) > self._limit:
                    self._is_reported = True
                    place = (*document.request_path, *path, name)
                    return [(codes.TOO_MANY_NAMES_IN_RUN, too_many_names_in_all(place))]
        return []

    def have_room_for(self, names: Names) -> bool:
        """Tell whether nothing would be reported if these names were added."""
        together = (len(known | names[path]) for path, known in self.known.items())
        return self._is_reported or sum(together) <= self._limit

    def merge(self, names: Names) -> None:
        """Add the names in other documents of the application."""
        if not self._is_reported:
            for path, known in self.known.items():
                known.update(names[path])


class Collisions:
    """Hashes that several documents share; checks these documents again, in their order.

    Args:
        endpoints: hashes of endpoints with several documents.
        addresses: hashes of addresses in several documents.
        crowded: hashes of users with more documents than a user may have endpoints.
        differing: hashes of users whose attributes differ between documents.
        one_application: whether all documents belong to one application, even if only some name
            it; otherwise documents of different applications do not collide.
    """

    def __init__(
        self,
        endpoints: Container[int] = (),
        addresses: Container[int] = (),
        crowded: Container[int] = (),
        differing: Container[int] = (),
        *,
        one_application: bool,
    ) -> None:
        self._one_application = one_application
        self._endpoints = endpoints
        self._addresses = addresses
        self._crowded = crowded
        self._differing = differing
        self._first_of_endpoint: dict[Key, str] = {}
        self._first_of_address: dict[Key, tuple[Key | None, str]] = {}
        self._channels_of_user: dict[Key, dict[Key, str]] = {}
        self._first_attribute: dict[tuple[Key, str], tuple[Any, str]] = {}

    def has(self, endpoint: int, address: int, user: int) -> bool:
        """Tell whether a document with these hashes must be checked again."""
        return (
            endpoint in self._endpoints
            or address in self._addresses
            or user in self._crowded
            or user in self._differing
        )

    def check(self, document: Document) -> list[CodedFinding]:
        """Return the findings of a document against those checked before."""
        identity = identity_of(document)
        application = "" if self._one_application else identity.application
        found: list[CodedFinding] = []
        if identity.endpoint and hash(identity.endpoint) in self._endpoints:
            found += self._same_endpoint(document, (application, *identity.endpoint))
        if identity.address and hash(identity.address) in self._addresses:
            address = application, *identity.address
            found += self._same_address(document, address, identity.endpoint)
        if identity.user and hash(identity.user) in self._crowded:
            found += self._too_many_of_user(document, identity, (application, *identity.user))
        if identity.user and hash(identity.user) in self._differing:
            found += self._differences(document, identity, (application, *identity.user))
        return found

    def _same_endpoint(self, document: Document, endpoint: Key) -> list[CodedFinding]:
        path = _path_of_id(document)
        first = self._first_of_endpoint.setdefault(endpoint, here := _place(document, path))
        return [] if first is here else [(codes.SAME_ENDPOINT, same_endpoint(path, first))]

    def _same_address(
        self, document: Document, address: Key, endpoint: Key | None
    ) -> list[CodedFinding]:
        path = (*document.request_path, "Address")
        here = _place(document, path)
        owner, first = self._first_of_address.setdefault(address, (endpoint, here))
        if first is here or (owner is not None and owner == endpoint):
            return []
        return [(codes.SAME_ADDRESS, same_address(path, first))]

    def _too_many_of_user(
        self, document: Document, identity: Identity, user: Key
    ) -> list[CodedFinding]:
        channels = self._channels_of_user.setdefault(user, {})
        endpoint = identity.endpoint or (str(len(channels)), "without an id")
        if endpoint in channels:
            return []
        channel = identity.channel if identity.channel in channel_types() else ""
        evicts = channel in EVICTING_CHANNELS and not EVICTING_CHANNELS.isdisjoint(
            channels.values()
        )
        channels[endpoint] = channel
        if len(channels) <= MAX_ENDPOINTS_PER_USER:
            return []
        path = (*document.request_path, "User", "UserId")
        finding = too_many_endpoints(path, len(channels), channel, evicts=evicts)
        return [(codes.TOO_MANY_ENDPOINTS, finding)]

    def _differences(self, document: Document, identity: Identity, user: Key) -> list[CodedFinding]:
        found: list[CodedFinding] = []
        for name, values in identity.user_attributes.items():
            path = (*document.request_path, *USER_ATTRIBUTES, name)
            here = _place(document, path)
            known, first = self._first_attribute.setdefault((user, name), (values, here))
            if known != values:
                found.append((codes.USER_ATTRIBUTES_DIFFER, user_attributes_differ(path, first)))
        return found


def _path_of_id(document: Document) -> ValuePath:
    value = document.value if isinstance(document.value, dict) else {}
    return next(((name,) for name in ("EndpointId", "Id") if name in value), ())


def _place(document: Document, path: ValuePath) -> str:
    line, column, _ = document.locator.locate((*document.path, *path))
    return f"{document.source}:{line}:{column}"
