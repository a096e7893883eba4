"""Remembers whom documents opt out that are not converted, because they are invalid."""

from collections.abc import Iterator

from pinpoint_endpoints.convert.sorted_lines import SortedLines
from pinpoint_endpoints.convert.user_endpoint import (
    UserEndpoint,
    dumps,
    fingerprint,
    loads,
    place_of,
    text_of,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.schema.bundled import channel_types

_MEMBERS = {name.lower(): name for name in ("ChannelType", "Address", "OptOut", "User")}


class Refusals:
    """The addresses that invalid documents opt out.

    A person's refusal counts, whatever else is wrong with the document: names of members and
    channel types are understood in any case.
    """

    def __init__(self) -> None:
        self._fingerprints: set[int] = set()
        self._endpoints = SortedLines()

    def add(self, document: Document) -> None:
        """Remember the address that a document opts out, if it opts one out.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        members = {
            known: value
            for name, value in document.request.items()
            if (known := _MEMBERS.get(name.replace("_", "").lower()))
        }
        if any(
            problem.code == codes.DUPLICATE_KEY and problem.pointer.endswith("/OptOut")
            for problem in document.problems
        ):
            members["OptOut"] = "ALL"
        if not UserEndpoint("", members, "", "").opted_out:
            return
        channel = text_of(members.get("ChannelType"))
        for address in filter(str.strip, _texts_in(members.get("Address"))):
            opted_out = {
                "ChannelType": _channel(channel, address),
                "Address": address,
                "OptOut": "ALL",
            }
            endpoint = UserEndpoint("", {**members, **opted_out}, "", place_of(document))
            self._fingerprints.add(fingerprint(endpoint.channel, address))
            self._endpoints.add(dumps([*endpoint]) + b"\n")

    def __contains__(self, number: object) -> bool:
        """Tell whether an address with this fingerprint is opted out."""
        return number in self._fingerprints

    def __iter__(self) -> Iterator[UserEndpoint]:
        """Yield an endpoint without an id for each, once all are added."""
        return (UserEndpoint(*loads(line)) for line in self._endpoints)


def _texts_in(value: object) -> Iterator[str]:
    """Yield the texts of a value that should be one, such as those of a list."""
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(member)
    else:
        yield text_of(value)


def _channel(channel: str, address: str) -> str:
    """Return the channel type that is meant, by the address if it is not understood."""
    known = channel.strip().upper()
    if known in channel_types():
        return known
    return "EMAIL" if "@" in address else "SMS" if address.strip()[:1] in "+(0123456789" else known
