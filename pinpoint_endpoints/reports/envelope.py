"""Write the JSON envelope: one shape for every command, however it ends."""

from collections.abc import Mapping
from typing import Any, Generic, TextIO

import orjson

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import json_without_controls
from pinpoint_endpoints.reports.reporter import R, View
from pinpoint_endpoints.reports.spool import Spool
from pinpoint_endpoints.reports.tally import Tally

VERSION = 1


class JsonReporter(Generic[R]):
    """Writes the results in the envelope."""

    def __init__(self, view: View[R], stream: TextIO) -> None:
        self._view = view
        self._envelope = Envelope(view.command, stream)

    def add(self, result: R, /) -> None:
        """Add one result."""
        for members in self._view.members(result):
            self._envelope.add(members)

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write the envelope."""
        self._envelope.close(tally.members(), status_of(tally, error), error)


class Envelope:
    """Collects results one by one, because the head of the envelope is known only after the last.

    Args:
        command: such as `upsert`.
        stream: a text stream over a binary one: JSON is UTF-8 whatever its encoding.
    """

    def __init__(self, command: str, stream: TextIO) -> None:
        self._command = command
        self._stream = stream
        self._results = Spool()

    def add(self, members: Mapping[str, Any]) -> None:
        """Add the members of one result."""
        self._results.add(b"\n    " + json_bytes(members), b",")

    def close(
        self,
        summary: Mapping[str, int],
        status: str = "error",
        error: PinpointEndpointsError | None = None,
    ) -> None:
        """Write the envelope.

        Args:
            summary: the counts.
            status: `success`, `partial` or `error`.
            error: what stopped the run, if anything did.
        """
        self._stream.flush()
        out = self._stream.buffer
        head = {"pe": VERSION, "command": self._command, "status": status, "summary": summary}
        lines = (b"  %s: %s,\n" % (json_bytes(name), json_bytes(head[name])) for name in head)
        out.write(b"{\n" + b"".join(lines) + b'  "results": [')
        end = b"\n  ]" if self._results.count else b"]"
        self._results.write_to(out)
        errors = [] if error is None else [_error(error)]
        out.write(b'%s,\n  "errors": %s\n}\n' % (end, json_bytes(errors)))


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON in one line; bytes of file names that are not text become escapes."""
    try:
        document = orjson.dumps(value)
    except TypeError:
        document = orjson.dumps(_plain(value))
    return json_without_controls(document)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_plain(key): _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def status_of(tally: Tally[Any], error: PinpointEndpointsError | None) -> str:
    """Return the status of a run: `success`, `partial` or `error`."""
    if not tally.failed and error is None:
        return "success"
    return "partial" if tally.succeeded else "error"


def _error(error: PinpointEndpointsError) -> dict[str, str]:
    return {"code": error.exit_code.name, "message": error.message, "hint": error.hint}
