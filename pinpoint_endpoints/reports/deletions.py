"""Report what became of the endpoints that were to be deleted."""

from collections.abc import Iterator, Sequence
from typing import Any

from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError
from pinpoint_endpoints.masking import counted, masked, printable
from pinpoint_endpoints.reports.reporter import Cell, Column, View
from pinpoint_endpoints.reports.tally import StateTally
from pinpoint_endpoints.service.endpoints import Deletion, DeletionState

_STYLES = {
    DeletionState.DELETED: "green",
    DeletionState.FAILED: "red",
    DeletionState.SKIPPED: "yellow",
}

_SEVERAL = 2


class DeletionTally(StateTally[Deletion]):
    """Counts endpoints by whether they are deleted."""

    total_name = "endpoints"
    all_states = DeletionState
    good_states = (DeletionState.DELETED,)

    @property
    def failed(self) -> int:
        """How many endpoints could not be deleted; skipped ones were not tried."""
        return self[DeletionState.FAILED]

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: partial if some endpoints are deleted and others are not."""
        if isinstance(error, Interrupted):
            return error.exit_code
        if self.succeeded:
            complete = error is None and self.succeeded == self.total
            return ExitCode.OK if complete else ExitCode.PARTIAL
        return ExitCode.REFUSED if error is None else error.exit_code

    def closing_line(self, _error: PinpointEndpointsError | None) -> str:
        """Return the counts of several endpoints, also of a run that ended early."""
        if self.total < _SEVERAL:
            return ""
        shown = (state for state in DeletionState if self[state] or state is DeletionState.DELETED)
        parts = (f"{self[state]:,} {state}" for state in shown)
        return f"{counted(self.total, 'endpoint')}: {', '.join(parts)}"


class DeletionView(View[Deletion]):
    """Shows a deletion; only the table shows addresses, masked unless values are requested."""

    command = "delete"
    columns = (
        Column("Endpoint id"),
        Column("Channel"),
        Column("Address", min_width=20),
        Column("Status"),
        Column("Message", min_width=20, optional=True),
        Column("Request id", optional=True),
    )

    def is_notable(self, deletion: Deletion) -> bool:
        """Return whether the endpoint is not deleted."""
        return deletion.state is not DeletionState.DELETED

    def rows(self, deletion: Deletion) -> Sequence[Sequence[Cell]]:
        """Return the row of a deletion."""
        state = deletion.state
        status = f"{state} {deletion.status}" if deletion.status else str(state)
        return [
            (
                deletion.endpoint_id,
                _channel(deletion),
                self._address(deletion),
                (status, _STYLES[state]),
                deletion.message,
                deletion.request_id if self.options.verbose else "",
            )
        ]

    def text(self, deletion: Deletion) -> str:
        """Return a line: `state[status] endpoint-id: message (request id)`."""
        status = f"[{deletion.status}]" if deletion.status else ""
        message = f": {deletion.message}" if deletion.message else ""
        request = f" (request {deletion.request_id})" if deletion.request_id else ""
        line = f"{deletion.state}{status} {deletion.endpoint_id}{message}{request}"
        return f"{printable(line)}\n"

    def members(self, deletion: Deletion) -> Iterator[dict[str, Any]]:
        """Return the result of a deletion, without the endpoint's values."""
        yield {
            "endpoint_id": deletion.endpoint_id,
            "channel": _channel(deletion),
            "state": deletion.state,
            "status": deletion.status,
            "code": deletion.code,
            "message": deletion.message,
            "request_id": deletion.request_id,
            "hint": deletion.hint,
        }

    def _address(self, deletion: Deletion) -> str:
        address = str(deletion.endpoint.get("Address", ""))
        return address if self.options.show_values or not address else masked(address)


def _channel(deletion: Deletion) -> str:
    return str(deletion.endpoint.get("ChannelType", ""))
