"""Entries of journals, and files that are journals or not."""

from pathlib import Path

import pytest

from pinpoint_endpoints import CannotRun
from pinpoint_endpoints.delivery.journal import Entry, Journal, JournalTarget
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key

TARGET = JournalTarget("app-1", "eu-west-1", "https://pinpoint.eu-west-1.amazonaws.com")
HEADER = (
    b'{"pe_journal":2,"application_id":"app-1","region":"eu-west-1",'
    b'"server":"https://pinpoint.eu-west-1.amazonaws.com","store":"","crc":"a72ff426"}\n'
)
V1, V2, V3 = "1" * 32, "2" * 32, "3" * 32
DONE, AGAIN = True, False


def entry(
    endpoint_id: str, digest: str = V1, occurrence: int = 0, state: str = "accepted"
) -> Entry:
    """Return an entry of what the service answered."""
    return Entry(endpoint_id, occurrence, digest, state, 202, "", "request-1")


def write(path: Path, *entries: Entry) -> None:
    """Record entries in a run of their own."""
    with Journal(path, TARGET) as journal:
        journal.record(entries)


def claims(path: Path, *documents: tuple[str, str]) -> list[bool]:
    """Return which documents of a run are done."""
    with Journal(path, TARGET) as journal:
        return [
            journal.accepted.resume(same_endpoint_key(endpoint_id), digest).done
            for endpoint_id, digest in documents
        ]


def refused(path: Path, target: JournalTarget = TARGET, *, read_only: bool = False) -> CannotRun:
    """Return why a file cannot be used, which it outlives unchanged."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CannotRun) as stopped:
        Journal(path, target, read_only=read_only)
    assert before is None or path.read_bytes() == before
    assert str(path) in stopped.value.message
    return stopped.value
