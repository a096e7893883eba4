"""Remembers whom documents opt out that are not converted, because they are invalid."""

from collections.abc import Iterator, Mapping

from pinpoint_endpoints.convert.addresses import OptedOut, channel_meant
from pinpoint_endpoints.convert.sorted_lines import SortedLines
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, dumps, loads, place_of, text_of
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import json_pointer
from pinpoint_endpoints.documents.suggestions import nearest

_MEMBERS = ("ChannelType", "Address", "OptOut", "User")
_OF_ANY_NAMES = ("Attributes", "Metrics")


class Refusals:
    """The addresses that invalid documents opt out.

    A person's refusal counts, whatever else is wrong with the document: channel types are
    understood in any case, members if their names are misspelled or they are in another object.

    Attributes:
        addresses: the opted-out addresses; formats add those of the endpoints that they read.
        endpoint_ids: the ids in documents that opt out without an address, by `same_endpoint_key`.
    """

    def __init__(self) -> None:
        self.addresses = OptedOut()
        self.endpoint_ids: set[str] = set()
        self._endpoints = SortedLines()

    def add(self, document: Document) -> bool:
        """Remember the address or the endpoint that a document opts out, if it opts one out.

        Returns:
            whether that is certain: only the last value of a duplicate key is known.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        twice = [one.pointer for one in document.problems if one.code == codes.DUPLICATE_KEY]
        request = json_pointer((*document.path, *document.request_path))
        if any(f"{request}/".startswith(f"{pointer}/") for pointer in twice):
            return False  # the duplicate key hides another request, or other documents
        twice_known = {nearest(step, _MEMBERS) for pointer in twice for step in pointer.split("/")}
        members = _understood(document.request)
        opt_outs = (UserEndpoint("", {"OptOut": value}, "", "") for value in members["OptOut"])
        if "OptOut" not in twice_known and not any(one.opted_out for one in opt_outs):
            return True
        channel = next(map(text_of, members["ChannelType"]), "")
        addresses = [text for text in _texts_in(members["Address"]) if text.strip()]
        if not addresses and document.endpoint_id:
            self.endpoint_ids.add(same_endpoint_key(document.endpoint_id))
        for address in addresses:
            opted_out = {
                "ChannelType": channel_meant(channel, address),
                "Address": address,
                "OptOut": "ALL",
                "User": next(iter(members["User"]), None),
            }
            endpoint = UserEndpoint("", opted_out, "", place_of(document))
            self.addresses.add(endpoint.channel, address)
            self._endpoints.add(dumps([*endpoint]) + b"\n")
        return "Address" not in twice_known

    def __iter__(self) -> Iterator[UserEndpoint]:
        """Yield an endpoint without an id for each, once all are added."""
        return (UserEndpoint(*loads(line)) for line in self._endpoints)


def _understood(request: Mapping[str, object]) -> dict[str, list[object]]:
    """Return the values of members by the names that are meant, right names first."""
    found: dict[str, list[object]] = {name: [] for name in _MEMBERS}
    inner = (
        value
        for name, value in request.items()
        if isinstance(value, dict) and nearest(name, _OF_ANY_NAMES) == ""
    )
    for holder in (request, *inner):
        for name, value in sorted(holder.items(), key=lambda item: item[0] not in _MEMBERS):
            known = nearest(name, _MEMBERS)
            if known:
                found[known].append(value)
    return found


def _texts_in(value: object) -> Iterator[str]:
    """Yield the texts of values that should be one, such as those of a list."""
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(member)
    else:
        yield text_of(value)
