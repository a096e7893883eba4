"""What became of a document that was to be sent."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.schema.bundled import channel_types


class State(StrEnum):
    """Whether the service accepted an endpoint.

    An unverified endpoint was accepted, but reading it back shows something else. An invalid
    document is never sent, a done one was accepted in an earlier run, a skipped one was not sent
    because the run ended first, and a planned one would be sent by a run that is not a dry run.
    """

    ACCEPTED = "accepted"
    UNVERIFIED = "unverified"
    FAILED = "failed"
    INVALID = "invalid"
    DONE = "done"
    SKIPPED = "skipped"
    PLANNED = "planned"


WELL = frozenset({State.ACCEPTED, State.DONE})
"""The states that need no action."""


class Outcome(NamedTuple):
    """What became of one document.

    Attributes:
        endpoint_id: as it was sent.
        channel: the channel type in the document, or empty.
        state: accepted is HTTP 202 with the service's message; it may not be stored yet.
        status: the HTTP status, 0 if there was no answer.
        code: the service's error code, or empty.
        message: the service's own message.
        request_id: the service's id of the request, or empty.
        source: the file that the document came from.
        hint: what to do about a failure, or empty.
        problems: what is wrong with the document; warnings alone do not keep it from being sent.
        line: where in the file the document begins, counted from 1, if the file holds several
            documents and this one was not accepted; else 0.
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
    line: int = 0

    @property
    def place(self) -> str:
        """The file, and the line in it if that is known."""
        return f"{self.source}:{self.line}" if self.line else self.source

    def __str__(self) -> str:
        """Return the outcome as one line, without what is wrong with the document."""
        status = f"[{self.status}]" if self.status else ""
        request = f" (request {self.request_id})" if self.request_id else ""
        named = f"{self.endpoint_id}: " if self.endpoint_id else ""
        return f"{self.place}: {self.state}{status} {named}{self.message}{request}"


def unsent(
    state: State,
    document: Document,
    endpoint_id: str | None,
    message: str,
    problems: Iterable[Problem] = (),
) -> Outcome:
    """Return the outcome of a document that was not sent."""
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
        line=line_of(document) if state is State.INVALID else 0,
    )


def line_of(document: Document) -> int:
    """Return where a document begins in a file that holds several; else 0."""
    if not document.in_multi_document_file or not document.is_read:
        return 0
    return document.locator.line(document.path)


def channel_of(document: Document) -> str:
    """Return the channel type that a document names, or an empty text for anything else."""
    channel = document.request.get("ChannelType")
    return str(channel) if isinstance(channel, str) and channel in channel_types() else ""
