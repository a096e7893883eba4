"""Finds the base segments that a segment filters, among definitions and imported lists."""

from collections.abc import Iterable, Mapping

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import CheckFailed, UsageError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.segments.definition import Definition, Reference
from pinpoint_endpoints.segments.evaluate import (
    Answer,
    Endpoint,
    Node,
    Settings,
    compile_segment,
    missing_base,
)
from pinpoint_endpoints.segments.users import user_id_of

_MAX_DEPTH = 100
"""How many base segments may be based on each other."""


class ImportedList:
    """The endpoints of an imported segment: those listed, and those of the users listed.

    A row is an endpoint by its id, else by its channel type and address. A row with nothing but a
    user id is all endpoints of that user.
    """

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._addresses: set[tuple[str, str]] = set()
        self._users: set[str] = set()

    def __len__(self) -> int:
        return len(self._ids) + len(self._addresses) + len(self._users)

    def add(self, document: Document) -> None:
        """Add a row of the file that was imported."""
        members = document.value if isinstance(document.value, dict) else {}
        request = document.request
        has_id = document.in_multi_document_file or not {"Id", "EndpointId"}.isdisjoint(members)
        channel, address = request.get("ChannelType"), request.get("Address")
        if document.endpoint_id and has_id:
            self._ids.add(same_endpoint_key(document.endpoint_id))
        elif isinstance(channel, str) and isinstance(address, str):
            self._addresses.add((channel, address))
        else:  # AWS's example has all user ids in one cell
            self._users.update(user_id_of(request).split())

    def decide(self, endpoint: Endpoint) -> Answer:
        """Return whether an endpoint, which has its `Id`, is in the list."""
        return self._has_itself(endpoint) or self._has_user(endpoint)

    def has_only_user(self, endpoint: Endpoint) -> bool:
        """Return whether an endpoint is in the list by the id of its user alone."""
        return self._has_user(endpoint) and not self._has_itself(endpoint)

    def _has_itself(self, endpoint: Endpoint) -> bool:
        endpoint_id = endpoint.get("Id")
        if isinstance(endpoint_id, str) and same_endpoint_key(endpoint_id) in self._ids:
            return True
        channel, address = endpoint.get("ChannelType"), endpoint.get("Address")
        is_text = isinstance(channel, str) and isinstance(address, str)
        return is_text and (channel, address) in self._addresses

    def _has_user(self, endpoint: Endpoint) -> bool:
        return bool(self._users) and user_id_of(endpoint) in self._users


class SegmentLibrary:
    """Compiles segments, and finds the base segments that they refer to.

    Args:
        settings: how criteria are read.
        definitions: the segments; an id may have several versions.
        imports: the lists of imported segments, by the segment's id.
    """

    def __init__(
        self,
        settings: Settings,
        definitions: Iterable[Definition] = (),
        imports: Mapping[str, ImportedList] | None = None,
    ) -> None:
        self._settings = settings
        self._imports = imports or {}
        self._versions: dict[str, dict[int, Definition]] = {}
        self._under_way: list[str] = []
        self._nodes: dict[Definition, Node] = {}
        for definition in definitions:
            versions = self._versions.setdefault(definition.id, {})
            known = versions.setdefault(definition.version, definition)
            if (known.groups, known.include) != (definition.groups, definition.include):
                raise CheckFailed(
                    f"two segments have the id {printable(definition.id)} and the version "
                    f"{definition.version}, and differ",
                    "leave one of them out",
                )

    def compile(self, definition: Definition) -> Node:
        """Return a compiled segment.

        Raises:
            CheckFailed: base segments refer to each other in a circle, or too many follow in a row.
            UsageError: a version of a base segment is not available.
        """
        if definition.id in self._imports:
            return Node(definition, "", self._imports[definition.id].decide)
        if definition.is_imported:
            return missing_base(definition)
        key = definition.id
        if len(self._under_way) > _MAX_DEPTH:
            raise CheckFailed(f"more than {_MAX_DEPTH} base segments in a row", "leave some out")
        self._refuse_circle(key)
        self._under_way.append(key)
        try:
            return compile_segment(definition, self._settings, self)
        finally:
            self._under_way.pop()

    def _refuse_circle(self, key: str) -> None:
        if key and key in self._under_way:
            circle = " → ".join([*self._under_way[self._under_way.index(key) :], key])
            message = f"base segments refer to each other in a circle: {printable(circle)}"
            raise CheckFailed(message, "remove one of the references")

    def node(self, reference: Reference, /) -> Node | None:
        """Return the compiled base segment; None if it is not available."""
        self._refuse_circle(reference.id)
        if reference.id in self._imports:
            definition = Definition((), "", (), id=reference.id, is_imported=True)
            return self.compile(definition)
        versions = self._versions.get(reference.id)
        if not versions:
            return None
        version = max(versions) if reference.version is None else reference.version
        if version not in versions:
            there = ", ".join(map(str, sorted(versions)))
            raise UsageError(
                f"the base segment {printable(reference.id)} is not available in version {version}",
                f"there is version {there}: add the other one, or leave the version out",
            )
        found = versions[version]
        if found.is_imported:
            return None
        if found not in self._nodes:
            self._nodes[found] = self.compile(found)
        return self._nodes[found]
