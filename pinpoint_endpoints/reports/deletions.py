"""Deletions in, table, text, or counts and members for the JSON envelope out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from pinpoint_endpoints.masking import masked, printable
from pinpoint_endpoints.service.endpoints import Deletion, DeletionState

_STYLES = {
    DeletionState.DELETED: "green",
    DeletionState.FAILED: "red",
    DeletionState.SKIPPED: "yellow",
}


def deletion_counts(deletions: Iterable[Deletion]) -> dict[str, int]:
    """Return how many endpoints there were, and how many ended in each state."""
    states = Counter(deletion.state for deletion in deletions)
    return {"endpoints": states.total(), **{state.value: states[state] for state in DeletionState}}


def deletion_members(deletion: Deletion) -> dict[str, Any]:
    """Return a deletion as it stands in the envelope: without the endpoint's values."""
    return {
        "endpoint_id": deletion.endpoint_id,
        "channel": _channel(deletion),
        "state": deletion.state,
        "status": deletion.status,
        "code": deletion.code,
        "message": deletion.message,
        "request_id": deletion.request_id,
        "hint": deletion.hint,
    }


def deletion_lines(deletions: Iterable[Deletion]) -> str:
    """Return a line for each: `state[status] endpoint-id: message (request id)`."""
    return "".join(f"{printable(_line(deletion))}\n" for deletion in deletions)


def print_deletion_table(
    deletions: Sequence[Deletion], stream: TextIO, *, show_values: bool
) -> None:
    """Print the deletions as a rich table; addresses are masked unless they are wanted."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    any_message = any(deletion.message for deletion in deletions)
    columns = [
        Column("Endpoint id"),
        Column("Channel"),
        Column("Address", narrowest=20),
        Column("Status"),
        *([Column("Message", narrowest=20)] if any_message else []),
        Column("Request id"),
    ]
    rows = [
        [
            Text(printable(deletion.endpoint_id)),
            Text(printable(_channel(deletion))),
            Text(printable(_address(deletion, show_values=show_values))),
            Text(_status(deletion), style=_STYLES[deletion.state]),
            *([Text(printable(deletion.message))] if any_message else []),
            Text(printable(deletion.request_id)),
        ]
        for deletion in deletions
    ]
    print_table(console_for(stream), columns, rows)


def _line(deletion: Deletion) -> str:
    status = f"[{deletion.status}]" if deletion.status else ""
    message = f": {deletion.message}" if deletion.message else ""
    request = f" (request {deletion.request_id})" if deletion.request_id else ""
    return f"{deletion.state}{status} {deletion.endpoint_id}{message}{request}"


def _channel(deletion: Deletion) -> str:
    return str(deletion.endpoint.get("ChannelType", ""))


def _address(deletion: Deletion, *, show_values: bool) -> str:
    address = str(deletion.endpoint.get("Address", ""))
    return address if show_values or not address else masked(address)


def _status(deletion: Deletion) -> str:
    return f"{deletion.state} {deletion.status}" if deletion.status else str(deletion.state)
