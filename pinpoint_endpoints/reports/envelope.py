"""What a command did in, the JSON envelope out: one shape for every command and every end."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TextIO

from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.json_bytes import json_bytes
from pinpoint_endpoints.reports.problems import Tally
from pinpoint_endpoints.reports.spool import Spool

VERSION = 1
_SEPARATOR = b","


class Envelope:
    """Takes results one by one; its head is known only when the last one is there.

    Args:
        command: such as `upsert`.
        stream: a text stream over a binary one: JSON is UTF-8 whatever its encoding.
    """

    def __init__(self, command: str, stream: TextIO) -> None:
        self._command = command
        self._stream = stream
        self._results = Spool()

    def add(self, members: Mapping[str, Any]) -> None:
        """Take the members of one result."""
        self._results.add(_result(members), _SEPARATOR)

    def close(
        self,
        summary: Mapping[str, int],
        *,
        succeeded: int,
        failed: int,
        error: PinpointEndpointsError | None,
    ) -> None:
        """Write the envelope.

        Args:
            summary: what was counted.
            succeeded: how much went well.
            failed: how much did not.
            error: what stopped the run, if something did.
        """
        self._stream.flush()
        out = self._stream.buffer
        out.write(_head(self._command, _status(succeeded, failed, error), summary))
        any_result = bool(self._results.count)
        self._results.pour(out)
        out.write(_tail(error, any_result=any_result))


class JsonReporter:
    """Writes the problems of a validation in the envelope."""

    def __init__(self, stream: TextIO) -> None:
        self._envelope = Envelope("validate", stream)

    def add(self, checked: Checked) -> None:
        """Take the problems of a document."""
        for problem in checked.problems:
            self._envelope.add(problem_members(problem))

    def close(self, tally: Tally, error: PinpointEndpointsError | None, /) -> None:
        """Write the envelope."""
        failed = tally.invalid + tally.unreadable
        self._envelope.close(asdict(tally), succeeded=tally.valid, failed=failed, error=error)


def envelope(  # noqa: PLR0913 - the members of the envelope
    command: str,
    summary: Mapping[str, int],
    results: Iterable[Mapping[str, Any]],
    *,
    succeeded: int,
    failed: int,
    error: PinpointEndpointsError | None = None,
) -> bytes:
    """Return the envelope as JSON, in UTF-8.

    Args:
        command: such as `upsert`.
        summary: what was counted.
        results: the members of each result.
        succeeded: how much went well.
        failed: how much did not.
        error: what stopped the run, if something did.
    """
    rendered = [_result(result) for result in results]
    return b"".join(
        (
            _head(command, _status(succeeded, failed, error), summary),
            _SEPARATOR.join(rendered),
            _tail(error, any_result=bool(rendered)),
        )
    )


def problem_members(problem: Problem) -> dict[str, Any]:
    """Return a problem as it stands in the envelope: without its fix, which may be personal."""
    return {
        "source": problem.source,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.end_column,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint,
        "pointer": problem.pointer,
        "fixable": problem.fix is not None,
    }


def _status(succeeded: int, failed: int, error: PinpointEndpointsError | None) -> str:
    if not failed and error is None:
        return "success"
    return "partial" if succeeded else "error"


def _head(command: str, status: str, summary: Mapping[str, int]) -> bytes:
    members = {"pe": VERSION, "command": command, "status": status, "summary": summary}
    lines = (b"  %s: %s,\n" % (json_bytes(name), json_bytes(members[name])) for name in members)
    return b"{\n" + b"".join(lines) + b'  "results": ['


def _result(members: Mapping[str, Any]) -> bytes:
    return b"\n    " + json_bytes(members)


def _tail(error: PinpointEndpointsError | None, *, any_result: bool) -> bytes:
    errors = [] if error is None else [_error(error)]
    end = b"\n  ]" if any_result else b"]"
    return b'%s,\n  "errors": %s\n}\n' % (end, json_bytes(errors))


def _error(error: PinpointEndpointsError) -> dict[str, str]:
    return {"code": error.exit_code.name, "message": error.message, "hint": error.hint}
