"""What became of a document that was to be sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pinpoint_endpoints.contract.bundled import bundled_schema
from pinpoint_endpoints.documents.model import Document, Problem


class State(StrEnum):
    """Whether the service took an endpoint.

    An invalid document is never sent, and a skipped one was not, because the run ended before.
    """

    ACCEPTED = "accepted"
    FAILED = "failed"
    INVALID = "invalid"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document.

    Attributes:
        endpoint_id: as it was sent.
        channel: the channel type in the document, or empty.
        state: accepted is HTTP 202 with the service's message; nothing is said to be stored yet.
        status: the HTTP status, 0 if there was no answer.
        code: the service's error code, or empty.
        message: the service's own message.
        request_id: the service's id of the request, or empty.
        source: the file that the document came from.
        hint: what to do about a failure, or empty.
        problems: what is wrong with the document; warnings alone do not keep it from being sent.
    """

    endpoint_id: str
    channel: str
    state: State
    status: int
    code: str
    message: str
    request_id: str
    source: str
    hint: str = ""
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        """Return the outcome as one line, without what is wrong with the document."""
        status = f"[{self.status}]" if self.status else ""
        request = f" (request {self.request_id})" if self.request_id else ""
        named = f"{self.endpoint_id}: " if self.endpoint_id else ""
        return f"{self.source}: {self.state}{status} {named}{self.message}{request}"


def unanswered(
    state: State,
    document: Document,
    endpoint_id: str | None,
    message: str,
    problems: Iterable[Problem] = (),
) -> Outcome:
    """Return the outcome of a document that the service said nothing about."""
    return Outcome(
        endpoint_id or "",
        channel_of(document),
        state,
        0,
        "",
        message,
        "",
        document.source,
        problems=tuple(problems),
    )


def channel_of(document: Document) -> str:
    """Return the channel type that a document names, or an empty text for anything else."""
    channel = document.request.get("ChannelType")
    known = bundled_schema()["$defs"]["ChannelType"]["enum"]
    return str(channel) if channel in known else ""
