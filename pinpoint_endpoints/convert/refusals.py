"""Remembers whom documents opt out that are not converted, because they are invalid."""

from collections.abc import Iterator

from pinpoint_endpoints.convert.addresses import OptedOut, channel_meant
from pinpoint_endpoints.convert.sorted_lines import SortedLines
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, dumps, loads, place_of, text_of
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document

_MEMBERS = {name.lower(): name for name in ("ChannelType", "Address", "OptOut", "User")}


class Refusals:
    """The addresses that invalid documents opt out.

    A person's refusal counts, whatever else is wrong with the document: names of members and
    channel types are understood in any case.

    Attributes:
        addresses: to ask whether one of them is opted out.
    """

    def __init__(self) -> None:
        self.addresses = OptedOut()
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
                "ChannelType": channel_meant(channel, address),
                "Address": address,
                "OptOut": "ALL",
            }
            endpoint = UserEndpoint("", {**members, **opted_out}, "", place_of(document))
            self.addresses.add(endpoint.channel, address)
            self._endpoints.add(dumps([*endpoint]) + b"\n")

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
